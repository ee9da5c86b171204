//! `/patients/{patient}/waitlist/new`: puts a patient on the waiting list, or notes that they are to come again.

use aceso_policy::Action;
use aceso_web::page::{
    Button, Choice, Csrf, Errors, Field, Form, Layout, Link, Page, Select, View,
};
use aceso_web::site::{Ask, Fields, Local, Outcome, PageFault, Reply, Take};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::html;

use super::book::{VISIT_TYPE, not_theirs, participant};
use super::setting::{Kind, Setting, setting};
use super::wish::{List, path, set_period};
use crate::Staff;
use crate::chart::write::{coded, coding, one, resource};
use crate::patient::save::{Saved, add, begin, commit, form_id, may};
use crate::patient::top::{Top, open};

/// In how many months a patient is to come again.
const LATER: [(&str, &str, i64); 6] = [
    ("", "On the day below", 0),
    ("1", "In a month", 1),
    ("3", "In three months", 3),
    ("6", "In six months", 6),
    ("12", "In a year", 12),
    ("24", "In two years", 24),
];

/// The form.
pub(crate) struct NewWish {
    top: Top,
    form: String,
    list: List,
    setting: Setting,
    typed: Typed,
    errors: Errors,
}

/// What is typed.
#[derive(Clone, Debug, Default)]
struct Typed {
    kind: String,
    person: String,
    later: String,
    from: String,
    until: String,
    comment: String,
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        let text = |name| fields.trimmed(name).to_owned();
        Self {
            kind: text("kind"),
            person: text("person"),
            later: text("later"),
            from: text("from"),
            until: text("until"),
            comment: text("comment"),
        }
    }
}

async fn opened(staff: &Staff, ask: &Ask, list: &str) -> Result<NewWish, PageFault> {
    if !may(staff, ask, Action::Create, "Appointment")? {
        return Err(PageFault::Missing);
    }
    Ok(NewWish {
        top: open(staff, ask, Vec::new()).await?.top,
        form: staff.store().new_id(),
        list: List::parse(list).unwrap_or(List::Waiting),
        setting: setting(staff, ask).await?.booked_by(ask)?,
        typed: Typed::default(),
        errors: Errors::none(),
    })
}

/// `GET …/waitlist/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let list = ask.query("list").unwrap_or_default().to_owned();
    let mut page = opened(&staff, &ask, &list).await?;
    page.typed.later = match page.list {
        List::Waiting => String::new(),
        List::Recalls => "12".to_owned(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST …/waitlist/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let patient = ask.of_patient()?.to_owned();
    let takes = [
        "form", "list", "kind", "person", "later", "from", "until", "comment",
    ];
    let fields = ask.fields(&takes.map(Take::One))?;
    let mut page = opened(&staff, &ask, fields.one("list")).await?;
    page.form = form_id(&staff, fields.one("form"));
    page.typed = Typed::of(&fields);
    let today = page.setting.zone.date(staff.store().now().millis());
    let days = page.days(today.ok_or(PageFault::Missing)?);
    page.check();
    let Some((from, until)) = days.filter(|_| page.errors.is_empty()) else {
        return Ok(Reply::wrong(&ask, &page));
    };
    let document = page.document(&staff, &from, &until);
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, vec![document])?;
    match commit(&staff, &ask, tx, ("Appointment", &page.form)).await {
        Ok(Saved::Done | Saved::Overtaken) => {}
        Err(PageFault::Missing) => return Err(not_theirs()),
        Err(error) => return Err(error),
    }
    Ok(Reply::to(Local::with(&path(&patient, &page.form), &[])))
}

impl NewWish {
    /// The days that will do; what is wrong is noted beside its field.
    fn days(&mut self, today: Date) -> Option<(String, String)> {
        let read = |text: &str| text.parse::<Date>().ok();
        let months = LATER.iter().find(|(code, ..)| *code == self.typed.later);
        let Some((.., months)) = months else {
            self.errors.add("later", "Choose when");
            return None;
        };
        if self.list == List::Recalls && *months > 0 {
            let due = today.checked_add((*months).months()).ok()?;
            return Some((due.to_string(), String::new()));
        }
        let (from, until) = (read(&self.typed.from), read(&self.typed.until));
        let needed = self.list == List::Recalls;
        match from {
            None if needed || !self.typed.from.is_empty() => {
                self.errors
                    .add("from", "Enter the day as year-month-day: 2026-11-30");
            }
            Some(day) if needed && day < today => self.errors.add("from", "This day has passed"),
            Some(_) | None => {}
        }
        match until {
            None if !self.typed.until.is_empty() => {
                self.errors
                    .add("until", "Enter the day as year-month-day: 2026-11-30");
            }
            Some(day) if day < today || from.is_some_and(|from| day < from) => {
                self.errors.add("until", "This is before the first day");
            }
            Some(_) | None => {}
        }
        // A period is told from a day on: today, where none was.
        let first = from.unwrap_or(today).to_string();
        Some((first, self.typed.until.clone()))
    }

    fn check(&mut self) {
        let known = |kind: &str| self.setting.types.iter().any(|t| t.id == kind);
        if !self.typed.kind.is_empty() && !known(&self.typed.kind) {
            self.errors.add("kind", "Choose a kind of visit");
        }
        let person = self.setting.calendar(&self.typed.person);
        if !self.typed.person.is_empty() && !person.is_some_and(|c| c.kind == Kind::Person) {
            self.errors.add("person", "Choose somebody of the list");
        }
        if self.typed.comment.chars().count() > 200 {
            self.errors.add("comment", "At most 200 letters");
        }
    }

    fn document(&self, staff: &Staff, from: &str, until: &str) -> aceso_fhir::Object {
        let mut document = resource("Appointment");
        document.set("status", self.list.status().code());
        let kind = self.setting.types.iter().find(|t| t.id == self.typed.kind);
        if let Some(kind) = kind {
            let code = coding(VISIT_TYPE, &kind.id, &kind.name);
            document.set("serviceType", one(coded(code, &kind.name)));
        }
        if !self.typed.comment.is_empty() {
            document.set("comment", self.typed.comment.as_str());
        }
        set_period(&mut document, from, until);
        let now = self.setting.zone.write(staff.store().now().millis());
        document.set("created", now.unwrap_or_default());
        let who = &self.top.banner.identity;
        let patient = ["Patient/", &who.id].concat();
        let mut all = vec![participant(&patient, &who.name, "needs-action")];
        if let Some(person) = self.setting.calendar(&self.typed.person) {
            all.push(participant(&person.actor, &person.name, "tentative"));
        }
        document.set("participant", all);
        document
    }
}

impl View for NewWish {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let none = Choice::new("", "Any visit");
        let kinds = self.setting.types.iter();
        let kinds =
            kinds.map(|t| Choice::new(t.id.clone(), format!("{} ({} min)", t.name, t.minutes)));
        let anybody = Choice::new("", "Anybody");
        let people = self.setting.of(Kind::Person);
        let people = people.map(|c| Choice::new(c.id.clone(), c.name.clone()));
        let later = LATER.map(|(code, name, _)| Choice::new(code, name));
        let typed = &self.typed;
        let fields = html! {
            (self.errors)
            div.pair {
                (Select::new("kind", "Kind of visit", std::iter::once(none).chain(kinds).collect()).chosen(&typed.kind).errors(&self.errors))
                (Select::new("person", "With", std::iter::once(anybody).chain(people).collect()).chosen(&typed.person).errors(&self.errors))
            }
            @match self.list {
                List::Recalls => div.pair {
                    (Select::new("later", "When", later.into()).chosen(&typed.later).errors(&self.errors))
                    (Field::date("from", "Day").value(&typed.from).errors(&self.errors).optional())
                },
                List::Waiting => div.pair {
                    (Field::date("from", "First day that will do").value(&typed.from).errors(&self.errors).optional())
                    (Field::date("until", "Last day that will do").value(&typed.until).errors(&self.errors).optional())
                },
            }
            (Field::text("comment", "Comment").value(&typed.comment).errors(&self.errors).optional().longest(200).hint("Everybody who sees appointments reads it"))
            div.buttons { (Button::primary("Put on the list")) (Link::quiet("Cancel", self.list.path())) }
        };
        let form = Form::post(csrf, path(id, "new"), fields)
            .of_patient(id)
            .keep("form", &self.form)
            .keep("list", self.list.code());
        let title = match self.list {
            List::Waiting => "Put on the waiting list",
            List::Recalls => "Recall",
        };
        self.top
            .form(csrf, title, html! { div.card { (form) } })
            .here(super::HERE)
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |list, errors| Self {
            top: Top::sample(),
            form: "f1".into(),
            list,
            setting: super::setting::sample(),
            typed: Typed::default(),
            errors,
        };
        vec![
            sample(List::Waiting, Errors::none()),
            sample(List::Recalls, Errors::one("from", "This day has passed")),
        ]
    }
}
