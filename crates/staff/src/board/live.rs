//! `/board/live`: tells a board that something changed, as server-sent events. An event says nothing else: the board asks
//! again for what its reader may see, and is decided upon again. A stream ends with its session, at the latest after some
//! minutes; there are so many at a time in all, and of one session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aceso_policy::Action;
use aceso_store::{SessionState, Store};
use aceso_web::site::{Ask, Cookie, Events, Outcome, PageFault, Reply};

use crate::Staff;
use crate::patient::save::may;

/// So many boards listen at a time, and so many of one session.
const MOST: usize = 256;
const MOST_OF_ONE: usize = 4;
/// How often the session is looked at, and the connection kept awake.
const BEAT: Duration = Duration::from_secs(15);
/// A stream lasts so many beats; the browser comes again.
const BEATS: u32 = 40;

/// Who listens: how many streams each session has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listeners(Arc<Mutex<HashMap<String, usize>>>);

/// A place among those who listen; given back when it goes.
struct Listener {
    all: Listeners,
    session: String,
}

impl Listeners {
    fn take(&self, session: &str) -> Option<Listener> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let whole: usize = all.values().sum();
        let own = all.get(session).copied().unwrap_or(0);
        if whole >= MOST || own >= MOST_OF_ONE {
            return None;
        }
        all.insert(session.to_owned(), own + 1);
        Some(Listener {
            all: self.clone(),
            session: session.to_owned(),
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut all = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get_mut(&self.session) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => {
                all.remove(&self.session);
            }
        }
    }
}

/// `GET /board/live`
pub(crate) async fn listen(staff: Staff, ask: Ask) -> Outcome {
    if !may(&staff, &ask, Action::Update, "Appointment")? {
        return Err(PageFault::Missing);
    }
    let token = ask.cookie(Cookie::SESSION).ok_or(PageFault::SignIn)?;
    let hash = aceso_vault::sha256(token.as_bytes());
    let place = staff.listeners().take(&ask.person()?.session);
    let place = place.ok_or(PageFault::Busy(60))?;
    let (events, reply) = Events::begin();
    tokio::spawn(tell(staff.store().clone(), hash, events, place));
    Ok(Reply::other(reply))
}

/// Tells of changes as long as somebody listens and the session is open.
async fn tell(store: Store, session: [u8; 32], events: Events, _place: Listener) {
    let mut news = store.day_news();
    for _ in 0..BEATS {
        let changed = tokio::select! {
            changed = news.changed() => match changed {
                Ok(()) => true,
                Err(_) => return,
            },
            () = tokio::time::sleep(BEAT) => false,
            () = events.closed() => return,
        };
        let open = store.session(&session).await;
        let open = open.is_ok_and(|found| {
            found.is_some_and(|found| found.session.state == SessionState::Full)
        });
        let heard = if !open {
            false
        } else if changed {
            events.changed().await
        } else {
            events.still_there().await
        };
        if !heard {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_bounded_for_each_session_and_in_all_and_give_their_place_back() {
        let all = Listeners::default();
        let of = |name: &str| all.take(name);
        let own: Vec<_> = (0..MOST_OF_ONE).map(|_| of("a").unwrap()).collect();
        assert!(of("a").is_none());
        drop(own);
        assert!(all.0.lock().unwrap().is_empty());
        let many: Vec<_> = (0..MOST).map(|n| of(&n.to_string()).unwrap()).collect();
        assert!(of("b").is_none());
        drop(many);
        assert!(of("b").is_some());
    }
}
