//! The keys that sign the log's heads: one after the other, each from a size of the log on. A key that is replaced signs who comes
//! after it; both the hand-over and its entry stand in the log, and heads of before are checked with the key of their time.
//!
//! A replaced key is good for no head beyond its hand-over: whoever took it can sign nothing new.

use aceso_base::Instant;
use aceso_policy::{Caller, Task};
use aceso_vault::tree::{Head, HeadError, HeadKey, HeadSigner};
use aceso_vault::{Keyring, random};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::tree;
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Store, StoreError};

/// The first line of a hand-over.
const HANDOVER: &str = "aceso audit log: another key signs from here on";

/// The log's keys, the first one first: each with the number of entries after which it signs.
pub(super) struct HeadKeys(Vec<(u64, HeadKey)>);

/// A key that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHeadKey {
    /// Its number; the first one is 1.
    pub number: u32,
    /// The key, as witnesses and `aceso audit verify` take it.
    pub key: String,
    /// How many entries the log had: heads of more are the new key's.
    pub since: u64,
}

/// What signs a head of so many entries.
pub(super) fn of_size(
    log: &Connection,
    keyring: &Keyring,
    size: u64,
) -> Result<HeadSigner, StoreError> {
    let last = log
        .prepare_cached(sql::AUDIT_SIGNER_LAST)?
        .query_row([size.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let first = tree::signer(keyring)?;
    let Some((number, sealed)) = last else {
        return Ok(first);
    };
    let (number, sealed): (u32, Vec<u8>) = (number, sealed);
    let sealer = keyring.sealer("audit signers");
    let seed = sealer.open(&place(number), &sealed);
    let seed = seed.map_err(|error| StoreError(error.to_string()))?;
    let seed = <[u8; 32]>::try_from(seed.as_slice()).map_err(|_| failed())?;
    HeadSigner::new(first.key().name(), &seed).ok_or_else(failed)
}

/// What signs from now on.
pub(crate) fn current(log: &Connection, keyring: &Keyring) -> Result<HeadSigner, StoreError> {
    of_size(log, keyring, i64::MAX.cast_unsigned())
}

/// The number of the key that signs now, and when it was made; none while it is the first.
pub(crate) fn newest(log: &Connection) -> Result<Option<(u32, Instant)>, StoreError> {
    let mut statement = log.prepare_cached(sql::AUDIT_SIGNER_NEWEST)?;
    let found = statement.query_row([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)));
    Ok(found
        .optional()?
        .map(|(number, made)| (number, Instant::from_millis(made))))
}

impl HeadKeys {
    /// All of them, each hand-over checked with the key before it; none when one does not hold.
    pub(super) fn of(log: &Connection, keyring: &Keyring) -> Result<Option<Self>, StoreError> {
        let mut keys = vec![(0, tree::signer(keyring)?.key().clone())];
        let mut all = log.prepare_cached(sql::AUDIT_SIGNER_ALL)?;
        let rows = all.query_map([], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        for row in rows {
            let (since, handover) = row?;
            let since = since.cast_unsigned();
            let before = keys.last().map(|(_, key)| key);
            match before.and_then(|key| handed_over(key, since, &handover)) {
                Some(next) => keys.push((since, next)),
                None => return Ok(None),
            }
        }
        Ok(Some(Self(keys)))
    }

    /// The head that a note states, if the key of its time signed it.
    pub(super) fn read(&self, note: &str) -> Result<Head, HeadError> {
        let mut why = HeadError::Signature;
        for (at, (since, key)) in self.0.iter().enumerate() {
            let until = self.0.get(at + 1).map_or(u64::MAX, |(next, _)| *next);
            match key.read(note) {
                Ok(head) if *since < head.size && head.size <= until => return Ok(head),
                // The head of an empty log.
                Ok(head) if head.size == 0 && *since == 0 => return Ok(head),
                Ok(_) | Err(HeadError::Signature) => {}
                Err(HeadError::Form) => why = HeadError::Form,
            }
        }
        Err(why)
    }
}

/// The key that this hand-over names, when the key before signed it for this size.
fn handed_over(before: &HeadKey, since: u64, note: &str) -> Option<HeadKey> {
    let text = before.read_note(note).ok()?;
    let mut lines = text.lines();
    let fits = lines.next() == Some(HANDOVER)
        && lines.next()?.strip_prefix("after ")?.parse() == Ok(since);
    let key = HeadKey::parse(lines.next()?)?;
    (fits && key.name() == before.name()).then_some(key)
}

fn place(number: u32) -> String {
    format!("audit signer {number}")
}

fn failed() -> StoreError {
    StoreError::text("the audit log's signing key cannot be made")
}

impl Store {
    /// The keys of the log's heads, the one in use first, as witnesses take them; each hand-over checked with the key before
    /// it.
    pub fn audit_keys(&self) -> Result<Vec<String>, StoreError> {
        let keyring = self.0.keyring.clone();
        let keys = self.on_log(move |log| HeadKeys::of(log, &keyring))??;
        let HeadKeys(keys) = keys
            .ok_or_else(|| StoreError::text("a hand-over of the audit log's key does not hold"))?;
        let keys = keys.iter().rev();
        Ok(keys.map(|(_, key)| key.to_string()).collect())
    }

    /// Begins a new key for the log's heads. The key before signs the log as it is, and the hand-over; the entry that tells of it
    /// has the hand-over, too. Running servers sign with the new key from their next head on.
    pub async fn rotate_head_key(&self, caller: &Caller) -> Result<NewHeadKey, PeopleError> {
        let need = Need::May(Task::ManageKeys);
        self.permit(caller, need, &Act::plain("audit key")).await?;
        let store = self.clone();
        let done = tokio::task::spawn_blocking(move || store.begin_head_key()).await;
        let (new, handover) = done.map_err(|_| StoreError::closed())??;
        let detail = handover.replace('\n', " ");
        let act = Act::plain("audit key").with(detail.trim());
        self.look(caller, need, act, |_| Ok(())).await?;
        Ok(new)
    }

    fn begin_head_key(&self) -> Result<(NewHeadKey, String), StoreError> {
        let log = self.0.readers.log();
        log.settle()?;
        let (keyring, now) = (self.0.keyring.clone(), self.now());
        log.write(move |log| hand_over(log, &keyring, now))
    }
}

fn hand_over(
    log: &Connection,
    keyring: &Keyring,
    now: Instant,
) -> Result<(NewHeadKey, String), StoreError> {
    let tx = Transaction::new_unchecked(log, TransactionBehavior::Immediate)?;
    let old = current(&tx, keyring)?;
    let since = tree::size(&tx)?;
    let seed = random::<32>().map_err(|error| StoreError(error.to_string()))?;
    let new = HeadSigner::new(old.key().name(), &seed).ok_or_else(failed)?;
    let number = newest(&tx)?.map_or(1, |(number, _)| number) + 1;
    let sealer = keyring.sealer("audit signers");
    let sealed = sealer.seal(&place(number), &seed);
    let sealed = sealed.map_err(|error| StoreError(error.to_string()))?;
    let key = new.key().to_string();
    let text = format!("{HANDOVER}\nafter {since}\n{key}\n{}\n", now.to_fhir());
    let handover = old.sign_note(&text).ok_or_else(failed)?;
    let head = old.sign(since, tree::edge(&tx, since)?.root());
    tx.prepare_cached(sql::AUDIT_HEAD_PUT)?
        .execute((since.cast_signed(), now.millis(), &head))?;
    tx.prepare_cached(sql::AUDIT_SIGNER_ADD)?.execute((
        number,
        since.cast_signed(),
        now.millis(),
        sealed,
        &handover,
    ))?;
    tx.commit()?;
    let new = NewHeadKey { number, key, since };
    Ok((new, handover))
}
