//! What every handler is given.

use std::fmt;
use std::sync::Arc;

use aceso_clinic::schedule::{WaitBands, Week, Zone};
use aceso_desk::deploy::Level;
use aceso_policy::{Caller, Task, Verdict};
use aceso_store::{AppKind, Store};
use aceso_web::site::{Ask, PageFault};
use jiff::civil::Date;

use crate::admin::security::Examine;
use crate::antivirus::Antivirus;
use crate::board::live::Listeners;
use crate::codes::Shelf;
use crate::lists::KeptTotals;
use crate::problem::Tell;

/// What the pages need to know besides the store.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The clinic's name, as it stands on its papers.
    pub clinic: String,
    /// The address that people use, without a slash at the end: links for people begin with it.
    pub base: String,
    /// Outside providers of sign-in, to which people's accounts can be linked.
    pub providers: Vec<OutsideSignIn>,
    /// The clinic's clock.
    pub zone: Zone,
    /// The hours of whoever and whatever tells none of their own.
    pub week: Week,
    /// Days on which nobody works, for what is counted in business days.
    pub holidays: Vec<Date>,
    /// When a wait on the board is long, and too long.
    pub bands: WaitBands,
    /// Searches files that people bring for viruses, where the installation has something that does.
    pub antivirus: Option<Antivirus>,
    /// Examines the installation for the security centre.
    pub examine: Examine,
    /// The makers' response desk.
    pub makers: Makers,
    /// Checks an address that answers to an app may be sent to; says what is wrong with it.
    pub check_redirect: fn(AppKind, &str) -> Result<(), String>,
}

/// The makers' response desk, as far as pages speak of it.
#[derive(Clone, Debug, Default)]
pub struct Makers {
    /// Its address; empty where none is configured.
    pub desk: String,
    /// What the clinic chose to tell it.
    pub level: Level,
    /// Sends a report that somebody wrote; none where no desk is configured.
    pub tell: Option<Tell>,
}

/// An outside provider of sign-in, as far as administrators name people of it.
#[derive(Clone, Debug)]
pub struct OutsideSignIn {
    /// What people call it.
    pub name: String,
    /// Its issuer identifier.
    pub issuer: String,
    /// The claim that names people.
    pub claim: String,
}

/// The pages' state; cheap to clone.
#[derive(Clone)]
pub struct Staff(Arc<Inner>);

struct Inner {
    store: Store,
    settings: Settings,
    listeners: Listeners,
    codes: Shelf,
    reports: KeptTotals,
}

impl Staff {
    /// Over this store.
    pub fn new(store: Store, settings: Settings) -> Self {
        Self(Arc::new(Inner {
            store,
            settings,
            listeners: Listeners::default(),
            codes: Shelf::default(),
            reports: KeptTotals::default(),
        }))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Who listens to the board.
    pub(crate) fn listeners(&self) -> &Listeners {
        &self.0.listeners
    }

    /// The code systems that were loaded.
    pub(crate) fn codes(&self) -> &Shelf {
        &self.0.codes
    }

    /// The figures of reports that were counted lately.
    pub(crate) fn reports(&self) -> &KeptTotals {
        &self.0.reports
    }

    /// Whether a page offers this task: also to those who need a fresh proof first.
    pub(crate) fn offers(&self, caller: &Caller, task: Task) -> bool {
        match self
            .store()
            .policies()
            .may(caller, task, self.store().now())
        {
            Verdict::Allow | Verdict::NeedsStepUp | Verdict::NeedsSecondFactor => true,
            Verdict::Deny => false,
        }
    }
}

/// Asks for a fresh proof of who the person is (at most ten minutes old) before the act, whatever the policies ask for.
pub(crate) fn fresh(staff: &Staff, ask: &Ask) -> Result<(), PageFault> {
    let now = staff.store().now();
    let person = ask.caller()?.as_person();
    if person.is_some_and(|p| p.session.is_stepped_up(now)) {
        Ok(())
    } else {
        Err(PageFault::StepUp)
    }
}

impl fmt::Debug for Staff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staff")
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
