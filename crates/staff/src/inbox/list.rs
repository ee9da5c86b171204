//! `/inbox`: results and documents that nobody has looked at, the urgent first.

use aceso_base::Instant;
use aceso_clinic::Level;
use aceso_fhir::Object;
use aceso_web::page::{
    Banner, Button, Csrf, Empty, Errors, Field, Form, Page, Tab, Tabs, Tag, Tone, View, say, words,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::review::{HandedOn, Seen};
use super::waiting::{Waiting, waiting};
use super::{HERE, TASKS};
use crate::Staff;
use crate::chart::measured::tone;
use crate::chart::result::{Test, tests};
use crate::patient::path;
use crate::patient::record::{Wanted, searches};
use crate::patient::save::{begin, checked, refused, signer};
use crate::words::{fhir_day, span};

/// So many stand on a page, of so many patients at most.
const SHOWN: usize = 50;
/// Earlier results of a patient that are read for the trends.
const EARLIER: u32 = 120;
/// A comment may be this long, in letters.
const COMMENT: usize = 1_000;

/// The page.
pub(crate) struct Inbox {
    waiting: Vec<Waiting>,
    /// Earlier results, by patient.
    earlier: Vec<(String, Vec<Test>)>,
    now: Instant,
    comment: String,
    chosen: Vec<String>,
    writer: Writer,
    errors: Errors,
}

/// Whether the reader can say that they looked at something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writer {
    /// As somebody of the record.
    Known,
    /// Not: whose account is joined to nobody signs for nothing.
    Nobody,
}

/// `GET /inbox`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    match opened(&staff, &ask).await? {
        Some(page) => Ok(Reply::page(&ask, &page)),
        None => Ok(Reply::page(&ask, &super::NONE)),
    }
}

async fn opened(staff: &Staff, ask: &Ask) -> Result<Option<Inbox>, PageFault> {
    let Some(waiting) = waiting(staff, ask).await? else {
        return Ok(None);
    };
    let writer = match signer(ask)? {
        Some(_) => Writer::Known,
        None => Writer::Nobody,
    };
    Ok(Some(Inbox {
        earlier: earlier(staff, ask, &waiting).await?,
        waiting,
        now: staff.store().now(),
        comment: String::new(),
        chosen: Vec::new(),
        writer,
        errors: Errors::none(),
    }))
}

/// The earlier results of the tests that are shown, one search for each patient, all in one reading.
async fn earlier(
    staff: &Staff,
    ask: &Ask,
    waiting: &[Waiting],
) -> Result<Vec<(String, Vec<Test>)>, PageFault> {
    let shown = waiting.iter().take(SHOWN).filter(|w| w.test.is_some());
    let mut patients: Vec<&Waiting> = Vec::new();
    let mut codes: Vec<Vec<&str>> = Vec::new();
    for one in shown {
        let code = one.test.as_ref().map_or("", |t| t.code.as_str());
        let plain =
            !code.is_empty() && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !plain {
            continue;
        }
        match patients.iter().position(|p| p.patient == one.patient) {
            Some(at) => codes.get_mut(at).into_iter().for_each(|all| all.push(code)),
            None => {
                patients.push(one);
                codes.push(vec![code]);
            }
        }
    }
    let wanted = patients.iter().zip(&codes).map(|(patient, codes)| {
        Wanted::new("Observation")
            .with("patient", ["Patient/", &patient.patient].concat())
            .with("code", codes.join(","))
            .with("_sort", "-date")
            .most(EARLIER)
    });
    let found = searches(staff, ask, wanted.collect()).await?;
    let both = patients.iter().zip(found);
    let lists = both.map(|(patient, found)| {
        let found = found.unwrap_or_default();
        let all = tests(&found.matches, patient.birth.as_deref(), patient.sex);
        (patient.patient.clone(), all)
    });
    Ok(lists.collect())
}

/// `POST /inbox`: says that somebody looked at what is chosen, or hands it on.
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let mut takes: Vec<Take> = ["comment", "act"].map(Take::One).into();
    takes.push(Take::Many("result"));
    let fields = ask.fields(&takes)?;
    let mut page = opened(&staff, &ask).await?.ok_or(PageFault::Missing)?;
    if page.writer == Writer::Nobody {
        return Err(PageFault::Missing);
    }
    page.comment = fields.trimmed("comment").to_owned();
    let act = fields.one("act");
    page.chosen = match act {
        "normal" => page.normal(),
        _ => fields.many("result").map(str::to_owned).collect(),
    };
    if page.comment.chars().count() > COMMENT {
        page.errors.add("comment", "1,000 letters at most");
    }
    if page.chosen.is_empty() {
        page.errors.add("result", "Choose at least one");
    }
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let documents = page.documents(&ask, act)?;
    let mut tx = begin(&staff, &ask)?;
    for document in documents {
        let id = staff.store().new_id();
        tx.create(&id, checked(document)?).map_err(refused)?;
    }
    tx.commit().await.map_err(refused)?;
    Ok(Reply::to_path(HERE))
}

impl Inbox {
    fn normal(&self) -> Vec<String> {
        let shown = self.waiting.iter().take(SHOWN);
        let normal = shown.filter(|w| w.level() == Some(Level::Normal));
        normal.map(|w| w.reference.clone()).collect()
    }

    /// What is written for what was chosen. What waits no longer was looked at in the meantime, and is left.
    fn documents(&self, ask: &Ask, act: &str) -> Result<Vec<Object>, PageFault> {
        let by = signer(ask)?.ok_or(PageFault::Missing)?;
        let at = self.now.to_fhir();
        let chosen = self
            .waiting
            .iter()
            .filter(|w| self.chosen.contains(&w.reference));
        Ok(chosen
            .map(|w| {
                let patient = ["Patient/", &w.patient].concat();
                match act {
                    "escalate" => HandedOn {
                        focus: &w.reference,
                        title: &w.title,
                        patient: &patient,
                        by: Some(&by),
                        to: None,
                        at: &at,
                        comment: &self.comment,
                    }
                    .task(),
                    _ => Seen {
                        focus: &w.reference,
                        patient: &patient,
                        by: &by,
                        at: &at,
                        comment: &self.comment,
                    }
                    .task(),
                }
            })
            .collect())
    }

    fn row(&self, at: usize, w: &Waiting) -> Markup {
        let id = if at == 0 {
            "f-result".to_owned()
        } else {
            format!("f-result-{at}")
        };
        let chosen = self.chosen.contains(&w.reference);
        let task = Local::with(
            &[&path(&w.patient), "/tasks/new"].concat(),
            &[("about", &w.reference)],
        );
        let history = self
            .earlier
            .iter()
            .find(|(patient, _)| *patient == w.patient);
        let code = w.test.as_ref().map_or("", |t| t.code.as_str());
        let history = history.and_then(|(_, all)| all.iter().find(|t| t.code == code));
        let born = w.birth.as_deref().map(fhir_day);
        html! {
            tr role="row" class=[w.is_critical().then_some("urgent")] {
                td.tick role="cell" data-label="" { div {
                    @if self.writer == Writer::Known {
                        input type="checkbox" id=(id) name="result" value=(w.reference) checked[chosen] aria-label={ (w.title) " of " (w.name) };
                    }
                } }
                th role="rowheader" scope="row" data-label="Patient" { div {
                    a href=(path(&w.patient)) { (w.name) }
                    @if let Some(born) = born { p.soft.small { "born " (born) } }
                } }
                td role="cell" data-label="What" { div {
                    @match &w.test {
                        Some(test) if !test.code.is_empty() => a href={ (path(&w.patient)) "/results/" (test.code) } { (w.title) },
                        Some(_) | None => (w.title),
                    }
                    @if w.ordered { p.soft.small { "ordered by you" } }
                } }
                td role="cell" data-label="Result" { div { (value(w)) } }
                td role="cell" data-label="Trend" { div {
                    @if let Some(test) = history { (test.spark()) @if let Some(trend) = test.trend() { " " span.soft.small { (words(trend)) } } }
                } }
                td role="cell" data-label="When" { div {
                    (fhir_day(&w.at))
                    @if let Some(due) = w.due() { p.small { (self.clock(due, w.escalated)) } }
                } }
                td.end role="cell" data-label="" { div { a.small href=(task.as_str()) { "Make a task" span.hidden { " about " (w.title) " of " (w.name) } } } }
            }
        }
    }

    /// How much of the hour is left.
    fn clock(&self, due: Instant, escalated: bool) -> Markup {
        let left = due.millis() - self.now.millis();
        html! {
            @if left > 0 { (Tag::new(Tone::Warning, say("{0} left", &[&span(left)]))) }
            @else { (Tag::new(Tone::Danger, say("late by {0}", &[&span(left)]))) }
            @if escalated { " " (Tag::new(Tone::Info, "handed on")) }
        }
    }

    fn table(&self) -> Markup {
        let heads = ["Patient", "What", "Result", "Trend", "When"];
        html! {
            div.table tabindex="0" role="region" aria-label="What waits" {
                table role="table" {
                    caption.hidden { "Results and documents that nobody has looked at, the urgent first" }
                    thead role="rowgroup" { tr role="row" {
                        th role="columnheader" scope="col" { span.hidden { "Choose" } }
                        @for head in heads { th role="columnheader" scope="col" { (words(head)) } }
                        th.end role="columnheader" scope="col" { span.hidden { "What you can do" } }
                    } }
                    tbody role="rowgroup" { @for (at, w) in self.waiting.iter().take(SHOWN).enumerate() { (self.row(at, w)) } }
                }
            }
        }
    }
}

fn value(w: &Waiting) -> Markup {
    let answer = w.test.as_ref().and_then(|t| Some((t, t.answers.first()?)));
    let Some((test, answer)) = answer else {
        return Markup::default();
    };
    let marked = answer.level.and_then(|level| Some((level, tone(level)?)));
    let range = [test.range.as_str(), test.unit.as_str()].join(" ");
    html! {
        strong { (answer.text) " " bdi.soft { (test.unit) } }
        @if let Some((level, tone)) = marked { " " (Tag::new(tone, level.word())) }
        @if !test.range.is_empty() { p.soft.small title=[Some(test.source).filter(|s| !s.is_empty())] { "normal " (range.trim()) } }
        @if let Some(note) = test.note { p.soft.small { (words(note)) } }
    }
}

/// Inbox and tasks side by side.
pub(super) fn tabs(here: &str, results: Option<usize>, tasks: Option<usize>) -> Tabs {
    let tab = |label: &'static str, to: &str, count: Option<usize>| {
        let tab = Tab::new(label, to);
        match count.and_then(|n| u64::try_from(n).ok()) {
            Some(count) => tab.count(count),
            None => tab,
        }
    };
    Tabs::new(
        "Work that waits",
        vec![
            tab("Results and documents", HERE, results),
            tab("Tasks", TASKS, tasks),
        ],
        here,
    )
}

impl View for Inbox {
    fn page(&self, csrf: &Csrf) -> Page {
        let late = self
            .waiting
            .iter()
            .filter(|w| w.due().is_some_and(|due| due <= self.now));
        let late = late.count();
        let more = self.waiting.len().saturating_sub(SHOWN);
        let fields = html! {
            (self.errors)
            (self.table())
            @if more > 0 { p.soft { "And " (more) " more: they come up when these are done." } }
            @if self.writer == Writer::Known {
                (Field::area("comment", "Comment").value(&self.comment).errors(&self.errors).optional().hint("Kept with each one that you choose"))
                div.buttons {
                    (Button::primary("Seen").of(": what is chosen").says("act", "seen"))
                    (Button::secondary("Seen: all normal ones").says("act", "normal"))
                    (Button::secondary("Hand on").of("what is chosen to the clinicians who treat the patient").says("act", "escalate"))
                }
            } @else { p.soft { "Your account is not joined to a practitioner of the record, so you cannot sign for results." } }
        };
        let body = html! {
            (tabs(HERE, Some(self.waiting.len()), None))
            @if self.waiting.is_empty() { (Empty::new("Nothing waits", "Every result and document of the last 30 days that you can see was looked at.")) }
            @else { (Form::post(csrf, HERE, html! { div.stack { (fields) } })) }
        };
        let page = Page::new("Inbox", body).here(HERE);
        match late {
            0 => page,
            1 => page.notice(Banner::new(
                Tone::Danger,
                "A critical result has waited for more than an hour",
            )),
            n => page.notice(Banner::new(
                Tone::Danger,
                crate::words::say(
                    "{0} critical results have waited for more than an hour",
                    &[&n],
                ),
            )),
        }
    }

    fn samples() -> Vec<Self> {
        let test = |level, text: &str| Test {
            code: "6298-4".into(),
            name: "Potassium".into(),
            unit: "mmol/L".into(),
            range: "3.5–5".into(),
            source: "NBME",
            note: None,
            answers: vec![crate::chart::result::Answer {
                at: "2026-03-01".into(),
                text: text.into(),
                value: text.parse().ok(),
                level: Some(level),
            }],
        };
        let one = |reference: &str, test: Option<Test>| Waiting {
            reference: reference.into(),
            patient: "p1".into(),
            name: "Ann Example".into(),
            birth: Some("1974-03-01".into()),
            sex: aceso_clinic::Sex::Female,
            title: test
                .as_ref()
                .map_or("Letter from the hospital".into(), |t| t.name.clone()),
            test,
            at: "2026-03-01".into(),
            came: Instant::from_millis(0),
            ordered: true,
            escalated: false,
        };
        let waiting = vec![
            one("Observation/1", Some(test(Level::CriticallyHigh, "6.9"))),
            one("Observation/2", Some(test(Level::Normal, "4.1"))),
            one("DocumentReference/1", None),
        ];
        let page = |waiting: Vec<Waiting>, writer, millis, errors| Self {
            earlier: vec![("p1".into(), vec![test(Level::Normal, "4.1")])],
            chosen: waiting
                .first()
                .map(|w| w.reference.clone())
                .into_iter()
                .collect(),
            waiting,
            now: Instant::from_millis(millis),
            comment: String::new(),
            writer,
            errors,
        };
        vec![
            page(
                waiting.clone(),
                Writer::Known,
                600_000,
                Errors::one("result", "Choose at least one"),
            ),
            page(waiting, Writer::Nobody, 7_200_000, Errors::none()),
            page(Vec::new(), Writer::Known, 0, Errors::none()),
        ]
    }
}
