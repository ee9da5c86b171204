//! What a handler answers.

use std::error::Error;

use axum::response::Response;
use http::StatusCode;

use super::{Ask, Cookie, FormProblem, Kept, Local};
use crate::page::{Page, View};

/// What a handler gives.
pub type Outcome = Result<Reply, PageFault>;

/// Why a page cannot be shown, or an act not be done, at all.
#[derive(Debug, thiserror::Error)]
pub enum PageFault {
    /// There is no such thing, or this person may not know of it.
    #[error("not found")]
    Missing,
    /// Nobody is signed in.
    #[error("not signed in")]
    SignIn,
    /// The person has to show once more who they are.
    #[error("step-up needed")]
    StepUp,
    /// The session has to be unlocked first.
    #[error("locked")]
    Locked,
    /// The person has to enrol a second factor first.
    #[error("second factor to be enrolled")]
    Enrol,
    /// The form is not one of ours.
    #[error("form refused: {0}")]
    Form(#[from] FormProblem),
    /// A rule stands against it; the text says which.
    #[error("refused: {0}")]
    Refused(String),
    /// Not now; another page says why, and what can be done.
    #[error("answered elsewhere")]
    Instead(Local),
    /// Too much is asked at a time; try again after so many seconds.
    #[error("busy")]
    Busy(u32),
    /// Something failed inside.
    #[error("failed")]
    Hidden(#[source] Box<dyn Error + Send + Sync>),
}

impl PageFault {
    /// Hides a failure: the person sees a reference number, the log has the chain.
    pub fn hidden(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Hidden(Box::new(error))
    }
}

#[derive(Debug)]
pub(super) enum Kind {
    Page(Box<Page>, StatusCode),
    To(Local),
    Continue(Kept),
    Other(Box<Response>),
}

/// What the browser is told to forget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forget {
    Nothing,
    Everything,
}

/// An answer: a page, the way to another one, or a form that goes on.
#[derive(Debug)]
pub struct Reply {
    pub(super) kind: Kind,
    pub(super) cookies: Vec<Cookie>,
    pub(super) forget: Forget,
    pub(super) retry: Option<u32>,
    /// Where the browser goes by itself, and after how many seconds.
    pub(super) leave: Option<(u32, String)>,
}

impl Reply {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            cookies: Vec::new(),
            forget: Forget::Nothing,
            retry: None,
            leave: None,
        }
    }

    /// A page that leads on to another site by itself. Not a redirect: browsers stop a form's redirect at the border that
    /// the content security policy draws for forms. The page has a link there, too.
    pub fn leaving(ask: &Ask, view: &impl View, address: impl Into<String>) -> Self {
        let mut reply = Self::page(ask, view);
        reply.leave = Some((0, address.into()));
        reply
    }

    /// Asks again for itself, at this path, after so many seconds: for screens without script.
    #[must_use]
    pub fn again(mut self, seconds: u32, path: &str) -> Self {
        self.leave = Some((seconds, path.to_owned()));
        self
    }

    /// A page.
    pub fn page(ask: &Ask, view: &impl View) -> Self {
        Self::new(Kind::Page(Box::new(view.page(&ask.csrf)), StatusCode::OK))
    }

    /// The form again: what was typed is kept, what is wrong stands beside it.
    pub fn wrong(ask: &Ask, view: &impl View) -> Self {
        let page = Box::new(view.page(&ask.csrf));
        Self::new(Kind::Page(page, StatusCode::UNPROCESSABLE_ENTITY))
    }

    /// A page with another status, and the seconds after which to try again.
    pub fn later(ask: &Ask, view: &impl View, status: StatusCode, seconds: u32) -> Self {
        let mut reply = Self::new(Kind::Page(Box::new(view.page(&ask.csrf)), status));
        reply.retry = Some(seconds);
        reply
    }

    /// On to another page, after something was done.
    pub fn to(place: Local) -> Self {
        Self::new(Kind::To(place))
    }

    /// On to another page of ours.
    pub fn to_path(path: &str) -> Self {
        Self::to(Local::with(path, &[]))
    }

    /// Goes on with the form that had to wait, in the session of the cookie that this answer sets.
    pub fn go_on(kept: Kept) -> Self {
        Self::new(Kind::Continue(kept))
    }

    /// Something that is not a page: a file, data for our script. It keeps its own content type; the headers of every
    /// answer are put on.
    pub fn other(response: Response) -> Self {
        Self::new(Kind::Other(Box::new(response)))
    }

    /// Sets a cookie, or has the browser forget it.
    #[must_use]
    pub fn cookie(mut self, cookie: Cookie) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// Has the browser forget all it holds of us: after signing out (ASVS 14.3.1).
    #[must_use]
    pub fn forget_all(mut self) -> Self {
        self.forget = Forget::Everything;
        self
    }

    pub(super) fn kept(&self) -> Option<&Kept> {
        match &self.kind {
            Kind::Continue(kept) => Some(kept),
            Kind::Page(..) | Kind::To(_) | Kind::Other(_) => None,
        }
    }

    pub(super) fn into_kept(self) -> Result<(Kept, Vec<Cookie>), Self> {
        match self.kind {
            Kind::Continue(kept) => Ok((kept, self.cookies)),
            kind @ (Kind::Page(..) | Kind::To(_) | Kind::Other(_)) => Err(Self { kind, ..self }),
        }
    }
}
