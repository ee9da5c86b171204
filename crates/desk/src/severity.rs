//! The four severities, what characterises each, and the days that a policy gives them.

use serde::{Deserialize, Serialize};

use crate::cvss::Rating;

/// A severity as the group sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Very little impact.
    Low,
    /// Needs victims, their network, or privileges.
    Medium,
    /// Difficult, but grave.
    High,
    /// Straightforward, and root.
    Critical,
}

impl Severity {
    /// All, the gravest first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }

    /// What advisories of this severity say beside everything else.
    pub const fn advice(self) -> Option<&'static str> {
        match self {
            Self::Critical => Some(
                "Patch or upgrade as soon as possible, unless the vulnerability is mitigated where you are, for example \
                 because the system cannot be reached from the Internet.",
            ),
            Self::High | Self::Medium | Self::Low => None,
        }
    }

    /// The severity of a CVSS rating; none for a score of 0.
    pub const fn of_rating(rating: Rating) -> Option<Self> {
        match rating {
            Rating::None => None,
            Rating::Low => Some(Self::Low),
            Rating::Medium => Some(Self::Medium),
            Rating::High => Some(Self::High),
            Rating::Critical => Some(Self::Critical),
        }
    }
}

/// What may be true of a vulnerability: the words of OpenMRS's policy, one answer each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Characteristic {
    /// Critical.
    RootCompromise,
    /// Critical.
    Straightforward,
    /// High.
    DifficultToExploit,
    /// High.
    ElevatedPrivileges,
    /// High.
    DataLossOrDowntime,
    /// Medium.
    SocialEngineering,
    /// Medium.
    DenialHardToSetUp,
    /// Medium.
    LocalNetwork,
    /// Medium.
    LimitedAccess,
    /// Medium.
    UserPrivileges,
    /// Low.
    LittleImpact,
    /// Low.
    PhysicalAccess,
}

impl Characteristic {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::RootCompromise,
        Self::Straightforward,
        Self::DifficultToExploit,
        Self::ElevatedPrivileges,
        Self::DataLossOrDowntime,
        Self::SocialEngineering,
        Self::DenialHardToSetUp,
        Self::LocalNetwork,
        Self::LimitedAccess,
        Self::UserPrivileges,
        Self::LittleImpact,
        Self::PhysicalAccess,
    ];

    /// The question that it answers with yes.
    pub const fn says(self) -> &'static str {
        match self {
            Self::RootCompromise => {
                "exploiting it likely compromises servers or infrastructure at root level"
            }
            Self::Straightforward => {
                "exploiting it is straightforward: no credentials, no knowledge of victims, no persuasion"
            }
            Self::DifficultToExploit => "it is difficult to exploit",
            Self::ElevatedPrivileges => "exploiting it could give elevated privileges",
            Self::DataLossOrDowntime => "exploiting it could lose much data or stop the system",
            Self::SocialEngineering => "somebody must be manipulated",
            Self::DenialHardToSetUp => "it denies service, and is hard to set up",
            Self::LocalNetwork => "the attacker must be on the victim's local network",
            Self::LimitedAccess => "exploiting it gives very limited access only",
            Self::UserPrivileges => "the attacker needs a user's privileges",
            Self::LittleImpact => "its impact on the work is very small",
            Self::PhysicalAccess => "the attacker needs local or physical access",
        }
    }

    /// The severity that it is listed under.
    pub const fn severity(self) -> Severity {
        match self {
            Self::RootCompromise | Self::Straightforward => Severity::Critical,
            Self::DifficultToExploit | Self::ElevatedPrivileges | Self::DataLossOrDowntime => {
                Severity::High
            }
            Self::SocialEngineering
            | Self::DenialHardToSetUp
            | Self::LocalNetwork
            | Self::LimitedAccess
            | Self::UserPrivileges => Severity::Medium,
            Self::LittleImpact | Self::PhysicalAccess => Severity::Low,
        }
    }

    /// Whether it says how grave the outcome is; else it says what the attacker needs.
    const fn is_outcome(self) -> bool {
        match self {
            Self::RootCompromise
            | Self::ElevatedPrivileges
            | Self::DataLossOrDowntime
            | Self::LimitedAccess
            | Self::LittleImpact => true,
            Self::Straightforward
            | Self::DifficultToExploit
            | Self::SocialEngineering
            | Self::DenialHardToSetUp
            | Self::LocalNetwork
            | Self::UserPrivileges
            | Self::PhysicalAccess => false,
        }
    }
}

/// What the characteristics propose: the gravest outcome, no graver than what the attacker needs leaves. Root compromise
/// stays at least High whatever it needs, and elevated privileges or loss of data stay at least Medium. None when nothing
/// is said.
pub fn propose(said: &[Characteristic]) -> Option<Severity> {
    let outcome = said
        .iter()
        .filter(|c| c.is_outcome())
        .map(|c| c.severity())
        .max();
    let needs = said
        .iter()
        .filter(|c| !c.is_outcome())
        .map(|c| c.severity())
        .min();
    Some(match (outcome, needs) {
        (None, None) => return None,
        (Some(outcome), None) => outcome,
        (None, Some(needs)) => needs,
        (Some(Severity::Critical), Some(needs)) => needs.max(Severity::High),
        (Some(Severity::High), Some(needs)) => needs.clamp(Severity::Medium, Severity::High),
        (Some(outcome), Some(needs)) => outcome.min(needs),
    })
}

/// How many days a severity has until a signed fix is available, and how long implementers are told before the public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Its name, as decisions cite it.
    pub name: String,
    /// Days to resolve: critical, high, medium, low.
    pub days: [u16; 4],
    /// Days between the notice to implementers and publication: critical, high, medium, low; 0 to 14.
    pub notice_days: [u8; 4],
}

impl Policy {
    /// OpenMRS's published policy: the ceiling.
    pub fn ceiling() -> Self {
        Self {
            name: "OpenMRS ceiling".to_owned(),
            days: [90, 180, 180, 365],
            notice_days: [3, 7, 14, 0],
        }
    }

    /// A stricter one, beside the ceiling.
    pub fn fast() -> Self {
        Self {
            name: "fast".to_owned(),
            days: [14, 30, 90, 180],
            notice_days: [2, 5, 7, 0],
        }
    }

    /// Days until a signed fix is to be available.
    pub fn days(&self, severity: Severity) -> u16 {
        let [critical, high, medium, low] = self.days;
        match severity {
            Severity::Critical => critical,
            Severity::High => high,
            Severity::Medium => medium,
            Severity::Low => low,
        }
    }

    /// Days that implementers know before everybody.
    pub fn notice_days(&self, severity: Severity) -> u8 {
        let [critical, high, medium, low] = self.notice_days;
        match severity {
            Severity::Critical => critical,
            Severity::High => high,
            Severity::Medium => medium,
            Severity::Low => low,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Characteristic as C;
    use super::*;

    fn check(said: &[C], expected: Option<Severity>) {
        assert_eq!(propose(said), expected, "{said:?}");
    }

    #[test]
    fn the_characteristics_propose_a_severity() {
        check(&[], None);
        check(
            &[C::RootCompromise, C::Straightforward],
            Some(Severity::Critical),
        );
        check(
            &[C::RootCompromise, C::DifficultToExploit],
            Some(Severity::High),
        );
        check(
            &[C::RootCompromise, C::UserPrivileges],
            Some(Severity::High),
        );
        check(
            &[C::DataLossOrDowntime, C::Straightforward],
            Some(Severity::High),
        );
        check(
            &[C::ElevatedPrivileges, C::PhysicalAccess],
            Some(Severity::Medium),
        );
        check(
            &[C::LimitedAccess, C::Straightforward],
            Some(Severity::Medium),
        );
        check(&[C::LittleImpact, C::Straightforward], Some(Severity::Low));
        check(&[C::SocialEngineering], Some(Severity::Medium));
    }

    #[test]
    fn the_policy_gives_days_by_severity() {
        let days = |policy: &Policy| Severity::ALL.map(|s| policy.days(s));
        assert_eq!(days(&Policy::ceiling()), [90, 180, 180, 365]);
        assert_eq!(days(&Policy::fast()), [14, 30, 90, 180]);
        assert!(
            Severity::Critical
                .advice()
                .is_some_and(|a| a.contains("as soon as possible"))
        );
    }
}
