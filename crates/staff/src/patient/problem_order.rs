//! `/patients/{patient}/problems/order`: which problems come first, and which the patient is most concerned about. The order is a
//! List of the chart (LOINC 11450-4): the problems themselves stay as they are.

use aceso_fhir::{Object, Value};
use aceso_web::page::{
    Button, Choice, Choices, Csrf, Empty, Errors, Field, Form, Layout, Link, Page, View,
};
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply, Take};
use maud::html;

use super::path;
use super::record::{Found, Wanted};
use super::save::{Saved, begin, change, checked, may_add, must_add, refused};
use super::sheet::Writing;
use super::top::{Top, open};
use crate::Staff;
use crate::chart::entry::{condition, is_mistake};
use crate::chart::story::is_current;
use crate::chart::version;
use crate::chart::write::{LOINC, coded, coding, reference, resource, words};

/// LOINC: problem list.
const CODE: &str = "11450-4";
/// How a List says that the patient is concerned about an entry.
const CONCERN: &str = "the patient's concern";

/// The page.
pub(crate) struct ProblemOrder {
    top: Top,
    rows: Vec<Row>,
    /// The List that is there: its id and its version.
    list: Option<(String, u64)>,
    errors: Errors,
}

/// A problem with its place.
struct Row {
    id: String,
    name: String,
    place: String,
    concern: bool,
}

/// What a chart's page asks for to put problems in order.
pub(crate) fn wanted() -> Wanted {
    Wanted::new("List")
        .with("code", [LOINC, "|", CODE].concat())
        .with("status", "current")
        .with("_sort", "-date")
        .most(1)
}

/// The problems of a List: id, and whether the patient is concerned about it.
fn listed(list: Option<&Value>) -> Vec<(String, bool)> {
    let entries = list.map(|l| l.items_at("entry")).unwrap_or_default();
    let problems = entries.iter().filter_map(|entry| {
        let of = entry.get("item")?.str_at("reference")?;
        let flag = crate::chart::concept(entry.get("flag"));
        let id = of.strip_prefix("Condition/")?;
        Some((id.to_owned(), flag.as_deref() == Some(CONCERN)))
    });
    problems.collect()
}

/// Problems in the order of the chart's List; what is not on it keeps its order, after the others. With those that the patient
/// is concerned about.
pub(crate) fn ordered<'a>(
    mut problems: Vec<&'a Value>,
    list: Option<&Value>,
) -> Vec<(&'a Value, bool)> {
    let listed = listed(list);
    let place = |d: &Value| {
        let found = listed
            .iter()
            .position(|(id, _)| Some(id.as_str()) == d.id());
        found.unwrap_or(listed.len())
    };
    problems.sort_by_key(|d| place(d));
    let concern = |d: &Value| {
        let mut all = listed.iter();
        all.any(|(id, concern)| *concern && Some(id.as_str()) == d.id())
    };
    problems.into_iter().map(|d| (d, concern(d))).collect()
}

async fn page(staff: &Staff, ask: &Ask) -> Result<ProblemOrder, PageFault> {
    must_add(staff, ask, "List")?;
    if !may_add(staff, ask, "Condition")? {
        return Err(PageFault::Missing);
    }
    let problems = Wanted::new("Condition")
        .with("_sort", "-onset-date")
        .most(200);
    let mut opened = open(staff, ask, vec![problems, wanted()]).await?;
    let mut take = || opened.take().unwrap_or_default();
    let (problems, lists): (Found, Found) = (take(), take());
    let current = problems.matches.iter();
    let current = current
        .filter(|d| !is_mistake(d) && is_current(d))
        .collect();
    let list = lists.matches.first();
    let rows = ordered(current, list).into_iter().zip(1..);
    let rows = rows.map(|((problem, concern), place)| Row {
        id: problem.id().unwrap_or_default().to_owned(),
        name: condition(problem).what,
        place: place.to_string(),
        concern,
    });
    Ok(ProblemOrder {
        rows: rows.collect(),
        list: list.and_then(|l| Some((l.id()?.to_owned(), version(l)))),
        errors: Errors::none(),
        top: opened.top,
    })
}

/// `GET /patients/{patient}/problems/order`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &page(&staff, &ask).await?))
}

/// `POST /patients/{patient}/problems/order`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let takes = [Take::One("version"), Take::Many("concern")];
    let fields = ask.fields_and(&takes, &|name| name.starts_with(PLACE))?;
    let mut page = page(&staff, &ask).await?;
    let there = page.list.as_ref().map_or(0, |(_, version)| *version);
    page.read(&fields);
    if fields.one("version").parse() != Ok(there) {
        page.errors.add("concern", CHANGED);
    }
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let list = page.document(&Writing::at(&staff, &ask)?);
    let saved = match &page.list {
        Some((id, version)) => change(&staff, &ask, id, *version, list).await?,
        None => {
            let mut tx = begin(&staff, &ask)?;
            let id = staff.store().new_id();
            tx.create(&id, checked(list)?).map_err(refused)?;
            tx.commit().await.map_err(refused)?;
            Saved::Done
        }
    };
    match saved {
        Saved::Done => Ok(Reply::to_path(&path(ask.of_patient()?))),
        Saved::Overtaken => {
            page.errors.add("concern", CHANGED);
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

const PLACE: &str = "place.";
const CHANGED: &str =
    "Somebody else put the problems in order in the meantime: look at it, then save once more";

impl ProblemOrder {
    fn read(&mut self, fields: &Fields) {
        for row in &mut self.rows {
            let name = [PLACE, &row.id].concat();
            row.place = fields.trimmed(&name).to_owned();
            row.concern = fields.many("concern").any(|id| id == row.id);
            if !row.place.parse::<u32>().is_ok_and(|place| place <= 999) {
                self.errors.add(&name, "Enter a place: 1 comes first");
            }
        }
        // Equal places keep the order that was shown.
        self.rows
            .sort_by_key(|row| row.place.parse::<u32>().unwrap_or(u32::MAX));
    }

    fn document(&self, writing: &Writing) -> Object {
        let mut list = resource("List");
        list.set("status", "current");
        list.set("mode", "working");
        list.set("title", "Problem list");
        let code = coding(LOINC, CODE, "Problem list - Reported");
        list.set("code", coded(code, "Problem list"));
        list.set("subject", writing.subject.clone());
        list.set("date", writing.now.as_str());
        if let Some(signer) = &writing.signer {
            list.set("source", signer.clone());
        }
        let entries = self.rows.iter().map(|row| {
            let mut entry = Object::new();
            if row.concern {
                entry.set("flag", words(CONCERN));
            }
            entry.set("item", reference(["Condition/", &row.id].concat()));
            Value::from(entry)
        });
        let entries: Vec<Value> = entries.collect();
        if !entries.is_empty() {
            list.set("entry", entries);
        }
        list
    }
}

impl View for ProblemOrder {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let concerns = self.rows.iter().map(|row| Choice::new(&row.id, &row.name));
        let chosen = self.rows.iter().filter(|row| row.concern);
        let chosen = chosen.map(|row| row.id.clone());
        let fields = html! {
            (self.errors)
            @for row in &self.rows {
                (Field::number([PLACE, &row.id].concat(), row.name.clone()).value(&row.place).errors(&self.errors).short())
            }
            (Choices::many("concern", "What the patient is most concerned about", concerns.collect()).chosen(chosen).errors(&self.errors))
            div.buttons { (Button::primary("Save the order")) (Link::quiet("Cancel", path(id))) }
        };
        let there = self.list.as_ref().map_or(0, |(_, version)| *version);
        let form = Form::post(csrf, [&path(id), "/problems/order"].concat(), fields)
            .of_patient(id)
            .keep("version", there.to_string());
        let body = html! {
            @if self.rows.is_empty() {
                (Empty::new("No problems", "There are no active ones to put in order."))
            } @else { div.card { (form) } }
        };
        self.top
            .form(csrf, "Put the problems in order", body)
            .layout(Layout::Column)
            .lead("1 comes first. Problems of one place stay as they stand.")
    }

    fn samples() -> Vec<Self> {
        let row = |id: &str, name: &str, place: &str, concern| Row {
            id: id.into(),
            name: name.into(),
            place: place.into(),
            concern,
        };
        let sample = |rows, errors| Self {
            top: Top::sample(),
            rows,
            list: Some(("l1".into(), 2)),
            errors,
        };
        vec![
            sample(
                vec![
                    row("c1", "Asthma", "1", true),
                    row("c2", "Gout", "2", false),
                ],
                Errors::one("place.c2", "Enter a place: 1 comes first"),
            ),
            sample(Vec::new(), Errors::none()),
        ]
    }
}
