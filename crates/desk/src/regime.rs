//! The deadlines that a desk lives under: what each counts from, how long it is, and where it is written.

use serde::{Deserialize, Serialize};

use crate::When;
use crate::calendar::Calendar;
use crate::severity::{Policy, Severity};

/// What sets a clock going.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// A report came in.
    Received,
    /// The project knows that somebody's data is in an incident.
    PeopleAffected,
    /// A CVE id was asked for.
    CveRequested,
    /// The project knows that the vulnerability is exploited.
    ExploitationKnown,
    /// The project knows of a severe incident that touches its product.
    IncidentKnown,
    /// The 72-hour notification of an incident was sent.
    IncidentNotified,
    /// A fix or a mitigation can be had.
    FixAvailable,
    /// The installation knows of a breach of personal data.
    BreachKnown,
    /// The vulnerability is public.
    Disclosed,
    /// An advisory was published as interim.
    InterimPublished,
}

/// A deadline's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Regime {
    /// The reporter is told that the report arrived and is read.
    Acknowledge,
    /// A signed fix is available, by the policy's days for the severity.
    Resolve,
    /// Affected members are told.
    TellAffected,
    /// The CVE id that was asked for.
    CveAnswer,
    /// Cyber Resilience Act: early warning of an exploited vulnerability.
    CraWarning,
    /// Cyber Resilience Act: notification of an exploited vulnerability.
    CraNotification,
    /// Cyber Resilience Act: final report on an exploited vulnerability.
    CraFinal,
    /// Cyber Resilience Act: early warning of a severe incident.
    CraIncidentWarning,
    /// Cyber Resilience Act: notification of a severe incident.
    CraIncidentNotification,
    /// Cyber Resilience Act: final report on a severe incident.
    CraIncidentFinal,
    /// General Data Protection Regulation: the supervisory authority.
    GdprAuthority,
    /// HIPAA: the people concerned.
    HipaaIndividuals,
    /// HIPAA: from a business associate to the covered entity.
    HipaaAssociate,
    /// CNA rules: the CVE record should be public.
    CnaShould,
    /// CNA rules: the CVE record must be public.
    CnaMust,
    /// An interim advisory becomes final: the first look.
    InterimFirst,
    /// An interim advisory becomes final: the last look.
    InterimLast,
}

/// How long a rule gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Hours, counted through nights and weekends.
    Hours(i64),
    /// Days of 24 hours.
    Days(i64),
    /// Days on which somebody works.
    BusinessDays(u16),
    /// Calendar months.
    Months(u16),
    /// The days that the policy gives the case's severity.
    OfPolicy,
}

/// Whether a clock may be stopped for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pausable {
    /// By somebody, with a reason and an end.
    WithReason,
    /// The law does not know of it.
    Never,
}

/// A rule in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What is due.
    pub what: &'static str,
    /// Where it is written.
    pub source: &'static str,
    /// What it counts from.
    pub trigger: Trigger,
    /// How long it gives.
    pub span: Span,
    /// Whether it may be stopped.
    pub pausable: Pausable,
}

impl Regime {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Acknowledge,
        Self::Resolve,
        Self::TellAffected,
        Self::CveAnswer,
        Self::CraWarning,
        Self::CraNotification,
        Self::CraFinal,
        Self::CraIncidentWarning,
        Self::CraIncidentNotification,
        Self::CraIncidentFinal,
        Self::GdprAuthority,
        Self::HipaaIndividuals,
        Self::HipaaAssociate,
        Self::CnaShould,
        Self::CnaMust,
        Self::InterimFirst,
        Self::InterimLast,
    ];

    /// Its rule.
    pub const fn rule(self) -> Rule {
        use Pausable::{Never, WithReason};
        use Span::{BusinessDays, Days, Hours, Months, OfPolicy};
        use Trigger as T;
        let cra = "Regulation (EU) 2024/2847, Article 14";
        let cna = "CVE CNA Operational Rules, 4.5.1.3 and 4.5.1.4";
        let csaf = "CSAF 2.0, conformance clause 6: content management system";
        match self {
            Self::Acknowledge => rule(
                "tell the reporter that the report is read",
                "the desk's own",
                T::Received,
                BusinessDays(2),
                WithReason,
            ),
            Self::Resolve => rule(
                "a signed fix is available",
                "the policy's days by severity",
                T::Received,
                OfPolicy,
                WithReason,
            ),
            Self::TellAffected => rule(
                "tell the members whose data is concerned",
                "OpenMRS security policy",
                T::PeopleAffected,
                BusinessDays(5),
                Never,
            ),
            Self::CveAnswer => rule(
                "the CVE id that was asked for",
                "OpenMRS security policy",
                T::CveRequested,
                Hours(72),
                WithReason,
            ),
            Self::CraWarning => rule(
                "early warning of exploitation",
                cra,
                T::ExploitationKnown,
                Hours(24),
                Never,
            ),
            Self::CraNotification => rule(
                "notification of exploitation",
                cra,
                T::ExploitationKnown,
                Hours(72),
                Never,
            ),
            Self::CraFinal => rule(
                "final report on the exploited vulnerability",
                cra,
                T::FixAvailable,
                Days(14),
                Never,
            ),
            Self::CraIncidentWarning => rule(
                "early warning of the incident",
                cra,
                T::IncidentKnown,
                Hours(24),
                Never,
            ),
            Self::CraIncidentNotification => rule(
                "notification of the incident",
                cra,
                T::IncidentKnown,
                Hours(72),
                Never,
            ),
            Self::CraIncidentFinal => rule(
                "final report on the incident",
                cra,
                T::IncidentNotified,
                Months(1),
                Never,
            ),
            Self::GdprAuthority => rule(
                "notify the supervisory authority",
                "GDPR, Article 33(1)",
                T::BreachKnown,
                Hours(72),
                Never,
            ),
            Self::HipaaIndividuals => rule(
                "notify the people concerned",
                "45 CFR 164.404(b)",
                T::BreachKnown,
                Days(60),
                Never,
            ),
            Self::HipaaAssociate => rule(
                "notify the covered entity",
                "45 CFR 164.410(b)",
                T::BreachKnown,
                Days(60),
                Never,
            ),
            Self::CnaShould => rule(
                "the CVE record should be public",
                cna,
                T::Disclosed,
                Hours(24),
                Never,
            ),
            Self::CnaMust => rule(
                "the CVE record must be public",
                cna,
                T::Disclosed,
                Hours(72),
                Never,
            ),
            Self::InterimFirst => rule(
                "look whether the interim advisory is final",
                csaf,
                T::InterimPublished,
                Days(21),
                WithReason,
            ),
            Self::InterimLast => rule(
                "make the interim advisory final",
                csaf,
                T::InterimPublished,
                Days(42),
                WithReason,
            ),
        }
    }

    /// Those that an event sets going.
    pub fn started_by(trigger: Trigger) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |regime| regime.rule().trigger == trigger)
    }

    /// When it is due, counted from a time.
    pub fn due(
        self,
        start: When,
        calendar: &Calendar,
        policy: &Policy,
        severity: Severity,
    ) -> When {
        match self.rule().span {
            Span::Hours(hours) => start.plus_hours(hours),
            Span::Days(days) => start.plus_days(days),
            Span::BusinessDays(days) => calendar.business_days_after(start, days),
            Span::Months(months) => calendar.months_after(start, months),
            Span::OfPolicy => start.plus_days(i64::from(policy.days(severity))),
        }
    }
}

const fn rule(
    what: &'static str,
    source: &'static str,
    trigger: Trigger,
    span: Span,
    pausable: Pausable,
) -> Rule {
    Rule {
        what,
        source,
        trigger,
        span,
        pausable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(regime: Regime, start: &str, expected: &str) {
        let start = start.parse().unwrap();
        let due = regime.due(
            start,
            &Calendar::plain(),
            &Policy::ceiling(),
            Severity::Critical,
        );
        assert_eq!(due.to_string(), expected, "{regime:?}");
    }

    #[test]
    fn c1_g33_each_regime_counts_as_it_is_written() {
        let friday = "2026-11-20T17:00:00Z";
        check(Regime::Acknowledge, friday, "2026-11-24T23:59:59Z");
        check(Regime::Resolve, friday, "2027-02-18T17:00:00Z");
        check(Regime::TellAffected, friday, "2026-11-27T23:59:59Z");
        check(Regime::CveAnswer, friday, "2026-11-23T17:00:00Z");
        check(Regime::CraWarning, friday, "2026-11-21T17:00:00Z");
        check(Regime::CraNotification, friday, "2026-11-23T17:00:00Z");
        check(Regime::CraFinal, friday, "2026-12-04T17:00:00Z");
        check(Regime::CraIncidentFinal, friday, "2026-12-20T17:00:00Z");
        check(Regime::GdprAuthority, friday, "2026-11-23T17:00:00Z");
        check(Regime::HipaaIndividuals, friday, "2027-01-19T17:00:00Z");
        check(Regime::CnaShould, friday, "2026-11-21T17:00:00Z");
        check(Regime::CnaMust, friday, "2026-11-23T17:00:00Z");
        check(Regime::InterimLast, friday, "2027-01-01T17:00:00Z");
    }

    #[test]
    fn what_the_law_sets_cannot_be_paused() {
        for regime in Regime::ALL {
            let rule = regime.rule();
            let law = ["Regulation", "GDPR", "CFR", "CNA"]
                .iter()
                .any(|l| rule.source.contains(l));
            assert!(!law || rule.pausable == Pausable::Never, "{regime:?}");
        }
        let started: Vec<_> = Regime::started_by(Trigger::ExploitationKnown).collect();
        assert_eq!(started, [Regime::CraWarning, Regime::CraNotification]);
    }
}
