//! What an app is, besides a client.

use rusqlite::Row;

use super::origin::BrowserOrigin;

/// Where an app runs, and with it how it can prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppKind {
    /// In the browser: it can keep no secret; PKCE protects its codes.
    Browser,
    /// Installed on a phone or computer: like one in the browser, and may be led back to the machine itself.
    Native,
    /// On a server of its own: it proves who it is with a key or a secret.
    Server,
}

/// For whom an app is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Patients and those who act for them.
    Patients,
    /// The clinic's staff.
    Staff,
    /// Both.
    Everybody,
}

/// What an app is, besides a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Where it runs.
    pub kind: AppKind,
    /// The addresses that answers may be sent to, compared letter by letter.
    pub redirects: Vec<String>,
    /// Where it is opened from within the clinic.
    pub launch: Option<String>,
    /// Whom to ask about it: a name, an address.
    pub contact: String,
    /// SHA-256 of its secret (256 random bits), when it has one.
    pub secret: Option<[u8; 32]>,
    /// For whom it is.
    pub audience: Audience,
    /// How long the states of its requests are.
    pub states: States,
    /// Origins whose scripts may call with its tokens; none: it does not call from browsers.
    pub origins: Vec<BrowserOrigin>,
}

/// How long the states of an app's requests are. Codes are protected by PKCE either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum States {
    /// 122 bits or more, as SMART App Launch 2.2 asks apps.
    Full,
    /// 90 bits or more: for apps built with a library that makes shorter ones.
    Short,
}

impl States {
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Full => 0,
            Self::Short => 1,
        }
    }
}

impl AppKind {
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Browser => 1,
            Self::Native => 2,
            Self::Server => 3,
        }
    }
}

impl Audience {
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Patients => 1,
            Self::Staff => 2,
            Self::Everybody => 3,
        }
    }
}

impl App {
    /// The origins of an app in the browser that names none: those of the addresses that answers go to.
    pub fn origins_of(kind: AppKind, redirects: &[String]) -> Vec<BrowserOrigin> {
        match kind {
            AppKind::Browser => {
                let mut all: Vec<BrowserOrigin> = Vec::new();
                for origin in redirects.iter().filter_map(|r| BrowserOrigin::of(r)) {
                    if !all.contains(&origin) {
                        all.push(origin);
                    }
                }
                all
            }
            AppKind::Native | AppKind::Server => Vec::new(),
        }
    }

    /// Eight columns from this one on. What cannot be read is no app: it can then authorize nothing.
    pub(crate) fn from_row(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Self>> {
        let kind = match row.get::<_, Option<i64>>(at)? {
            Some(1) => AppKind::Browser,
            Some(2) => AppKind::Native,
            Some(3) => AppKind::Server,
            Some(_) | None => return Ok(None),
        };
        let audience = match row.get::<_, Option<i64>>(at + 5)? {
            Some(1) => Audience::Patients,
            Some(2) => Audience::Staff,
            Some(3) => Audience::Everybody,
            Some(_) | None => return Ok(None),
        };
        let redirects: Option<String> = row.get(at + 1)?;
        let origins: Option<String> = row.get(at + 7)?;
        Ok(Some(Self {
            kind,
            redirects: redirects
                .unwrap_or_default()
                .lines()
                .map(str::to_owned)
                .collect(),
            launch: row.get(at + 2)?,
            contact: row.get::<_, Option<String>>(at + 3)?.unwrap_or_default(),
            secret: row.get(at + 4)?,
            audience,
            states: match row.get::<_, Option<i64>>(at + 6)? {
                Some(1) => States::Short,
                Some(_) | None => States::Full,
            },
            origins: origins
                .unwrap_or_default()
                .lines()
                .filter_map(BrowserOrigin::parse)
                .collect(),
        }))
    }
}
