//! What every handler is given.

use std::fmt;
use std::sync::Arc;

use aceso_desk::advisory::feed::Site;
use aceso_desk::advisory::{Cna, Publisher, Role};
use aceso_desk::port::Places;
use aceso_store::Desk;

use aceso_vault::{PersonKeyError, PgpSigner};

use crate::flood::Flood;
use crate::machine::Feeds;
use crate::machine::key::signer;

/// What the pages need to know besides the desk.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of who answers for the software: `Aceso project`.
    pub publisher: String,
    /// The address that people use, without a slash at the end.
    pub base: String,
    /// Where people write: `security@example.org`; none while there is no mailbox.
    pub contact: Option<String>,
    /// The products that reports are about, as the form offers them.
    pub products: Vec<String>,
    /// The services elsewhere that it may ask.
    pub places: Places,
}

/// The pages' state; cheap to clone.
#[derive(Clone)]
pub struct DeskWeb(Arc<Inner>);

struct Inner {
    desk: Desk,
    settings: Settings,
    flood: Flood,
    told: Flood,
    signer: PgpSigner,
    feeds: Feeds,
}

impl DeskWeb {
    /// Over this desk. What it publishes is signed with an OpenPGP key of its own.
    pub fn new(desk: Desk, settings: Settings) -> Result<Self, PersonKeyError> {
        let host = settings.base.split("://").nth(1).unwrap_or_default();
        let host = host.split([':', '/']).next().unwrap_or_default();
        let own = format!("security@{host}");
        let mail = settings.contact.as_deref().unwrap_or(&own);
        let signer = signer(desk.store(), &settings.publisher, mail)?;
        Ok(Self(Arc::new(Inner {
            desk,
            settings,
            flood: Flood::default(),
            // A day's statement of each installation, and more where many stand behind one address.
            told: Flood::of(200, 20_000),
            signer,
            feeds: Feeds::default(),
        })))
    }

    /// The feeds, as they were made last.
    pub(crate) fn feeds(&self) -> &Feeds {
        &self.0.feeds
    }

    /// The cases.
    pub fn desk(&self) -> &Desk {
        &self.0.desk
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Who sends how many reports.
    pub(crate) fn flood(&self) -> &Flood {
        &self.0.flood
    }

    /// Who tells how many times how it stands.
    pub(crate) fn told(&self) -> &Flood {
        &self.0.told
    }

    /// What signs.
    pub(crate) fn signer(&self) -> &PgpSigner {
        &self.0.signer
    }

    /// Where advisories are, for feeds and letters.
    pub(crate) fn site(&self) -> Site {
        advisories_of(&self.0.settings.publisher, &self.0.settings.base)
    }

    /// Who publishes, as advisories say it.
    pub(crate) fn publisher(&self) -> Publisher {
        let settings = &self.0.settings;
        let contact = match &settings.contact {
            Some(mail) => format!("{mail} or {}/report", settings.base),
            None => format!("{}/report", settings.base),
        };
        Publisher {
            name: settings.publisher.clone(),
            namespace: settings.base.clone(),
            role: Role::Vendor,
            contact: Some(contact),
            authority: None,
            cna: settings.places.cve.as_ref().map(|place| Cna {
                org_id: place.org_id.clone(),
                short_name: place.organisation.clone(),
            }),
        }
    }
}

/// Where a publisher's advisories are, below the address that people use.
pub fn advisories_of(publisher: &str, base: &str) -> Site {
    Site {
        title: format!("Security advisories of {publisher}"),
        base: base.to_owned(),
    }
}

impl fmt::Debug for DeskWeb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeskWeb")
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
