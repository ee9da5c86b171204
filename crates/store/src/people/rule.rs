//! The rules that a clinic may set.

use aceso_policy::{OpeningHours, Role};

use super::account::Account;

/// All of them.
#[derive(Clone, Debug)]
pub struct PeopleRule {
    /// How long sessions last.
    pub sessions: SessionRule,
    /// What follows wrong attempts.
    pub lock: LockRule,
    /// Roles for which one factor is enough; an account with any other role needs two.
    pub one_factor: Vec<Role>,
    /// When the clinic is open; policies may ask.
    pub hours: OpeningHours,
}

/// How long sessions last. The defaults meet NIST SP 800-63B-4 for AAL3: 15 minutes idle, 12 hours in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRule {
    /// After this many milliseconds without a request a session is locked.
    pub idle_millis: i64,
    /// After this many milliseconds it ends, whatever happens.
    pub absolute_millis: i64,
    /// A sign-in that is not finished ends after this many milliseconds.
    pub pending_millis: i64,
    /// Most sessions of an account at a time; the oldest ends.
    pub most: u32,
}

/// What follows wrong attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockRule {
    /// For an account, and for a browser it knows.
    pub account: BackOff,
    /// For an address, whatever accounts are tried from there.
    pub address: BackOff,
    /// How many addresses, and names that no account has, are remembered.
    pub remembered: u32,
}

/// How long to wait after so many consecutive failures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackOff {
    /// From so many failures on, so many milliseconds; ascending.
    pub steps: Vec<(u32, i64)>,
    /// At so many, until the end of the day (UTC); then the count begins anew.
    pub most: u32,
    /// Failures are forgotten after so many quiet milliseconds; none: only by a right attempt.
    pub forget_millis: Option<i64>,
}

impl PeopleRule {
    /// Whether an account's roles ask for a second factor.
    pub fn wants_second_factor(&self, account: &Account) -> bool {
        account.roles.iter().any(|r| !self.one_factor.contains(r))
    }
}

impl Default for PeopleRule {
    fn default() -> Self {
        Self {
            sessions: SessionRule::default(),
            lock: LockRule::default(),
            one_factor: vec![Role::PATIENT, Role::PROXY],
            hours: OpeningHours::default(),
        }
    }
}

impl Default for SessionRule {
    fn default() -> Self {
        Self {
            idle_millis: 15 * 60_000,
            absolute_millis: 12 * 3_600_000,
            pending_millis: 10 * 60_000,
            most: 20,
        }
    }
}

impl Default for LockRule {
    /// An account: 1, 3, 5, 10 s, and at 100 failures until the end of the day (NIST SP 800-63B-4, section 3.2.2: at most
    /// 100). An address, which many may share: from the 20th failure within an hour, and at 1000.
    fn default() -> Self {
        Self {
            account: BackOff {
                steps: vec![(1, 1_000), (3, 3_000), (6, 5_000), (10, 10_000)],
                most: 100,
                forget_millis: None,
            },
            address: BackOff {
                steps: vec![(20, 1_000), (40, 3_000), (80, 5_000), (160, 10_000)],
                most: 1_000,
                forget_millis: Some(3_600_000),
            },
            remembered: 10_000,
        }
    }
}
