//! `/figures`: how quick the desk is, as curves and as tables; `/figures/{year}`: a year on a page that prints.

use std::collections::BTreeMap;

use aceso_desk::When;
use aceso_desk::figures::{Counted, Measure, Quarter, Taken, measured};
use aceso_desk::severity::Severity;
use aceso_store::{CaseFigures, Published, ReportFigures};
use aceso_web::page::{
    Card, Column, Crumb, Csrf, Curve, Facts, Layout, Link, Page, Plot, Stroke, Table, View,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Markup, figure, html, say, words};

use crate::DeskWeb;
use crate::fault::fault;
use crate::public::advisories::rows;

/// The address of the figures.
pub(crate) const HERE: &str = "/figures";
/// So many quarters are drawn.
const QUARTERS: usize = 8;

/// The figures.
pub(crate) struct Figures {
    cases: Vec<CaseFigures>,
    now: When,
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let cases = web.desk().figures(ask.caller()?).await.map_err(fault)?;
    let now = web.desk().now();
    Ok(Reply::page(&ask, &Figures { cases, now }))
}

const fn title(of: Measure) -> &'static str {
    match of {
        Measure::Acknowledge => "From the report to its answer",
        Measure::Fix => "From the report to a fix",
        Measure::Publish => "From the report to the advisory",
        Measure::Patch => "From the advisory to nine of ten installations patched",
    }
}

/// What a measure is told in: hours, or days.
const fn unit(of: Measure) -> (&'static str, f64) {
    match of {
        Measure::Acknowledge => ("hours", 60.0),
        Measure::Fix | Measure::Publish | Measure::Patch => ("days", 1440.0),
    }
}

fn stroke(of: Severity) -> Stroke {
    match of {
        Severity::Critical => Stroke::Values,
        Severity::High => Stroke::Second,
        Severity::Medium => Stroke::Middle,
        Severity::Low => Stroke::Reference,
    }
}

/// Minutes in a measure's unit.
fn number(minutes: i64, of: Measure) -> f64 {
    let whole = i32::try_from(minutes).unwrap_or(i32::MAX);
    f64::from(whole) / unit(of).1
}

type Measured = BTreeMap<(Quarter, Option<Severity>), Taken>;

fn drawn(measure: Measure, found: &Measured, quarters: &[Quarter]) -> Plot {
    let places = || (0_u32..).map(f64::from).zip(quarters);
    let last = places().last().map_or(1.0, |(at, _)| at);
    let plot = Plot::new(title(measure), words(unit(measure).0), (0.0, last));
    let ticked = places().fold(plot, |plot, (at, quarter)| {
        plot.tick(at, quarter.to_string())
    });
    Severity::ALL.into_iter().fold(ticked, |plot, severity| {
        let points: Vec<(f64, f64)> = places()
            .filter_map(|(at, quarter)| {
                let taken = found.get(&(*quarter, Some(severity)))?;
                Some((at, number(taken.median, measure)))
            })
            .collect();
        if points.is_empty() {
            return plot;
        }
        plot.curve(Curve {
            stroke: stroke(severity),
            label: words(severity.name()).to_string(),
            points,
        })
    })
}

/// The medians, how many cases they are of, and what nine of ten took.
fn table(measure: Measure, found: &Measured, quarters: &[Quarter]) -> Table {
    let columns = [
        Column::text("Quarter"),
        Column::number("Critical"),
        Column::number("High"),
        Column::number("Medium"),
        Column::number("Low"),
        Column::number("Not assessed"),
    ];
    let mut table = Table::new(title(measure), &columns).under_heading();
    let severities = Severity::ALL.map(Some).into_iter().chain([None]);
    for quarter in quarters.iter().rev() {
        let cell = |severity| match found.get(&(*quarter, severity)) {
            None => html! { span.soft { "none" } },
            Some(taken) => html! {
                (figure(&format!("{:.1}", number(taken.median, measure))))
                br;
                span.soft.small { (figure(&format!("{:.1}", number(taken.most, measure)))) " in 90%, " (taken.cases) }
            },
        };
        let mut row = vec![html! { (quarter.to_string()) }];
        row.extend(severities.clone().map(cell));
        table.row(row);
    }
    table
}

fn card(measure: Measure, counted: &[Counted], quarters: &[Quarter]) -> Markup {
    let mut found = measured(counted, measure);
    found.retain(|(quarter, _), _| quarters.contains(quarter));
    html! {
        (Card::new(title(measure), html! {
            @if found.is_empty() { p.soft { "No case came so far in these quarters." } }
            @else {
                (drawn(measure, &found, quarters))
                p.small.soft { "The median, in " (words(unit(measure).0)) "; below it what nine of ten cases took at most, and how many cases there were." }
                (table(measure, &found, quarters))
            }
        }))
    }
}

fn is_over(stage: &str) -> bool {
    ["closed", "rejected", "merged", "transferred"].contains(&stage)
}

impl View for Figures {
    fn page(&self, _: &Csrf) -> Page {
        let counted: Vec<Counted> = self.cases.iter().map(|c| c.counted).collect();
        let quarters = Quarter::up_to(self.now, QUARTERS);
        let open: Vec<&CaseFigures> = self.cases.iter().filter(|c| !is_over(&c.stage)).collect();
        let late = open
            .iter()
            .filter(|c| c.due.is_some_and(|due| due <= self.now));
        let year = Quarter::of(self.now).year;
        let facts = Facts::new()
            .with("Cases so far", self.cases.len().to_string())
            .with("Not over", open.len().to_string())
            .with("Of these overdue", late.count().to_string());
        let body = html! {
            (facts)
            div.buttons {
                (Link::secondary(say("The year {0}", &[&year]), format!("{HERE}/{year}")))
                (Link::secondary(say("The year {0}", &[&(year - 1)]), format!("{HERE}/{}", year - 1)))
            }
            @for measure in Measure::ALL { (card(measure, &counted, &quarters)) }
        };
        Page::new("Figures", body)
            .layout(Layout::Wide)
            .here(HERE)
            .lead("How long things take, of all cases together. No word of any case is in them.")
    }

    fn samples() -> Vec<Self> {
        let now = When::from_millis(1_772_625_600_000);
        vec![
            Self {
                cases: Vec::new(),
                now,
            },
            Self {
                cases: sample(now),
                now,
            },
        ]
    }
}

/// Cases for samples.
fn sample(now: When) -> Vec<CaseFigures> {
    let severities = Severity::ALL.into_iter().cycle();
    let one = |(number, severity): (i64, Severity)| {
        let opened = now.plus_days(-20 * number);
        let after = |days: i64| Some(opened.plus_days(days + number % 5)).filter(|at| *at <= now);
        CaseFigures {
            counted: Counted {
                opened,
                severity: Some(severity),
                marks: aceso_desk::case::Marks {
                    acknowledged: after(1),
                    fixed: after(30),
                    published: after(40),
                    patched: after(55),
                },
            },
            stage: if number > 3 { "closed" } else { "fix" }.to_owned(),
            due: Some(now.plus_days(-1)).filter(|_| number < 3),
        }
    };
    (1..30).zip(severities).map(one).collect()
}

/// A year.
pub(crate) struct Year {
    year: i16,
    cases: Vec<CaseFigures>,
    reports: ReportFigures,
    published: Vec<Published>,
}

pub(crate) async fn year(web: DeskWeb, ask: Ask) -> Outcome {
    let year: i16 = ask.param("year").parse().map_err(|_| PageFault::Missing)?;
    let begin = |year: i16| format!("{year:04}-01-01T00:00:00Z").parse::<When>();
    let span = begin(year).and_then(|from| Ok((from, begin(year.saturating_add(1))?)));
    let span = span.map_err(|_| PageFault::Missing)?;
    let (desk, caller) = (web.desk(), ask.caller()?);
    let within = |at: When| span.0 <= at && at < span.1;
    let mut cases = desk.figures(caller).await.map_err(fault)?;
    cases.retain(|c| reached(c).into_iter().flatten().any(within));
    let published = desk.published().await.map_err(fault)?;
    let published = published.iter().filter(|one| within(one.advisory.initial));
    let page = Year {
        year,
        cases,
        reports: desk.report_figures(caller, span).await.map_err(fault)?,
        published: published.cloned().collect(),
    };
    Ok(Reply::page(&ask, &page))
}

/// When something was reached in a case.
fn reached(case: &CaseFigures) -> [Option<When>; 5] {
    let marks = &case.counted.marks;
    [
        Some(case.counted.opened),
        marks.acknowledged,
        marks.fixed,
        marks.published,
        marks.patched,
    ]
}

impl Year {
    fn reports(&self) -> Facts {
        let all = &self.reports;
        let came = all.valid + all.invalid + all.duplicates + all.open;
        Facts::new()
            .with("Came in", came.to_string())
            .with("Valid", all.valid.to_string())
            .with("Not a vulnerability", all.invalid.to_string())
            .with("Duplicates", all.duplicates.to_string())
            .with("Not judged yet", all.open.to_string())
    }

    fn cases(&self) -> Table {
        let columns = [
            Column::text("Severity"),
            Column::number("Opened"),
            Column::number("Answered"),
            Column::number("Fixed"),
            Column::number("Published"),
            Column::number("Patched"),
        ];
        let mut table = Table::new("Cases of the year", &columns).under_heading();
        let within = |at: &Option<When>| at.is_some_and(|at| Quarter::of(at).year == self.year);
        for severity in Severity::ALL.map(Some).into_iter().chain([None]) {
            let of: Vec<[Option<When>; 5]> = self
                .cases
                .iter()
                .filter(|c| c.counted.severity == severity)
                .map(reached)
                .collect();
            let mut counts = [0_u32; 5];
            for marks in &of {
                for (count, at) in counts.iter_mut().zip(marks) {
                    *count += u32::from(within(at));
                }
            }
            let mut row = vec![html! { (words(severity.map_or("Not assessed", Severity::name))) }];
            row.extend(counts.iter().map(|count| html! { (count) }));
            table.row(row);
        }
        table
    }
}

impl View for Year {
    fn page(&self, _: &Csrf) -> Page {
        let counted: Vec<Counted> = self.cases.iter().map(|c| c.counted).collect();
        let quarters: Vec<Quarter> = (1..=4)
            .map(|number| Quarter {
                year: self.year,
                number,
            })
            .collect();
        let body = html! {
            (Card::new("Reports", html! { (self.reports()) }))
            (Card::new("Cases", html! { (self.cases()) }))
            @for measure in Measure::ALL { (card(measure, &counted, &quarters)) }
            (Card::new("Published", html! {
                @if self.published.is_empty() { p.soft { "Nothing was published." } } @else { (rows("Published advisories", &self.published)) }
            }))
        };
        Page::new(say("The security desk in {0}", &[&self.year]), body)
            .layout(Layout::Wide)
            .here(HERE)
            .crumbs(vec![Crumb::new("Figures", HERE)])
            .lead(
                "What came in, what became of it, and how long it took. The page prints as it is.",
            )
    }

    fn samples() -> Vec<Self> {
        let now = When::from_millis(1_772_625_600_000);
        let one = |cases, published| Self {
            year: 2026,
            cases,
            reports: ReportFigures {
                valid: 3,
                invalid: 2,
                duplicates: 1,
                open: 1,
            },
            published,
        };
        vec![
            one(Vec::new(), Vec::new()),
            one(sample(now), crate::public::advisories::sample()),
        ]
    }
}
