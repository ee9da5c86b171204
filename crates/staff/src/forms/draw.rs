//! The fields of a form, as HTML.

use aceso_fhir::Value;
use aceso_fhir::form::{Filled, Form, Item, Kind, Slot, Typed};
use aceso_web::page::{Button, Choice, Choices, Errors, Field, Select};
use maud::{Markup, html};

/// Lists that are longer open instead of standing there.
const LONG: usize = 12;
/// A scale has at most so many options, each at most so long.
const SCALE: (usize, usize) = (5, 28);

/// What is drawn.
pub(crate) struct Drawn<'f> {
    pub(crate) form: &'f Form,
    pub(crate) typed: &'f Typed,
    pub(crate) filled: &'f Filled,
    pub(crate) errors: &'f Errors,
}

impl Drawn<'_> {
    /// All items.
    pub(crate) fn all(&self) -> Markup {
        let top: Vec<usize> = self.form.top().collect();
        html! { div.asked { (self.items(&top, &[])) } }
    }

    fn items(&self, numbers: &[usize], path: &[usize]) -> Markup {
        html! {
            @for number in numbers {
                @if let Some(item) = self.form.item(*number) { (self.item(*number, item, path)) }
            }
        }
    }

    fn item(&self, number: usize, item: &Item, path: &[usize]) -> Markup {
        if !item.comes_often() {
            let path = path.to_vec();
            return self.one(item, &Slot { item: number, path }, None);
        }
        let count = self.typed.count(number, path);
        let counter = Slot {
            item: number,
            path: path.to_vec(),
        }
        .name('n');
        let place = |at: usize| Slot {
            item: number,
            path: path.iter().copied().chain([at]).collect(),
        };
        let asked = (0..count).any(|at| self.filled.is_asked(&place(at)));
        html! {
            @for at in 0..count { (self.one(item, &place(at), Some(at))) }
            input type="hidden" name=(counter) value=(count);
            div data-item=(place(0).name('a')) hidden[!asked] {
                (Button::secondary("Add another").of([": ", &item.text].concat()).says("act", ["more:", &counter].concat()).small())
            }
        }
    }

    /// One item in one place, with what is in it.
    fn one(&self, item: &Item, slot: &Slot, at: Option<usize>) -> Markup {
        if item.hidden {
            return html! {
                @for value in self.typed.values(slot) { input type="hidden" name=(slot.name('a')) value=(value); }
                (self.items(&item.children, &slot.path))
            };
        }
        let asked = self.filled.is_asked(slot);
        let label = label(item, at);
        html! {
            div data-item=(slot.name('a')) hidden[!asked] {
                @match item.kind {
                    Kind::Group => {
                        fieldset.group { legend { (label) } (self.items(&item.children, &slot.path)) }
                    }
                    Kind::Display => p { (label) },
                    _ => {
                        @if item.is_computed() { (self.computed(slot, &label, item)) } @else { (self.question(item, slot, label)) }
                        (self.items(&item.children, &slot.path))
                    }
                }
            }
        }
    }

    fn computed(&self, slot: &Slot, label: &str, item: &Item) -> Markup {
        let name = slot.name('a');
        let shown = shown(item, self.filled, slot);
        html! {
            div.field {
                span.label id={ (name) "-label" } { (label) }
                output aria-labelledby={ (name) "-label" } data-value=(name) { @if shown.is_empty() { "–" } @else { (shown) } }
            }
        }
    }

    fn question(&self, item: &Item, slot: &Slot, label: String) -> Markup {
        let name = slot.name('a');
        if item.kind.chooses() || item.kind == Kind::Boolean {
            return self.choice(item, slot, label);
        }
        let label = match unit(item) {
            Some(unit) => [&label, " (", unit, ")"].concat(),
            None => label,
        };
        let field = match item.kind {
            Kind::Text => Field::area(name, label),
            Kind::Date => Field::date(name, label),
            Kind::Time => Field::time(name, label),
            Kind::DateTime => Field::moment(name, label),
            Kind::Decimal | Kind::Integer | Kind::Quantity => Field::number(name, label),
            Kind::Group
            | Kind::Display
            | Kind::Boolean
            | Kind::Choice
            | Kind::OpenChoice
            | Kind::String
            | Kind::Url => Field::text(name, label),
        };
        let typed = self.typed.values(slot).first();
        let mut field = field
            .value(typed.map_or("", String::as_str))
            .errors(self.errors);
        if !item.required {
            field = field.optional();
        }
        if item.fixed {
            field = field.fixed();
        }
        if !item.help.is_empty() {
            field = field.hint(&item.help);
        }
        if let Some(longest) = item.longest {
            field = field.longest(longest);
        }
        html! { (field) }
    }

    fn choice(&self, item: &Item, slot: &Slot, label: String) -> Markup {
        let name = slot.name('a');
        let mut options: Vec<(String, String)> = match item.kind {
            Kind::Boolean => [("true", "Yes"), ("false", "No")]
                .map(|(value, label)| (value.to_owned(), label.to_owned()))
                .into(),
            _ => {
                let all = item.options.iter().enumerate();
                all.map(|(at, choice)| (at.to_string(), choice.answer.text()))
                    .collect()
            }
        };
        let scale = options.len() <= SCALE.0
            && options
                .iter()
                .all(|(_, label)| label.chars().count() <= SCALE.1);
        let long = options.len() > LONG && !item.repeats;
        let chosen = self.typed.values(slot);
        if !item.repeats && (!item.required || long) {
            options.push((String::new(), crate::words::say("No answer", &[])));
        }
        let choices: Vec<Choice> = options
            .into_iter()
            .map(|(value, label)| Choice::new(value, label))
            .collect();
        let first = chosen.first().map_or("", String::as_str).to_owned();
        let list = if long {
            let mut select = Select::new(name, label, choices)
                .chosen(first)
                .errors(self.errors);
            if !item.help.is_empty() {
                select = select.hint(&item.help);
            }
            html! { (select) }
        } else {
            let list = match item.repeats {
                true => Choices::many(name, label, choices).chosen(chosen.to_vec()),
                false if item.required => {
                    Choices::one(name, label, choices).chosen(chosen.to_vec())
                }
                false => Choices::one(name, label, choices).chosen([first]),
            };
            let mut list = list.errors(self.errors);
            if scale && !item.repeats {
                list = list.across();
            }
            if !item.help.is_empty() {
                list = list.hint(&item.help);
            }
            html! { (list) }
        };
        html! {
            (list)
            @if item.kind == Kind::OpenChoice {
                (Field::text(slot.name('x'), "Something else").value(self.typed.other(slot)).errors(self.errors).optional())
            }
        }
    }
}

fn label(item: &Item, at: Option<usize>) -> String {
    let text = match item.prefix.as_str() {
        "" => item.text.clone(),
        prefix => [prefix, &item.text].join(" "),
    };
    match at {
        Some(at) if item.kind == Kind::Group || at > 0 => format!("{text} {}", at + 1),
        Some(_) | None => text,
    }
}

fn unit(item: &Item) -> Option<&str> {
    let unit = item.unit.as_ref()?;
    unit.str_at("display").or_else(|| unit.str_at("code"))
}

/// What a computed item says now.
pub(crate) fn shown(item: &Item, filled: &Filled, slot: &Slot) -> String {
    let answers = filled
        .answers(slot)
        .iter()
        .map(aceso_fhir::form::Answer::text);
    let text = answers.collect::<Vec<_>>().join(", ");
    match unit(item) {
        Some(unit) if !text.is_empty() && item.kind != Kind::Quantity => {
            [text.as_str(), unit].join(" ")
        }
        Some(_) | None => text,
    }
}

/// What the script is told: the parts that are asked, and the texts of what is computed.
pub(crate) fn parts(form: &Form, filled: &Filled) -> Value {
    let asked: Vec<Value> = filled.asked().map(|s| Value::from(s.name('a'))).collect();
    let mut values = aceso_fhir::Object::new();
    for slot in filled.asked() {
        if let Some(item) = form.item(slot.item).filter(|i| i.is_computed()) {
            values.set(&slot.name('a'), shown(item, filled, slot));
        }
    }
    Value::from([("asked", asked.into()), ("values", values.into())])
}
