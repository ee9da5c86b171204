//! Questions to the log, for those who may read it. Each is itself logged.

use aceso_base::Instant;
use aceso_policy::{Action, Caller, Decision, Hours, OpeningHours, Reach, Task, Who, decide};
use rusqlite::Connection;

use super::form::{AuditOutcome, Said};
use super::kind::AuditKind;
use super::named::Named;
use super::walk::{Found, Scope, Walk, Wanted};
use crate::people::{Act, Need};
use crate::{PeopleError, Store, StoreError};

/// So many entries are looked at in one call; then it is to be gone on with.
const LOOKED_AT: u64 = 50_000;
/// Of so many, the newest, an order other than by time is made.
const SORTED: usize = 20_000;

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Only what is about this patient (logical id).
    pub patient: Option<String>,
    /// Only what this person or app did, or what was done to their account: a user name, `person/ann`, `client/app`.
    pub person: Option<String>,
    /// Only of people, or about patients, of this organization (logical id).
    pub facility: Option<String>,
    /// Only acts of these kinds; none: whichever.
    pub kinds: Vec<AuditKind>,
    /// Only what ended so.
    pub outcome: Option<AuditOutcome>,
    /// Only what left the clinic: exports, prints, and what apps were given.
    pub disclosures: Disclosures,
    /// Only while the clinic was closed, by these hours.
    pub closed: Option<OpeningHours>,
    /// Not before this.
    pub from: Option<Instant>,
    /// Not after this.
    pub until: Option<Instant>,
    /// In which order.
    pub sort: AuditSort,
    /// Where to go on: what `next` of the page before was.
    pub mark: Option<u64>,
    /// At most so many, 1000 at most.
    pub count: u32,
}

/// Whether to look for disclosures alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disclosures {
    /// Disclosures and all else.
    #[default]
    AndAllElse,
    /// These alone.
    Alone,
}

/// Orders. All but the first are of at most the newest 20,000 entries that fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuditSort {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// By who did it.
    Person,
    /// By the patient.
    Patient,
    /// By what was done.
    Act,
    /// By what for.
    Purpose,
    /// By how it ended.
    Outcome,
    /// By where it came from.
    Address,
}

/// What a question is for: the entry that it leaves says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditUse {
    /// To be looked at.
    View,
    /// To be taken along as a file.
    Export,
    /// To be printed.
    Print,
    /// By a program, through the API.
    Program,
}

/// One entry, with names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// What it says.
    pub said: Said,
    /// The name of who did it, where there is one.
    pub name: Option<String>,
    /// The name of the person that an app acted for.
    pub by: Option<String>,
    /// The patients: logical id, and name as far as it is known.
    pub patients: Vec<(String, Option<String>)>,
    /// The accounts that it was done to: id, and name as far as it is known.
    pub accounts: Vec<(String, Option<String>)>,
}

/// A page of entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// They.
    pub lines: Vec<AuditLine>,
    /// Where to go on; none: that was all.
    pub next: Option<u64>,
    /// Whether there was more than could be sorted: then the newest are shown.
    pub cut: Option<usize>,
}

impl AuditSort {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Newest,
        Self::Oldest,
        Self::Person,
        Self::Patient,
        Self::Act,
        Self::Purpose,
        Self::Outcome,
        Self::Address,
    ];

    /// One word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Person => "person",
            Self::Patient => "patient",
            Self::Act => "act",
            Self::Purpose => "purpose",
            Self::Outcome => "outcome",
            Self::Address => "address",
        }
    }

    /// The order that a word names.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

impl AuditUse {
    const fn act(self) -> &'static str {
        match self {
            Self::View | Self::Program => "audit read",
            Self::Export => "audit export",
            Self::Print => "print",
        }
    }
}

impl AuditLine {
    /// What kind of act it is.
    pub fn kind(&self) -> AuditKind {
        AuditKind::of(&self.said.act)
    }

    /// Who did it, as people read it.
    pub fn who(&self) -> String {
        match (&self.name, self.said.who.split_once('/')) {
            (Some(name), _) => name.clone(),
            (None, Some(("client", id))) => ["the app ", id].concat(),
            (None, Some(("job", "sign-in"))) => "the sign-in page".to_owned(),
            (None, Some(("job", _))) => "the program itself".to_owned(),
            (None, Some((_, name))) => name.to_owned(),
            (None, None) => "the operator at the console".to_owned(),
        }
    }

    /// The patients as people read them.
    pub fn patient_names(&self) -> Vec<&str> {
        let names = self.patients.iter();
        names
            .map(|(id, name)| name.as_deref().unwrap_or(id))
            .collect()
    }

    fn sort_key(&self, sort: AuditSort) -> String {
        match sort {
            AuditSort::Newest | AuditSort::Oldest => String::new(),
            AuditSort::Person => self.who().to_lowercase(),
            AuditSort::Patient => self.patient_names().join(", ").to_lowercase(),
            AuditSort::Act => self.said.act.clone(),
            AuditSort::Purpose => self.said.purpose.clone(),
            AuditSort::Outcome => self.said.outcome.name().to_owned(),
            AuditSort::Address => self.said.address.map(|a| a.to_string()).unwrap_or_default(),
        }
    }
}

impl Store {
    /// Reads the log: for those who may read it, and for programs whose own scope is `system/AuditEvent.rs`.
    pub async fn audit(
        &self,
        caller: &Caller,
        query: AuditQuery,
        what_for: AuditUse,
    ) -> Result<AuditPage, PeopleError> {
        let act = query.act(what_for.act());
        self.ask_log(caller, act, move |asked| asked.page(&query))
            .await
    }

    /// One entry of the log, by its number.
    pub async fn audit_entry(&self, caller: &Caller, seq: u64) -> Result<AuditLine, PeopleError> {
        let act = Act::plain("audit read").with(seq.to_string());
        let found = move |asked: &mut Asked<'_>| asked.one(seq);
        self.ask_log(caller, act, found)
            .await?
            .ok_or(PeopleError::Unknown)
    }

    async fn ask_log<T: Send + 'static>(
        &self,
        caller: &Caller,
        act: Act,
        work: impl FnOnce(&mut Asked<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, PeopleError> {
        let now = self.now();
        let scoped = match &caller.who {
            Who::Client(client) if client.person.is_none() => {
                let policies = self.0.policies.load();
                let purpose = aceso_policy::Purpose::Operations;
                matches!(
                    decide(
                        &policies,
                        caller,
                        Action::Search,
                        "AuditEvent",
                        purpose,
                        now
                    ),
                    Decision::Allow(Reach::All)
                )
            }
            Who::Client(_) | Who::Person(_) | Who::Operator | Who::Job(_) => false,
        };
        let id = match &caller.who {
            Who::Client(client) if scoped => client.id.clone(),
            Who::Client(_) | Who::Person(_) | Who::Operator | Who::Job(_) => String::new(),
        };
        let need = if scoped {
            Need::Client(&id)
        } else {
            Need::May(Task::ReadAudit)
        };
        let (store, settle) = (self.clone(), self.clone());
        let settled = tokio::task::spawn_blocking(move || settle.0.readers.log().settle());
        settled.await.map_err(|_| StoreError::closed())??;
        self.look(caller, need, act, move |record| {
            let mut log = store.log_connection()?;
            let log = log.transaction()?;
            let keys = store.0.keys.clone();
            Ok(work(&mut Asked {
                log: &log,
                named: Named::new(record, &keys),
                names: keys.names(),
            })?)
        })
        .await
    }
}

impl AuditQuery {
    /// The entry of the question itself: what is asked for, in words.
    fn act(&self, name: &'static str) -> Act {
        let mut words = Vec::new();
        let mut say = |name: &str, value: &str| words.push([name, "=", value].concat());
        if let Some(person) = &self.person {
            say("person", person);
        }
        if let Some(facility) = &self.facility {
            say("facility", facility);
        }
        for kind in &self.kinds {
            say("kind", kind.name());
        }
        if let Some(outcome) = self.outcome {
            say("outcome", outcome.name());
        }
        if self.disclosures == Disclosures::Alone {
            say("only", "disclosures");
        }
        if self.closed.is_some() {
            say("only", "after-hours");
        }
        for (name, at) in [("from", self.from), ("until", self.until)] {
            if let Some(at) = at {
                say(name, &at.to_fhir());
            }
        }
        let mut act = Act::plain(name).with(words.join("&"));
        act.on
            .extend(self.patient.iter().map(|p| ["Patient/", p].concat()));
        act
    }
}

/// The log, asked for somebody who may.
struct Asked<'a> {
    log: &'a Connection,
    named: Named<'a>,
    names: crate::key::Names,
}

impl Asked<'_> {
    fn one(&mut self, seq: u64) -> Result<Option<AuditLine>, StoreError> {
        let all = Wanted::default();
        let walk = Walk::new(self.log, &self.names, &all, None)?;
        match walk.look(seq.cast_signed())? {
            Some(found) => self.named.line(found).map(Some),
            None => Ok(None),
        }
    }

    fn page(&mut self, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        let who = match &query.person {
            Some(person) => self.named.all_names(person)?,
            None => Vec::new(),
        };
        let wanted = Wanted {
            patient: query.patient.clone(),
            who,
            kinds: query.kinds.clone(),
            outcome: query.outcome,
            scope: match query.disclosures {
                Disclosures::AndAllElse => Scope::All,
                Disclosures::Alone => Scope::Disclosures,
            },
            from: query.from,
            until: query.until,
        };
        let count = usize::try_from(query.count.clamp(1, 1000)).unwrap_or(1000);
        match query.sort {
            AuditSort::Newest => self.newest(query, &wanted, count),
            AuditSort::Oldest
            | AuditSort::Person
            | AuditSort::Patient
            | AuditSort::Act
            | AuditSort::Purpose
            | AuditSort::Outcome
            | AuditSort::Address => self.sorted(query, &wanted, count),
        }
    }

    fn newest(
        &mut self,
        query: &AuditQuery,
        wanted: &Wanted,
        count: usize,
    ) -> Result<AuditPage, StoreError> {
        let mut walk = Walk::new(self.log, &self.names, wanted, query.mark)?;
        let mut page = AuditPage::default();
        while page.lines.len() < count
            && let Some(found) = walk.next(LOOKED_AT.saturating_sub(walk.looked_at()))?
        {
            if self.fits(query, &found)? {
                page.lines.push(self.named.line(found)?);
            }
        }
        page.next = (!walk.is_over()?).then(|| walk.mark());
        Ok(page)
    }

    fn sorted(
        &mut self,
        query: &AuditQuery,
        wanted: &Wanted,
        count: usize,
    ) -> Result<AuditPage, StoreError> {
        let mut walk = Walk::new(self.log, &self.names, wanted, None)?;
        let mut all = Vec::new();
        while all.len() < SORTED
            && let Some(found) = walk.next(LOOKED_AT.saturating_sub(walk.looked_at()))?
        {
            if self.fits(query, &found)? {
                let line = self.named.line(found)?;
                all.push((line.sort_key(query.sort), line));
            }
        }
        let cut = (!walk.is_over()?).then_some(all.len());
        if query.sort == AuditSort::Oldest {
            all.reverse();
        } else {
            // The newest first among the same: the sort keeps their order.
            all.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        let skip = usize::try_from(query.mark.unwrap_or(0)).unwrap_or(usize::MAX);
        let total = all.len();
        let lines: Vec<AuditLine> = all
            .into_iter()
            .skip(skip)
            .take(count)
            .map(|(_, line)| line)
            .collect();
        let end = skip.saturating_add(lines.len());
        Ok(AuditPage {
            next: (end < total).then(|| u64::try_from(end).unwrap_or(u64::MAX)),
            lines,
            cut,
        })
    }

    /// What no index tells.
    fn fits(&mut self, query: &AuditQuery, found: &Found) -> Result<bool, StoreError> {
        let closed = |hours: &OpeningHours| match hours.at(found.at) {
            Hours::Closed => true,
            Hours::Open => false,
        };
        if !query.closed.as_ref().is_none_or(closed) {
            return Ok(false);
        }
        match &query.facility {
            Some(facility) => self.named.is_of(&found.said, facility),
            None => Ok(true),
        }
    }
}
