//! `/adoption/{advisory}`: the curve, where releases fail, and for the two who lead the case who lags.

use std::collections::BTreeMap;

use aceso_desk::When;
use aceso_desk::case::Stage;
use aceso_desk::deploy::{Heard, Progress, Rollout};
use aceso_store::Adoption;
use aceso_web::page::{
    Button, Card, Column, Crumb, Csrf, Curve, Facts, Form, Page, Plot, Stroke, Table, Tag, Tone,
    View,
};
use aceso_web::site::{Ask, Outcome, Reply, Take};
use maud::{Markup, html, known, words};

use super::list::{HERE, share};
use crate::DeskWeb;
use crate::fault::fault;

const DAY: f64 = 86_400_000.0;

/// One advisory's.
pub(crate) struct Adopted {
    adoption: Adoption,
    wanted: u8,
    now: When,
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let desk = web.desk();
    let found = desk.adoption(ask.caller()?, ask.param("advisory")).await;
    let page = Adopted {
        adoption: found.map_err(fault)?,
        wanted: desk.rules().coverage,
        now: desk.now(),
    };
    Ok(Reply::page(&ask, &page))
}

/// The figures go into the case, where the guards ask for them.
pub(crate) async fn say(web: DeskWeb, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("seen")])?;
    let (desk, caller) = (web.desk(), ask.caller()?);
    let seen = fields.one("seen").parse().unwrap_or_default();
    let found = desk.adoption(caller, ask.param("advisory")).await;
    let case = found.map_err(fault)?.case;
    let said = desk.say_coverage(caller, &case, seen).await;
    said.map_err(fault)?;
    Ok(Reply::to_path(&format!("/cases/{case}/fix")))
}

/// Days since the publication.
#[allow(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "milliseconds within a year are whole in 53 bits"
)]
fn days(from: When, to: When) -> f64 {
    (to.millis() - from.millis()) as f64 / DAY
}

impl Adopted {
    fn facts(&self) -> Markup {
        let (one, named) = (&self.adoption, &self.adoption.named);
        let facts = Facts::new()
            .show("Done", html! { (share(one)) " " (named.done) " of " (named.known) ", " (self.wanted) "% are wanted" })
            .show("Silent", html! { (named.silent) })
            .show("Without a name", html! { (one.anonymous.done) " of " (one.anonymous.known) " done; anybody can say so, and nothing is decided by it" });
        let facts = match one.published {
            Some(at) => facts.show("Published", html! { (at.said()) }),
            None => facts,
        };
        let facts = match one.ends {
            Some(at) => facts.show("Installations have time until", html! { (at.said()) }),
            None => facts,
        };
        let facts = facts.show(
            "Case",
            html! { a href={ "/cases/" (one.case) } { (one.case) } },
        );
        html! { (facts) }
    }

    fn curve(&self) -> Markup {
        let (one, named) = (&self.adoption, &self.adoption.named);
        let Some(from) = one.published else {
            return Markup::default();
        };
        let end = days(from, self.now).max(1.0);
        let mut points = vec![(0.0, 0.0)];
        for (at, count) in &named.curve {
            let x = days(from, *at).clamp(0.0, end);
            let before = points.last().map_or(0.0, |(_, y)| *y);
            points.push((x, before));
            points.push((x, f64::from(*count)));
        }
        let last = points.last().map_or(0.0, |(_, y)| *y);
        points.push((end, last));
        let all = f64::from(named.known);
        let line = |stroke, label: &'static str, points| Curve {
            stroke,
            label: words(label).to_string(),
            points,
        };
        let plot = Plot::new(
            "Installations that are done",
            words("installations"),
            (0.0, end),
        )
        .tick(0.0, words("published"))
        .tick(end, words("now"))
        .curve(line(
            Stroke::Reference,
            "all of them",
            vec![(0.0, all), (end, all)],
        ))
        .curve(line(Stroke::Middle, "done", points));
        html! { (plot) }
    }

    fn open(&self) -> Markup {
        let rollout = &self.adoption.named;
        if [&rollout.open, &rollout.failures, &rollout.versions]
            .iter()
            .all(|counted| counted.is_empty())
        {
            return html! { p.soft { "No installation has said yet how it stands." } };
        }
        html! {
            (counts("How the others stand", "Standing", &rollout.open))
            (counts("Releases that failed", "Release", &rollout.failures))
            (counts("Releases that run", "Release", &rollout.versions))
        }
    }

    fn laggards(&self) -> Markup {
        let Some(all) = &self.adoption.laggards else {
            return html! { p { "Who is not patched is shown to the manager and the coordinator of the case alone." } };
        };
        let columns = [
            Column::text("Installation"),
            Column::text("Whom to call"),
            Column::text("Release"),
            Column::text("How it stands"),
            Column::text("Heard of last"),
        ];
        let mut table = Table::new("Not done yet", &columns).under_heading();
        for one in all {
            table.row(vec![
                html! { (one.name) },
                html! { (one.contact) },
                html! { (one.version) @if !one.failed.is_empty() { p.soft.small { "failed: " (one.failed.join(", ")) } } },
                self.progress(one),
                html! { (one.last.said()) },
            ]);
        }
        html! {
            @if !table.is_empty() { (table) }
            @else if self.adoption.named.known == 0 { p.soft { "No installation is known yet." } }
            @else { p { "Everybody who is known is done." } }
        }
    }

    fn progress(&self, one: &Heard) -> Markup {
        let tag = match one.progress(self.now) {
            Progress::Silent => Tag::new(Tone::Danger, "silent"),
            Progress::Open(standing) => Tag::new(Tone::Warning, standing.key()),
            Progress::Done => Tag::new(Tone::Good, "done"),
        };
        html! { (tag) }
    }

    fn take(&self, csrf: &Csrf) -> Markup {
        let one = &self.adoption;
        let form = Form::post(
            csrf,
            format!("{HERE}/{}", one.advisory),
            html! { div.buttons { (Button::primary("Take these figures into the case")) } },
        );
        html! { (form.keep("seen", one.seq.to_string())) }
    }
}

/// How often each of some words was said.
fn counts(caption: &'static str, column: &'static str, all: &BTreeMap<String, u32>) -> Markup {
    let columns = [Column::text(column), Column::number("Installations")];
    let mut table = Table::new(caption, &columns);
    for (word, count) in all {
        table.row(vec![html! { (known(word)) }, html! { (count) }]);
    }
    html! { @if !table.is_empty() { (table) } }
}

impl View for Adopted {
    fn page(&self, csrf: &Csrf) -> Page {
        let one = &self.adoption;
        let takes = one.stage == Stage::Rollout && one.laggards.is_some() && one.named.known > 0;
        let body = html! {
            div.stack {
                (Card::new("How far it is", html! { (self.facts()) (self.curve()) @if takes { (self.take(csrf)) } }))
                (Card::new("Where it stands", self.open()))
                @if one.is_over { (Card::new("Who is not done", html! { p { "The case is over: what installations said was deleted, numbers stay." } })) }
                @else { (Card::new("Who is not done", self.laggards())) }
            }
        };
        Page::new(maud::say("Adoption of {0}", &[&one.advisory]), body)
            .here(HERE)
            .crumbs(vec![Crumb::new("Adoption", HERE)])
    }

    fn samples() -> Vec<Self> {
        let now = When::from_millis(1_772_625_600_000);
        let page = |adoption| Self {
            adoption,
            wanted: 90,
            now: now.plus_days(5),
        };
        let heard = |standing, days: i64| Heard {
            name: "Harbour Clinic".into(),
            contact: "it@harbour.example".into(),
            last: now.plus_days(days),
            standing,
            since: now,
            version: "0.9.1".into(),
            failed: vec!["0.9.3".into()],
        };
        use aceso_desk::deploy::Standing;
        let laggards = vec![
            heard(Some(Standing::Affected), 5),
            heard(Some(Standing::Affected), -9),
            heard(None, 5),
        ];
        let shown = Adoption {
            laggards: Some(laggards),
            ..sample()
        };
        let over = Adoption {
            is_over: true,
            ..sample()
        };
        vec![page(sample()), page(shown), page(over)]
    }
}

/// For samples.
pub(super) fn sample() -> Adoption {
    let now = When::from_millis(1_772_625_600_000);
    let words = |text: &str| BTreeMap::from([(text.to_owned(), 2)]);
    let rollout = Rollout {
        known: 50,
        done: 46,
        silent: 2,
        open: words("affected"),
        curve: vec![(now.plus_days(1), 20), (now.plus_days(3), 46)],
        failures: words("0.9.3"),
        versions: words("0.9.4"),
    };
    Adoption {
        advisory: "ACESO-SA-2026-0001".into(),
        case: "C-2026-0001".into(),
        stage: Stage::Rollout,
        seq: 40,
        published: Some(now),
        ends: Some(now.plus_days(30)),
        named: rollout,
        anonymous: Rollout::default(),
        laggards: None,
        is_over: false,
    }
}
