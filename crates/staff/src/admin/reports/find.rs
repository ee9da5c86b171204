//! `/admin/reports/{report}/find`: whom a report is to be about, looked for by name, birth date or number. What is looked for
//! is posted: it has no place in an address, which lands in logs and histories.

use aceso_fhir::search::{Options, parse_pairs};
use aceso_store::{AuditReport, PeopleError, Stored};
use aceso_web::page::{Button, Column, Crumb, Csrf, Empty, Errors, Field, Form, Page, Table, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::HERE;
use super::show::{Filter, wanted};
use crate::Staff;
use crate::chart::person::Identity;
use crate::fault::weigh;
use crate::find::{document, escaped};
use crate::words::{read_day, rule};

/// So many are shown; whoever sees more narrows the search.
const SHOWN: &str = "30";

/// The form, and what it found.
pub(crate) struct Find {
    report: AuditReport,
    filter: Filter,
    name: String,
    birth: String,
    number: String,
    organization: String,
    errors: Errors,
    found: Option<Matches>,
}

/// Patients, and organizations with their ids and names.
type Matches = (Vec<Identity>, Vec<(String, String)>);

impl Find {
    fn of(ask: &Ask) -> Result<Self, PageFault> {
        Ok(Self {
            report: wanted(ask)?,
            filter: Filter::of(ask),
            name: String::new(),
            birth: String::new(),
            number: String::new(),
            organization: String::new(),
            errors: Errors::none(),
            found: None,
        })
    }

    fn place(&self) -> String {
        format!("{HERE}/{}", self.report.name())
    }

    /// The search for patients; what is wrong is noted beside its field.
    fn patients(&mut self) -> Vec<(&'static str, String)> {
        let words = self.name.split_whitespace().take(8);
        let mut all: Vec<_> = words.map(|word| ("name", escaped(word))).collect();
        if !self.birth.is_empty() {
            if read_day(&self.birth).is_none() {
                let text = "Enter the day as year-month-day: 1974-03-01";
                self.errors.add("birth", text);
            }
            all.push(("birthdate", self.birth.clone()));
        }
        if !self.number.is_empty() {
            all.push(("identifier", escaped(&self.number)));
        }
        all
    }
}

pub(crate) async fn show(_: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &Find::of(&ask)?))
}

pub(crate) async fn find(staff: Staff, ask: Ask) -> Outcome {
    let mut page = Find::of(&ask)?;
    let names = ["name", "birth", "number", "organization"];
    let fields = ask.fields(&names.map(Take::One))?;
    page.name = fields.trimmed("name").to_owned();
    page.birth = fields.trimmed("birth").to_owned();
    page.number = fields.trimmed("number").to_owned();
    page.organization = fields.trimmed("organization").to_owned();
    let patients = page.patients();
    let words = page.organization.split_whitespace().take(8);
    let organizations: Vec<_> = words.map(|word| ("name", escaped(word))).collect();
    if patients.is_empty() && organizations.is_empty() {
        page.errors
            .add("name", "Enter a name, a birth date or a number");
    }
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let found = async {
        let patients = look(&staff, &ask, "Patient", patients).await?;
        let organizations = look(&staff, &ask, "Organization", organizations).await?;
        Ok((patients, organizations))
    };
    let (patients, organizations) = match weigh(found.await)? {
        Ok(found) => found,
        Err(why) => {
            page.errors.add("name", rule(&why));
            return Ok(Reply::wrong(&ask, &page));
        }
    };
    let now = staff.store().now();
    let people = patients.iter();
    let people = people.map(|s| Ok(Identity::of(&s.id, &document(s)?, now)));
    let named = organizations.iter().map(|stored| {
        let name = document(stored)?
            .str_at("name")
            .map_or_else(|| crate::words::known("no name"), str::to_owned);
        Ok((stored.id.clone(), name))
    });
    page.found = Some((
        people.collect::<Result<_, PageFault>>()?,
        named.collect::<Result<_, PageFault>>()?,
    ));
    Ok(Reply::page(&ask, &page))
}

async fn look(
    staff: &Staff,
    ask: &Ask,
    kind: &'static str,
    conditions: Vec<(&'static str, String)>,
) -> Result<Vec<Stored>, PeopleError> {
    if conditions.is_empty() {
        return Ok(Vec::new());
    }
    let most = [("_count".to_owned(), SHOWN.to_owned())];
    let conditions = conditions.into_iter().map(|(n, v)| (n.to_owned(), v));
    let pairs: Vec<(String, String)> = conditions.chain(most).collect();
    let options = Options {
        now: staff.store().now().millis(),
        ..Options::default()
    };
    let query = parse_pairs(Some(kind), &pairs, &options);
    let query = query.map_err(|_| aceso_store::Refusal::Field("this cannot be looked for"))?;
    let caller = ask.caller().map_err(|_| PeopleError::Forbidden)?;
    staff.store().find_for_audit(caller, query).await
}

impl Find {
    fn results(&self, people: &[Identity], organizations: &[(String, String)]) -> Markup {
        let columns = [
            Column::text("Patient"),
            Column::text("Born"),
            Column::text("Sex"),
            Column::text("Number"),
        ];
        let mut patients = Table::new("Patients found", &columns);
        for person in people {
            let changed = [("patient", person.id.as_str())];
            patients.row(vec![
                html! { a href=(self.filter.address(&self.place(), &changed)) { (person.name) } },
                html! { (person.born.as_deref().map_or_else(|| crate::words::known("unknown"), str::to_owned)) },
                html! { (person.gender.as_deref().map_or_else(|| crate::words::known("unknown"), str::to_owned)) },
                html! { @for (label, number) in &person.numbers { span.mono { (number) } " " span.soft.small { (label) } br; } },
            ]);
        }
        let mut places = Table::new("Organizations found", &[Column::text("Organization")]);
        for (id, name) in organizations {
            let changed = [("facility", id.as_str())];
            places.row(vec![
                html! { a href=(self.filter.address(&self.place(), &changed)) { (name) } },
            ]);
        }
        html! {
            @if patients.is_empty() && places.is_empty() {
                (Empty::new("Nobody found", "Check the spelling, or look for the birth date alone."))
            }
            @if !patients.is_empty() { (patients) }
            @if !places.is_empty() { (places) }
        }
    }
}

impl View for Find {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            (self.errors)
            div.filter {
                (Field::text("name", "Patient's name").value(&self.name).errors(&self.errors).optional())
                (Field::date("birth", "Born").value(&self.birth).errors(&self.errors).optional())
                (Field::text("number", "Number").value(&self.number).errors(&self.errors).optional())
                (Field::text("organization", "Organization's name").value(&self.organization).errors(&self.errors).optional())
            }
            (Button::primary("Find"))
        };
        let here = self.filter.address(&[&self.place(), "/find"].concat(), &[]);
        let body = html! {
            (Form::post(csrf, here, fields))
            @if let Some((people, organizations)) = &self.found { (self.results(people, organizations)) }
        };
        Page::new("Whom the report is about", body)
            .here(HERE)
            .crumbs(vec![
                crate::admin::crumb(),
                Crumb::new("Reports", HERE),
                Crumb::new(self.report.title(), self.filter.address(&self.place(), &[])),
            ])
            .lead("Looking for somebody is itself written into the log.")
    }

    fn samples() -> Vec<Self> {
        let of = |errors, found| Self {
            report: AuditReport::Patient,
            filter: Filter::default(),
            name: "Marin".to_owned(),
            birth: String::new(),
            number: String::new(),
            organization: "North".to_owned(),
            errors,
            found,
        };
        let rosa = Identity {
            id: "p1".to_owned(),
            name: "Rosa Marín".to_owned(),
            ..Identity::default()
        };
        let north = ("o1".to_owned(), "Northside Clinic".to_owned());
        vec![
            of(Errors::none(), Some((vec![rosa], vec![north]))),
            of(Errors::none(), Some((Vec::new(), Vec::new()))),
            of(
                Errors::one("name", "Enter a name, a birth date or a number"),
                None,
            ),
        ]
    }
}
