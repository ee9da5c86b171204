//! The clinic's usual reports: who is due for a vaccination, whose long illness is looked after. Each is two questions of the
//! patient lists.

use aceso_web::site::Local;
use jiff::ToSpan;
use jiff::civil::Date;

use super::HERE;
use super::criteria::Criteria;

/// Fields of a list and what is asked in them; `@year`, `@two-years`, `@season` stand for days before today.
type Fields = &'static [(&'static str, &'static str)];

/// Whom the second question counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counts {
    /// Those for whom it is done.
    Done,
    /// Those for whom it is still to be done, or is not as it should be.
    Open,
    /// Nobody further: how many there are is all.
    All,
}

/// A report.
pub(super) struct Measure {
    pub(super) group: &'static str,
    pub(super) title: &'static str,
    /// Who should do so, or where the measure is from.
    pub(super) source: &'static str,
    who: Fields,
    pub(super) counts: Counts,
    then: Fields,
}

const fn measure(
    group: &'static str,
    title: &'static str,
    source: &'static str,
    who: Fields,
    (counts, then): (Counts, Fields),
) -> Measure {
    Measure {
        group,
        title,
        source,
        who,
        counts,
        then,
    }
}

pub(super) const VACCINES: &str = "Vaccinations";
pub(super) const CARE: &str = "Quality of care";
pub(super) const REGISTERS: &str = "Registers";

/// All of them, by group.
#[rustfmt::skip]
static ALL: [Measure; 12] = [
    measure(VACCINES, "Influenza this season, 65 and older", "ACIP adult schedule",
        &[("older", "65")], (Counts::Open, &[("vaccine", "Influenza"), ("vaccinated", "@season")])),
    measure(VACCINES, "Influenza this season, 6 months to 64 years", "ACIP schedule",
        &[("older", "1"), ("younger", "64")], (Counts::Open, &[("vaccine", "Influenza"), ("vaccinated", "@season")])),
    measure(VACCINES, "Pneumococcal, 65 and older", "ACIP adult schedule",
        &[("older", "65")], (Counts::Open, &[("vaccine", "Pneumococcal")])),
    measure(VACCINES, "Measles, mumps, rubella, 2 to 17 years", "ACIP child schedule",
        &[("older", "2"), ("younger", "17")], (Counts::Open, &[("vaccine", "03")])),
    measure(CARE, "Diabetes: HbA1c measured within a year", "as CMS122, HbA1c present",
        &[("problem", "44054006")], (Counts::Done, &[("test", "4548-4"), ("since", "@year")])),
    measure(CARE, "Diabetes: an HbA1c over 9 % within a year", "as CMS122, poor control",
        &[("problem", "44054006")], (Counts::Open, &[("test", "4548-4"), ("comparison", "gt"), ("value", "9"), ("since", "@year")])),
    measure(CARE, "Hypertension: seen within a year", "as CMS165, visit in the period",
        &[("problem", "59621000")], (Counts::Done, &[("seen", "@year")])),
    measure(CARE, "65 and older: seen within two years", "the clinic's own",
        &[("older", "65")], (Counts::Done, &[("seen", "@two-years")])),
    measure(REGISTERS, "Diabetes mellitus type 2", "SNOMED CT 44054006", &[("problem", "44054006")], (Counts::All, &[])),
    measure(REGISTERS, "Essential hypertension", "SNOMED CT 59621000", &[("problem", "59621000")], (Counts::All, &[])),
    measure(REGISTERS, "Asthma", "SNOMED CT 195967001", &[("problem", "195967001")], (Counts::All, &[])),
    measure(REGISTERS, "Prediabetes", "SNOMED CT 714628002", &[("problem", "714628002")], (Counts::All, &[])),
];

/// What all reports ask on a day. Several are about the same people: each question is asked once.
pub(super) struct Plan {
    asked: Vec<Question>,
    /// Each with the places of its two questions.
    reports: Vec<(&'static Measure, [usize; 2])>,
}

impl Plan {
    pub(super) fn of(today: Date) -> Self {
        let mut plan = Self {
            asked: Vec::new(),
            reports: Vec::new(),
        };
        for one in &ALL {
            let both = [one.who, one.then].concat();
            let questions = [one.who, &both].map(|fields| Question::of(fields, today));
            let places = questions.map(|question| plan.place(question));
            plan.reports.push((one, places));
        }
        plan
    }

    fn place(&mut self, question: Question) -> usize {
        let known = self.asked.iter().position(|one| *one == question);
        known.unwrap_or_else(|| {
            self.asked.push(question);
            self.asked.len() - 1
        })
    }

    /// What is counted, in the order of the numbers.
    pub(super) fn criteria(&self) -> Vec<Criteria> {
        self.asked.iter().map(Question::criteria).collect()
    }

    /// The reports, each with the places of its numbers and the addresses of its lists.
    pub(super) fn reports(&self) -> impl Iterator<Item = (&'static Measure, [(usize, String); 2])> {
        let path = |place: usize| {
            self.asked
                .get(place)
                .map_or_else(String::new, Question::path)
        };
        let lists = move |places: &[usize; 2]| places.map(|place| (place, path(place)));
        self.reports
            .iter()
            .map(move |(one, places)| (*one, lists(places)))
    }
}

/// What a list asks for: fields and values.
#[derive(Debug, PartialEq, Eq)]
struct Question(Vec<(&'static str, String)>);

impl Question {
    fn of(fields: &[(&'static str, &'static str)], today: Date) -> Self {
        Self(fields.iter().map(|(n, v)| (*n, day(v, today))).collect())
    }

    fn criteria(&self) -> Criteria {
        let of = |name: &str| self.0.iter().find(|(n, _)| *n == name);
        Criteria::of(|name| of(name).map_or("", |(_, value)| value))
    }

    /// Where those who fit are listed.
    fn path(&self) -> String {
        let pairs: Vec<(&str, &str)> = self.0.iter().map(|(n, v)| (*n, v.as_str())).collect();
        Local::with(HERE, &pairs).as_str().to_owned()
    }
}

/// A value with the day that it stands for.
fn day(value: &str, today: Date) -> String {
    let before = |months: i64| today.checked_sub(months.months());
    let then = match value {
        "@year" => before(12),
        "@two-years" => before(24),
        // A season's vaccines are given from August on.
        "@season" => {
            let year = if today.month() >= 8 {
                today.year()
            } else {
                today.year() - 1
            };
            Date::new(year, 8, 1)
        }
        other => return other.to_owned(),
    };
    then.unwrap_or(today).to_string()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_before_today_are_those_of_the_calendar() {
        for (value, today, expected) in [
            ("@year", date(2026, 3, 4), "2025-03-04"),
            ("@two-years", date(2024, 2, 29), "2022-02-28"),
            ("@season", date(2026, 3, 4), "2025-08-01"),
            ("@season", date(2026, 8, 1), "2026-08-01"),
            ("65", date(2026, 8, 1), "65"),
        ] {
            assert_eq!(day(value, today), expected, "{value}");
        }
    }
}
