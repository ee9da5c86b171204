//! `GET /patients/{patient}/vitals`: each vital sign over time, with its range.

use aceso_clinic::Vital;
use aceso_web::page::{
    Card, Column, Csrf, Curve, Empty, Measured, Page, Pager, Readings, Stroke, Table, Tag, Tone,
    View,
};
use aceso_web::site::{Ask, Local, Outcome, Reply};
use maud::{Markup, html};

use super::path;
use super::record::{Start, Wanted};
use super::results::over_time;
use super::top::{Top, open};
use crate::Staff;
use crate::chart::measured::{Point, Series, day, header, series, tone};

/// All signs.
pub(crate) struct Vitals {
    top: Top,
    header: Vec<Measured>,
    all: Vec<Series>,
    /// The mark of the page with older values.
    next: Option<String>,
    start: Start,
}

/// So many measurements are read for a page: some twenty visits.
const COUNT: u32 = 150;
/// So many values of a sign are listed under its curve.
const LISTED: usize = 10;

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let mark = ask.query("after");
    let wanted = match mark {
        Some(mark) => Wanted::measured(COUNT).with("_cursor", mark),
        None => Wanted::measured(COUNT),
    };
    let mut opened = open(&staff, &ask, vec![wanted]).await?;
    let found = opened.take().unwrap_or_default();
    let all = series(&found.matches, opened.birth());
    let page = Vitals {
        header: header(&all, &opened.today),
        top: opened.top,
        all,
        next: found.next,
        start: Start::at(mark),
    };
    Ok(Reply::page(&ask, &page))
}

fn oldest_first(points: &[Point]) -> Vec<(String, f64)> {
    points
        .iter()
        .rev()
        .map(|p| (p.at.clone(), p.value))
        .collect()
}

impl Vitals {
    fn card(&self, series: &Series) -> Option<Card> {
        let (vital, unit) = (series.vital, series.vital.unit_said());
        let down = self.all.iter().find(|s| s.vital == Vital::Diastolic);
        let name = match vital {
            Vital::Systolic => "Blood pressure",
            Vital::Diastolic if self.all.iter().any(|s| s.vital == Vital::Systolic) => return None,
            other => other.name(),
        };
        let plot = over_time(
            crate::words::say("{0} over time", &[&maud::words(name)]),
            unit,
            &oldest_first(&series.points),
        );
        let second = down.filter(|_| vital == Vital::Systolic);
        let plot = plot.map(|plot| match second {
            Some(down) => plot.curve(self.second(series, down)),
            None => plot,
        });
        let below = second.and_then(|s| s.points.first()?.judgement.as_ref());
        let judgement = series.points.first().and_then(|p| p.judgement.as_ref());
        let body = html! {
            @if series.points.len() > 1 { @if let Some(plot) = plot { (plot) } }
            @if let Some(judgement) = judgement {
                p.soft.small { "Normal: " bdi { (judgement.range) } @if let Some(below) = below { " above, " bdi { (below.range) } " below" } " (" bdi { (judgement.source) } ")" }
                @if let Some(note) = judgement.limits.note() { p.small { (Tag::new(Tone::Warning, note)) } }
            }
            (values(series, second))
        };
        Some(Card::new(name, body))
    }

    fn second(&self, up: &Series, down: &Series) -> Curve {
        let first = up.points.last().map(|p| p.at.as_str()).unwrap_or_default();
        let place = |p: &Point| {
            Some((
                f64::from(aceso_clinic::days_between(first, &p.at)?),
                p.value,
            ))
        };
        Curve {
            stroke: Stroke::Second,
            label: String::new(),
            points: down.points.iter().rev().filter_map(place).collect(),
        }
    }
}

fn values(series: &Series, second: Option<&Series>) -> Markup {
    let columns = [
        Column::text("Day"),
        Column::number("Value"),
        Column::text("Where"),
    ];
    let mut table = Table::new(series.vital.name(), &columns).under_heading();
    for point in series.points.iter().take(LISTED) {
        let below = second.and_then(|s| s.points.iter().find(|p| p.at == point.at));
        let value = match below {
            Some(below) => [
                &series.vital.say(point.value),
                "/",
                &Vital::Diastolic.say(below.value),
            ]
            .concat(),
            None => series.vital.say(point.value),
        };
        let marks = [Some(point), below].into_iter().flatten();
        let worst = marks
            .filter_map(|p| p.judgement.as_ref())
            .max_by_key(|j| crate::chart::measured::severity(j.level));
        let level = worst.and_then(|j| Some((j.level, tone(j.level)?)));
        table.row(vec![
            html! { (day(point)) },
            html! { (value) " " bdi.soft.small { (series.vital.unit_said()) } },
            html! { @if let Some((level, tone)) = level { (Tag::new(tone, level.word())) } },
        ]);
    }
    html! { details { summary { "Last values" } (table) } }
}

impl View for Vitals {
    fn page(&self, csrf: &Csrf) -> Page {
        let cards: Vec<Card> = self.all.iter().filter_map(|s| self.card(s)).collect();
        let here = [&path(self.top.id()), "/vitals"].concat();
        let after = self.next.as_ref();
        let after = after.map(|mark| Local::with(&here, &[("after", mark)]).as_str().to_owned());
        let before = (self.start == Start::Older).then(|| here.clone());
        let body = html! {
            @if cards.is_empty() {
                (Empty::new("No vital signs", "There are none that you can see."))
            } @else {
                // Of earlier values none is the latest.
                @if self.start == Start::Newest { (Readings::new("Latest vital signs", self.header.clone())) }
                div.sections { @for card in &cards { (card) } }
            }
            @if before.is_some() || after.is_some() { (Pager::new("").before(before).after(after)) }
        };
        self.top.page(csrf, "/vitals", body)
    }

    fn samples() -> Vec<Self> {
        let point = |at: &str, value: f64, vital: Vital| Point {
            at: at.into(),
            value,
            judgement: vital.judge(value, aceso_clinic::Age::between("1974-03-01", at)),
        };
        let series = |vital, values: [f64; 2]| {
            let [new, old] = values;
            Series {
                vital,
                points: vec![
                    point("2026-03-01", new, vital),
                    point("2025-03-01", old, vital),
                ],
            }
        };
        let all = vec![
            series(Vital::Systolic, [151.0, 128.0]),
            series(Vital::Diastolic, [95.0, 78.0]),
            series(Vital::Weight, [77.0, 75.0]),
        ];
        let full = Self {
            top: Top::sample(),
            header: header(&all, "2026-03-04"),
            all,
            next: Some("m".into()),
            start: Start::Older,
        };
        let none = Self {
            top: Top::sample(),
            header: Vec::new(),
            all: Vec::new(),
            next: None,
            start: Start::Newest,
        };
        vec![full, none]
    }
}
