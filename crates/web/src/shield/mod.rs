//! The floor's shield: asks before each request whether its address may come in, and notes after it what the address did.

mod crowd;

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aceso_base::{Clock, Instant};
use aceso_shield::request::{Admission, Deed, Jail, Label, Rule, Sentence, is_honey, label};
use http::{Method, Request, StatusCode, header};

use crate::Network;

pub(crate) use crowd::Crowd;

/// Longer addresses are refused.
const LONGEST_TARGET: usize = 8 * 1024;
/// So many who were put out are remembered until somebody asks for them.
const UNTOLD: usize = 32;

/// Keeps attackers out of a floor; the default keeps nobody out. Cheap to clone.
#[derive(Clone, Default)]
pub struct Shield(Option<Arc<Inner>>);

struct Inner {
    jail: Mutex<Jail>,
    /// Never kept out, however they behave; nor is the loopback, behind which a proxy may stand for everybody.
    never: Vec<Network>,
    clock: Arc<dyn Clock>,
    refused: AtomicU64,
    sentenced: AtomicU64,
    untold: Mutex<Vec<PutOut>>,
}

/// An address that was put out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PutOut {
    /// The address.
    pub from: IpAddr,
    /// The deed that was one too many, by its name in events.
    pub deed: &'static str,
    /// For how many seconds.
    pub seconds: u32,
}

/// What a shield did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Requests that were refused for where they came from.
    pub refused: u64,
    /// Addresses that were put out, each time counted.
    pub sentenced: u64,
    /// Addresses that are out now.
    pub out: u64,
}

/// A request as the shield sees it.
pub(crate) struct Look {
    from: Option<IpAddr>,
    label: Option<Label>,
    /// Whether it says who it is from.
    named: bool,
}

/// Why a request does not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A method that no route has.
    Method,
    /// The address is too long.
    Target,
    /// Its address is out, or too fast: again after so many seconds.
    Later(u64),
}

impl fmt::Debug for Shield {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shield").field(&self.figures()).finish()
    }
}

impl Shield {
    /// By this rule; these networks are never kept out.
    pub fn new(rule: Rule, never: Vec<Network>, clock: Arc<dyn Clock>) -> Self {
        Self(Some(Arc::new(Inner {
            jail: Mutex::new(Jail::new(rule)),
            never,
            clock,
            refused: AtomicU64::new(0),
            sentenced: AtomicU64::new(0),
            untold: Mutex::default(),
        })))
    }

    /// What it did so far.
    pub fn figures(&self) -> Figures {
        let Some(inner) = &self.0 else {
            return Figures::default();
        };
        let out = inner.jail().out(inner.clock.now()).len();
        Figures {
            refused: inner.refused.load(Ordering::Relaxed),
            sentenced: inner.sentenced.load(Ordering::Relaxed),
            out: u64::try_from(out).unwrap_or(u64::MAX),
        }
    }

    /// Who is out now, and until when.
    pub fn out(&self) -> Vec<(IpAddr, Instant)> {
        let out = |inner: &Arc<Inner>| inner.jail().out(inner.clock.now());
        self.0.as_ref().map(out).unwrap_or_default()
    }

    /// Who was put out since this was last asked; of many at a time the first 32.
    pub fn put_out(&self) -> Vec<PutOut> {
        let taken = |inner: &Arc<Inner>| std::mem::take(&mut *inner.untold());
        self.0.as_ref().map(taken).unwrap_or_default()
    }

    /// Looks at a request before anything else does.
    pub(crate) fn look<B>(
        &self,
        from: Option<IpAddr>,
        request: &Request<B>,
    ) -> Result<Look, Refusal> {
        let uri = request.uri();
        let target = uri.path_and_query().map_or("/", |both| both.as_str());
        if target.len() > LONGEST_TARGET {
            return Err(Refusal::Target);
        }
        if !is_known(request.method()) {
            return Err(Refusal::Method);
        }
        let headers = request.headers();
        let Some(inner) = &self.0 else {
            return Ok(Look::of_nobody());
        };
        let Some(from) = from.filter(|from| inner.is_watched(*from)) else {
            return Ok(Look::of_nobody());
        };
        match inner.jail().admit(from, inner.clock.now()) {
            Admission::Open => {}
            Admission::Slower => return Err(inner.refuse(1)),
            Admission::Out(until) => {
                let left = until.seconds().saturating_sub(inner.clock.now().seconds());
                return Err(inner.refuse(u64::try_from(left).unwrap_or(1).max(1)));
            }
        }
        let agent = headers.get(header::USER_AGENT);
        let agent = agent.and_then(|value| value.to_str().ok()).unwrap_or("");
        let label = match is_honey(uri.path()) {
            true => Some(Label::Honey),
            false => label(target, agent),
        };
        Ok(Look {
            from: Some(from),
            label,
            named: headers.contains_key(header::AUTHORIZATION)
                || headers.contains_key(header::COOKIE),
        })
    }

    /// Notes how a request was answered.
    pub(crate) fn note(&self, look: &Look, id: &str, status: StatusCode) {
        let (Some(inner), Some(from)) = (&self.0, look.from) else {
            return;
        };
        let Some(deed) = look.deed(status) else {
            return;
        };
        if let Deed::Attack(label) = deed {
            tracing::warn!(address = %from, attack = label.name(), request = id, "shield: attack");
        }
        let sentence = inner.jail().note(from, deed, inner.clock.now());
        if let Some(Sentence { seconds, deed, .. }) = sentence {
            inner.sentenced.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(address = %from, deed = deed.name(), seconds, "shield: jailed");
            let mut untold = inner.untold();
            if untold.len() < UNTOLD {
                let deed = deed.name();
                untold.push(PutOut {
                    from,
                    deed,
                    seconds,
                });
            }
        }
    }
}

impl Inner {
    fn jail(&self) -> MutexGuard<'_, Jail> {
        self.jail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn untold(&self) -> MutexGuard<'_, Vec<PutOut>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_watched(&self, from: IpAddr) -> bool {
        let from = from.to_canonical();
        !from.is_loopback() && !self.never.iter().any(|network| network.contains(from))
    }

    fn refuse(&self, seconds: u64) -> Refusal {
        self.refused.fetch_add(1, Ordering::Relaxed);
        Refusal::Later(seconds)
    }
}

impl Look {
    const fn of_nobody() -> Self {
        Self {
            from: None,
            label: None,
            named: false,
        }
    }

    /// What the answer makes of it. What was answered well is no attack, whatever it looked like.
    fn deed(&self, status: StatusCode) -> Option<Deed> {
        if !status.is_client_error() {
            return None;
        }
        if let Some(label) = self.label {
            return Some(Deed::Attack(label));
        }
        match status {
            StatusCode::UNAUTHORIZED => Some(Deed::Unproven),
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED if !self.named => {
                Some(Deed::Unknown)
            }
            StatusCode::BAD_REQUEST if !self.named => Some(Deed::Malformed),
            _ => None,
        }
    }
}

fn is_known(method: &Method) -> bool {
    [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ]
    .contains(method)
}
