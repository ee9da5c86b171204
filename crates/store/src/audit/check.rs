//! Checks the log: every entry against its leaf, every tile, every head that the log signed of itself, heads that
//! somebody else kept, and whether the indexes agree with the entries.

use std::path::Path;

use aceso_vault::Keyring;
use aceso_vault::tree::{Edge, Hash, Head};
use rusqlite::Connection;

use super::agree::Agree;
use super::leaf::Row;
use super::signer::HeadKeys;
use super::tree::{self, HEAD_FILE, TILE};
use crate::StoreError;
use crate::key::Names;
use crate::statements as sql;

const PAGE: i64 = 1000;

/// What a check of the log found.
pub(crate) struct Checked {
    /// How many entries there are.
    pub(crate) entries: u64,
    /// The root over them, in hexadecimal.
    pub(crate) root: String,
    /// What is wrong first: where, and what.
    pub(crate) wrong: Option<(String, String)>,
}

/// Checks the log in one snapshot. `kept` are heads (signed notes) that were taken from it earlier and kept elsewhere.
pub(crate) fn check(
    log: &Connection,
    dir: &Path,
    keyring: &Keyring,
    kept: &[String],
) -> Result<Checked, StoreError> {
    let keys = Names::new(keyring.index_hash());
    let Some(key) = HeadKeys::of(log, keyring)? else {
        return Ok(Checked {
            entries: tree::size(log)?,
            root: String::new(),
            wrong: no_key(),
        });
    };
    let mut walk = Walk {
        log,
        agree: Some(Agree::new(log, &keys)?),
        key,
        edge: Edge::default(),
        kept: Vec::new(),
        own: Vec::new(),
    };
    let wrong = match walk.keep(dir, kept) {
        Some(wrong) => Some(wrong),
        None => walk.all()?,
    };
    let root = walk.edge.root();
    Ok(Checked {
        entries: walk.edge.size(),
        root: aceso_base::hex(&root),
        wrong,
    })
}

type Wrong = Option<(String, String)>;

/// How far a check in pieces has come.
pub(crate) struct Piece {
    /// The tree of the entries that were looked at.
    pub(crate) edge: Edge,
    /// What is wrong first: where, and what.
    pub(crate) wrong: Wrong,
    /// Whether the end of the log was reached.
    pub(crate) over: bool,
}

/// Checks the next entries after those of this tree, which were checked before.
pub(crate) fn check_some(
    log: &Connection,
    keyring: &Keyring,
    edge: Edge,
) -> Result<Piece, StoreError> {
    let agree = Agree::new(log, &Names::new(keyring.index_hash()))?;
    let Some(key) = HeadKeys::of(log, keyring)? else {
        return Ok(Piece {
            edge,
            wrong: no_key(),
            over: true,
        });
    };
    let mut walk = Walk {
        log,
        agree: None,
        key,
        edge,
        kept: Vec::new(),
        own: Vec::new(),
    };
    let page = walk.page()?;
    let over = page.is_empty();
    let mut wrong = if over { walk.end()? } else { None };
    for row in page {
        wrong = match walk.entry(&row)? {
            Some(wrong) => Some(wrong),
            None => agree.leads_to(&row)?,
        };
        if wrong.is_some() {
            break;
        }
    }
    Ok(Piece {
        edge: walk.edge,
        wrong,
        over,
    })
}

struct Walk<'a> {
    log: &'a Connection,
    /// Whether the indexes agree is known at the end of a whole check.
    agree: Option<Agree<'a>>,
    key: HeadKeys,
    edge: Edge,
    /// Heads kept outside the database with where they are from, the smallest last.
    kept: Vec<(Head, String)>,
    /// Heads in the database not looked at yet, the smallest last.
    own: Vec<(Head, String)>,
}

impl Walk<'_> {
    /// Reads the heads from outside; answers with the first that cannot be believed.
    fn keep(&mut self, dir: &Path, kept: &[String]) -> Wrong {
        let beside = std::fs::read_to_string(dir.join(HEAD_FILE)).ok();
        let beside = beside.map(|note| (note, HEAD_FILE));
        let others = kept.iter().map(|note| (note.clone(), "a kept head"));
        for (note, place) in others.chain(beside) {
            match self.key.read(&note) {
                Ok(head) => {
                    let named = format!("{place} (of {} entries)", head.size);
                    self.kept.push((head, named));
                }
                Err(error) => return Some((place.to_owned(), error.to_string())),
            }
        }
        self.kept
            .sort_by_key(|(head, _)| std::cmp::Reverse(head.size));
        None
    }

    fn all(&mut self) -> Result<Wrong, StoreError> {
        loop {
            let page = self.page()?;
            if page.is_empty() {
                return self.end();
            }
            for row in page {
                if let Some(wrong) = self.entry(&row)? {
                    return Ok(Some(wrong));
                }
            }
        }
    }

    fn page(&self) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.log.prepare_cached(sql::AUDIT_LOG_AFTER)?;
        let rows = statement.query_map((self.edge.size().cast_signed(), PAGE), Row::read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn entry(&mut self, row: &Row) -> Result<Wrong, StoreError> {
        let expected = self.edge.size().cast_signed() + 1;
        if row.seq != expected {
            return Ok(at(expected, "the entry is missing"));
        }
        if !row.holds() {
            return Ok(at(row.seq, "the first entry that is not what was appended"));
        }
        if let Some(wrong) = self.agree.as_mut().and_then(|agree| agree.entry(row)) {
            return Ok(Some(wrong));
        }
        let mut done: Vec<(u32, Hash)> = Vec::new();
        self.edge.push(row.leaf, &mut |height, root| {
            if height.is_multiple_of(TILE) {
                done.push((height, *root));
            }
        });
        for (height, root) in done {
            let n = (self.edge.size() >> height) - 1;
            if tile(self.log, height / TILE, n)? != Some(root) {
                let first = (n << height) + 1;
                let what = format!(
                    "the log's tree differs from the entries {first} to {}",
                    row.seq
                );
                return Ok(at(row.seq, &what));
            }
        }
        self.heads()
    }

    /// The heads of just this size.
    fn heads(&mut self) -> Result<Wrong, StoreError> {
        let size = self.edge.size();
        while let Some((head, place)) = self.kept.pop_if(|(head, _)| head.size <= size) {
            if let Some(wrong) = self.differs(&head, &place) {
                return Ok(Some(wrong));
            }
        }
        if self.own.is_empty() {
            self.own = self.more(size - 1)?;
        }
        while let Some((head, place)) = self.own.pop_if(|(head, _)| head.size <= size) {
            if let Some(wrong) = self.differs(&head, &place) {
                return Ok(Some(wrong));
            }
        }
        Ok(None)
    }

    fn differs(&self, head: &Head, place: &str) -> Wrong {
        let same = head.size == self.edge.size() && head.root == self.edge.root();
        (!same).then(|| {
            let what = format!(
                "the log's first {} entries are not those that were signed",
                head.size
            );
            (place.to_owned(), what)
        })
    }

    /// The next heads of the database, the smallest last. A signature that does not hold makes one of a size that no log
    /// has, so that it is found wrong.
    fn more(&self, after: u64) -> Result<Vec<(Head, String)>, StoreError> {
        let mut statement = self.log.prepare_cached(sql::AUDIT_HEAD_AFTER)?;
        let rows = statement.query_map((after.cast_signed(), PAGE), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        let mut heads = Vec::new();
        for row in rows {
            let (size, note) = row?;
            let head = self.key.read(&note).unwrap_or_else(|_| Head {
                origin: String::new(),
                size: size.cast_unsigned(),
                root: [0; 32],
            });
            heads.push((head, format!("the signed head of {size} entries")));
        }
        heads.reverse();
        Ok(heads)
    }

    /// What speaks of more entries than there are: the log was cut.
    fn end(&mut self) -> Result<Wrong, StoreError> {
        let size = self.edge.size();
        if self.own.is_empty() {
            self.own = self.more(size)?;
        }
        let beyond = self.kept.pop().or_else(|| self.own.pop());
        if let Some((head, place)) = beyond {
            let what = format!(
                "{size} entries are there where {} were signed: the log was cut",
                head.size
            );
            return Ok(Some((place, what)));
        }
        let have: i64 = self
            .log
            .query_row(sql::AUDIT_TILE_COUNT, [], |row| row.get(0))?;
        let wanted = (1..8).map(|level| size >> (level * TILE)).sum::<u64>();
        let tiles = (have.cast_unsigned() != wanted).then(|| {
            let what = format!("{have} tiles where {wanted} are expected");
            ("the audit log's tree".to_owned(), what)
        });
        match (tiles, &self.agree) {
            (Some(wrong), _) => Ok(Some(wrong)),
            (None, Some(agree)) => agree.end(size),
            (None, None) => Ok(None),
        }
    }
}

fn no_key() -> Wrong {
    let what = "the key before did not sign who comes after it";
    Some(("the audit log's keys".to_owned(), what.to_owned()))
}

fn at(seq: i64, what: &str) -> Wrong {
    Some((format!("audit {seq}"), what.to_owned()))
}

fn tile(log: &Connection, level: u32, n: u64) -> Result<Option<Hash>, StoreError> {
    let n = n.cast_signed();
    let mut statement = log.prepare_cached(sql::AUDIT_TILE_SOME)?;
    let mut found = statement.query_map((level, n, n + 1), |row| row.get(0))?;
    Ok(found.next().transpose()?)
}
