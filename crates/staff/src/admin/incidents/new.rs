//! `/admin/incidents/new`: opens an incident; from an alert with `?alert=`.

use aceso_base::Instant;
use aceso_store::NewIncident;
use aceso_web::page::{Button, Crumb, Csrf, Errors, Field, Form, Link, Page, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::{HERE, NEW, path};
use crate::Staff;
use crate::fault::{fault, weigh};
use crate::words::{field_day, read_day, rule};

const DAY: i64 = 86_400_000;

/// The form.
pub(crate) struct New {
    title: String,
    who: String,
    discovered: String,
    from: String,
    until: String,
    alert: String,
    errors: Errors,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = begin(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

/// What an alert says already.
async fn begin(staff: &Staff, ask: &Ask) -> Result<New, PageFault> {
    let (store, caller) = (staff.store(), ask.caller()?);
    let today = field_day(store.now());
    let mut page = New {
        title: String::new(),
        who: String::new(),
        discovered: today.clone(),
        from: today.clone(),
        until: today,
        alert: String::new(),
        errors: Errors::none(),
    };
    if let Some(id) = ask.query("alert") {
        let alert = store.alert(caller, id).await.map_err(fault)?;
        page.title = alert.kind.title().to_owned();
        page.from = field_day(alert.first);
        page.alert = alert.id;
        if alert.cause.starts_with("person/") || alert.cause.starts_with("client/") {
            page.who = alert.cause;
        }
    }
    Ok(page)
}

pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let names = ["title", "who", "discovered", "from", "until", "alert"];
    let fields = ask.fields(&names.map(Take::One))?;
    let read = |name| fields.trimmed(name).to_owned();
    let mut page = New {
        title: read("title"),
        who: read("who"),
        discovered: read("discovered"),
        from: read("from"),
        until: read("until"),
        alert: read("alert"),
        errors: Errors::none(),
    };
    let (store, caller) = (staff.store(), ask.caller()?);
    let Some(new) = page.read(store.now()) else {
        return Ok(Reply::wrong(&ask, &page));
    };
    match weigh(store.open_incident(caller, new).await)? {
        Ok(id) => Ok(Reply::to(Local::with(&path(&id), &[]))),
        Err(refusal) => {
            page.errors.add("title", rule(&refusal));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl New {
    /// The incident, when all can be read. Days are whole; nothing lies ahead.
    fn read(&mut self, now: Instant) -> Option<NewIncident> {
        let typed = [
            ("discovered", self.discovered.clone()),
            ("from", self.from.clone()),
            ("until", self.until.clone()),
        ];
        let [discovered, from, until] = typed.map(|(name, text)| {
            let day = read_day(&text);
            if day.is_none() {
                self.errors
                    .add(name, "Enter the day as year-month-day: 2026-03-01");
            }
            day
        });
        if self.title.is_empty() {
            self.errors.add("title", "Say what happened");
        }
        let (discovered, from, until) = (discovered?, from?, until?);
        let until = until.plus_millis(DAY - 1).min(now);
        if from > until {
            self.errors
                .add("until", "The time must not end before it begins");
        }
        self.errors.is_empty().then(|| NewIncident {
            title: self.title.clone(),
            discovered: Some(discovered.min(now)),
            who: self.who.clone(),
            from: Some(from),
            until: Some(until),
            alert: (!self.alert.is_empty()).then(|| self.alert.clone()),
        })
    }
}

impl View for New {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            (self.errors)
            (Field::text("title", "What happened").value(&self.title).errors(&self.errors).hint("Without names of patients"))
            (Field::date("discovered", "When it was discovered").value(&self.discovered).errors(&self.errors).hint("The day on which somebody here knew, or should have known. Clocks run from then, not from when it was confirmed."))
            (Field::text("who", "Whose accesses").value(&self.who).errors(&self.errors).optional().hint("As the audit log names them: person/ann, client/report. Empty: everybody's."))
            (Field::date("from", "From").value(&self.from).errors(&self.errors))
            (Field::date("until", "Until").value(&self.until).errors(&self.errors))
            div.buttons { (Button::primary("Open the incident")) (Link::quiet("Cancel", HERE)) }
        };
        let form = Form::post(csrf, NEW, fields).keep("alert", self.alert.as_str());
        let body = html! { section.card { (form) } };
        Page::new("Open an incident", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb(), Crumb::new("Incidents", HERE)])
            .lead("The audit log is frozen as it stands now: its head is signed and kept with the incident.")
    }

    fn samples() -> Vec<Self> {
        vec![Self {
            title: "Records opened by the hundred".into(),
            who: "person/ann".into(),
            discovered: "2026-03-02".into(),
            from: "2026-03-01".into(),
            until: "2026-03-02".into(),
            alert: "a1".into(),
            errors: Errors::one("until", "The time must not end before it begins"),
        }]
    }
}
