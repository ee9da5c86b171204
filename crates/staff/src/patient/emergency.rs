//! Opening a chart in an emergency (break-glass): `/patients/{patient}/break-glass`, and its end. While it is open, a
//! red banner stands on every page of the patient.

use aceso_base::Instant;
use aceso_policy::{Purpose, Task};
use aceso_store::{Break, BreakReason, NewBreak, ReadError};
use aceso_web::page::{
    Banner, Button, Choice, Choices, Crumb, Csrf, Errors, Field, Form, Layout, Link, Page, Tone,
    View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::banner::PatientBanner;
use super::{HERE, path};
use crate::Staff;
use crate::chart::person::Identity;
use crate::fault::{fault, unreadable, weigh};
use crate::find::document;
use crate::words::{moment, rule, span};

/// The form.
pub(crate) struct BreakGlass {
    banner: PatientBanner,
    log: Log,
    reason: String,
    detail: String,
    errors: Errors,
}

/// Whether looks can be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Log {
    /// As always.
    Up,
    /// They cannot: nothing is shown, not even the patient's name, but in an emergency.
    Down,
}

/// What stands on every page of a patient whose chart is open in an emergency.
#[derive(Clone, Debug)]
pub(crate) struct Emergency {
    one: Break,
    now: Instant,
}

/// The caller's own emergency access to this patient, if one is open.
pub(crate) async fn open(
    staff: &Staff,
    ask: &Ask,
    patient: &str,
) -> Result<Option<Emergency>, PageFault> {
    let all = staff
        .store()
        .open_breaks(ask.caller()?)
        .await
        .map_err(fault)?;
    let now = staff.store().now();
    let one = all
        .into_iter()
        .find(|one| one.patient == patient && one.is_open(now));
    Ok(one.map(|one| Emergency { one, now }))
}

/// Where a patient's page leads that failed because looks cannot be written down: to the form, for whoever may open charts in
/// an emergency.
pub(crate) struct WayIn {
    staff: Staff,
    to: Option<Local>,
}

impl WayIn {
    /// From the page that is asked for; from the form itself there is none.
    pub(crate) fn from(staff: &Staff, ask: &Ask) -> Self {
        let offers = |patient: &&str| {
            let caller = ask.caller();
            !patient.is_empty() && caller.is_ok_and(|c| staff.offers(c, Task::BreakGlass))
        };
        let patient = Some(ask.param("patient")).filter(offers);
        let form = patient.map(|id| Local::with(&[&path(id), "/break-glass"].concat(), &[]));
        Self {
            staff: staff.clone(),
            to: form.filter(|form| !ask.at.path().starts_with(form.path())),
        }
    }

    /// What the page answers.
    pub(crate) fn or(self, done: Outcome) -> Outcome {
        match (done, self.to) {
            (Err(PageFault::Hidden(error)), Some(to)) if self.staff.store().is_log_down() => {
                tracing::error!(%error, "a chart cannot be shown");
                Err(PageFault::Instead(to))
            }
            (done, _) => done,
        }
    }
}

/// `GET /break-glass?patient=ID`: an address that other programs may lead to.
pub(crate) async fn lead(_: Staff, ask: Ask) -> Outcome {
    let plain = |id: &&str| {
        !id.is_empty()
            && id.len() <= 64
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
    };
    let patient = ask
        .query("patient")
        .filter(plain)
        .ok_or(PageFault::Missing)?;
    Ok(Reply::to(Local::with(
        &[&path(patient), "/break-glass"].concat(),
        &[],
    )))
}

/// `GET /patients/{patient}/break-glass`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (banner, log) = banner(&staff, &ask).await?;
    let page = BreakGlass {
        banner,
        log,
        reason: String::new(),
        detail: String::new(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/break-glass`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let patient = ask.of_patient()?.to_owned();
    let fields = ask.fields(&[Take::One("reason"), Take::One("detail")])?;
    let (banner, log) = banner(&staff, &ask).await?;
    let mut page = BreakGlass {
        banner,
        log,
        reason: fields.one("reason").to_owned(),
        detail: fields.trimmed("detail").to_owned(),
        errors: Errors::none(),
    };
    let Some(reason) = BreakReason::parse(&page.reason) else {
        page.errors.add("reason", "Choose the reason");
        return Ok(Reply::wrong(&ask, &page));
    };
    let new = NewBreak {
        patient: patient.clone(),
        reason,
        detail: page.detail.clone(),
        minutes: None,
    };
    match weigh(staff.store().break_glass(ask.caller()?, new).await)? {
        Ok(_) => Ok(Reply::to(Local::with(&path(&patient), &[]))),
        Err(refusal) => {
            page.errors.add("detail", rule(&refusal));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// `POST /patients/{patient}/break-glass/end`
pub(crate) async fn end(staff: Staff, ask: Ask) -> Outcome {
    let patient = ask.of_patient()?.to_owned();
    ask.fields(&[])?;
    if let Some(emergency) = open(&staff, &ask, &patient).await? {
        staff
            .store()
            .end_break(ask.caller()?, &emergency.one.id)
            .await
            .map_err(fault)?;
    }
    Ok(Reply::to(Local::with(
        &path(&patient),
        &[("done", "ended")],
    )))
}

async fn banner(staff: &Staff, ask: &Ask) -> Result<(PatientBanner, Log), PageFault> {
    let (store, id) = (staff.store(), ask.of_patient()?);
    let reading = store.read(ask.caller()?, Purpose::Emergency);
    let (identity, log) = match reading.fetch("Patient", id).await {
        Ok(stored) => (Identity::of(id, &document(&stored)?, store.now()), Log::Up),
        Err(ReadError::Store(_)) if store.is_log_down() => {
            let identity = Identity {
                id: id.to_owned(),
                name: crate::words::say("The patient of record {0}", &[&id]),
                ..Identity::default()
            };
            (identity, Log::Down)
        }
        Err(error) => return Err(unreadable(error)),
    };
    let banner = PatientBanner {
        identity,
        ..PatientBanner::default()
    };
    Ok((banner, log))
}

/// A reason in plain words.
pub(crate) const fn reason(reason: BreakReason) -> &'static str {
    match reason {
        BreakReason::Emergency => "Life or health is in danger",
        BreakReason::Cover => "Covering for the one who treats the patient",
        BreakReason::WalkIn => "The patient is here without an appointment",
        BreakReason::CallBack => "A result, a pharmacy or another clinic must be answered",
        BreakReason::Other => "Something else",
    }
}

impl Emergency {
    /// The banner with the way to end it.
    pub(crate) fn show(&self, csrf: &Csrf) -> Markup {
        let patient = self.one.patient.as_str();
        let left = span(self.one.ends.millis() - self.now.millis());
        let to = [&path(patient), "/break-glass/end"].concat();
        let end = Form::post(csrf, to, html! { (Button::secondary("End now").small()) })
            .of_patient(patient)
            .inline();
        html! {
            section.emergency role="alert" {
                div {
                    strong { "Emergency access: " (left) " left" }
                    p { "You opened this chart with the reason “" (maud::words(reason(self.one.reason))) "”. What you open is reviewed, and the patient sees it. It ends at " (moment(self.one.ends)) "." }
                }
                (end)
            }
        }
    }

    /// One for samples.
    pub(crate) fn sample() -> Self {
        let now = Instant::from_millis(1_795_314_068_000);
        Self {
            one: sample(),
            now: now.plus_millis(40 * 60_000),
        }
    }
}

/// An emergency access for samples.
pub(crate) fn sample() -> Break {
    let opened = Instant::from_millis(1_795_314_068_000);
    Break {
        id: "b1".into(),
        account: "a1".into(),
        name: "ann".into(),
        patient: "p1".into(),
        reason: BreakReason::Emergency,
        detail: "Unconscious in the waiting room".into(),
        opened,
        ends: opened.plus_millis(4 * 3_600_000),
        due: opened.plus_millis(2 * 86_400_000),
        review: None,
    }
}

impl View for BreakGlass {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.banner.identity.id.as_str();
        let reasons = BreakReason::ALL
            .into_iter()
            .map(|r| Choice::new(r.code(), reason(r)))
            .collect();
        let fields = html! {
            (self.errors)
            (Choices::one("reason", "Why must the chart be opened?", reasons).chosen([self.reason.as_str()]).errors(&self.errors))
            (Field::area("detail", "In words").value(&self.detail).errors(&self.errors).longest(2000)
                .hint("At least ten letters. The security officer reads this."))
            div.buttons { (Button::danger("Open the chart")) (Link::quiet("Cancel", path(id))) }
        };
        let form = Form::post(csrf, [&path(id), "/break-glass"].concat(), fields).of_patient(id);
        let what = html! {
            ul {
                li { "The chart of this one patient opens for four hours, or until you end it." }
                li { "The security officer is told at once and reviews it within two business days." }
                li { "The patient sees in their access report that you opened it, and when." }
            }
        };
        let notice = match self.log {
            Log::Up => Banner::new(
                Tone::Warning,
                "You are not among those who treat this patient",
            )
            .body(what),
            Log::Down => Banner::new(
                Tone::Danger,
                "The audit log cannot be written, so no patient's data are shown",
            )
            .body(html! {
                p { "In an emergency you open this one chart with a reason. What you open is kept aside, and written into the log as soon as it can be. Nobody can change a chart meanwhile. Tell whoever runs this server." }
                (what)
            }),
        };
        Page::new(
            "Open a chart in an emergency",
            html! { (self.banner) div.card { (form) } },
        )
        .layout(Layout::Column)
        .here(HERE)
        .crumbs(vec![
            Crumb::new("Patients", HERE),
            Crumb::new("Chart", path(id)),
        ])
        .notice(notice)
    }

    fn samples() -> Vec<Self> {
        let sample = |log, errors| Self {
            banner: PatientBanner::sample(),
            log,
            reason: "emergency".into(),
            detail: "short".into(),
            errors,
        };
        vec![
            sample(Log::Up, Errors::none()),
            sample(Log::Down, Errors::none()),
            sample(
                Log::Up,
                Errors::one(
                    "detail",
                    crate::words::rule(&"say in 10 to 2000 letters why the chart must be opened"),
                ),
            ),
        ]
    }
}
