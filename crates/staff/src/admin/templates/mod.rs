//! `/admin/templates`: templates of letters and notes, changed without code, tried out, and published as versions. Each is a Library; a
//! published one of the same address takes the place of one that the program brings along.

pub(crate) mod edit;
pub(crate) mod list;
pub(crate) mod new;

use aceso_fhir::{Object, Value};
use aceso_policy::Purpose;
use aceso_store::{ReadError, Tx};
use aceso_web::page::{Choice, Crumb, Errors, Field, Select, say};
use aceso_web::site::{Ask, Fields, PageFault};
use maud::{Markup, html};

use crate::Staff;
use crate::admin::standing::Standing;
use crate::chart::write::resource;
use crate::fault::unreadable;
use crate::find::document;
use crate::letters::template::{KIND, LONGEST, NAMES, Template, Use};

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/templates";
/// Ids of those that the program brings along, which are not stored, begin so.
const SHIPPED: &str = "shipped-";

/// A version of a template; version 0 of its document for a shipped one, which is not stored.
struct Kept {
    id: String,
    document: Object,
    version: u64,
}

impl Kept {
    fn text(&self, name: &str) -> &str {
        let told = self.document.get(name).and_then(Value::as_str);
        told.unwrap_or_default()
    }

    fn standing(&self) -> Standing {
        Standing::of(self.document.get("status").and_then(Value::as_str))
    }

    fn template(&self) -> Template {
        let document = Value::from(self.document.clone());
        Template::of(&document).unwrap_or_default()
    }
}

/// A shipped template as a version of its own.
fn shipped(template: &Template) -> Kept {
    let id = [SHIPPED, template.begins.word(), "-", &template.key].concat();
    let mut document = resource(KIND);
    document.set("id", id.as_str());
    document.set("version", "1");
    document.set("status", Standing::Active.code());
    template.write(&mut document);
    Kept {
        id,
        document,
        version: 0,
    }
}

fn all_shipped() -> impl Iterator<Item = Kept> {
    Template::all_own().map(|own| shipped(&own))
}

/// The template of the address.
async fn kept(staff: &Staff, ask: &Ask) -> Result<Kept, PageFault> {
    let id = ask.param("template");
    if id.starts_with(SHIPPED) {
        let mut all = all_shipped();
        return all.find(|k| k.id == id).ok_or(PageFault::Missing);
    }
    let reading = staff.store().read(ask.caller()?, Purpose::Operations);
    let stored = match reading.fetch(KIND, id).await {
        Ok(stored) => stored,
        Err(ReadError::Unknown) => return Err(PageFault::Missing),
        Err(other) => return Err(unreadable(other)),
    };
    let value = document(&stored)?;
    // Other Libraries are not ours to change.
    Template::of(&value).ok_or(PageFault::Missing)?;
    Ok(Kept {
        id: id.to_owned(),
        document: value.as_object().cloned().unwrap_or_default(),
        version: stored.version,
    })
}

fn begin(staff: &Staff, ask: &Ask) -> Result<Tx, PageFault> {
    Ok(staff.store().write(ask.caller()?, Purpose::Operations))
}

/// What is wrong with a template.
fn check(template: &Template, errors: &mut Errors) {
    let (title, text) = (&template.title, &template.body);
    if title.is_empty() || title.chars().count() > 120 {
        errors.add("title", "Give it a title, 120 letters at most");
    }
    if text.is_empty() || text.chars().count() > LONGEST {
        errors.add("text", "Write the text, 10,000 letters at most");
    }
    for part in text.split('{').skip(1) {
        let name = part.split('}').next().unwrap_or_default();
        if !NAMES.contains(&name) {
            let name: String = name.chars().take(30).collect();
            let name = ["{", &name, "}"].concat();
            let text = say("Nothing is called {0}: see the list of names", &[&name]);
            errors.add("text", text);
            break;
        }
    }
    if let Some(name) = template.unknown_part() {
        let name: String = name.chars().take(30).collect();
        let text = say("A note has no part [{0}]", &[&name]);
        errors.add("text", text);
    }
    if !FOR.iter().any(|(code, _)| *code == template.role) {
        errors.add("role", "Choose for whom it is");
    }
}

/// For whom a template is.
const FOR: [(&str, &str); 3] = [
    ("", "Everybody"),
    ("clinician", "Clinicians"),
    ("nurse", "Nurses"),
];

/// The fields of a template, but for what it begins.
fn fields(template: &Template, errors: &Errors) -> Markup {
    let whom = FOR.map(|(code, said)| Choice::new(code, said));
    html! {
        div.pair {
            (Field::text("title", "Title").value(&template.title).errors(errors).longest(120))
            (Select::new("role", "For whom", whom.into()).chosen(&template.role).errors(errors))
        }
        (Field::area("text", "Text").value(&template.body).errors(errors).hint(names()))
        @if template.begins == Use::Note {
            p.soft.small { "A line with [Subjective], [Objective], [Assessment] or [Plan] alone begins that part of the note." }
        }
    }
}

/// What a text may name.
fn names() -> String {
    let all: Vec<String> = NAMES.iter().map(|name| format!("{{{name}}}")).collect();
    say("These are put in: {0}", &[&all.join(" ")])
}

/// A template with what a form says.
fn typed(mut template: Template, fields: &Fields) -> Template {
    fields.trimmed("title").clone_into(&mut template.title);
    fields.one("role").clone_into(&mut template.role);
    template.body = fields.trimmed("text").replace("\r\n", "\n");
    template
}

fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

fn crumbs() -> Vec<Crumb> {
    vec![crate::admin::crumb(), Crumb::new("Templates", HERE)]
}
