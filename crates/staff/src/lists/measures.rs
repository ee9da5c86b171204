//! `/lists/measures`: the clinic's usual reports: who is due for a vaccination, whose long illness is looked after, and how many
//! of each there are. Each is two questions of the patient lists, so that every number opens the list of whom it counts.

use std::sync::Arc;

use aceso_base::Instant;
use aceso_print::{Paper, Table as PaperTable};
use aceso_web::page::{
    Button, Card, Column, Csrf, Form, Link, Page, Tab, Table, Tabs, Tag, Tone, View, language, say,
    words,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

use super::HERE;
use super::criteria::Criteria;
use super::find::{must, totals};
use super::kept::Totals;
use crate::Staff;
use crate::csv::{Csv, attached};
use crate::words::{field_day, moment};

/// The address.
pub(crate) const MEASURES: &str = "/lists/measures";

/// Fields of a list and what is asked in them; `@year`, `@two-years`, `@season` stand for days before today.
type Fields = &'static [(&'static str, &'static str)];

/// Whom the second question counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    /// Those for whom it is done.
    Done,
    /// Those for whom it is still to be done, or is not as it should be.
    Open,
    /// Nobody further: how many there are is all.
    All,
}

/// A report.
struct Measure {
    group: &'static str,
    title: &'static str,
    /// Who should do so, or where the measure is from.
    source: &'static str,
    who: Fields,
    counts: Counts,
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

const VACCINES: &str = "Vaccinations";
const CARE: &str = "Quality of care";
const REGISTERS: &str = "Registers";

/// All of them, by group.
#[rustfmt::skip]
const ALL: [Measure; 12] = [
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

/// A report with its numbers.
struct Counted {
    group: &'static str,
    title: &'static str,
    source: &'static str,
    counts: Counts,
    /// How many it is about, and where they are listed.
    all: (u64, String),
    /// How many of them the second question counts, and where they are listed.
    then: (u64, String),
}

impl Counted {
    /// For how many of all it is as it should be.
    fn done(&self) -> u64 {
        match self.counts {
            Counts::Done | Counts::All => self.then.0,
            Counts::Open => self.all.0.saturating_sub(self.then.0),
        }
    }

    /// In whole percent; none where there is nobody.
    fn percent(&self) -> Option<u64> {
        (self.done() * 100).checked_div(self.all.0)
    }

    /// How many are done and open, as a table shows them.
    fn cells(&self) -> [String; 3] {
        match self.counts {
            Counts::All => [String::new(), String::new(), String::new()],
            Counts::Done | Counts::Open => {
                let open = self.all.0.saturating_sub(self.done());
                let share = self
                    .percent()
                    .map_or_else(String::new, |p| format!("{p} %"));
                [self.done().to_string(), open.to_string(), share]
            }
        }
    }
}

/// Which figures are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// Those that were counted lately, if any were.
    Lately,
    /// Those of now.
    Now,
}

/// The page.
pub(crate) struct Measures {
    counted: Vec<Counted>,
    made: Instant,
}

/// `GET /lists/measures`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = Measures::of(&staff, &ask, Wanted::Lately).await?;
    Ok(Reply::page(&ask, &page))
}

/// `POST /lists/measures`: counts anew.
pub(crate) async fn again(staff: Staff, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    Measures::of(&staff, &ask, Wanted::Now).await?;
    Ok(Reply::to(Local::with(MEASURES, &[])))
}

/// `GET /lists/measures/csv`: numbers only, nobody is named.
pub(crate) async fn csv(staff: Staff, ask: Ask) -> Outcome {
    let page = Measures::of(&staff, &ask, Wanted::Lately).await?;
    let heading = [
        "Group", "Report", "Source", "Patients", "Done", "Open", "Share",
    ];
    let mut csv = Csv::new(&heading);
    for one in &page.counted {
        let [done, open, share] = one.cells();
        csv.row([
            words(one.group).to_string(),
            words(one.title).to_string(),
            words(one.source).to_string(),
            one.all.0.to_string(),
            done,
            open,
            share,
        ]);
    }
    Ok(Reply::other(csv.file("measures.csv")))
}

/// `GET /lists/measures/pdf`: numbers only.
pub(crate) async fn pdf(staff: Staff, ask: Ask) -> Outcome {
    let page = Measures::of(&staff, &ask, Wanted::Lately).await?;
    let mut paper = Paper::new(words("Reports of the clinic").to_string())
        .language(language().tag())
        .number(say("Page {0} of {1}", &[&"{0}", &"{1}"]))
        .head(&staff.settings().clinic)
        .foot(say("Made {0}", &[&moment(page.made)]));
    let about = words("Among the patients whose records the maker can open.");
    paper.paragraph(about.to_string());
    let heads = ["Report", "Patients", "Done", "Open", "Share"];
    let heads = heads.map(|head| words(head).to_string());
    let columns = heads.iter().map(String::as_str);
    let columns = columns.zip([3.4, 1.0, 0.8, 0.8, 0.8]);
    let mut table = PaperTable::new(&columns.collect::<Vec<_>>());
    for one in &page.counted {
        let [done, open, share] = one.cells();
        let title = [words(one.title).to_string(), words(one.source).to_string()].join("\n");
        table.row([title, one.all.0.to_string(), done, open, share]);
    }
    paper.table(table);
    let pdf = tokio::task::spawn_blocking(move || paper.pdf()).await;
    let pdf = pdf.map_err(PageFault::hidden)?.map_err(PageFault::hidden)?;
    Ok(Reply::other(attached(
        pdf,
        "application/pdf",
        "measures.pdf",
    )))
}

impl Measures {
    async fn of(staff: &Staff, ask: &Ask, wanted: Wanted) -> Result<Self, PageFault> {
        must(staff, ask)?;
        let now = staff.store().now();
        let person = ask.caller()?.as_person();
        let lately = person.and_then(|p| staff.reports().of(p, now));
        let lately = lately.filter(|_| wanted == Wanted::Lately);
        let made = lately.as_ref().map_or(now, |totals| totals.at);
        let today = field_day(made).parse::<Date>().map_err(PageFault::hidden)?;
        // Several reports are about the same people: each question is asked once.
        let mut asked: Vec<Question> = Vec::new();
        let mut place = |question: Question| {
            let known = asked.iter().position(|one| *one == question);
            known.unwrap_or_else(|| {
                asked.push(question);
                asked.len() - 1
            })
        };
        let places = ALL.each_ref().map(|one| {
            let all = place(Question::of(one.who, today));
            let both = [one.who, one.then].concat();
            (all, place(Question::of(&both, today)))
        });
        let numbers = match lately {
            Some(totals) => totals.numbers,
            None => {
                let criteria: Vec<Criteria> = asked.iter().map(Question::criteria).collect();
                let numbers: Arc<[u64]> = totals(staff, ask, &criteria).await?.into();
                if let Some(person) = person {
                    let totals = Totals {
                        at: made,
                        numbers: Arc::clone(&numbers),
                    };
                    staff.reports().keep(person, totals);
                }
                numbers
            }
        };
        let number = |place: usize| {
            let total = numbers.get(place).copied().unwrap_or_default();
            (
                total,
                asked.get(place).map_or_else(String::new, Question::path),
            )
        };
        let counted = ALL.iter().zip(places).map(|(one, (all, then))| Counted {
            group: one.group,
            title: one.title,
            source: one.source,
            counts: one.counts,
            all: number(all),
            then: number(then),
        });
        Ok(Self {
            counted: counted.collect(),
            made,
        })
    }

    fn table(&self, group: &'static str) -> Markup {
        let columns = [
            Column::text("Report"),
            Column::number("Patients"),
            Column::number("Done"),
            Column::number("Open"),
            Column::number("Share"),
        ];
        let mut table = Table::new(group, &columns).under_heading();
        for one in self.counted.iter().filter(|c| c.group == group) {
            let [done, open, share] = one.cells();
            let linked = |number: String, wanted: Counts| {
                html! {
                    @if one.counts == wanted { a href=(one.then.1) { (number) span.hidden { ": list of " (words(one.title)) } } }
                    @else { (number) }
                }
            };
            table.row(vec![
                html! { (words(one.title)) p.soft.small { (words(one.source)) } },
                html! { a href=(one.all.1) { (one.all.0) span.hidden { " patients: " (words(one.title)) } } },
                linked(done, Counts::Done),
                linked(open, Counts::Open),
                html! { @if let (false, Some(percent)) = (share.is_empty(), one.percent()) { (Tag::new(tone(percent), share)) } },
            ]);
        }
        html! { (table) }
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

const fn tone(percent: u64) -> Tone {
    match percent {
        0..50 => Tone::Danger,
        50..80 => Tone::Warning,
        _ => Tone::Good,
    }
}

/// The lists and the reports side by side.
pub(super) fn tabs(here: &str) -> Tabs {
    let tabs = vec![Tab::new("Ask", HERE), Tab::new("Reports", MEASURES)];
    Tabs::new("Lists and reports", tabs, here)
}

impl View for Measures {
    fn page(&self, csrf: &Csrf) -> Page {
        let again = html! { (Button::secondary("Count again")) };
        let body = html! {
            (tabs(MEASURES))
            div.stack {
                @for group in [VACCINES, CARE, REGISTERS] { (Card::new(group, self.table(group))) }
            }
        };
        let acts = html! {
            (Form::post(csrf, MEASURES, again).inline())
            (Link::secondary("As a table", [MEASURES, "/csv"].concat()))
            (Link::secondary("As a PDF", [MEASURES, "/pdf"].concat()))
        };
        Page::new("Reports", body)
            .here(HERE)
            .acts(acts)
            .lead(say(
                "Among the patients whose records you can open, counted {0}. Each number opens its list.",
                &[&moment(self.made)],
            ))
    }

    fn samples() -> Vec<Self> {
        let counted = |group, counts, all, then| Counted {
            group,
            title: "Influenza this season, 65 and older",
            source: "ACIP adult schedule",
            counts,
            all: (all, HERE.to_owned()),
            then: (then, HERE.to_owned()),
        };
        vec![Self {
            counted: vec![
                counted(VACCINES, Counts::Open, 10, 4),
                counted(CARE, Counts::Done, 8, 2),
                counted(CARE, Counts::Done, 0, 0),
                counted(REGISTERS, Counts::All, 3, 3),
            ],
            made: Instant::from_millis(1_772_625_600_000),
        }]
    }
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

    #[test]
    fn what_is_open_is_what_is_left_of_all() {
        let of = |counts| Counted {
            group: CARE,
            title: "",
            source: "",
            counts,
            all: (10, String::new()),
            then: (4, String::new()),
        };
        assert_eq!(of(Counts::Open).cells(), ["6", "4", "60 %"]);
        assert_eq!(of(Counts::Done).cells(), ["4", "6", "40 %"]);
        assert_eq!(of(Counts::All).cells(), ["", "", ""]);
    }
}
