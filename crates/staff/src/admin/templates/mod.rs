//! `/admin/templates`: templates of letters, changed without code, tried out, and published as versions. Each is a Library; a
//! published one of the same address takes the place of one that the program brings along.

pub(crate) mod edit;
pub(crate) mod list;
pub(crate) mod new;

use aceso_fhir::{Object, Value};
use aceso_policy::Purpose;
use aceso_store::{ReadError, Tx};
use aceso_web::page::{Crumb, Errors, Tag, Tone};
use aceso_web::site::{Ask, PageFault};

use crate::Staff;
use crate::chart::write::resource;
use crate::fault::unreadable;
use crate::find::document;
use crate::letters::template::{KIND, LONGEST, NAMES, TEMPLATES, Template, set};

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/templates";
/// Ids of those that the program brings along, which are not stored, begin so.
const SHIPPED: &str = "shipped-";

/// Where a template stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is being written.
    Draft,
    /// Letters are begun with it.
    Active,
    /// No letter is begun with it any more.
    Retired,
}

impl Standing {
    fn of(document: &Object) -> Self {
        match document.get("status").and_then(Value::as_str) {
            Some("active") => Self::Active,
            Some("draft") => Self::Draft,
            Some(_) | None => Self::Retired,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }

    fn tag(self) -> Tag {
        match self {
            Self::Draft => Tag::new(Tone::Info, "draft"),
            Self::Active => Tag::new(Tone::Good, "in use"),
            Self::Retired => Tag::plain("retired"),
        }
    }
}

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
        Standing::of(&self.document)
    }

    fn template(&self) -> Template {
        let document = Value::from(self.document.clone());
        Template::of(&document).unwrap_or_default()
    }
}

/// A shipped template as a version of its own.
fn shipped(key: &str, title: &str, body: &str) -> Kept {
    let id = [SHIPPED, key].concat();
    let mut document = resource(KIND);
    document.set("id", id.as_str());
    document.set("version", "1");
    document.set("status", Standing::Active.code());
    set(&mut document, key, title, body);
    Kept {
        id,
        document,
        version: 0,
    }
}

fn all_shipped() -> impl Iterator<Item = Kept> {
    let all = TEMPLATES.iter();
    all.map(|(key, title, body)| shipped(key, title, body))
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

/// What is wrong with a title and a text.
fn check(title: &str, text: &str, errors: &mut Errors) {
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
            let text = format!("Nothing is called {{{name}}}: see the list of names");
            errors.add("text", text);
            break;
        }
    }
}

fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

fn crumbs() -> Vec<Crumb> {
    vec![crate::admin::crumb(), Crumb::new("Templates", HERE)]
}
