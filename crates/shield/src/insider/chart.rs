//! Rules about who looked at whom: D1 to D8, D16 to D18.

use std::collections::{BTreeMap, BTreeSet};

use aceso_base::Instant;

use super::Rule;
use super::case::{Reason, Week, is_left};
use super::explain::Hold;
use super::facts::{Chart, Touch, What, Worker};
use super::near::{near, same_home};
use crate::filled::filled;

const DAY: i64 = 86_400_000;
/// So long after a discharge, or after having treated somebody, nobody has reason to look without a new one.
const LONG_OVER: i64 = 90 * DAY;
/// What follows sooner than this is one look.
const ONE_LOOK: i64 = 30 * 60_000;
const MONTH: i64 = 30 * DAY;

/// The reasons that a week's unexplained patients give.
pub(super) fn reasons(week: &Week<'_>) -> Vec<Reason> {
    let mut out = planted(week);
    let Some(worker) = week.facts.workers.get(week.worker) else {
        return out;
    };
    type Rules = for<'a> fn(&Pair<'a>) -> Vec<Reason>;
    let all: [(&[&Touch], Rules); 3] = [
        (&week.all, |p| p.own_record().into_iter().collect()),
        (&week.loose, |p| p.reasons()),
        (&week.unnamed, |p| p.role().into_iter().collect()),
    ];
    for (touches, rules) in all {
        for (patient, touches) in by_patient(touches) {
            let Some(chart) = week.facts.charts.get(patient) else {
                continue;
            };
            let pair = Pair {
                week,
                worker,
                patient,
                chart,
                touches: &touches,
            };
            out.extend(rules(&pair).into_iter().map(|r| r.of(patient)));
        }
    }
    out
}

fn by_patient<'a>(touches: &[&'a Touch]) -> BTreeMap<&'a str, Vec<&'a Touch>> {
    let mut found: BTreeMap<&str, Vec<&Touch>> = BTreeMap::new();
    for touch in touches {
        if let What::Opened(patient, _) | What::TakenOut(patient) = &touch.what {
            found.entry(patient).or_default().push(touch);
        }
    }
    found
}

/// D18: whatever explains it.
fn planted(week: &Week<'_>) -> Vec<Reason> {
    let is_planted = |patient: &str| week.facts.charts.get(patient).is_some_and(|c| c.planted);
    let found = by_patient(&week.all).into_iter();
    let reason = |(patient, touches): (&str, Vec<&Touch>)| {
        let text = "opened a record that was planted: nobody has reason to";
        Reason::new(Rule::D18, 100, text, touches).of(patient)
    };
    found
        .filter(|(patient, _)| is_planted(patient))
        .map(reason)
        .collect()
}

/// A person, and a patient whose record they opened without explanation.
struct Pair<'a> {
    week: &'a Week<'a>,
    worker: &'a Worker,
    patient: &'a str,
    chart: &'a Chart,
    touches: &'a [&'a Touch],
}

impl Pair<'_> {
    fn reasons(&self) -> Vec<Reason> {
        let mut out = Vec::new();
        if !self.own() {
            out.extend(self.surname());
            out.extend(self.home());
            out.extend(self.colleague());
        }
        if self.chart.known {
            out.push(self.reason(Rule::D6, 60, "opened the record of a well-known patient"));
        }
        out.extend(self.gone());
        out.extend(self.former());
        out.extend(self.again());
        out
    }

    /// D1: whatever explains it.
    fn own_record(&self) -> Option<Reason> {
        self.own()
            .then(|| self.reason(Rule::D1, 55, "opened their own record"))
    }

    fn reason(&self, rule: Rule, weight: u8, text: impl Into<String>) -> Reason {
        Reason::new(rule, weight, text, self.touches.iter().copied())
    }

    fn own(&self) -> bool {
        let by_account = self.worker.own.iter().any(|p| p == self.patient);
        by_account || is_same_person(self.worker, self.chart)
    }

    /// D2.
    fn surname(&self) -> Option<Reason> {
        let name = &self.chart.family;
        if name.is_empty() || *name != self.worker.family {
            return None;
        }
        let all = self.week.facts.patients.max(1);
        let bearers = self.week.facts.surnames.get(name).copied().unwrap_or(1);
        // In how many of a thousand.
        let weight = match bearers * 1000 / all {
            _ if bearers <= 3 => 55,
            0..=2 => 55,
            3..=5 => 40,
            6..=10 => 25,
            _ => 10,
        };
        let text = filled(
            "opened the record of a patient with the same surname, which {0} of {1} patients bear",
            &[&bearers, &all],
        );
        Some(self.reason(Rule::D2, weight, text))
    }

    /// D3 and D4.
    fn home(&self) -> Option<Reason> {
        let (mine, theirs) = (&self.worker.addresses, &self.chart.addresses);
        let pairs = || mine.iter().flat_map(|a| theirs.iter().map(move |b| (a, b)));
        if pairs().any(|(a, b)| same_home(a, b)) {
            return Some(self.reason(
                Rule::D3,
                70,
                "opened the record of a patient who lives at the same address",
            ));
        }
        let full = |(family, given): &(String, String)| {
            !family.is_empty() && *family == self.worker.family && *given == self.worker.given
        };
        if self.chart.contacts.iter().any(full) {
            let text = "opened the record of a patient whose emergency contact bears their name";
            return Some(self.reason(Rule::D3, 70, text));
        }
        if self
            .chart
            .phones
            .iter()
            .any(|p| self.worker.phones.contains(p))
        {
            let text =
                "opened the record of a patient with the same telephone number, or a contact's";
            return Some(self.reason(Rule::D3, 70, text));
        }
        let how = pairs().find_map(|(a, b)| near(a, b))?;
        let text = filled("opened the record of a neighbour ({0})", &[&how]);
        Some(self.reason(Rule::D4, 45, text))
    }

    /// D5.
    fn colleague(&self) -> Option<Reason> {
        let others = self.week.facts.workers.iter();
        let mut others = others.filter(|w| w.account != self.worker.account);
        let one = others
            .any(|w| w.own.iter().any(|p| p == self.patient) || is_same_person(w, self.chart));
        (one || self.chart.employee)
            .then(|| self.reason(Rule::D5, 50, "opened the record of a colleague"))
    }

    /// D7.
    fn gone(&self) -> Option<Reason> {
        let at = self.touches.first()?.at;
        if self.chart.died.is_some_and(|died| died < at) {
            return Some(self.reason(Rule::D7, 45, "opened the record of a patient who has died"));
        }
        let left = self.chart.discharged?;
        let long = at.millis() - left.millis() > LONG_OVER;
        let days = (at.millis() - left.millis()) / DAY;
        long.then(|| {
            let text = filled(
                "opened the record of a patient who was discharged {0} days ago",
                &[&days],
            );
            self.reason(Rule::D7, 45, text)
        })
    }

    /// D8: soon after, one look may be an answer to a call; looks on several days are not, and nobody calls after months.
    fn former(&self) -> Option<Reason> {
        let at = self.touches.first()?.at;
        let ended = self
            .week
            .explained
            .ended(self.week.worker, self.patient, at)?;
        let since = at.millis() - ended.millis();
        let days = since / DAY;
        if days < 1 {
            return None;
        }
        let seen: BTreeSet<i64> = self.touches.iter().map(|t| self.week.day(t.at)).collect();
        let weight = if seen.len() > 1 || since > LONG_OVER {
            45
        } else {
            25
        };
        let text = filled(
            "opened the record of a former patient of theirs; the last link between them ended {0} days before",
            &[&days],
        );
        Some(self.reason(Rule::D8, weight, text))
    }

    /// D16.
    fn role(&self) -> Option<Reason> {
        let mut odd: BTreeSet<&str> = BTreeSet::new();
        for touch in self.touches {
            if let What::Opened(_, kinds) = &touch.what {
                odd.extend(
                    kinds
                        .iter()
                        .map(String::as_str)
                        .filter(|k| is_outside(&self.worker.roles, k)),
                );
            }
        }
        if odd.is_empty() {
            return None;
        }
        let kinds: Vec<&str> = odd.into_iter().collect();
        let text = filled(
            "opened, or tried to open, what their role has no use for: {0}",
            &[&kinds.join(", ")],
        );
        Some(self.reason(Rule::D16, 50, text))
    }

    /// D17: on three days within the month. Coming back sooner is a reason beside others only.
    fn again(&self) -> Option<Reason> {
        let last = self.touches.last()?.at;
        let since = last.millis() - MONTH;
        let facts = self.week.facts;
        let earlier = self.week.before.iter().filter(|t| t.at.millis() >= since);
        let same = earlier.filter(|t| match &t.what {
            What::Opened(patient, _) | What::TakenOut(patient) => patient == self.patient,
            What::Listed(_) | What::Present => false,
        });
        let left = same.filter(|t| is_left(self.week.explained, t, Some(Hold::Around)));
        let mut all: Vec<Instant> = left.chain(self.touches.iter()).map(|t| t.at).collect();
        all.sort_unstable();
        let days: BTreeSet<i64> = all.iter().map(|at| facts.zone.day(*at)).collect();
        let soon = |a: &Instant, b: &Instant| b.millis() - a.millis() < ONE_LOOK;
        let looks = all.chunk_by(soon).count();
        let weight = match (days.len(), looks) {
            (0..=2, 0..=1) => return None,
            (0..=2, 2) => 30,
            (0..=2, _) => 40,
            (3, _) => 45,
            _ => 60,
        };
        let text = if days.len() > 1 {
            filled(
                "opened the same patient's record {0} times, on {1} days within 30",
                &[&looks, &days.len()],
            )
        } else {
            filled(
                "opened the same patient's record {0} times on one day",
                &[&looks],
            )
        };
        Some(self.reason(Rule::D17, weight, text))
    }
}

fn is_same_person(worker: &Worker, chart: &Chart) -> bool {
    let told = !worker.family.is_empty() && !worker.birth.is_empty();
    told && worker.family == chart.family
        && worker.given == chart.given
        && worker.birth == chart.birth
}

const NOTES: [&str; 5] = [
    "ClinicalImpression",
    "Communication",
    "Composition",
    "DocumentReference",
    "QuestionnaireResponse",
];
const RESULTS: [&str; 5] = [
    "DiagnosticReport",
    "ImagingStudy",
    "Media",
    "Observation",
    "Specimen",
];
const DRUGS: [&str; 5] = [
    "AllergyIntolerance",
    "Immunization",
    "MedicationAdministration",
    "MedicationRequest",
    "MedicationStatement",
];
const DIAGNOSES: [&str; 3] = ["Condition", "FamilyMemberHistory", "Procedure"];

/// Whether none of somebody's roles has use for a type of resource. A clinic's own roles are not judged.
fn is_outside(roles: &[String], kind: &str) -> bool {
    let of = |lists: &[&[&str]]| lists.iter().any(|list| list.contains(&kind));
    !roles.is_empty()
        && roles.iter().all(|role| match role.as_str() {
            "biller" => of(&[&NOTES, &RESULTS, &DRUGS]),
            "front-desk" => of(&[&NOTES, &RESULTS, &DRUGS, &DIAGNOSES]),
            "laboratory" => of(&[&NOTES]),
            "administrator" | "auditor" | "security-officer" => true,
            _ => false,
        })
}
