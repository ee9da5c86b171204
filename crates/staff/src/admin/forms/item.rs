//! `/admin/forms/{form}/items/new` and `/admin/forms/{form}/items/{item}`: one item of a form.

use aceso_fhir::form::{Kind, Operator};
use aceso_fhir::{Object, Value};
use aceso_web::page::{
    Button, Choice, Choices, Crumb, Csrf, Errors, Field, Form, Layout, Link, Page, Select, Text,
    View,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::asked::{Asked, CONDITION, OFTEN, ONCE};
use super::condition::When;
use super::tree::{self, Path};
use super::{HERE, Kept, crumbs, draft, faults, kept, path, replace, told};
use crate::Staff;
use crate::admin::standing::Standing;

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Which {
    New,
    /// The item with this number.
    Old(usize, Path),
}

/// The form.
pub(crate) struct EditItem {
    id: String,
    kept: Kept,
    which: Which,
    asked: Asked,
    errors: Errors,
}

/// What people call a kind of item.
pub(super) const fn title(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Group) => "Group",
        Some(Kind::Display) => "Text to read",
        Some(Kind::Boolean) => "Yes or no",
        Some(Kind::Decimal) => "Number",
        Some(Kind::Integer) => "Whole number",
        Some(Kind::Date) => "Day",
        Some(Kind::DateTime) => "Day and time",
        Some(Kind::Time) => "Time of day",
        Some(Kind::String) => "Line of text",
        Some(Kind::Text) => "Some lines of text",
        Some(Kind::Url) => "Web address",
        Some(Kind::Choice) => "Choice",
        Some(Kind::OpenChoice) => "Choice, or something else",
        Some(Kind::Quantity) => "Number with a unit",
        None => "Something else",
    }
}

fn which(kept: &Kept, said: &str) -> Result<Which, PageFault> {
    if said == "new" {
        return Ok(Which::New);
    }
    let number: usize = said.parse().map_err(|_| PageFault::Missing)?;
    let path = tree::paths(&kept.document).get(number).cloned();
    Ok(Which::Old(number, path.ok_or(PageFault::Missing)?))
}

/// The link id of what is at a path; empty for the form itself.
fn link(document: &Value, path: &[usize]) -> String {
    let item = tree::at(document, path).filter(|_| !path.is_empty());
    let link = item.and_then(|i| i.str_at("linkId"));
    link.unwrap_or_default().to_owned()
}

/// A link id that is not taken.
fn free_link(document: &Value) -> String {
    let paths = tree::paths(document);
    let taken: Vec<String> = paths.iter().map(|p| link(document, p)).collect();
    let mut number = taken.len() + 1;
    loop {
        let link = format!("q{number}");
        if !taken.contains(&link) {
            return link;
        }
        number += 1;
    }
}

/// `GET /admin/forms/{form}/items/{item}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let kept = kept(&staff, &ask).await?;
    if kept.version == 0 || kept.standing() != Standing::Draft {
        return Err(PageFault::Missing);
    }
    let which = which(&kept, ask.param("item"))?;
    let mut asked = match &which {
        Which::New => Asked {
            link: free_link(&kept.document),
            kind: "choice".to_owned(),
            ..Asked::default()
        },
        Which::Old(_, path) => tree::at(&kept.document, path)
            .map(Asked::of)
            .unwrap_or_default(),
    };
    asked.within = match (
        &which,
        ask.query("in").and_then(|n| n.parse::<usize>().ok()),
    ) {
        (Which::New, Some(number)) => {
            let paths = tree::paths(&kept.document);
            paths
                .get(number)
                .map(|p| link(&kept.document, p))
                .unwrap_or_default()
        }
        (Which::New, None) => String::new(),
        (Which::Old(_, path), _) => {
            let above = path.split_last().map_or(&[][..], |(_, above)| above);
            link(&kept.document, above)
        }
    };
    let page = EditItem {
        id: ask.param("form").to_owned(),
        kept,
        which,
        asked,
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /admin/forms/{form}/items/{item}`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let mut takes: Vec<Take> = ONCE.map(Take::One).into();
    takes.push(Take::One("version"));
    takes.extend(OFTEN.map(Take::Many));
    let fields = ask.fields(&takes)?;
    let kept = draft(&staff, &ask, fields.one("version")).await?;
    let which = which(&kept, ask.param("item"))?;
    let mut page = EditItem {
        id: ask.param("form").to_owned(),
        kept,
        which,
        asked: Asked::sent(&fields),
        errors: Errors::none(),
    };
    let next = page.next();
    match next {
        Some(document) if page.errors.is_empty() => {
            let version = page.kept.version;
            replace(&staff, &ask, &page.id, Kept { document, version }).await?;
            Ok(Reply::to_path(&path(&page.id)))
        }
        Some(_) | None => Ok(Reply::wrong(&ask, &page)),
    }
}

impl EditItem {
    /// The form with the item in it; what would be wrong with it is noted beside the fields.
    fn next(&mut self) -> Option<Value> {
        let document = &self.kept.document;
        let before = match &self.which {
            Which::New => None,
            Which::Old(_, path) => tree::at(document, path),
        };
        let item = self.asked.item(document, before, &mut self.errors);
        let mut next: Object = document.as_object()?.clone();
        self.put(&mut next, item);
        let next = Value::from(next);
        if self.errors.is_empty() {
            for fault in faults(&next) {
                let field = match &*fault.what {
                    what if what.contains("condition") => "q0",
                    what if what.contains("option") => "options",
                    what if what.contains("expression") => "calculated",
                    what if what.contains("pattern") => "pattern",
                    what if what.contains("least") => "least",
                    _ => "link",
                };
                self.errors.add(field, told(&fault));
            }
        }
        Some(next)
    }

    /// Puts the item where it belongs: in its place, or at the end of what it is put into.
    fn put(&mut self, next: &mut Object, item: Value) {
        let paths = tree::paths(&self.kept.document);
        let within = match self.asked.within.as_str() {
            "" => Some(Path::new()),
            wanted => paths
                .iter()
                .find(|p| link(&self.kept.document, p) == wanted)
                .cloned(),
        };
        let Some(within) = within else {
            self.errors.add("within", "That group is not in the form");
            return;
        };
        let done = match &self.which {
            Which::New => tree::append(next, &within, item),
            Which::Old(_, path) if path.split_last().is_some_and(|(_, above)| above == within) => {
                tree::replace(next, path, item)
            }
            Which::Old(_, path) if within.starts_with(path) => {
                self.errors.add("within", "It cannot be put into itself");
                return;
            }
            Which::Old(_, path) => {
                // First in, then out: behind what it leaves, paths change.
                let in_place = tree::append(next, &within, item);
                in_place.and_then(|()| tree::remove(next, path)).map(drop)
            }
        };
        if done.is_none() {
            self.errors.add("within", "It cannot be put there");
        }
    }

    /// The items of the form that pass, as choices.
    fn others(&self, passes: impl Fn(Kind, &Value) -> bool) -> Vec<Choice> {
        let document = &self.kept.document;
        let own = match &self.which {
            Which::New => String::new(),
            Which::Old(_, path) => link(document, path),
        };
        let paths = tree::paths(document);
        let items = paths.iter().filter_map(|p| tree::at(document, p));
        let fit = items.filter(|item| {
            let kind = item.str_at("type").and_then(Kind::parse);
            kind.is_some_and(|k| passes(k, item)) && item.str_at("linkId") != Some(&own)
        });
        fit.filter_map(|item| {
            let link = item.str_at("linkId")?;
            let text: String = item
                .str_at("text")
                .unwrap_or(link)
                .chars()
                .take(80)
                .collect();
            Some(Choice::new(link, format!("{text} ({link})")))
        })
        .collect()
    }

    fn conditions(&self) -> Markup {
        let first = |label: &'static str| vec![Choice::new("", label)];
        let questions = self.others(|kind, _| kind.asks());
        let operators: Vec<Choice> = Operator::ALL
            .iter()
            .map(|(operator, code)| Choice::new(*code, said(*operator)))
            .collect();
        let behaviours = vec![
            Choice::new("all", "All conditions hold"),
            Choice::new("any", "One of them holds"),
        ];
        let row = |at: usize, when: &When, [question, operator, value]: [&'static str; 3]| {
            let label = |text: &'static str| {
                crate::words::say("{0} {1}", &[&crate::words::known(text), &(at + 1)])
            };
            let chosen = if when.operator.is_empty() {
                "="
            } else {
                &when.operator
            };
            html! {
                div.pair {
                    (Select::new(question, label("Question"), [first("Always asked"), questions.clone()].concat()).chosen(&when.question).errors(&self.errors))
                    (Select::new(operator, label("Comparison"), operators.clone()).chosen(chosen))
                    (Field::text(value, label("Answer")).value(&when.value).errors(&self.errors).any())
                }
            }
        };
        html! {
            fieldset.group {
                legend { "Asked when" }
                @for (at, (when, names)) in self.asked.when.iter().zip(CONDITION).enumerate() { (row(at, when, names)) }
                (Select::new("behaviour", "With more than one", behaviours).chosen(if self.asked.behaviour.is_empty() { "all" } else { &self.asked.behaviour }))
            }
        }
    }

    fn fields(&self) -> Markup {
        let asked = &self.asked;
        let line = |name: &'static str, label: &'static str, value: &str| {
            Field::text(name, label)
                .value(value)
                .errors(&self.errors)
                .any()
        };
        let tick = |name: &'static str, title: &'static str, label: &'static str, on: bool| {
            Choices::many(name, title, vec![Choice::new("yes", label)]).chosen(on.then_some("yes"))
        };
        let kinds = Kind::ALL
            .iter()
            .map(|(kind, code)| Choice::new(*code, title(Some(*kind))));
        let groups = [
            vec![Choice::new("", "At the top")],
            self.others(|kind, _| kind == Kind::Group),
        ]
        .concat();
        let counted = self.others(|kind, item| {
            kind == Kind::Choice
                && item
                    .items_at("answerOption")
                    .iter()
                    .any(|o| !o.items_at("extension").is_empty())
        });
        html! {
            (self.errors)
            (Field::area("text", "What it asks or says").value(&asked.text).errors(&self.errors).first())
            div.pair {
                (Select::new("kind", "What it is", kinds.collect()).chosen(&asked.kind).errors(&self.errors))
                (Select::new("within", "In which group", groups).chosen(&asked.within).errors(&self.errors))
            }
            (line("help", "Help beside it", &asked.help))
            div.pair {
            (tick("required", "Needed?", "It has to be answered", asked.required))
            (tick("repeats", "Several?", "It may have several answers, or come several times", asked.repeats))
            }
            fieldset.group {
                legend { "For choices" }
                (Field::area("options", "Options, one on each line").value(&asked.options).errors(&self.errors).any()
                    .hint("With points where it counts: Several days = 1"))
                (line("set", "Or the address of a value set", &asked.set))
            }
            fieldset.group {
                legend { "For numbers, days and text" }
                div.pair {
                    (line("least", "Least", &asked.least)) (line("most", "Most", &asked.most)) (line("unit", "Unit (UCUM)", &asked.unit).hint(maud::said("kg, cm, mm[Hg]")))
                }
                div.pair { (line("longest", "Longest, in letters", &asked.longest)) (line("pattern", "Pattern", &asked.pattern).hint("A regular expression for the whole answer")) }
            }
            (self.conditions())
            fieldset.group {
                legend { "Scores and what follows" }
                @if !counted.is_empty() { (Choices::many("sum", "Adds up the points of", counted).chosen(asked.sum.clone())) }
                div.pair { (line("code", "LOINC code", &asked.code)) (line("flag", "Warning on the chart when the answer has points, or is yes", &asked.flag)) }
                (tick("observed", "Result?", "The answer is a result of the chart", asked.observed))
                div.pair {
                    (line("calculated", "Computed by (FHIRPath)", &asked.calculated).hint("Over the response: %resource"))
                    (line("initial", "Begins with (FHIRPath)", &asked.initial).hint("%patient is the patient"))
                }
                (line("link", "Link id", &asked.link).hint("By which conditions and stored answers know it"))
            }
            div.buttons { (Button::primary("Save")) (Link::quiet("Cancel", path(&self.id))) }
        }
    }
}

const fn said(operator: Operator) -> &'static str {
    match operator {
        Operator::Exists => "is answered (yes) or not (no)",
        Operator::Equal => "is",
        Operator::Unequal => "is not",
        Operator::More => "is more than",
        Operator::Less => "is less than",
        Operator::AtLeast => "is at least",
        Operator::AtMost => "is at most",
    }
}

impl View for EditItem {
    fn page(&self, csrf: &Csrf) -> Page {
        let to = match &self.which {
            Which::New => "new".to_owned(),
            Which::Old(number, _) => number.to_string(),
        };
        let to = [&path(&self.id), "/items/", &to].concat();
        let form =
            Form::post(csrf, to, self.fields()).keep("version", self.kept.version.to_string());
        let title = match self.which {
            Which::New => "Add an item",
            Which::Old(..) => "Change an item",
        };
        let mut crumbs = crumbs();
        let titled = self.kept.document.str_at("title");
        let of = titled.map_or(Text::from("Form"), |title| Text::Said(title.to_owned()));
        crumbs.push(Crumb::new(of, path(&self.id)));
        Page::new(title, html! { div.card { (form) } })
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(crumbs)
    }

    fn samples() -> Vec<Self> {
        let all = crate::forms::shipped::all().iter();
        all.filter_map(|shipped| {
            let paths = tree::paths(&shipped.document);
            let path = paths.last()?.clone();
            Some(Self {
                id: "f1".into(),
                asked: tree::at(&shipped.document, &path).map(Asked::of)?,
                which: Which::Old(paths.len() - 1, path),
                kept: Kept {
                    document: shipped.document.clone(),
                    version: 1,
                },
                errors: Errors::one("options", "Write one option on each line"),
            })
        })
        .collect()
    }
}
