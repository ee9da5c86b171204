//! How many reports are taken from where: a stranger's program cannot fill the desk. What is counted is in memory only.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use aceso_desk::When;

/// From one address, within an hour.
const BY_ADDRESS: usize = 10;
/// From everywhere, within an hour.
const BY_ALL: usize = 300;
const HOUR: i64 = 3_600_000;
/// Addresses that are remembered.
const REMEMBERED: usize = 10_000;

/// The times of the last hour's reports.
#[derive(Debug)]
pub(crate) struct Flood {
    by_address: usize,
    by_all: usize,
    counted: Mutex<Counted>,
}

impl Default for Flood {
    fn default() -> Self {
        Self::of(BY_ADDRESS, BY_ALL)
    }
}

#[derive(Debug, Default)]
struct Counted {
    by: HashMap<IpAddr, Vec<When>>,
    all: Vec<When>,
}

impl Flood {
    /// So many from one address within an hour, and so many from everywhere.
    pub(crate) fn of(by_address: usize, by_all: usize) -> Self {
        Self {
            by_address,
            by_all,
            counted: Mutex::default(),
        }
    }

    /// Counts a report; says after how many seconds to try again where it is one too many.
    pub(crate) fn take(&self, from: Option<IpAddr>, now: When) -> Result<(), u32> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let since = now.plus_millis(-HOUR);
        counted.all.retain(|at| *at > since);
        if counted.by.len() >= REMEMBERED {
            counted
                .by
                .retain(|_, times| times.iter().any(|at| *at > since));
        }
        let full = counted.by.len() >= REMEMBERED;
        let Counted { by, all } = &mut *counted;
        wait(all, self.by_all, now)?;
        if let Some(from) = from.map(network) {
            if full && !by.contains_key(&from) {
                return Err(60);
            }
            let times = by.entry(from).or_default();
            times.retain(|at| *at > since);
            wait(times, self.by_address, now)?;
            times.push(now);
        }
        all.push(now);
        Ok(())
    }
}

/// The seconds until the oldest of too many is an hour old.
fn wait(times: &[When], most: usize, now: When) -> Result<(), u32> {
    let Some(oldest) = times.first().filter(|_| times.len() >= most) else {
        return Ok(());
    };
    let left = oldest.plus_millis(HOUR).millis() - now.millis();
    Err(u32::try_from(left / 1000 + 1).unwrap_or(1))
}

/// Whoever has an IPv6 network of 64 bits is one.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_sends_ten_reports_an_hour_and_then_waits() {
        let flood = Flood::default();
        let (one, other) = ("192.0.2.1".parse().ok(), "192.0.2.2".parse().ok());
        let at = |minutes: i64| When::from_millis(minutes * 60_000);
        for minute in 0..10 {
            assert_eq!(flood.take(one, at(minute)), Ok(()));
        }
        assert_eq!(flood.take(one, at(30)), Err(1801));
        assert_eq!(flood.take(other, at(30)), Ok(()));
        assert_eq!(flood.take(one, at(61)), Ok(()));
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let flood = Flood::default();
        for last in 0..10 {
            let address = format!("2001:db8:1:2::{last}").parse().ok();
            assert_eq!(flood.take(address, When::from_millis(0)), Ok(()));
        }
        let eleventh = "2001:db8:1:2:ffff::1".parse().ok();
        assert!(flood.take(eleventh, When::from_millis(1)).is_err());
    }
}
