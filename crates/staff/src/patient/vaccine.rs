//! `/patients/{patient}/immunizations/new`: a vaccination, or that it was refused or could not be given.

use std::sync::LazyLock;

use aceso_fhir::terminology::Source;
use aceso_fhir::{Object, Value};
use aceso_web::page::{
    Button, Choice, Csrf, Errors, Field, Form, Layout, Link, Page, Select, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::path;
use super::record::{Found, Wanted};
use super::save::{Saved, add, begin, commit, form_id, must_add, signer, subject};
use super::top::{Opened, Top, open};
use crate::Staff;
use crate::chart::entry::is_mistake;
use crate::chart::write::{amount, coded, coding, of_hl7, one, resource};
use crate::chart::{codes, concept};
use crate::words::{field_day, is_fhir_day, read_day};

use super::measure::typed_number;

/// CDC's vaccine codes.
const CVX: &str = "http://hl7.org/fhir/sid/cvx";

/// The vaccines that are given now: code and name.
static VACCINES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let system = Source::default().system(CVX);
    let concepts = system.iter().flat_map(|s| &s.concepts);
    let given = concepts.filter(|concept| {
        let is = |name: &str, value: &Value| concept.property(name).any(|v| v == value);
        is("vaccine-status", &Value::from("Active")) && !is("non-vaccine", &Value::Bool(true))
    });
    given
        .filter_map(|c| Some((c.code.to_string(), c.display.as_ref()?.to_string())))
        .collect()
});

/// How it went: its word on the form, what it means, and why it was not given (HL7 v3 ActReason).
const HOW: [(&str, &str, Option<&str>); 4] = [
    ("given", "Given here", None),
    ("refused", "Refused", Some("PATOBJ")),
    ("immune", "Not given: immune already", Some("IMMUNE")),
    ("precaution", "Not given: a medical reason", Some("MEDPREC")),
];
/// HL7 v3 ActSite.
const SITES: [(&str, &str); 5] = [
    ("", "Not said"),
    ("LA", "Left arm"),
    ("RA", "Right arm"),
    ("LT", "Left thigh"),
    ("RT", "Right thigh"),
];
/// HL7 v3 RouteOfAdministration.
const ROUTES: [(&str, &str); 6] = [
    ("", "Not said"),
    ("IM", "Into the muscle"),
    ("SQ", "Under the skin"),
    ("IDINJ", "Into the skin"),
    ("PO", "By mouth"),
    ("NASINHLC", "Into the nose"),
];

/// The form.
pub(crate) struct Vaccine {
    top: Top,
    form: String,
    vaccine: String,
    day: String,
    how: String,
    lot: String,
    expires: String,
    maker: String,
    site: String,
    route: String,
    dose: String,
    errors: Errors,
}

async fn opened(staff: &Staff, ask: &Ask) -> Result<(Opened, Found), PageFault> {
    must_add(staff, ask, "Immunization")?;
    let wanted = Wanted::new("Immunization").with("_sort", "-date").most(200);
    let mut opened = open(staff, ask, vec![wanted]).await?;
    let found = opened.take().unwrap_or_default();
    Ok((opened, found))
}

/// `GET /patients/{patient}/immunizations/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (opened, _) = opened(&staff, &ask).await?;
    let page = Vaccine {
        top: opened.top,
        form: staff.store().new_id(),
        vaccine: String::new(),
        day: field_day(staff.store().now()),
        how: "given".into(),
        lot: String::new(),
        expires: String::new(),
        maker: String::new(),
        site: String::new(),
        route: String::new(),
        dose: String::new(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/immunizations/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let takes = [
        "form", "vaccine", "day", "how", "lot", "expires", "maker", "site", "route", "dose",
    ];
    ask.of_patient()?;
    let fields = ask.fields(&takes.map(Take::One))?;
    let (opened, found) = opened(&staff, &ask).await?;
    let text = |name: &str| fields.trimmed(name).to_owned();
    let mut page = Vaccine {
        top: opened.top,
        form: form_id(&staff, fields.one("form")),
        vaccine: text("vaccine"),
        day: text("day"),
        how: text("how"),
        lot: text("lot"),
        expires: text("expires"),
        maker: text("maker"),
        site: text("site"),
        route: text("route"),
        dose: text("dose"),
        errors: Errors::none(),
    };
    page.check(&opened.today);
    page.check_twice(&found);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let document = page.document(&ask)?;
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, vec![document])?;
    match commit(&staff, &ask, tx, ("Immunization", &page.form)).await? {
        Saved::Done => Ok(Reply::to(Local::with(&path(ask.of_patient()?), &[]))),
        Saved::Overtaken => {
            page.errors
                .add("vaccine", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// The vaccine that was typed, by its name or its code.
fn vaccine(typed: &str) -> Option<&'static (String, String)> {
    let is = |(code, name): &&(String, String)| name.eq_ignore_ascii_case(typed) || code == typed;
    VACCINES.iter().find(is)
}

impl Vaccine {
    fn given(&self) -> bool {
        self.how == "given"
    }

    fn check(&mut self, today: &str) {
        let errors = &mut self.errors;
        if vaccine(&self.vaccine).is_none() {
            errors.add(
                "vaccine",
                "Choose a vaccine of the list, or enter its CVX code",
            );
        }
        match read_day(&self.day) {
            None => errors.add("day", "Enter the day as year-month-day: 2026-03-01"),
            Some(_) if self.day.as_str() > today => errors.add("day", "This day is still to come"),
            Some(_) => {}
        }
        if !HOW.iter().any(|(word, ..)| *word == self.how) {
            errors.add("how", "Choose one");
        }
        let given = self.how == "given";
        if given && (self.lot.is_empty() || self.lot.chars().count() > 40) {
            errors.add("lot", "Enter the lot from the vial, at most 40 letters");
        }
        if !self.expires.is_empty() && !is_fhir_day(&self.expires) {
            errors.add("expires", "Enter a day: 2027-01-31");
        } else if given && !self.expires.is_empty() && self.expires < self.day {
            errors.add(
                "expires",
                "This lot had expired on that day: do not give it, and report it if it was given",
            );
        }
        if self.maker.chars().count() > 100 {
            errors.add("maker", "At most 100 letters");
        }
        for (field, said, all) in [
            ("site", &self.site, &SITES[..]),
            ("route", &self.route, &ROUTES),
        ] {
            if !all.iter().any(|(code, _)| code == said) {
                errors.add(field, "Choose one");
            }
        }
        let dose = typed_number(&self.dose).is_some_and(|d| d > 0.0 && d <= 10.0);
        if !self.dose.is_empty() && !dose {
            errors.add("dose", "Enter millilitres: a number up to 10");
        }
    }

    /// One vaccine is given once on a day.
    fn check_twice(&mut self, found: &Found) {
        let Some((code, _)) = vaccine(&self.vaccine) else {
            return;
        };
        let same = |d: &&Value| {
            let day = d.str_at("occurrenceDateTime").unwrap_or_default();
            day.starts_with(&self.day)
                && !is_mistake(d)
                && d.str_at("status") == Some("completed")
                && codes(d.get("vaccineCode")).any(|c| c == code)
        };
        if self.given()
            && let Some(twice) = found.matches.iter().find(same)
        {
            let name = concept(twice.get("vaccineCode")).unwrap_or_default();
            self.errors.add(
                "vaccine",
                crate::words::say("{0} is recorded for that day already", &[&name]),
            );
        }
    }

    fn document(&self, ask: &Ask) -> Result<Object, PageFault> {
        let mut document = resource("Immunization");
        let reason = HOW.iter().find(|(word, ..)| *word == self.how);
        let reason = reason.and_then(|(_, _, reason)| *reason);
        document.set(
            "status",
            if self.given() {
                "completed"
            } else {
                "not-done"
            },
        );
        if let Some(reason) = reason {
            document.set("statusReason", of_hl7("v3-ActReason", reason));
        }
        if let Some((code, name)) = vaccine(&self.vaccine) {
            document.set("vaccineCode", coded(coding(CVX, code, name), name));
        }
        document.set("patient", subject(ask)?);
        document.set("occurrenceDateTime", self.day.as_str());
        document.set("primarySource", Value::Bool(true));
        if self.given() {
            document.set("lotNumber", self.lot.as_str());
            if !self.maker.is_empty() {
                let maker = Value::from([("display", Value::from(self.maker.as_str()))]);
                document.set("manufacturer", maker);
            }
            if !self.expires.is_empty() {
                document.set("expirationDate", self.expires.as_str());
            }
            if !self.site.is_empty() {
                document.set("site", of_hl7("v3-ActSite", &self.site));
            }
            if !self.route.is_empty() {
                let route = of_hl7("v3-RouteOfAdministration", &self.route);
                document.set("route", route);
            }
            if let Some(dose) = typed_number(&self.dose) {
                document.set("doseQuantity", amount(dose, "mL", "mL"));
            }
        }
        if let Some(signer) = signer(ask)? {
            let performer = Value::from([("actor", signer)]);
            document.set("performer", one(performer));
        }
        Ok(document)
    }
}

impl View for Vaccine {
    fn page(&self, csrf: &Csrf) -> Page {
        let (id, errors) = (self.top.id(), &self.errors);
        let choices = |all: &[(&str, &'static str)]| -> Vec<Choice> {
            all.iter().map(|(c, said)| Choice::new(*c, *said)).collect()
        };
        let how = HOW.map(|(word, said, _)| Choice::new(word, said)).into();
        let names = VACCINES.iter().map(|(_, name)| name.as_str());
        let fields = html! {
            (errors)
            (Field::text("vaccine", "Vaccine").value(&self.vaccine).errors(errors).longest(100).offers(names).first().hint("By its name or CVX code: MMR, 03"))
            div.pair {
                (Field::date("day", "Day").value(&self.day).errors(errors))
                (Select::new("how", "How it went", how).chosen(&self.how).errors(errors))
            }
            div.pair {
                (Field::text("lot", "Lot").value(&self.lot).errors(errors).optional().longest(40))
                (Field::date("expires", "Expires").value(&self.expires).errors(errors).optional())
            }
            (Field::text("maker", "Manufacturer").value(&self.maker).errors(errors).optional().longest(100))
            div.pair {
                (Select::new("site", "Where", choices(&SITES)).chosen(&self.site).errors(errors))
                (Select::new("route", "How", choices(&ROUTES)).chosen(&self.route).errors(errors))
            }
            (Field::text("dose", "Dose in mL").value(&self.dose).errors(errors).optional().short().longest(5))
            div.buttons { (Button::primary("Save")) (Link::quiet("Cancel", path(id))) }
        };
        let form = Form::post(csrf, [&path(id), "/immunizations/new"].concat(), fields)
            .of_patient(id)
            .keep("form", &self.form);
        self.top
            .form(csrf, "Record a vaccination", html! { div.card { (form) } })
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |how: &str, errors| Self {
            top: Top::sample(),
            form: "f1".into(),
            vaccine: "MMR".into(),
            day: "2026-03-04".into(),
            how: how.into(),
            lot: "AB123".into(),
            expires: "2027-01-31".into(),
            maker: "Merck".into(),
            site: "LA".into(),
            route: "SQ".into(),
            dose: "0.5".into(),
            errors,
        };
        vec![
            sample("given", Errors::none()),
            sample(
                "refused",
                Errors::one(
                    "vaccine",
                    "Choose a vaccine of the list, or enter its CVX code",
                ),
            ),
        ]
    }
}
