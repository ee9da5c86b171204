//! The rules that a clinic may set.

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleRule {
    /// How long sessions last.
    pub sessions: SessionRule,
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
