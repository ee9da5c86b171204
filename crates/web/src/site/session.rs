//! Who is signed in: asked of functions that the binary hands over.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use aceso_policy::{Action, Caller, Origin, Task, Verdict};

use super::Presence;
use crate::page::Badge;

/// Whether a session may be used as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Yes.
    Open,
    /// Its person has to show first that they are still there: it stood idle, or was locked.
    Locked,
    /// Its person has to enrol a second factor first.
    MustEnrol,
}

/// A person's session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who asks.
    pub caller: Caller,
    /// The session's public id; it stays the same when the cookie is renewed. Form tokens belong to it.
    pub session: String,
    /// Whether it may be used as it is.
    pub state: State,
    /// Who the frame says is signed in.
    pub badge: Badge,
}

/// The session of a cookie; none for one that is unknown or over. An error refuses the request.
pub type Lookup =
    Pin<Box<dyn Future<Output = Result<Option<SignedIn>, Box<dyn Error + Send + Sync>>> + Send>>;

type LookUp = dyn Fn(String, Origin) -> Lookup + Send + Sync;

/// The function that knows the sessions; `login` has it, the binary hands it over.
#[derive(Clone)]
pub struct Sessions {
    look_up: Arc<LookUp>,
    glance: Arc<LookUp>,
}

impl Sessions {
    /// From the function that looks a cookie's token up.
    pub fn new(look_up: impl Fn(String, Origin) -> Lookup + Send + Sync + 'static) -> Self {
        let look_up: Arc<LookUp> = Arc::new(look_up);
        Self {
            glance: Arc::clone(&look_up),
            look_up,
        }
    }

    /// With the function for pages that keep themselves up to date: it looks a token up, but does not count as a use.
    #[must_use]
    pub fn glancing(
        self,
        glance: impl Fn(String, Origin) -> Lookup + Send + Sync + 'static,
    ) -> Self {
        Self {
            glance: Arc::new(glance),
            ..self
        }
    }

    pub(super) fn look_up(&self, presence: Presence, token: String, origin: Origin) -> Lookup {
        match presence {
            Presence::Person => (self.look_up)(token, origin),
            Presence::Nobody => (self.glance)(token, origin),
        }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

/// The function that knows who may do a task.
#[derive(Clone)]
pub struct Rights {
    may: Arc<May>,
    may_ever: Arc<MayEver>,
    note: Arc<Note>,
}

type May = dyn Fn(&Caller, Task) -> Verdict + Send + Sync;
type MayEver = dyn Fn(&Caller, Action, &str) -> bool + Send + Sync;

/// The entry of a refusal on its way to the audit log. An error fails the request.
pub type Noted = Pin<Box<dyn Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send>>;

type Note = dyn Fn(Caller, Task, &'static str) -> Noted + Send + Sync;

impl Rights {
    /// From the function that decides; where it cannot reach a decision it says no.
    pub fn new(may: impl Fn(&Caller, Task) -> Verdict + Send + Sync + 'static) -> Self {
        let note: Arc<Note> = Arc::new(|_, _, _| Box::pin(std::future::ready(Ok(()))));
        Self {
            may: Arc::new(may),
            may_ever: Arc::new(|_, _, _| true),
            note,
        }
    }

    /// With the function that knows whether a caller's role ever lets them do this to resources of a type: what the
    /// navigation leaves out. Without it everything is shown.
    #[must_use]
    pub fn acting(
        self,
        may_ever: impl Fn(&Caller, Action, &str) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            may_ever: Arc::new(may_ever),
            ..self
        }
    }

    /// With the function that writes down who was refused which task, at which row of the table.
    #[must_use]
    pub fn noting(
        self,
        note: impl Fn(Caller, Task, &'static str) -> Noted + Send + Sync + 'static,
    ) -> Self {
        Self {
            note: Arc::new(note),
            ..self
        }
    }

    /// Whether this caller may do this task now.
    pub fn may(&self, caller: &Caller, task: Task) -> Verdict {
        (self.may)(caller, task)
    }

    pub(super) fn may_ever(&self, caller: &Caller, action: Action, kind: &str) -> bool {
        (self.may_ever)(caller, action, kind)
    }

    pub(super) fn note(&self, caller: Caller, task: Task, path: &'static str) -> Noted {
        (self.note)(caller, task, path)
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rights")
    }
}

/// The keyed digest that form tokens are made with; the key never leaves the keyring.
#[derive(Clone)]
pub struct Stamp(Arc<Digest>);

type Digest = dyn Fn(&[u8]) -> [u8; 32] + Send + Sync;

impl Stamp {
    /// From the function that computes it.
    pub fn new(digest: impl Fn(&[u8]) -> [u8; 32] + Send + Sync + 'static) -> Self {
        Self(Arc::new(digest))
    }

    pub(super) fn of(&self, text: &str) -> [u8; 32] {
        (self.0)(text.as_bytes())
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stamp")
    }
}
