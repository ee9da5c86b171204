//! Time in the desk's records: RFC 3339, UTC, milliseconds.

use std::fmt;
use std::str::FromStr;

use aceso_base::Instant;
use serde::{Deserialize, Serialize};

/// A point in time as records keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct When(i64);

/// Not a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time with its zone; write for example 2026-11-22T14:00:00Z")]
pub struct WhenError(String);

impl When {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Moved by a number of milliseconds.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Moved by hours.
    pub const fn plus_hours(self, hours: i64) -> Self {
        self.plus_millis(hours.saturating_mul(3_600_000))
    }

    /// Moved by days of 24 hours.
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_hours(days.saturating_mul(24))
    }

    /// The timestamp; the epoch for what lies outside of what it can say.
    pub(crate) fn stamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// `2026-11-22 14:00 UTC`.
    pub fn said(self) -> String {
        self.stamp().strftime("%Y-%m-%d %H:%M UTC").to_string()
    }

    /// `2026-11-22`, in UTC.
    pub fn date(self) -> String {
        self.stamp().strftime("%Y-%m-%d").to_string()
    }

    /// As mail headers write it: `Sun, 22 Nov 2026 14:00:00 +0000`.
    pub fn mail(self) -> String {
        self.stamp()
            .strftime("%a, %d %b %Y %H:%M:%S +0000")
            .to_string()
    }
}

impl From<Instant> for When {
    fn from(instant: Instant) -> Self {
        Self(instant.millis())
    }
}

/// RFC 3339 in UTC; milliseconds only where there are some.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.rem_euclid(1000) == 0 {
            write!(f, "{:.0}", self.stamp())
        } else {
            write!(f, "{:.3}", self.stamp())
        }
    }
}

impl From<When> for Instant {
    fn from(when: When) -> Self {
        Self::from_millis(when.millis())
    }
}

impl FromStr for When {
    type Err = WhenError;

    fn from_str(text: &str) -> Result<Self, WhenError> {
        let stamp: jiff::Timestamp = text
            .trim()
            .parse()
            .map_err(|_| WhenError(text.to_owned()))?;
        Ok(Self(stamp.as_millisecond()))
    }
}

impl TryFrom<String> for When {
    type Error = WhenError;

    fn try_from(text: String) -> Result<Self, WhenError> {
        text.parse()
    }
}

impl From<When> for String {
    fn from(when: When) -> Self {
        when.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_its_zone_and_written_in_utc() {
        let when: When = "2026-05-06T21:32:13.851+02:00".parse().unwrap();
        assert_eq!(when.to_string(), "2026-05-06T19:32:13.851Z");
        assert_eq!(when.mail(), "Wed, 06 May 2026 19:32:13 +0000");
        let whole: When = "2024-03-05T07:00:00.000000Z".parse().unwrap();
        assert_eq!(whole.to_string(), "2024-03-05T07:00:00Z");
        assert!("2024-03-05".parse::<When>().is_err());
        assert!("2024-03-05T07:00:00".parse::<When>().is_err());
    }
}
