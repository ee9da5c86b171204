//! `/lists`: asking for patients by what their records hold, with the number of those who fit; keeping the question; and
//! `/lists/export`: taking the list along.

use std::collections::BTreeMap;

use aceso_fhir::consent::NOTICE;
use aceso_policy::{Action, Purpose};
use aceso_store::Release;
use aceso_web::page::{
    Button, Card, Choice, Column, Csrf, Empty, Entries, Entry, Errors, Field, Form, Page, Pager,
    Select, Table, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::HERE;
use super::criteria::{Criteria, FIELDS, KIND};
use super::find::{Found, find, has_lists, must};
use super::measures::tabs;
use crate::Staff;
use crate::csv::Csv;
use crate::fault::unreadable;
use crate::nothing::Nothing;
use crate::patient::path;
use crate::patient::record::{Goes, Wanted, searches};
use crate::patient::save::{Saved, add, begin, commit, form_id, may, must_add, signer};
use crate::state::fresh;

/// What the page says to roles that have no lists.
const NONE: Nothing = Nothing::new(
    "Patient lists",
    "Lists of patients are for those who see their charts.",
    HERE,
);
/// So many people stand on a page, and in a file.
const SHOWN: &str = "50";
const TAKEN: &str = "500";

/// A list that was kept.
struct Kept {
    id: String,
    name: String,
    about: String,
}

/// The page.
pub(crate) struct Lists {
    criteria: Criteria,
    found: Option<Found>,
    kept: Vec<Kept>,
    /// The id under which the question is kept; none for who keeps none.
    form: Option<String>,
    name: String,
    errors: Errors,
}

/// `GET /lists`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    if !has_lists(&staff, &ask)? {
        return Ok(Reply::page(&ask, &NONE));
    }
    let criteria = Criteria::of(|name| ask.query(name).unwrap_or_default());
    let mut page = opened(&staff, &ask, criteria).await?;
    if !page.criteria.is_empty() {
        page.criteria.check(&mut page.errors);
        if !page.errors.is_empty() {
            return Ok(Reply::wrong(&ask, &page));
        }
        let cursor = ask.query("after");
        page.found = Some(find(&staff, &ask, Goes::Here, &page.criteria, (SHOWN, cursor)).await?);
    }
    Ok(Reply::page(&ask, &page))
}

async fn opened(staff: &Staff, ask: &Ask, criteria: Criteria) -> Result<Lists, PageFault> {
    let wanted = Wanted::new(KIND)
        .with("type", "person")
        .with("actual", "false")
        .with("_sort", "-_lastUpdated")
        .most(100);
    let kept = searches(staff, ask, vec![wanted]).await?;
    let kept = kept.into_iter().flatten().next().unwrap_or_default();
    let kept = kept
        .matches
        .iter()
        .filter(|g| g.get("active").and_then(aceso_fhir::Value::as_bool) != Some(false));
    let kept = kept.filter_map(|group| {
        let criteria = Criteria::kept(group);
        (!criteria.is_empty()).then_some(())?;
        Some(Kept {
            id: group.id()?.to_owned(),
            name: group.str_at("name")?.to_owned(),
            about: criteria.say().join(", "),
        })
    });
    let keeps = may(staff, ask, Action::Create, KIND)?;
    Ok(Lists {
        criteria,
        found: None,
        kept: kept.collect(),
        form: keeps.then(|| staff.store().new_id()),
        name: String::new(),
        errors: Errors::none(),
    })
}

/// `POST /lists`: keeps the question under a name.
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    must(&staff, &ask)?;
    must_add(&staff, &ask, KIND)?;
    let mut takes: Vec<Take> = FIELDS.map(Take::One).into();
    takes.extend(["form", "name"].map(Take::One));
    let fields = ask.fields(&takes)?;
    let mut page = opened(&staff, &ask, Criteria::of(|name| fields.one(name))).await?;
    let form = form_id(&staff, fields.one("form"));
    page.form = Some(form.clone());
    page.name = fields.trimmed("name").to_owned();
    page.criteria.check(&mut page.errors);
    if page.name.is_empty() || page.name.chars().count() > 80 {
        page.errors
            .add("name", "Give it a name, 80 letters at most");
    }
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let group = page.criteria.group(&page.name, signer(&ask)?.as_ref());
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &form, vec![group])?;
    match commit(&staff, &ask, tx, (KIND, &form)).await? {
        Saved::Done => Ok(Reply::to_path(&[HERE, "/", &form].concat())),
        Saved::Overtaken => {
            page.errors
                .add("name", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// `POST /lists/export`: the list as a table for spreadsheets. Needs a fresh proof, and leaves an entry for each patient.
pub(crate) async fn export(staff: Staff, ask: Ask) -> Outcome {
    must(&staff, &ask)?;
    fresh(&staff, &ask)?;
    let fields = ask.fields(&FIELDS.map(Take::One))?;
    let mut page = opened(&staff, &ask, Criteria::of(|name| fields.one(name))).await?;
    page.criteria.check(&mut page.errors);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    // What the file tells of people is found by what may leave.
    let out = Goes::Out(Purpose::Operations);
    let found = find(&staff, &ask, out, &page.criteria, (TAKEN, None)).await?;
    let reading = out.reading(&staff, &ask)?;
    let mut releases = BTreeMap::new();
    for person in &found.people {
        let ground = reading.ground(&person.id).await.map_err(unreadable)?;
        releases.extend(ground.map(|release| (person.id.clone(), release)));
    }
    if !releases.is_empty() {
        for id in ordinary(&staff, &ask, &page.criteria).await? {
            releases.remove(&id);
        }
    }
    let mut csv = Csv::new(&["Number", "Name", "Born", "Age", "Sex", "Notice"]);
    for person in &found.people {
        let release = releases.get(&person.id);
        let consents = release.map(Release::consents).unwrap_or_default();
        let (caller, purpose) = (ask.caller()?, Purpose::Treatment);
        let noted = staff
            .store()
            .note_print(caller, purpose, &person.id, &consents);
        noted.await.map_err(unreadable)?;
        // The words are the regulation's own (42 CFR 2.32).
        let notice = release.map(|release| [NOTICE, " ", &release.scope()].concat());
        let number = person.numbers.first().map(|(_, number)| number.clone());
        csv.row([
            number.unwrap_or_else(|| person.id.clone()),
            person.name.clone(),
            person.born.clone().unwrap_or_default(),
            person.age.clone().unwrap_or_default(),
            person.gender.clone().unwrap_or_default(),
            notice.unwrap_or_default(),
        ]);
    }
    Ok(Reply::other(csv.file("patients.csv")))
}

/// Who is found without anything about substance use: for proceedings it leaves on no consent but one of its own, and who has
/// given one is not among them.
async fn ordinary(staff: &Staff, ask: &Ask, criteria: &Criteria) -> Result<Vec<String>, PageFault> {
    let out = Goes::Out(Purpose::Legal);
    let reading = out.reading(staff, ask)?;
    let found = find(staff, ask, out, criteria, (TAKEN, None)).await?;
    let mut all = Vec::new();
    for person in found.people {
        let ground = reading.ground(&person.id).await.map_err(unreadable)?;
        if ground.is_none() {
            all.push(person.id);
        }
    }
    Ok(all)
}

/// The people of a list.
pub(super) fn table(found: &Found) -> Markup {
    let mut table = Table::new(
        "Who fits",
        &[
            Column::text("Patient"),
            Column::text("Born"),
            Column::text("Age"),
            Column::text("Sex"),
        ],
    );
    for person in &found.people {
        table.row(vec![
            html! { a href=(path(&person.id)) { (person.name) } },
            html! { (person.born.as_deref().unwrap_or_default()) },
            html! { (person.age.as_deref().unwrap_or_default()) },
            html! { (person.gender.as_deref().unwrap_or_default()) },
        ]);
    }
    html! { (table) }
}

/// How many fit, in words.
pub(super) fn counted(total: u64) -> String {
    match total {
        0 => crate::words::say("Nobody fits", &[]),
        n => crate::words::counted(n, "One patient fits", "{0} patients fit", &[]),
    }
}

/// A form that sends the question along.
pub(super) fn kept(mut form: Form, criteria: &Criteria) -> Form {
    for (name, value) in criteria.pairs() {
        form = form.keep(name, value);
    }
    form
}

impl Lists {
    fn fields(&self) -> Markup {
        let get = |name| self.criteria.get(name);
        let text = |name: &'static str, label: &'static str| {
            Field::text(name, label)
                .value(get(name))
                .errors(&self.errors)
                .any()
        };
        let day = |name: &'static str, label: &'static str| {
            Field::date(name, label)
                .value(get(name))
                .errors(&self.errors)
                .any()
        };
        let number = |name: &'static str, label: &'static str| {
            Field::number(name, label)
                .value(get(name))
                .errors(&self.errors)
                .any()
        };
        let choices =
            |all: &[(&str, &'static str)]| all.iter().map(|(v, l)| Choice::new(*v, *l)).collect();
        let sexes = [
            ("", "Any"),
            ("female", "Female"),
            ("male", "Male"),
            ("other", "Other"),
            ("unknown", "Unknown"),
        ];
        let signs = [
            ("ge", "at least"),
            ("gt", "more than"),
            ("eq", "exactly"),
            ("le", "at most"),
            ("lt", "less than"),
        ];
        let hint = "A code, or how its name begins";
        html! {
            fieldset.group { legend { "Who" }
                div.pair {
                    (number("older", "Years, from")) (number("younger", "Years, to"))
                    (Select::new("sex", "Sex", choices(&sexes)).chosen(get("sex")))
                }
            }
            fieldset.group { legend { "What the record holds" }
                div.pair { (text("problem", "With the problem").hint(hint)) (text("without", "Without the problem").hint(hint)) (text("medication", "Takes").hint(hint)) }
                div.pair {
                    (text("test", "Result of the test").hint(hint))
                    (Select::new("comparison", "Is", choices(&signs)).chosen(if get("comparison").is_empty() { "ge" } else { get("comparison") }))
                    (number("value", "Value")) (day("since", "Since"))
                }
            }
            fieldset.group { legend { "Visits and vaccinations" }
                div.pair {
                    (day("seen", "Seen since")) (day("unseen", "Not seen since"))
                    (text("vaccine", "No vaccination with").hint(hint)) (day("vaccinated", "Since"))
                }
            }
        }
    }

    fn result(&self, csrf: &Csrf, found: &Found) -> Markup {
        let after = found.next.as_ref().map(|mark| {
            let mut pairs = self.criteria.pairs();
            pairs.push(("after", mark));
            Local::with(HERE, &pairs).as_str().to_owned()
        });
        let name = html! {
            div.row {
                (Field::text("name", "Name of the list").value(&self.name).errors(&self.errors).longest(80))
                (Button::secondary("Keep this list"))
            }
        };
        let take = html! {
            (Button::secondary("Take along as a table"))
            p.hint { "Asks for a fresh proof of who you are; each patient's record notes it. At most " (TAKEN) " patients." }
        };
        let export = Form::post(csrf, [HERE, "/export"].concat(), take);
        html! {
            section.card {
                div.row.apart { h2 { (counted(found.total)) } p.soft { (self.criteria.say().join(", ")) } }
                @if !found.people.is_empty() {
                    (table(found))
                    @if after.is_some() { (Pager::new("By family name").after(after)) }
                    (kept(export, &self.criteria))
                }
                @if let Some(id) = &self.form { (kept(Form::post(csrf, HERE, name), &self.criteria).keep("form", id)) }
            }
        }
    }
}

impl View for Lists {
    fn page(&self, csrf: &Csrf) -> Page {
        let lists = self.kept.iter().map(|k| {
            Entry::new(&k.name)
                .more(&k.about)
                .to([HERE, "/", &k.id].concat())
        });
        let body = html! {
            (tabs(HERE))
            @if !self.kept.is_empty() { (Card::new("Kept lists", html! { (Entries::new(lists.collect())) })) }
            section.card {
                h2 { "Ask" }
                form.stack method="get" action=(HERE) role="search" {
                    (self.errors)
                    (self.fields())
                    div.buttons { (Button::primary("Find")) }
                }
            }
            @match &self.found {
                Some(found) => (self.result(csrf, found)),
                None => (Empty::new("Nothing asked yet", "Leave empty what does not matter; all that is filled in has to fit.")),
            }
        };
        Page::new("Patient lists", body)
            .here(HERE)
            .lead("Among the patients whose records you can open: those whom you treat, saw, or care for in a team.")
    }

    fn samples() -> Vec<Self> {
        let criteria = Criteria::of(|name| if name == "older" { "65" } else { "" });
        let person = crate::chart::person::Identity {
            id: "p1".into(),
            name: "Ann Example".into(),
            born: Some("1 Mar 1954".into()),
            ..Default::default()
        };
        let kept = || Kept {
            id: "l1".into(),
            name: "Diabetes without HbA1c".into(),
            about: crate::words::say("with the problem {0}", &[&"Diabetes"]),
        };
        let page = |criteria, found, errors| Self {
            criteria,
            found,
            kept: vec![kept()],
            form: Some("f1".into()),
            name: String::new(),
            errors,
        };
        let found = Found {
            people: vec![person],
            total: 51,
            next: Some("mark".into()),
        };
        vec![
            page(Criteria::default(), None, Errors::none()),
            page(criteria.clone(), Some(found), Errors::none()),
            page(criteria.clone(), Some(Found::default()), Errors::none()),
            page(
                criteria,
                None,
                Errors::one("older", "A number of years from 0 to 130"),
            ),
        ]
    }
}
