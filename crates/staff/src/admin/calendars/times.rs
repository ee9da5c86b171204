//! `/admin/calendars/clinic` and `/admin/calendars/people/{practitioner}`: hours of the week, and days on which they do not
//! hold: the clinic's holidays, a person's absences.

use aceso_fhir::{Object, Value};
use aceso_web::page::{
    Button, Choice, Choices, Column, Csrf, Errors, Field, Form, Layout, Page, Select, Table, Text,
    View, said,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use jiff::civil::Date;
use maud::{Markup, html};

use super::week::{Shape, WeekTyped};
use super::{Booked, HERE, Kept, booked, crumbs, opened, put, same, schedules};
use crate::Staff;
use crate::chart::person;
use crate::chart::write::{one, reference};
use crate::find::fetched;
use crate::inbox::escalate::{COVERED_BY, cover};
use crate::patient::record::{Wanted, searches};
use crate::schedule::setting::{CLINIC, CLINIC_HOURS, own_role};
use crate::words::fhir_day;

/// So many absences are kept; older ones are taken out.
const MOST: usize = 100;

/// Whose hours they are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Whose {
    /// The clinic's: they hold for whoever tells none of their own, and its holidays for everybody.
    Clinic,
    /// A practitioner's: id and name.
    Person(String, String),
}

impl Whose {
    fn path(&self) -> String {
        match self {
            Self::Clinic => [HERE, "/clinic"].concat(),
            Self::Person(id, _) => [HERE, "/people/", id].concat(),
        }
    }

    const fn days(&self) -> &'static str {
        match self {
            Self::Clinic => "Holidays",
            Self::Person(..) => "Absences",
        }
    }
}

/// The page.
pub(crate) struct Times {
    whose: Whose,
    kept: Kept,
    week: WeekTyped,
    booked: Booked,
    /// Who covers for the person, and who may be chosen: reference and name.
    cover: String,
    covers: Vec<(String, String)>,
    from: String,
    until: String,
    why: String,
    errors: Errors,
}

/// `GET /admin/calendars/clinic`
pub(crate) async fn show_clinic(staff: Staff, ask: Ask) -> Outcome {
    let page = Times::open(&staff, &ask, Whose::Clinic).await?;
    Ok(Reply::page(&ask, &page))
}

/// `POST /admin/calendars/clinic`
pub(crate) async fn save_clinic(staff: Staff, ask: Ask) -> Outcome {
    let page = Times::open(&staff, &ask, Whose::Clinic).await?;
    page.act(&staff, &ask).await
}

/// `GET /admin/calendars/people/{practitioner}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let whose = practitioner(&staff, &ask).await?;
    Ok(Reply::page(&ask, &Times::open(&staff, &ask, whose).await?))
}

/// `POST /admin/calendars/people/{practitioner}`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let whose = practitioner(&staff, &ask).await?;
    let page = Times::open(&staff, &ask, whose).await?;
    page.act(&staff, &ask).await
}

async fn practitioner(staff: &Staff, ask: &Ask) -> Result<Whose, PageFault> {
    let id = ask.param("practitioner");
    let document = fetched(staff, ask, "Practitioner", id).await?;
    Ok(Whose::Person(id.to_owned(), person::name(&document)))
}

/// What tells a holder's hours: the clinic's own HealthcareService, or a person's PractitionerRole.
async fn holder(staff: &Staff, ask: &Ask, whose: &Whose) -> Result<Kept, PageFault> {
    let wanted = match whose {
        Whose::Clinic => Wanted::new("HealthcareService")
            .with("identifier", [CLINIC, "|", CLINIC_HOURS].concat()),
        Whose::Person(id, _) => Wanted::new("PractitionerRole")
            .with("active", "true")
            .with("practitioner", ["Practitioner/", id].concat()),
    };
    let found = searches(staff, ask, vec![wanted.most(50)]).await?;
    let found: Vec<Value> = found
        .into_iter()
        .flatten()
        .flat_map(|f| f.matches)
        .collect();
    let known = match whose {
        Whose::Clinic => found.first(),
        Whose::Person(id, _) => own_role(&found, &["Practitioner/", id].concat()),
    };
    if let Some(kept) = known.and_then(Kept::of) {
        return Ok(kept);
    }
    let id = staff.store().new_id();
    let mut kept = match whose {
        Whose::Clinic => Kept::new("HealthcareService", id),
        Whose::Person(..) => Kept::new("PractitionerRole", id),
    };
    kept.document.set("active", true);
    match whose {
        Whose::Clinic => {
            let identifier = [
                ("system", Value::from(CLINIC)),
                ("value", Value::from(CLINIC_HOURS)),
            ];
            kept.document
                .set("identifier", one(Value::from(identifier)));
            kept.document.set("name", staff.settings().clinic.as_str());
        }
        Whose::Person(id, _) => {
            let to = reference(["Practitioner/", id].concat());
            kept.document.set("practitioner", to);
        }
    }
    Ok(kept)
}

/// The other people with a calendar: reference and name.
async fn others(staff: &Staff, ask: &Ask, own: &str) -> Result<Vec<(String, String)>, PageFault> {
    let wanted = Wanted::new("Schedule")
        .with("active", "true")
        .with("_include", "Schedule:actor")
        .most(300);
    let found = searches(staff, ask, vec![wanted]).await?;
    let found = found.into_iter().flatten().next().unwrap_or_default();
    let own = ["Practitioner/", own].concat();
    let actors = found.matches.iter().flat_map(|s| s.items_at("actor"));
    let each = actors.filter_map(|actor| {
        let who = actor.str_at("reference")?;
        if !who.starts_with("Practitioner/") || who == own {
            return None;
        }
        Some((found.name(Some(actor))?, who.to_owned()))
    });
    let mut all: Vec<(String, String)> = each.collect();
    all.sort();
    all.dedup();
    Ok(all.into_iter().map(|(name, who)| (who, name)).collect())
}

/// The days of a document on which its hours do not hold.
fn away(document: &Object) -> Vec<Value> {
    let told = document.get("notAvailable").and_then(Value::as_array);
    told.unwrap_or_default().to_vec()
}

impl Times {
    async fn open(staff: &Staff, ask: &Ask, whose: Whose) -> Result<Self, PageFault> {
        let kept = holder(staff, ask, &whose).await?;
        let told = kept.document.get(Shape::Available.member());
        let told = told.and_then(Value::as_array).unwrap_or_default();
        let booked = match &whose {
            Whose::Clinic => Booked::Yes,
            Whose::Person(id, _) => {
                booked(&schedules(staff, ask, &["Practitioner/", id].concat()).await?)
            }
        };
        let covers = match &whose {
            Whose::Clinic => Vec::new(),
            Whose::Person(id, _) => others(staff, ask, id).await?,
        };
        let known = Value::from(kept.document.clone());
        Ok(Self {
            week: WeekTyped::told(told, Shape::Available),
            cover: cover(&known).unwrap_or_default().to_owned(),
            covers,
            whose,
            kept,
            booked,
            from: String::new(),
            until: String::new(),
            why: String::new(),
            errors: Errors::none(),
        })
    }

    async fn act(mut self, staff: &Staff, ask: &Ask) -> Outcome {
        let mut takes: Vec<Take> = WeekTyped::takes().into();
        takes.extend(["version", "act", "booked", "cover", "from", "until", "why"].map(Take::One));
        let fields = ask.fields(&takes)?;
        same(&self.kept, fields.one("version"))?;
        let mut also = Vec::new();
        match fields.one("act").split_once(':') {
            Some(("remove", number)) => {
                let mut all = away(&self.kept.document);
                let at = number.parse::<usize>().ok().filter(|n| *n < all.len());
                all.remove(at.ok_or(PageFault::Missing)?);
                self.set_away(all);
            }
            Some(_) => return Err(PageFault::Missing),
            None if fields.one("act") == "away" => {
                let text = |name| fields.trimmed(name).to_owned();
                (self.from, self.until, self.why) = (text("from"), text("until"), text("why"));
                self.add_away(staff);
            }
            None => {
                self.week = WeekTyped::of(&fields);
                self.booked = Booked::parse(fields.one("booked")).unwrap_or(self.booked);
                let entries = self.week.entries(Shape::Available, &mut self.errors);
                match entries.is_empty() {
                    true => drop(self.kept.document.remove(Shape::Available.member())),
                    false => self.kept.document.set(Shape::Available.member(), entries),
                }
                self.set_cover(fields.one("cover"));
                if let (Whose::Person(id, name), true) = (&self.whose, self.errors.is_empty()) {
                    let actor = ["Practitioner/", id].concat();
                    let known = schedules(staff, ask, &actor).await?;
                    also = opened(staff, known, (&actor, name), self.booked);
                }
            }
        }
        if !self.errors.is_empty() {
            return Ok(Reply::wrong(ask, &self));
        }
        let to = self.whose.path();
        let mut all = vec![self.kept];
        all.extend(also);
        put(staff, ask, all).await?;
        Ok(Reply::to_path(&to))
    }

    /// Says who covers for the person.
    fn set_cover(&mut self, said: &str) {
        said.clone_into(&mut self.cover);
        let known = self.covers.iter().find(|(who, _)| who == said);
        if known.is_none() && !said.is_empty() {
            self.errors.add("cover", "Choose somebody of the list");
            return;
        }
        let told = self
            .kept
            .document
            .get("extension")
            .and_then(Value::as_array);
        let told = told.unwrap_or_default().iter();
        let others = told.filter(|e| e.str_at("url") != Some(COVERED_BY));
        let mut all: Vec<Value> = others.cloned().collect();
        if let Some((who, name)) = known {
            let mut to = reference(who.as_str());
            if let Some(object) = to.as_object_mut() {
                object.set("display", name.as_str());
            }
            all.push(Value::from([
                ("url", Value::from(COVERED_BY)),
                ("valueReference", to),
            ]));
        }
        match all.is_empty() {
            true => drop(self.kept.document.remove("extension")),
            false => self.kept.document.set("extension", all),
        }
    }

    fn set_away(&mut self, all: Vec<Value>) {
        match all.is_empty() {
            true => drop(self.kept.document.remove("notAvailable")),
            false => self.kept.document.set("notAvailable", all),
        }
    }

    /// Adds the days that were typed; those of years ago make room.
    fn add_away(&mut self, staff: &Staff) {
        let from = self.from.parse::<Date>();
        let until = match self.until.is_empty() {
            true => from.clone(),
            false => self.until.parse::<Date>(),
        };
        if from.is_err() {
            let text = "Enter the first day as year-month-day: 2026-12-24";
            self.errors.add("from", text);
        }
        match (&from, &until) {
            (_, Err(_)) if from.is_ok() => self
                .errors
                .add("until", "Enter the last day as year-month-day: 2026-12-31"),
            (Ok(from), Ok(until)) if until < from => {
                self.errors.add("until", "This is before the first day");
            }
            (Ok(_) | Err(_), Ok(_) | Err(_)) => {}
        }
        if self.why.is_empty() || self.why.chars().count() > 100 {
            let text =
                "Say what it is, in 100 letters at most: people read it in the calendar's settings";
            self.errors.add("why", text);
        }
        let (Ok(from), Ok(until), true) = (from, until, self.errors.is_empty()) else {
            return;
        };
        let mut all = away(&self.kept.document);
        let during = Value::from([
            ("start", Value::from(from.to_string())),
            ("end", Value::from(until.to_string())),
        ]);
        all.push(Value::from([
            ("description", Value::from(self.why.as_str())),
            ("during", during),
        ]));
        all.sort_by_key(|one| first(one).to_owned());
        let today = crate::words::field_day(staff.store().now());
        while all.len() > MOST && all.first().is_some_and(|one| last(one) < today.as_str()) {
            all.remove(0);
        }
        if all.len() > MOST {
            let text = crate::words::say("There are {0} already: take some out first", &[&MOST]);
            self.errors.add("from", text);
            return;
        }
        self.set_away(all);
    }

    fn covers(&self) -> Vec<Choice> {
        let none = Choice::new("", "Nobody: the clinicians who treat the patient");
        let all = self.covers.iter();
        let all = all.map(|(who, name)| Choice::new(who.clone(), name.clone()));
        std::iter::once(none).chain(all).collect()
    }

    fn hours(&self, csrf: &Csrf) -> Markup {
        let lead = match self.whose {
            Whose::Clinic => "They hold for everybody and every room without hours of their own.",
            Whose::Person(..) => "Without any, the clinic's hours hold.",
        };
        let fields = html! {
            p.soft { (maud::words(lead)) }
            (self.week.fields(&self.errors))
            @if let Whose::Person(..) = self.whose {
                (Choices::one("booked", "Can be booked", Booked::choices()).chosen([self.booked.code()]).across())
                (Select::new("cover", "Covered by", self.covers()).chosen(&self.cover).errors(&self.errors)
                    .hint("Critical results of their patients that nobody looked at within an hour are sent on to this person"))
            }
            div.buttons { (Button::primary("Save the hours").says("act", "hours")) }
        };
        let form = Form::post(csrf, self.whose.path(), fields);
        html! { section.card { h2 { "Every week" } (form.keep("version", self.kept.version.to_string())) } }
    }

    fn away(&self, csrf: &Csrf) -> Markup {
        let mut table = Table::new(
            self.whose.days(),
            &[
                Column::text("What"),
                Column::text("First day"),
                Column::text("Last day"),
                Column::acts("What you can do"),
            ],
        )
        .under_heading();
        for (number, one) in away(&self.kept.document).iter().enumerate() {
            let what = one.str_at("description").unwrap_or_default().to_owned();
            let remove = Button::quiet("Take out")
                .of([" ", &what].concat())
                .says("act", format!("remove:{number}"))
                .small();
            table.row(vec![
                html! { (what) },
                html! { (fhir_day(first(one))) },
                html! { (fhir_day(last(one))) },
                html! { (remove) },
            ]);
        }
        let fields = html! {
            @if table.is_empty() { p.soft { "None." } } @else { (table) }
            div.pair {
                (Field::date("from", "First day").value(&self.from).errors(&self.errors).any())
                (Field::date("until", "Last day").value(&self.until).errors(&self.errors).optional())
            }
            (Field::text("why", "What").value(&self.why).errors(&self.errors).longest(100).any())
            div.buttons { (Button::secondary("Add").of(" to the list").says("act", "away")) }
        };
        let form = Form::post(csrf, self.whose.path(), fields);
        html! { section.card { h2 { (maud::words(self.whose.days())) } (form.keep("version", self.kept.version.to_string())) } }
    }
}

fn first(away: &Value) -> &str {
    let during = away.get("during").and_then(|d| d.str_at("start"));
    during.unwrap_or_default()
}

fn last(away: &Value) -> &str {
    let during = away.get("during").and_then(|d| d.str_at("end"));
    during.unwrap_or_default()
}

impl View for Times {
    fn page(&self, csrf: &Csrf) -> Page {
        let title = match &self.whose {
            Whose::Clinic => Text::from("Hours and holidays of the clinic"),
            Whose::Person(_, name) => said(name),
        };
        let lead = match &self.whose {
            Whose::Clinic => {
                "When the clinic is open, and when it is closed whatever else is said."
            }
            Whose::Person(..) => {
                "When they can be booked, and when they are away. Appointments in an absence stay: the calendar shows them."
            }
        };
        let body = html! { (self.errors) (self.hours(csrf)) (self.away(csrf)) };
        Page::new(title, body)
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(crumbs())
            .lead(lead)
    }

    fn samples() -> Vec<Self> {
        let sample = |whose, errors| {
            let mut kept = Kept::new("PractitionerRole", "r1".into());
            let during = [
                ("start", Value::from("2026-12-24")),
                ("end", Value::from("2026-12-31")),
            ];
            let holiday = [
                ("description", Value::from("Winter holidays")),
                ("during", Value::from(during)),
            ];
            kept.document.set("notAvailable", one(Value::from(holiday)));
            Self {
                whose,
                kept,
                week: WeekTyped::default(),
                booked: Booked::Yes,
                cover: String::new(),
                covers: vec![("Practitioner/other".into(), "Dr. Other".into())],
                from: String::new(),
                until: String::new(),
                why: String::new(),
                errors,
            }
        };
        vec![
            sample(Whose::Clinic, Errors::none()),
            sample(
                Whose::Person("doc".into(), "Dr. Doc".into()),
                Errors::one("until", "This is before the first day"),
            ),
        ]
    }
}
