//! Callers and purposes.

use std::net::IpAddr;
use std::sync::Arc;

use crate::{Person, Scopes};

/// Somebody or something that asks the store for an act.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who asks.
    pub who: Who,
    /// Where the request came from.
    pub origin: Origin,
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum Who {
    /// A person who is signed in.
    Person(Arc<Person>),
    /// A registered API client with its token's scopes.
    Client(Arc<ApiClient>),
    /// The person at the console of the machine, who holds the root key.
    Operator,
    /// A part of the program itself.
    Job(Job),
}

/// Parts of the program that act on their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Fills a demonstration clinic.
    Demo,
    /// Checks what is stored.
    Verify,
    /// Signs people in: knows accounts, credentials and sessions, and nothing of the record.
    SignIn,
    /// Sends the audit log to where the installation wants it: reads the log, and nothing of the record.
    Send,
    /// Looks through the audit log for accesses that nothing explains, and opens cases; reads no chart.
    Watch,
    /// Tells subscribers: knows the Subscriptions, and nothing of the record on its own authority.
    Deliver,
    /// Writes the day's patients into a sealed file for downtimes: reads charts, and writes nothing.
    Downtime,
    /// Makes backups and tries them out: copies sealed files, and reads no chart.
    Backup,
    /// Sends critical results on that nobody looked at in time: reads results, orders and who treats, and writes Tasks.
    Escalate,
    /// Sends what waits to be mailed: knows whom it goes to, and nothing of the record.
    Mail,
    /// Reminds people of what waits for them: opens lists and leaves notices, and knows nothing of the record.
    Remind,
    /// Does the response desk's clerking: takes reports in, publishes what is due; there is no record where it works.
    Desk,
}

/// An API client as its access token shows it.
#[derive(Clone, Debug)]
pub struct ApiClient {
    /// The registered client's id.
    pub id: String,
    /// What the token allows.
    pub scopes: Scopes,
    /// The patient that `patient/` scopes are limited to (logical id).
    pub patient: Option<String>,
    /// The person it acts for: then it may what both its scopes and the person's rights allow.
    pub person: Option<Arc<Person>>,
}

/// Where a request came from, for the audit log.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The peer's address; none for the console.
    pub address: Option<IpAddr>,
    /// The request's id, as in the response's `X-Request-Id`; empty for the console.
    pub request: String,
}

/// Purposes of use (HL7 v3 PurposeOfUse).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// TREAT.
    Treatment,
    /// ETREAT: emergency treatment.
    Emergency,
    /// HPAYMT.
    Payment,
    /// HOPERAT.
    Operations,
    /// PATRQT.
    PatientRequest,
    /// HSYSADMIN.
    Administration,
    /// HLEGAL: civil, criminal, administrative or legislative proceedings.
    Legal,
}

impl Purpose {
    /// All of them.
    pub(crate) const ALL: [Self; 7] = [
        Self::Treatment,
        Self::Emergency,
        Self::Payment,
        Self::Operations,
        Self::PatientRequest,
        Self::Administration,
        Self::Legal,
    ];

    /// The code of HL7 v3 PurposeOfUse.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Treatment => "TREAT",
            Self::Emergency => "ETREAT",
            Self::Payment => "HPAYMT",
            Self::Operations => "HOPERAT",
            Self::PatientRequest => "PATRQT",
            Self::Administration => "HSYSADMIN",
            Self::Legal => "HLEGAL",
        }
    }
}

impl Caller {
    /// The person at the console.
    pub fn operator() -> Self {
        Self {
            who: Who::Operator,
            origin: Origin::default(),
        }
    }

    /// A part of the program itself.
    pub fn job(job: Job) -> Self {
        Self {
            who: Who::Job(job),
            origin: Origin::default(),
        }
    }

    /// A person's request.
    pub fn person(person: Arc<Person>, origin: Origin) -> Self {
        Self {
            who: Who::Person(person),
            origin,
        }
    }

    /// The part of the program that signs people in, for a request from there.
    pub const fn sign_in(origin: Origin) -> Self {
        Self {
            who: Who::Job(Job::SignIn),
            origin,
        }
    }

    /// An API client's request.
    pub fn client(client: Arc<ApiClient>, origin: Origin) -> Self {
        Self {
            who: Who::Client(client),
            origin,
        }
    }

    /// The person who asks, also through an API client.
    pub fn as_person(&self) -> Option<&Arc<Person>> {
        match &self.who {
            Who::Person(person) => Some(person),
            Who::Client(client) => client.person.as_ref(),
            Who::Operator | Who::Job(_) => None,
        }
    }

    /// Whether it is the part of the program that signs people and apps in.
    pub const fn is_signing_in(&self) -> bool {
        matches!(self.who, Who::Job(Job::SignIn))
    }

    /// The name the audit log gives this caller: `person/NAME`, `client/ID`, `operator`, `job/verify`.
    pub fn name(&self) -> String {
        match &self.who {
            Who::Person(person) => format!("person/{}", person.label()),
            Who::Client(client) => format!("client/{}", client.id),
            Who::Operator => "operator".to_owned(),
            Who::Job(Job::Demo) => "job/demo".to_owned(),
            Who::Job(Job::Verify) => "job/verify".to_owned(),
            Who::Job(Job::Deliver) => "job/deliver".to_owned(),
            Who::Job(Job::Desk) => "job/desk".to_owned(),
            Who::Job(Job::Escalate) => "job/escalate".to_owned(),
            Who::Job(Job::Remind) => "job/remind".to_owned(),
            Who::Job(Job::SignIn) => "job/sign-in".to_owned(),
            Who::Job(Job::Send) => "job/send".to_owned(),
            Who::Job(Job::Watch) => "job/watch".to_owned(),
            Who::Job(Job::Mail) => "job/mail".to_owned(),
            Who::Job(Job::Backup) => "job/backup".to_owned(),
            Who::Job(Job::Downtime) => "job/downtime".to_owned(),
        }
    }
}
