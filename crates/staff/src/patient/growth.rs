//! `GET /patients/{patient}/growth`: a young patient's measurements among the centiles of WHO (below two years) and CDC
//! (from then to twenty), with z-scores.

use aceso_clinic::{Age, Growth, Measure, Sex, Standard, Vital};
use aceso_web::page::{Card, Column, Csrf, Curve, Empty, Page, Plot, Stroke, Table, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::record::Wanted;
use super::top::{Top, open};
use crate::Staff;
use crate::chart::measured::{Series, series};
use crate::words::{fhir_day, say, told};

/// The charts.
pub(crate) struct GrowthCharts {
    top: Top,
    sex: Sex,
    charts: Vec<Chart>,
}

/// One measure by one standard.
struct Chart {
    standard: Standard,
    measure: Measure,
    growth: Growth,
    /// Day, age in months, value, z-score; the oldest first.
    points: Vec<(String, f64, f64, Option<f64>)>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let wanted = Wanted::measured(600);
    let mut opened = open(&staff, &ask, vec![wanted]).await?;
    if !opened.top.young {
        return Err(PageFault::Missing);
    }
    let found = opened.take().unwrap_or_default();
    let birth = opened.birth().ok_or(PageFault::Missing)?.to_owned();
    let all = series(&found.matches, Some(&birth));
    let sex = opened.sex();
    // The standard of today comes first.
    let mut standards = vec![Standard::Who, Standard::Cdc];
    if Age::between(&birth, &opened.today).is_some_and(|age| age.months() >= 24) {
        standards.reverse();
    }
    let charts = standards.into_iter().flat_map(|standard| {
        let (all, birth) = (&all, &birth);
        Measure::ALL
            .into_iter()
            .filter_map(move |measure| chart(standard, measure, sex, all, birth))
    });
    let page = GrowthCharts {
        charts: charts.collect(),
        top: opened.top,
        sex,
    };
    Ok(Reply::page(&ask, &page))
}

const fn vital(measure: Measure) -> Vital {
    match measure {
        Measure::Weight => Vital::Weight,
        Measure::Stature => Vital::Height,
        Measure::Bmi => Vital::Bmi,
        Measure::Head => Vital::Head,
    }
}

const fn name(measure: Measure, standard: Standard) -> &'static str {
    match (measure, standard) {
        (Measure::Weight, _) => "Weight for age",
        (Measure::Stature, Standard::Who) => "Length for age",
        (Measure::Stature, Standard::Cdc) => "Height for age",
        (Measure::Bmi, _) => "BMI for age",
        (Measure::Head, _) => "Head circumference for age",
    }
}

/// None without a measurement in the standard's ages.
fn chart(
    standard: Standard,
    measure: Measure,
    sex: Sex,
    all: &[Series],
    birth: &str,
) -> Option<Chart> {
    let growth = Growth::of(standard, measure, sex)?;
    let series = all.iter().find(|s| s.vital == vital(measure))?;
    let points = series.points.iter().rev().filter_map(|point| {
        let age = Age::between(birth, &point.at)?;
        let months = age.months_exact();
        (Standard::at(age) == Some(standard)).then(|| {
            (
                point.at.clone(),
                months,
                point.value,
                growth.z(months, point.value),
            )
        })
    });
    let points: Vec<_> = points.collect();
    (!points.is_empty()).then_some(Chart {
        standard,
        measure,
        growth,
        points,
    })
}

impl Chart {
    fn plot(&self) -> Plot {
        let vital = vital(self.measure);
        let (from, to) = self.standard.months();
        let title = say(
            "{0}: {1}",
            &[
                &maud::words(name(self.measure, self.standard)),
                &self.standard.name(),
            ],
        );
        let mut plot = Plot::new(title, vital.unit_said(), (from, to));
        let (step, unit) = match self.standard {
            Standard::Who => (6, 1.0),
            Standard::Cdc => (3, 12.0),
        };
        let first = match self.standard {
            Standard::Who => 0,
            Standard::Cdc => 2,
        };
        for n in 0..=6 {
            let at = f64::from(first + n * step) * unit;
            if at <= to {
                let label = match self.standard {
                    Standard::Who => format!("{} mo", n * step),
                    Standard::Cdc => format!("{} y", first + n * step),
                };
                plot = plot.tick(at, label);
            }
        }
        for centile in self.growth.centiles(from, to) {
            plot = plot.curve(Curve {
                stroke: if centile.middle {
                    Stroke::Middle
                } else {
                    Stroke::Reference
                },
                label: centile.name.to_owned(),
                points: centile.points,
            });
        }
        plot.curve(Curve {
            stroke: Stroke::Values,
            label: String::new(),
            points: self
                .points
                .iter()
                .map(|(_, months, value, _)| (*months, *value))
                .collect(),
        })
    }

    fn card(&self) -> Card {
        let vital = vital(self.measure);
        let columns = [
            Column::text("Day"),
            Column::number("Value"),
            Column::text("Among children of this age"),
        ];
        let mut table = Table::new("Values", &columns).under_heading();
        for (at, _, value, z) in self.points.iter().rev().take(12) {
            table.row(vec![
                html! { (fhir_day(at)) },
                html! { (vital.say(*value)) " " bdi.soft.small { (vital.unit_said()) } },
                html! { @if let Some(z) = z { (told(&Growth::say(*z))) } },
            ]);
        }
        let last = self.points.last().and_then(|(at, _, value, z)| {
            let z = told(&Growth::say((*z)?));
            Some(say(
                "{0} {1} on {2}: {3}",
                &[&vital.say(*value), &vital.unit_said(), &fhir_day(at), &z],
            ))
        });
        let body = html! {
            @if let Some(last) = last { p { (last) } }
            (self.plot())
            p.soft.small { (self.standard.name()) }
            details { summary { "Values with z-scores" } (table) }
        };
        Card::new(name(self.measure, self.standard), body)
    }
}

impl GrowthCharts {
    fn none(&self) -> Markup {
        match self.sex {
            Sex::Unknown => {
                html! { (Empty::new("No growth charts", "The references are by sex, and the record does not say which.")) }
            }
            Sex::Female | Sex::Male => {
                html! { (Empty::new("No growth charts", "There are no measurements that you can see.")) }
            }
        }
    }
}

impl View for GrowthCharts {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            @if self.charts.is_empty() { (self.none()) }
            div.sections { @for chart in &self.charts { (chart.card()) } }
        };
        self.top.page(csrf, "/growth", body)
    }

    fn samples() -> Vec<Self> {
        let growth = Growth::of(Standard::Cdc, Measure::Stature, Sex::Female);
        let chart = growth.map(|growth| Chart {
            standard: Standard::Cdc,
            measure: Measure::Stature,
            growth,
            points: vec![("2020-03-01".into(), 60.0, 108.0, growth.z(60.0, 108.0))],
        });
        let sample = |sex, charts| Self {
            top: Top::sample(),
            sex,
            charts,
        };
        vec![
            sample(Sex::Female, chart.into_iter().collect()),
            sample(Sex::Unknown, Vec::new()),
            sample(Sex::Male, Vec::new()),
        ]
    }
}
