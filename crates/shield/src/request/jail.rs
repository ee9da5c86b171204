//! Who did what lately, and who stays out. Time is an argument, memory is bounded.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use aceso_base::Instant;

use super::Label;

/// How strict it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// From so many points on an address stays out.
    pub points: u32,
    /// One point is forgotten in so many milliseconds.
    pub forget_millis: u32,
    /// How long the first time; each further time twice as long, up to [`Rule::most_seconds`].
    pub seconds: u32,
    /// At most so long.
    pub most_seconds: u32,
    /// So many requests a second an address may go on with; 0: any number.
    pub rate: u32,
    /// So many it may send at once before that counts.
    pub burst: u32,
    /// So many addresses are remembered at most.
    pub most: usize,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            points: 100,
            forget_millis: 2_000,
            seconds: 900,
            most_seconds: 86_400,
            rate: 100,
            burst: 1_000,
            most: 65_536,
        }
    }
}

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Looked like an attack, and was refused.
    Attack(Label),
    /// Asked for what is not there, without saying who they are.
    Unknown,
    /// Showed a token or a password that is none.
    Unproven,
    /// Sent what is no request.
    Malformed,
}

impl Deed {
    const fn points(self) -> u32 {
        match self {
            Self::Attack(Label::Honey) => 1_000,
            Self::Attack(Label::Scanner) => 50,
            Self::Attack(Label::Traversal | Label::Injection | Label::Script | Label::Command) => {
                20
            }
            Self::Unknown => 4,
            Self::Malformed => 2,
            Self::Unproven => 1,
        }
    }

    /// Its name in events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attack(label) => label.name(),
            Self::Unknown => "enumeration",
            Self::Unproven => "unproven",
            Self::Malformed => "malformed",
        }
    }
}

/// Whether a request may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Open,
    /// Not so fast: again in a second.
    Slower,
    /// No, until then.
    Out(Instant),
}

/// Somebody who stays out from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Until then.
    pub until: Instant,
    /// For how many seconds.
    pub seconds: u32,
    /// The deed that was one too many.
    pub deed: Deed,
}

/// What is known of an address.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Thousandths of points at `seen`.
    score: u64,
    /// Thousandths of requests that are left at `seen`.
    left: u64,
    seen: Instant,
    out: Option<Instant>,
    times: u32,
}

/// The addresses that did something lately. Two generations: when the younger is full it becomes the older, whose rest is
/// forgotten; who is out is taken along.
#[derive(Debug)]
pub struct Jail {
    rule: Rule,
    young: HashMap<IpAddr, Row>,
    old: HashMap<IpAddr, Row>,
}

impl Jail {
    /// Empty.
    pub fn new(rule: Rule) -> Self {
        Self {
            rule,
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    /// Asks for a request.
    pub fn admit(&mut self, from: IpAddr, now: Instant) -> Admission {
        let rule = self.rule;
        let row = self.row(from, now);
        if let Some(until) = row.out.filter(|until| now < *until) {
            return Admission::Out(until);
        }
        if rule.rate == 0 {
            return Admission::Open;
        }
        match row.left.checked_sub(1_000) {
            Some(left) => {
                row.left = left;
                Admission::Open
            }
            None => Admission::Slower,
        }
    }

    /// Notes a deed; answers when it was one too many.
    pub fn note(&mut self, from: IpAddr, deed: Deed, now: Instant) -> Option<Sentence> {
        let rule = self.rule;
        let row = self.row(from, now);
        row.score = row.score.saturating_add(u64::from(deed.points()) * 1_000);
        let is_out = row.out.is_some_and(|until| now < until);
        if is_out || row.score < u64::from(rule.points) * 1_000 {
            return None;
        }
        let doubled = rule.seconds.saturating_mul(1 << row.times.min(16));
        let seconds = doubled.min(rule.most_seconds);
        let until = now.plus_millis(i64::from(seconds) * 1_000);
        row.out = Some(until);
        row.times = row.times.saturating_add(1);
        row.score = 0;
        Some(Sentence {
            until,
            seconds,
            deed,
        })
    }

    /// Lets somebody in again.
    pub fn pardon(&mut self, from: IpAddr) {
        let key = network(from);
        self.young.remove(&key);
        self.old.remove(&key);
    }

    /// Who is out, and until when, in the order of addresses. An IPv6 address stands for its network of 64 bits.
    pub fn out(&self, now: Instant) -> Vec<(IpAddr, Instant)> {
        let both = self.young.iter().chain(&self.old);
        let mut found: Vec<(IpAddr, Instant)> = both
            .filter_map(|(from, row)| Some((*from, row.out.filter(|until| now < *until)?)))
            .collect();
        found.sort_unstable();
        found.dedup_by_key(|(from, _)| *from);
        found
    }

    /// How many addresses are remembered.
    pub fn remembered(&self) -> usize {
        self.young.len() + self.old.len()
    }

    fn row(&mut self, from: IpAddr, now: Instant) -> &mut Row {
        let key = network(from);
        let rule = self.rule;
        if !self.young.contains_key(&key) && self.young.len() >= rule.most / 2 {
            self.grow_old(now);
        }
        let before = self.old.remove(&key);
        let row = self.young.entry(key).or_insert_with(|| {
            before.unwrap_or(Row {
                score: 0,
                left: u64::from(rule.burst) * 1_000,
                seen: now,
                out: None,
                times: 0,
            })
        });
        let passed = u64::try_from(now.millis().saturating_sub(row.seen.millis())).unwrap_or(0);
        let forgotten = passed.saturating_mul(1_000) / u64::from(rule.forget_millis.max(1));
        row.score = row.score.saturating_sub(forgotten);
        let more = passed.saturating_mul(u64::from(rule.rate));
        row.left = row
            .left
            .saturating_add(more)
            .min(u64::from(rule.burst) * 1_000);
        row.seen = row.seen.max(now);
        row
    }

    fn grow_old(&mut self, now: Instant) {
        let quarter = self.rule.most / 4;
        let forgotten = std::mem::replace(&mut self.old, std::mem::take(&mut self.young));
        let out = forgotten
            .into_iter()
            .filter(|(_, row)| row.out.is_some_and(|until| now < until));
        self.young.extend(out.take(quarter));
    }
}

/// What counts as one: an IPv4 address, and of IPv6 the network that one customer has.
fn network(from: IpAddr) -> IpAddr {
    match from {
        IpAddr::V4(_) => from,
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => IpAddr::V4(four),
            None => {
                let [a, b, c, d, ..] = six.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const EVE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

    fn at(millis: i64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn a_honey_path_is_enough_and_each_time_is_twice_as_long() {
        let mut jail = Jail::new(Rule::default());
        assert_eq!(jail.admit(EVE, at(0)), Admission::Open);
        let honey = Deed::Attack(Label::Honey);
        assert_eq!(jail.note(EVE, honey, at(0)).unwrap().seconds, 900);
        assert_eq!(jail.admit(EVE, at(899_999)), Admission::Out(at(900_000)));
        assert_eq!(jail.note(EVE, honey, at(1)), None, "once is enough");
        assert_eq!(jail.admit(EVE, at(3_000_000)), Admission::Open);
        assert_eq!(jail.note(EVE, honey, at(3_000_000)).unwrap().seconds, 1_800);
        assert_eq!(jail.out(at(3_000_001)).len(), 1);
        jail.pardon(EVE);
        assert_eq!(jail.admit(EVE, at(3_000_001)), Admission::Open);
    }

    #[test]
    fn points_are_forgotten_so_that_whoever_mistypes_now_and_then_stays_in() {
        let mut jail = Jail::new(Rule::default());
        for minute in 0..600 {
            assert_eq!(jail.note(EVE, Deed::Unknown, at(minute * 60_000)), None);
        }
        // Twenty-six in a second are too many.
        let now = 600 * 60_000;
        let all: Vec<_> = (0..26)
            .map(|_| jail.note(EVE, Deed::Unknown, at(now)))
            .collect();
        assert_eq!(all.iter().flatten().count(), 1);
        assert!(matches!(jail.admit(EVE, at(now)), Admission::Out(_)));
    }

    #[test]
    fn asvs_2_4_1_p6_who_asks_too_fast_is_slowed_and_not_locked_out() {
        let mut jail = Jail::new(Rule {
            rate: 10,
            burst: 20,
            ..Rule::default()
        });
        let open = |jail: &mut Jail, now| jail.admit(EVE, at(now)) == Admission::Open;
        assert_eq!((0..50).filter(|_| open(&mut jail, 0)).count(), 20);
        assert_eq!(jail.admit(EVE, at(0)), Admission::Slower);
        assert_eq!((0..50).filter(|_| open(&mut jail, 1_000)).count(), 10);
    }

    #[test]
    fn memory_is_bounded_and_who_is_out_is_not_forgotten_for_others() {
        let rule = Rule {
            most: 1_000,
            ..Rule::default()
        };
        let mut jail = Jail::new(rule);
        jail.note(EVE, Deed::Attack(Label::Honey), at(0)).unwrap();
        for number in 0..20_000_u32 {
            let from = IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number));
            jail.note(from, Deed::Unknown, at(1));
        }
        assert!(jail.remembered() <= 1_000, "{}", jail.remembered());
        assert!(matches!(jail.admit(EVE, at(2)), Admission::Out(_)));
    }

    #[test]
    fn a_network_of_ipv6_is_one_and_an_ipv4_address_is_itself_however_it_is_written() {
        let mut jail = Jail::new(Rule::default());
        let honey = Deed::Attack(Label::Honey);
        jail.note("2001:db8::1".parse().unwrap(), honey, at(0))
            .unwrap();
        let same = jail.admit("2001:db8::ffff".parse().unwrap(), at(1));
        assert!(matches!(same, Admission::Out(_)));
        let other = jail.admit("2001:db8:0:1::1".parse().unwrap(), at(1));
        assert_eq!(other, Admission::Open);
        jail.note("::ffff:203.0.113.9".parse().unwrap(), honey, at(0))
            .unwrap();
        assert!(matches!(jail.admit(EVE, at(1)), Admission::Out(_)));
    }
}
