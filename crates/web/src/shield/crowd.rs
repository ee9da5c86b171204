//! How many connections each address has open: one may not take all places.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The open connections by address; the loopback, behind which a proxy may stand for everybody, is not counted.
#[derive(Debug)]
pub(crate) struct Crowd {
    each: u16,
    counts: Mutex<HashMap<IpAddr, u16>>,
}

/// A connection's place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    crowd: Arc<Crowd>,
    from: Option<IpAddr>,
}

impl Crowd {
    /// At most so many for each address.
    pub(crate) fn new(each: u16) -> Arc<Self> {
        Arc::new(Self {
            each,
            counts: Mutex::new(HashMap::new()),
        })
    }

    /// A place for a connection from this address; none when it has too many.
    pub(crate) fn enter(self: &Arc<Self>, from: IpAddr) -> Option<Place> {
        let from = from.to_canonical();
        let counted = !from.is_loopback();
        if counted {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(from).or_default();
            if *count >= self.each {
                return None;
            }
            *count += 1;
        }
        Some(Place {
            crowd: Arc::clone(self),
            from: counted.then_some(from),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(from) = self.from else { return };
        let counts = self.crowd.counts.lock();
        let mut counts = counts.unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&from) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_places_and_leaves_the_others_theirs() {
        let crowd = Crowd::new(2);
        let (eve, ann) = (
            "203.0.113.9".parse().unwrap(),
            "203.0.113.8".parse().unwrap(),
        );
        let held = [crowd.enter(eve).unwrap(), crowd.enter(eve).unwrap()];
        assert!(crowd.enter(eve).is_none());
        assert!(crowd.enter(ann).is_some());
        drop(held);
        assert!(crowd.enter(eve).is_some());
        assert!(crowd.counts.lock().unwrap().is_empty());
        let proxy = "127.0.0.1".parse().unwrap();
        let all: Vec<_> = (0..9).filter_map(|_| crowd.enter(proxy)).collect();
        assert_eq!(all.len(), 9);
    }
}
