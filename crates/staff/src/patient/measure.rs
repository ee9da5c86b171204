//! `/patients/{patient}/vitals/new`: charting vital signs. What cannot be is refused with the reason; what looks like a
//! slip is asked about, and saved as it is when the person says so.

use aceso_clinic::{Age, Doubt, Vital, convert, doubt};
use aceso_fhir::{Object, Value};
use aceso_web::page::{
    Banner, Button, Choice, Choices, Csrf, Errors, Field, Form, Layout, Link, Page, Select, Tone,
    View,
};
use aceso_web::site::{Ask, Fields, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::record::Wanted;
use super::save::{Saved, add, begin, commit, form_id, must_add, signer, subject};
use super::top::{Opened, Top, open};
use super::{path, reconcile};
use crate::Staff;
use crate::chart::measured::{Series, series};
use crate::chart::write::{LOINC, amount, coded, coding, of_hl7, one, resource};
use crate::words::{field_day, read_day, read_moment};

/// The form.
pub(crate) struct Measure {
    top: Top,
    form: String,
    day: String,
    time: String,
    /// What was typed, by the name of the field.
    typed: Vec<(&'static str, String)>,
    units: Units,
    /// What is asked about, and whether the person has said that it is right.
    doubts: Vec<(Vital, String)>,
    /// Whether the reader goes through the medication with patients.
    reconciles: bool,
    errors: Errors,
}

/// In which units.
#[derive(Clone, Debug)]
struct Units {
    temperature: String,
    weight: String,
    height: String,
}

impl Default for Units {
    fn default() -> Self {
        Self {
            temperature: "Cel".into(),
            weight: "kg".into(),
            height: "cm".into(),
        }
    }
}

/// The field of each sign.
const FIELDS: [(Vital, &str); 10] = [
    (Vital::Systolic, "systolic"),
    (Vital::Diastolic, "diastolic"),
    (Vital::Pulse, "pulse"),
    (Vital::Breathing, "breathing"),
    (Vital::Temperature, "temperature"),
    (Vital::Oxygen, "oxygen"),
    (Vital::Weight, "weight"),
    (Vital::Height, "height"),
    (Vital::Head, "head"),
    (Vital::Pain, "pain"),
];

/// `GET /patients/{patient}/vitals/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    must_add(&staff, &ask, "Observation")?;
    let opened = opened(&staff, &ask).await?;
    let now = staff.store().now();
    let page = Measure {
        top: opened.top,
        form: staff.store().new_id(),
        day: field_day(now),
        time: String::new(),
        typed: Vec::new(),
        units: Units::default(),
        doubts: Vec::new(),
        reconciles: reconcile::offered(&staff, &ask)?,
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

async fn opened(staff: &Staff, ask: &Ask) -> Result<Opened, PageFault> {
    let last = Wanted::measured(60);
    open(staff, ask, vec![last]).await
}

fn takes() -> Vec<Take> {
    let plain = [
        "form",
        "day",
        "time",
        "temperature-unit",
        "weight-unit",
        "height-unit",
    ];
    let mut all: Vec<Take> = plain.into_iter().map(Take::One).collect();
    all.extend(FIELDS.map(|(_, name)| Take::One(name)));
    all.push(Take::Many("right"));
    all
}

/// `POST /patients/{patient}/vitals/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    must_add(&staff, &ask, "Observation")?;
    ask.of_patient()?;
    let fields = ask.fields(&takes())?;
    let mut opened = opened(&staff, &ask).await?;
    let found = opened.take().unwrap_or_default();
    let last = series(&found.matches, opened.birth());
    let birth = opened.birth().map(str::to_owned);
    let mut page = read(&staff, &ask, opened.top, &fields)?;
    let at = page.at(&staff);
    let age = birth.and_then(|b| Age::between(&b, &page.day));
    let values = page.values(&fields, age, &last);
    if values.is_empty() && page.errors.is_empty() {
        page.errors
            .add("systolic", "Enter at least one measurement");
    }
    if !page.errors.is_empty() || !page.doubts.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let documents = documents(&ask, &values, &at, age, &last)?;
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, documents)?;
    match commit(&staff, &ask, tx, ("Observation", &page.form)).await? {
        Saved::Done => Ok(Reply::to(Local::with(
            &path(ask.of_patient()?),
            &[("done", "vitals")],
        ))),
        Saved::Overtaken => {
            page.errors
                .add("day", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

fn read(staff: &Staff, ask: &Ask, top: Top, fields: &Fields) -> Result<Measure, PageFault> {
    let unit = |name: &str, all: [&str; 2]| {
        let said = fields.one(name);
        let [first, _] = all;
        all.into_iter()
            .find(|u| *u == said)
            .unwrap_or(first)
            .to_owned()
    };
    Ok(Measure {
        top,
        form: form_id(staff, fields.one("form")),
        day: fields.trimmed("day").to_owned(),
        time: fields.trimmed("time").to_owned(),
        typed: FIELDS
            .map(|(_, name)| (name, fields.trimmed(name).to_owned()))
            .into(),
        units: Units {
            temperature: unit("temperature-unit", ["Cel", "[degF]"]),
            weight: unit("weight-unit", ["kg", "[lb_av]"]),
            height: unit("height-unit", ["cm", "[in_i]"]),
        },
        doubts: Vec::new(),
        reconciles: reconcile::offered(staff, ask)?,
        errors: Errors::none(),
    })
}

/// A number as people type it: with a point or a comma.
pub(crate) fn typed_number(text: &str) -> Option<f64> {
    let text = text.replace(',', ".");
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.len() <= 9;
    text.parse::<f64>().ok().filter(|v| plain && v.is_finite())
}

impl Measure {
    fn unit(&self, vital: Vital) -> &str {
        match vital {
            Vital::Temperature => &self.units.temperature,
            Vital::Weight => &self.units.weight,
            Vital::Height | Vital::Head => &self.units.height,
            other => other.unit(),
        }
    }

    /// When, as FHIR writes it; wrong days are noted.
    fn at(&mut self, staff: &Staff) -> String {
        let now = staff.store().now();
        match read_day(&self.day) {
            None => self
                .errors
                .add("day", "Enter the day as year-month-day: 2026-03-01"),
            Some(day) if day > now => self.errors.add("day", "This day is still to come"),
            Some(_) => {}
        }
        if self.time.is_empty() {
            return if self.day == field_day(now) {
                now.to_fhir()
            } else {
                self.day.clone()
            };
        }
        let Some(at) = read_moment(&self.day, &self.time) else {
            let wrong = "Enter the time as hours and minutes: 09:30";
            self.errors.add("time", wrong);
            return String::new();
        };
        at.to_fhir()
    }

    /// The values in their own units. What cannot be is an error; what is unlikely and not confirmed is a doubt.
    fn values(&mut self, fields: &Fields, age: Option<Age>, last: &[Series]) -> Vec<(Vital, f64)> {
        let confirmed: Vec<&str> = fields.many("right").collect();
        let mut values = Vec::new();
        for (vital, name) in FIELDS {
            let typed = fields.trimmed(name);
            if typed.is_empty() {
                continue;
            }
            let Some(value) = typed_number(typed).and_then(|v| convert(vital, v, self.unit(vital)))
            else {
                self.errors.add(name, "Enter a number, as 36.6");
                continue;
            };
            let before = last
                .iter()
                .find(|s| s.vital == vital)
                .and_then(|s| s.points.first());
            match doubt(vital, value, age, before.map(|p| p.value)) {
                Some(Doubt::Impossible(why)) => self.errors.add(name, crate::words::all_told(&why)),
                // The confirmation is of this very value.
                Some(Doubt::Unlikely(why))
                    if !confirmed.contains(&[name, "=", typed].concat().as_str()) =>
                {
                    self.doubts.push((vital, crate::words::all_told(&why)));
                }
                Some(Doubt::Unlikely(_)) | None => {}
            }
            values.push((vital, value));
        }
        let of = |wanted: Vital| {
            values
                .iter()
                .find(|(v, _)| *v == wanted)
                .map(|(_, value)| *value)
        };
        match (of(Vital::Systolic), of(Vital::Diastolic)) {
            (Some(up), Some(down)) if down >= up => {
                self.errors.add(
                    "diastolic",
                    "The lower pressure is not below the upper one: were they exchanged?",
                );
            }
            (None, Some(_)) if self.errors.is_empty() => {
                self.errors.add("systolic", "Enter the upper pressure too");
            }
            _ => {}
        }
        values
    }
}

/// What is charted: both pressures as one, and the body mass index where weight and height are known.
fn documents(
    ask: &Ask,
    values: &[(Vital, f64)],
    at: &str,
    age: Option<Age>,
    last: &[Series],
) -> Result<Vec<Object>, PageFault> {
    let of = |wanted: Vital| {
        values
            .iter()
            .find(|(v, _)| *v == wanted)
            .map(|(_, value)| *value)
    };
    let grown = age.is_some_and(|age| age.years() >= 20);
    let before = |wanted: Vital| {
        let series = last.iter().find(|s| s.vital == wanted).filter(|_| grown)?;
        series.points.first().map(|p| p.value)
    };
    let mut all = Vec::new();
    if let Some(up) = of(Vital::Systolic) {
        let part = |vital: Vital, value: f64| {
            Value::from([
                ("code", code(vital)),
                (
                    "valueQuantity",
                    amount(value, vital.unit_said(), vital.unit()),
                ),
            ])
        };
        let down = of(Vital::Diastolic).map(|down| part(Vital::Diastolic, down));
        let parts: Vec<Value> = std::iter::once(part(Vital::Systolic, up))
            .chain(down)
            .collect();
        let panel = coding(
            LOINC,
            "85354-9",
            "Blood pressure panel with all children optional",
        );
        let mut document = observation(ask, coded(panel, "Blood pressure"), at)?;
        document.set("component", parts);
        all.push(document);
    }
    let pair = |vital| matches!(vital, Vital::Systolic | Vital::Diastolic);
    let mut single: Vec<(Vital, f64)> = values.iter().copied().filter(|(v, _)| !pair(*v)).collect();
    if let Some(weight) = of(Vital::Weight)
        && let Some(height) = of(Vital::Height).or_else(|| before(Vital::Height))
    {
        let metres = height / 100.0;
        single.push((Vital::Bmi, weight / (metres * metres)));
    }
    for (vital, value) in single {
        let mut document = observation(ask, code(vital), at)?;
        document.set(
            "valueQuantity",
            amount(value, vital.unit_said(), vital.unit()),
        );
        all.push(document);
    }
    Ok(all)
}

fn code(vital: Vital) -> Value {
    coded(coding(LOINC, vital.code(), vital.display()), vital.name())
}

fn observation(ask: &Ask, code: Value, at: &str) -> Result<Object, PageFault> {
    let mut document = resource("Observation");
    document.set("status", "final");
    document.set(
        "category",
        one(of_hl7("observation-category", "vital-signs")),
    );
    document.set("code", code);
    document.set("subject", subject(ask)?);
    document.set("effectiveDateTime", at);
    if let Some(signer) = signer(ask)? {
        document.set("performer", one(signer));
    }
    Ok(document)
}

impl Measure {
    fn field(&self, vital: Vital) -> Markup {
        let name = FIELDS
            .iter()
            .find(|(v, _)| *v == vital)
            .map_or("", |(_, name)| *name);
        let typed = self.typed.iter().find(|(n, _)| *n == name);
        let typed = typed.map(|(_, text)| text.clone()).unwrap_or_default();
        let label = match vital {
            Vital::Temperature | Vital::Weight | Vital::Height | Vital::Head => {
                crate::words::known(vital.name())
            }
            Vital::Pain => crate::words::say("Pain, 0 to 10", &[]),
            other => crate::words::say(
                "{0}, {1}",
                &[&maud::words(other.name()), &other.unit_said()],
            ),
        };
        html! { (Field::number(name, label).value(typed).errors(&self.errors).any().longest(9)) }
    }

    fn choose(
        name: &'static str,
        label: &'static str,
        chosen: &str,
        all: [(&str, &'static str); 2],
    ) -> Markup {
        let choices = all
            .into_iter()
            // Units are the same in every language, and keep their own direction.
            .map(|(code, unit)| Choice::new(code, aceso_web::page::said(unit)))
            .collect();
        html! { (Select::new(name, label, choices).chosen(chosen)) }
    }

    fn asked(&self) -> Markup {
        let choices = self.doubts.iter().map(|(vital, why)| {
            let name = FIELDS
                .iter()
                .find(|(v, _)| v == vital)
                .map_or("", |(_, name)| *name);
            let typed = self
                .typed
                .iter()
                .find(|(n, _)| *n == name)
                .map_or("", |(_, t)| t.as_str());
            Choice::new(
                [name, "=", typed].concat(),
                crate::words::say("{0} is right as it is", &[&maud::words(vital.name())]),
            )
            .hint(why)
        });
        html! {
            @if !self.doubts.is_empty() {
                (Choices::many("right", "Please look at these again; mend them above, or say that they are right", choices.collect()))
            }
        }
    }
}

impl View for Measure {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let young = self.top.young;
        let fields = html! {
            (self.errors)
            div.pair {
                (Field::date("day", "Day").value(&self.day).errors(&self.errors))
                (Field::text("time", "Time").value(&self.time).errors(&self.errors).optional().short().hint("Empty: now"))
            }
            div.pair { (self.field(Vital::Systolic)) (self.field(Vital::Diastolic)) }
            div.pair { (self.field(Vital::Pulse)) (self.field(Vital::Breathing)) (self.field(Vital::Oxygen)) }
            div.pair {
                (self.field(Vital::Temperature))
                (Self::choose("temperature-unit", "Unit of the temperature", &self.units.temperature, [("Cel", "°C"), ("[degF]", "°F")]))
            }
            div.pair {
                (self.field(Vital::Weight))
                (Self::choose("weight-unit", "Unit of the weight", &self.units.weight, [("kg", "kg"), ("[lb_av]", "lb")]))
            }
            div.pair {
                (self.field(Vital::Height))
                @if young { (self.field(Vital::Head)) }
                (Self::choose("height-unit", "Unit of lengths", &self.units.height, [("cm", "cm"), ("[in_i]", "in")]))
            }
            div.pair { (self.field(Vital::Pain)) }
            (self.asked())
            div.buttons {
                (Button::primary("Save")) (Link::quiet("Cancel", path(id)))
                @if self.reconciles { (Link::quiet("Go through the medication", [&path(id), reconcile::PAGE].concat())) }
            }
        };
        let form = Form::post(csrf, [&path(id), "/vitals/new"].concat(), fields)
            .of_patient(id)
            .keep("form", &self.form);
        let page = self
            .top
            .form(csrf, "Record vital signs", html! { div.card { (form) } })
            .layout(Layout::Column);
        if self.doubts.is_empty() {
            page
        } else {
            page.notice(Banner::new(
                Tone::Warning,
                "Is this right? Nothing is saved yet",
            ))
        }
    }

    fn samples() -> Vec<Self> {
        let sample = |doubts, errors| Self {
            top: Top::sample(),
            form: "f1".into(),
            day: "2026-03-01".into(),
            time: String::new(),
            typed: vec![("weight", "170".into())],
            units: Units::default(),
            doubts,
            reconciles: true,
            errors,
        };
        vec![
            sample(Vec::new(), Errors::none()),
            sample(
                vec![(Vital::Weight, "In pounds it would be 77.1 kg.".into())],
                Errors::none(),
            ),
            sample(
                Vec::new(),
                Errors::one("oxygen", maud::said("(what is wrong with 101 %)")),
            ),
        ]
    }
}
