//! Opening a chart in an emergency (break-glass): `/patients/{patient}/break-glass`, and its end. While it is open, a
//! red banner stands on every page of the patient.

use aceso_base::Instant;
use aceso_policy::Purpose;
use aceso_store::{Break, BreakReason, NewBreak};
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
use crate::words::{moment, sentence, span};

/// The form.
pub(crate) struct BreakGlass {
    banner: PatientBanner,
    reason: String,
    detail: String,
    errors: Errors,
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
    let page = BreakGlass {
        banner: banner(&staff, &ask).await?,
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
    let mut page = BreakGlass {
        banner: banner(&staff, &ask).await?,
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
            page.errors.add("detail", sentence(&refusal.to_string()));
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

async fn banner(staff: &Staff, ask: &Ask) -> Result<PatientBanner, PageFault> {
    let (store, id) = (staff.store(), ask.of_patient()?);
    let stored = store
        .read(ask.caller()?, Purpose::Emergency)
        .fetch("Patient", id)
        .await
        .map_err(unreadable)?;
    Ok(PatientBanner {
        identity: Identity::of(id, &document(&stored)?, store.now()),
        ..PatientBanner::default()
    })
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
                    p { "You opened this chart with the reason “" (reason(self.one.reason)) "”. What you open is reviewed, and the patient sees it. It ends at " (moment(self.one.ends)) "." }
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
        .notice(
            Banner::new(
                Tone::Warning,
                "You are not among those who treat this patient",
            )
            .body(what),
        )
    }

    fn samples() -> Vec<Self> {
        let sample = |errors| Self {
            banner: PatientBanner::sample(),
            reason: "emergency".into(),
            detail: "short".into(),
            errors,
        };
        vec![
            sample(Errors::none()),
            sample(Errors::one(
                "detail",
                "Say in 10 to 2000 letters why the chart must be opened",
            )),
        ]
    }
}
