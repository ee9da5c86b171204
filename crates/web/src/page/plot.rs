//! Curves as SVG, drawn on the server: a sparkline within a line of text, and a plot with axes. The numbers stand in the
//! text beside them too: a drawing only repeats them.

use std::fmt::Write as _;

use maud::{Markup, Render, figure, html};

use super::{Shown, Text};

/// A small curve without axes.
#[derive(Clone, Debug)]
pub struct Spark(Vec<f64>);

impl Spark {
    /// Of values, the oldest first.
    pub fn new(values: Vec<f64>) -> Self {
        Self(values)
    }

    /// One.
    pub fn samples() -> Vec<Self> {
        vec![Self::new(vec![5.6, 5.9, 5.8, 6.3, 7.1, 6.8])]
    }
}

const SPARK: (f64, f64) = (72.0, 20.0);

impl Render for Spark {
    fn render(&self) -> Markup {
        if self.0.len() < 2 {
            return Markup::default();
        }
        let ends = ends(self.0.iter().copied());
        let step = (SPARK.0 - 6.0) / count(self.0.len() - 1);
        let place = |(at, value): (usize, &f64)| {
            let x = 3.0 + step * count(at);
            (x, SPARK.1 - 3.0 - share(*value, ends) * (SPARK.1 - 6.0))
        };
        let points: Vec<(f64, f64)> = self.0.iter().enumerate().map(place).collect();
        let last = points.last().copied().unwrap_or_default();
        html! {
            svg.spark viewBox="0 0 72 20" width="72" height="20" aria-hidden="true" focusable="false" {
                polyline points=(line(&points)) {}
                circle cx=(number(last.0)) cy=(number(last.1)) r="2" {}
            }
        }
    }
}

/// What a curve is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// The patient's own values, with a dot for each.
    Values,
    /// A second series of values.
    Second,
    /// A reference to compare with.
    Reference,
    /// The middle one of the references.
    Middle,
}

/// One curve of a plot.
#[derive(Clone, Debug)]
pub struct Curve {
    /// What it is.
    pub stroke: Stroke,
    /// What stands at its end.
    pub label: String,
    /// Across and up.
    pub points: Vec<(f64, f64)>,
}

/// Curves with axes.
#[derive(Clone, Debug)]
pub struct Plot {
    title: Text,
    unit: Shown,
    across: (f64, f64),
    ticks: Vec<(f64, Shown)>,
    band: Option<(f64, f64)>,
    curves: Vec<Curve>,
}

const WIDE: f64 = 640.0;
const TALL: f64 = 260.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = 40.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 26.0;

impl Plot {
    /// What it shows, in which unit, from where to where across.
    pub fn new(title: impl Into<Text>, unit: impl Into<Shown>, across: (f64, f64)) -> Self {
        Self {
            title: title.into(),
            unit: unit.into(),
            across,
            ticks: Vec::new(),
            band: None,
            curves: Vec::new(),
        }
    }

    /// A mark below the axis.
    #[must_use]
    pub fn tick(mut self, at: f64, label: impl Into<Shown>) -> Self {
        self.ticks.push((at, label.into()));
        self
    }

    /// The normal range, as a band behind the curves.
    #[must_use]
    pub fn band(mut self, low: f64, high: f64) -> Self {
        self.band = Some((low, high));
        self
    }

    /// One more curve.
    #[must_use]
    pub fn curve(mut self, curve: Curve) -> Self {
        self.curves.push(curve);
        self
    }

    /// One.
    pub fn samples() -> Vec<Self> {
        let values = Curve {
            stroke: Stroke::Values,
            label: String::new(),
            points: vec![(0.0, 118.0), (3.0, 131.0), (9.0, 142.0), (12.0, 128.0)],
        };
        let middle = Curve {
            stroke: Stroke::Middle,
            label: "50th".into(),
            points: vec![(0.0, 115.0), (12.0, 125.0)],
        };
        let plot = Self::new("Systolic pressure over a year", "mmHg", (0.0, 12.0));
        let plot = plot.tick(0.0, "Jan").tick(6.0, "Jul").tick(12.0, "Jan");
        vec![plot.band(101.0, 129.0).curve(values).curve(middle)]
    }

    fn x(&self, at: f64) -> f64 {
        LEFT + share(at, self.across) * (WIDE - LEFT - RIGHT)
    }

    fn curve_of(&self, curve: &Curve, y: &dyn Fn(f64) -> f64) -> Markup {
        let points: Vec<(f64, f64)> = curve
            .points
            .iter()
            .map(|(a, b)| (self.x(*a), y(*b)))
            .collect();
        let class = match curve.stroke {
            Stroke::Values => "values",
            Stroke::Second => "second",
            Stroke::Reference => "reference",
            Stroke::Middle => "middle",
        };
        let dots = matches!(curve.stroke, Stroke::Values | Stroke::Second);
        html! {
            g class=(class) {
                @if points.len() > 1 { polyline points=(line(&points)) {} }
                @if dots { @for (x, y) in &points { circle cx=(number(*x)) cy=(number(*y)) r="3.5" {} } }
                @if let Some((x, y)) = points.last().filter(|_| !curve.label.is_empty()) {
                    text x=(number(x + 5.0)) y=(number(y + 4.0)) { (curve.label) }
                }
            }
        }
    }
}

impl Render for Plot {
    fn render(&self) -> Markup {
        let values = self
            .curves
            .iter()
            .flat_map(|c| c.points.iter().map(|(_, y)| *y));
        let (low, high) = ends(values);
        let room = ((high - low) * 0.08).max(1e-6);
        let steps = round_steps(least(low, low - room), high + room);
        let first = steps.first().copied().unwrap_or(low);
        let last = steps.last().copied().unwrap_or(high);
        let up = (first.min(least(low, low - room)), last.max(high + room));
        let y = |value: f64| TALL - BOTTOM - share(value, up) * (TALL - TOP - BOTTOM);
        html! {
            svg.plot viewBox="0 0 640 260" role="img" aria-label=(self.title) {
                @if let Some((low, high)) = self.band {
                    @let (low, high) = (low.clamp(up.0, up.1), high.clamp(up.0, up.1));
                    rect.band x=(number(LEFT)) y=(number(y(high))) width=(number(WIDE - LEFT - RIGHT)) height=(number(y(low) - y(high))) {}
                }
                g.grid {
                    @for step in &steps {
                        line x1=(number(LEFT)) x2=(number(WIDE - RIGHT)) y1=(number(y(*step))) y2=(number(y(*step))) {}
                        text.up x=(number(LEFT - 6.0)) y=(number(y(*step) + 4.0)) { (figure(&short(*step))) }
                    }
                    @for (at, label) in &self.ticks { text.across x=(number(self.x(*at))) y=(number(TALL - 8.0)) { (label) } }
                    text.unit x="4" y="10" { (self.unit) }
                }
                @for curve in &self.curves { (self.curve_of(curve, &y)) }
            }
        }
    }
}

/// Three to six round numbers between two ends.
fn round_steps(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low).max(1e-6) / 4.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|n| n * power)
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let first = (low / step).ceil();
    (0..8)
        .map(|n| (first + f64::from(n)) * step)
        .take_while(|value| *value <= high)
        .collect()
}

/// The least and the greatest; a little apart, so that one value alone has a place.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
            (l.min(v), h.max(v))
        });
    if low > high {
        (0.0, 1.0)
    } else if (high - low).abs() < 1e-9 {
        (least(low, low - 0.5), high + 0.5)
    } else {
        (low, high)
    }
}

/// Where an axis begins: of what is never negative not below nothing.
fn least(low: f64, below: f64) -> f64 {
    if low >= 0.0 { below.max(0.0) } else { below }
}

fn share(value: f64, (low, high): (f64, f64)) -> f64 {
    // By halves, so that no width is too large for a number.
    let wide = high / 2.0 - low / 2.0;
    if wide > 0.0 {
        (value / 2.0 - low / 2.0) / wide
    } else {
        0.5
    }
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

fn line(points: &[(f64, f64)]) -> String {
    let mut out = String::with_capacity(points.len() * 11);
    for (x, y) in points {
        let _ = write!(out, "{},{} ", number(*x), number(*y));
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_marked_with_round_numbers() {
        assert_eq!(round_steps(3.0, 22.0), [5.0, 10.0, 15.0, 20.0]);
        assert!(round_steps(100.0, 100.0).len() < 8);
    }

    #[test]
    fn a_curve_stays_within_its_drawing() {
        for values in [
            vec![1.0, 1.0],
            vec![f64::MIN, f64::MAX],
            vec![0.0, 1e-12, 5.0],
        ] {
            let text = Spark::new(values).render().0;
            assert!(
                text.contains("<polyline") && !text.contains("NaN"),
                "{text}"
            );
        }
        assert!(Spark::new(vec![1.0]).render().0.is_empty());
    }
}
