//! `/admin/reviews`: the weeks of the log, each to be looked over and signed off.

use aceso_base::Instant;
use aceso_store::{AuditReport, AuditReview, PeopleError};
use aceso_web::page::{
    Banner, Button, Column, Csrf, Empty, Errors, Field, Form, Page, Table, Tag, Tone, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::{HERE, REVIEWS};
use crate::Staff;
use crate::fault::fault;
use crate::words::{day, field_day, read_day};

/// So many days after its Monday a week is over.
const WEEK_MILLIS: i64 = 7 * 86_400_000;

/// The weeks.
pub(crate) struct Reviews {
    weeks: Vec<AuditReview>,
    now: Instant,
}

/// One week.
pub(crate) struct Week {
    week: AuditReview,
    note: String,
    errors: Errors,
    now: Instant,
}

pub(crate) async fn list(staff: Staff, ask: Ask) -> Outcome {
    let store = staff.store();
    let weeks = store.audit_reviews(ask.caller()?).await.map_err(fault)?;
    let now = store.now();
    Ok(Reply::page(&ask, &Reviews { weeks, now }))
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = Week {
        week: wanted(&staff, &ask).await?,
        note: String::new(),
        errors: Errors::none(),
        now: staff.store().now(),
    };
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn sign(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("note")])?;
    let note = fields.trimmed("note").to_owned();
    let week = wanted(&staff, &ask).await?;
    let signed = staff
        .store()
        .sign_audit_review(ask.caller()?, week.week, &note)
        .await;
    match signed {
        Ok(()) => Ok(Reply::to(Local::with(REVIEWS, &[]))),
        Err(PeopleError::Refused(why)) => {
            let page = Week {
                week,
                note,
                errors: Errors::one("note", crate::words::rule(&why)),
                now: staff.store().now(),
            };
            Ok(Reply::page(&ask, &page))
        }
        Err(other) => Err(fault(other)),
    }
}

async fn wanted(staff: &Staff, ask: &Ask) -> Result<AuditReview, PageFault> {
    let monday = read_day(ask.param("week")).ok_or(PageFault::Missing)?;
    let weeks = staff.store().audit_reviews(ask.caller()?).await;
    let mut weeks = weeks.map_err(fault)?.into_iter();
    weeks.find(|w| w.week == monday).ok_or(PageFault::Missing)
}

fn path(week: &AuditReview) -> String {
    format!("{REVIEWS}/{}", field_day(week.week))
}

/// `16 Nov 2026 to 22 Nov 2026`.
fn title(week: &AuditReview) -> String {
    let last = week.week.plus_millis(WEEK_MILLIS - 1);
    crate::words::say("{0} to {1}", &[&day(week.week), &day(last)])
}

fn state(week: &AuditReview, now: Instant) -> Tag {
    if week.signed.is_some() {
        Tag::new(Tone::Good, "signed off")
    } else if week.is_overdue(now) {
        Tag::new(Tone::Danger, "overdue")
    } else {
        Tag::new(Tone::Warning, "open")
    }
}

fn by(week: &AuditReview) -> Markup {
    html! {
        @match &week.signed {
            Some((at, who, _)) => { (who.trim_start_matches("person/")) ", " (day(*at)) }
            None => { span.soft { "due " (day(week.due)) } }
        }
    }
}

impl View for Reviews {
    fn page(&self, _: &Csrf) -> Page {
        let columns = [
            Column::text("Week"),
            Column::text("Status"),
            Column::text("Signed off"),
        ];
        let mut table = Table::new("Weeks", &columns).under_heading();
        for week in &self.weeks {
            table.row(vec![
                html! { a href=(path(week)) { (title(week)) } },
                html! { (state(week, self.now)) },
                by(week),
            ]);
        }
        let body = html! {
            @if table.is_empty() {
                (Empty::new("No week is over yet", "The first week of the log stands here from its end on."))
            } @else { (table) }
        };
        let page = Page::new("Weekly review", body)
            .here(REVIEWS)
            .crumbs(vec![
                crate::admin::crumb(),
                aceso_web::page::Crumb::new("Reports", HERE),
            ])
            .lead("Somebody looks over each week of the audit log, and signs for it.");
        let overdue = self.weeks.iter().filter(|w| w.is_overdue(self.now)).count();
        if overdue > 0 {
            page.notice(Banner::new(
                Tone::Danger,
                crate::words::say("{0} overdue", &[&overdue]),
            ))
        } else {
            page
        }
    }

    fn samples() -> Vec<Self> {
        let (open, signed) = sample();
        let now = open.due;
        vec![
            Self {
                weeks: vec![open, signed],
                now,
            },
            Self {
                weeks: Vec::new(),
                now,
            },
        ]
    }
}

impl View for Week {
    fn page(&self, csrf: &Csrf) -> Page {
        let from = field_day(self.week.week);
        let until = field_day(self.week.week.plus_millis(WEEK_MILLIS - 1));
        let reports = [
            AuditReport::FailedSignIns,
            AuditReport::Emergency,
            AuditReport::Disclosures,
            AuditReport::Permissions,
            AuditReport::Refused,
            AuditReport::AfterHours,
        ];
        let link = |report: AuditReport| {
            let place = format!("{HERE}/{}", report.name());
            Local::with(&place, &[("from", &from), ("until", &until)]).to_string()
        };
        let sign = html! {
            (Field::area("note", "What was found").value(&self.note).errors(&self.errors).longest(2000)
                .hint("Nothing unusual is a finding too."))
            (Button::primary("Sign off this week"))
        };
        let body = html! {
            h2 { "Look over" }
            ul { @for report in reports { li { a href=(link(report)) { (maud::words(report.title())) } " – " (maud::words(report.about())) } } }
            h2 { "Sign off" }
            @match &self.week.signed {
                Some((at, who, note)) => {
                    p { (who.trim_start_matches("person/")) " signed it off on " (day(*at)) ":" }
                    blockquote { (note) }
                }
                None => { (Form::post(csrf, path(&self.week), sign)) }
            }
        };
        Page::new(
            crate::words::say("Week of {0}", &[&day(self.week.week)]),
            body,
        )
        .here(REVIEWS)
        .crumbs(vec![
            crate::admin::crumb(),
            aceso_web::page::Crumb::new("Weekly review", REVIEWS),
        ])
        .lead(title(&self.week))
        .acts(html! { (state(&self.week, self.now)) })
    }

    fn samples() -> Vec<Self> {
        let (open, signed) = sample();
        let now = open.due;
        let of = |week: AuditReview, errors| Self {
            week,
            note: String::new(),
            errors,
            now,
        };
        vec![
            of(open.clone(), Errors::none()),
            of(
                open,
                Errors::one(
                    "note",
                    crate::words::rule(&"say in at most 2000 letters what was found"),
                ),
            ),
            of(signed, Errors::none()),
        ]
    }
}

fn sample() -> (AuditReview, AuditReview) {
    let of = |monday: i64| AuditReview {
        week: Instant::from_millis(monday),
        ends: Instant::from_millis(monday + WEEK_MILLIS),
        due: Instant::from_millis(monday + 2 * WEEK_MILLIS),
        signed: None,
    };
    let open = of(1_794_787_200_000);
    let mut signed = of(1_794_182_400_000);
    let note = "Nothing unusual".to_owned();
    signed.signed = Some((open.week, "person/olga".to_owned(), note));
    (open, signed)
}
