//! `/patients/{patient}/orders/{kind}`: ordering a laboratory test, an image or a referral, into the basket.

use aceso_fhir::{Object, Value};
use aceso_web::page::{
    Button, Choice, Csrf, Errors, Field, Form, Layout, Link, Page, Select, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::basket;
use super::values::{Pick, Picks, code_of, is_called};
use crate::Staff;
use crate::chart::write::{LOINC, SNOMED, coded, coding, one, resource, words};
use crate::chart::{code, concept};
use crate::patient::record::{Found, Wanted};
use crate::patient::save::{Saved, add, begin, commit, form_id, must_add, signer, subject};
use crate::patient::top::{Opened, Top, open};

/// What is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// A test of the laboratory.
    Laboratory,
    /// An image.
    Imaging,
    /// A referral to somebody else.
    Referral,
}

/// What is ordered often: LOINC code (none for referrals), and what it is called.
const TESTS: [(&str, &str); 14] = [
    ("58410-2", "Complete blood count"),
    ("24323-8", "Comprehensive metabolic panel"),
    ("24321-2", "Basic metabolic panel"),
    ("57698-3", "Lipid panel"),
    ("4548-4", "Haemoglobin A1c"),
    ("3016-3", "Thyrotropin (TSH)"),
    ("24356-8", "Urinalysis"),
    ("630-4", "Urine culture"),
    ("6301-6", "INR"),
    ("1988-5", "C-reactive protein"),
    ("2276-4", "Ferritin"),
    ("2132-9", "Vitamin B12"),
    ("14959-1", "Albumin/creatinine, urine"),
    ("2106-3", "Pregnancy test, urine"),
];
const IMAGES: [(&str, &str); 6] = [
    ("36643-5", "X-ray, chest, two views"),
    ("24566-2", "Ultrasound, retroperitoneum (kidneys)"),
    ("24558-9", "Ultrasound, abdomen"),
    ("24725-4", "CT, head"),
    ("24590-2", "MRI, brain"),
    ("24606-6", "Mammogram, screening"),
];
const WHERE: [(&str, &str); 12] = [
    ("", "Cardiology"),
    ("", "Dermatology"),
    ("", "Dietetics"),
    ("", "Endocrinology"),
    ("", "Gastroenterology"),
    ("", "Gynaecology"),
    ("", "Neurology"),
    ("", "Ophthalmology"),
    ("", "Orthopaedics"),
    ("", "Physiotherapy"),
    ("", "Psychiatry"),
    ("", "Surgery"),
];
/// ServiceRequest.priority.
const PRIORITIES: [(&str, &str); 3] = [
    ("routine", "Routine"),
    ("urgent", "Urgent"),
    ("stat", "At once"),
];

impl Service {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Laboratory, Self::Imaging, Self::Referral];

    /// Its word in the address.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Laboratory => "laboratory",
            Self::Imaging => "imaging",
            Self::Referral => "referral",
        }
    }

    /// The service that something belongs to by its name: what nobody knows is a test.
    pub(crate) fn named(name: &str) -> Self {
        let named = |all: &[(&str, &str)]| all.iter().any(|(_, one)| is_called(one, name));
        match (named(&IMAGES), named(&WHERE)) {
            (true, _) => Self::Imaging,
            (false, true) => Self::Referral,
            (false, false) => Self::Laboratory,
        }
    }

    /// What people call it.
    pub(super) const fn said(self) -> &'static str {
        match self {
            Self::Laboratory => "Laboratory",
            Self::Imaging => "Imaging",
            Self::Referral => "Referral",
        }
    }

    /// A draft of an order, which nobody is said to have asked for yet, about nobody yet.
    pub(crate) fn draft(self, what: &str, reason: &str, priority: &str) -> Object {
        let mut document = resource("ServiceRequest");
        document.set("status", "draft");
        document.set("intent", "order");
        let (code, said) = self.category();
        document.set("category", one(coded(coding(SNOMED, code, said), said)));
        document.set("priority", priority);
        document.set("code", code_of(what, &Picks::own(self), self));
        document.set("reasonCode", one(words(reason)));
        document
    }

    /// What is done, for links and headings.
    pub(crate) const fn act(self) -> &'static str {
        match self {
            Self::Laboratory => "Order a laboratory test",
            Self::Imaging => "Order an image",
            Self::Referral => "Refer the patient",
        }
    }

    /// ServiceRequest.category (SNOMED CT).
    const fn category(self) -> (&'static str, &'static str) {
        match self {
            Self::Laboratory => ("108252007", "Laboratory procedure"),
            Self::Imaging => ("363679005", "Imaging"),
            Self::Referral => ("3457005", "Patient referral"),
        }
    }

    /// What the program offers of its own.
    pub(super) const fn usual(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Laboratory => &TESTS,
            Self::Imaging => &IMAGES,
            Self::Referral => &WHERE,
        }
    }

    /// By its word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// What the form offers, and what was typed instead, where LOINC was loaded and knows it by its code or its name.
async fn offered(
    staff: &Staff,
    ask: &Ask,
    service: Service,
    typed: &str,
) -> Result<Vec<Pick>, PageFault> {
    let mut usual = Picks::of(staff, ask, service).await?.all;
    let known = usual.iter().any(|p| p.name.eq_ignore_ascii_case(typed));
    let coded = matches!(service, Service::Laboratory | Service::Imaging);
    if known || !coded {
        return Ok(usual);
    }
    let loinc = crate::codes::system(staff, ask, LOINC).await?;
    let found = loinc.as_ref().and_then(|loinc| {
        let named = || loinc.named(typed);
        loinc.find(typed).or_else(named)
    });
    usual.extend(found.map(|found| Pick {
        code: found.code.clone(),
        name: found.display.clone(),
    }));
    Ok(usual)
}

/// The form.
pub(crate) struct OrderService {
    top: Top,
    service: Service,
    /// What the form offers.
    usual: Vec<Pick>,
    form: String,
    what: String,
    reason: String,
    priority: String,
    note: String,
    /// What of it is open already.
    open: Vec<String>,
    errors: Errors,
}

fn service(ask: &Ask) -> Result<Service, PageFault> {
    Service::of(ask.param("service")).ok_or(PageFault::Missing)
}

async fn opened(staff: &Staff, ask: &Ask) -> Result<(Opened, Found), PageFault> {
    must_add(staff, ask, "ServiceRequest")?;
    let wanted = Wanted::new("ServiceRequest")
        .with("status", "active,on-hold,draft")
        .most(100);
    let mut opened = open(staff, ask, vec![wanted]).await?;
    let found = opened.take().unwrap_or_default();
    Ok((opened, found))
}

/// `GET /patients/{patient}/orders/new/{service}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let service = service(&ask)?;
    let (opened, _) = opened(&staff, &ask).await?;
    let page = OrderService {
        top: opened.top,
        usual: Picks::of(&staff, &ask, service).await?.all,
        service,
        form: staff.store().new_id(),
        what: String::new(),
        reason: String::new(),
        priority: "routine".into(),
        note: String::new(),
        open: Vec::new(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/orders/new/{service}`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let service = service(&ask)?;
    ask.of_patient()?;
    let takes = ["form", "what", "for", "priority", "note", "again"].map(Take::One);
    let fields = ask.fields(&takes)?;
    let (opened, found) = opened(&staff, &ask).await?;
    let text = |name: &str| fields.trimmed(name).to_owned();
    let mut page = OrderService {
        top: opened.top,
        usual: offered(&staff, &ask, service, fields.trimmed("what")).await?,
        service,
        form: form_id(&staff, fields.one("form")),
        what: text("what"),
        reason: text("for"),
        priority: text("priority"),
        note: text("note"),
        open: Vec::new(),
        errors: Errors::none(),
    };
    page.check(&found, fields.one("again"));
    let Some(requester) = signer(&ask)? else {
        return Err(PageFault::Refused(
            "Your account is not joined to a practitioner of the record, who signs orders; an administrator can do that".to_owned(),
        ));
    };
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let mut tx = begin(&staff, &ask)?;
    let document = page.document(subject(&ask)?, requester);
    add(&staff, &mut tx, &page.form, vec![document])?;
    match commit(&staff, &ask, tx, ("ServiceRequest", &page.form)).await? {
        Saved::Done => Ok(Reply::to(Local::with(&basket(ask.of_patient()?), &[]))),
        Saved::Overtaken => {
            page.errors
                .add("what", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl OrderService {
    /// `again`: what was ordered although it is open already.
    fn check(&mut self, found: &Found, again: &str) {
        if self.what.is_empty() || self.what.chars().count() > 200 {
            self.errors
                .add("what", "Say what is ordered, at most 200 letters");
        }
        if self.reason.is_empty() || self.reason.chars().count() > 300 {
            self.errors.add(
                "for",
                "Say what it is for, at most 300 letters: who carries it out needs to know",
            );
        }
        if self.note.chars().count() > 2000 {
            self.errors.add("note", "At most 2000 letters");
        }
        if !PRIORITIES.iter().any(|(code, _)| *code == self.priority) {
            self.errors.add("priority", "Choose one");
        }
        let wanted = self.code();
        let wanted = code(Some(&wanted));
        let same = |said: Option<&Value>| {
            let name = concept(said)?;
            let is_same = wanted.is_some() && code(said) == wanted;
            (is_same || name.eq_ignore_ascii_case(&self.what)).then_some(name)
        };
        let open = found.matches.iter().filter_map(|d| same(d.get("code")));
        self.open = open.collect();
        if !self.open.is_empty() && again != self.what {
            self.errors.add(
                "what",
                "This is ordered already and open: send it once more if it is wanted twice",
            );
        }
    }

    /// What is ordered, with its code where the list tells one.
    fn code(&self) -> Value {
        code_of(&self.what, &self.usual, self.service)
    }

    fn document(&self, subject: Value, requester: Value) -> Object {
        let mut document = self.service.draft(&self.what, &self.reason, &self.priority);
        document.set("code", self.code());
        document.set("subject", subject);
        document.set("requester", requester);
        if !self.note.is_empty() {
            let note = Value::from([("text", Value::from(self.note.as_str()))]);
            document.set("note", one(note));
        }
        document
    }
}

impl View for OrderService {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let usual = self.usual.iter().map(|pick| pick.name.clone());
        let priorities = PRIORITIES
            .map(|(code, said)| Choice::new(code, said))
            .into();
        let label = match self.service {
            Service::Laboratory => "Test",
            Service::Imaging => "Image",
            Service::Referral => "To whom",
        };
        let fields = html! {
            (self.errors)
            (Field::text("what", label).value(&self.what).errors(&self.errors).longest(200).offers(usual).first())
            div.pair {
                (Field::text("for", "What it is for").value(&self.reason).errors(&self.errors).longest(300))
                (Select::new("priority", "How soon", priorities).chosen(&self.priority).errors(&self.errors))
            }
            (Field::area("note", "For whoever carries it out").value(&self.note).errors(&self.errors).optional())
            div.buttons { (Button::primary("Put into the basket")) (Link::quiet("To the basket", basket(id))) }
        };
        let to = [&basket(id), "/new/", self.service.word()].concat();
        let mut form = Form::post(csrf, to, fields)
            .of_patient(id)
            .keep("form", &self.form);
        if !self.open.is_empty() {
            form = form.keep("again", &self.what);
        }
        self.top
            .form(csrf, self.service.act(), html! { div.card { (form) } })
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |service, open: Vec<String>, errors| Self {
            top: Top::sample(),
            usual: Picks::own(service),
            service,
            form: "f1".into(),
            what: "Lipid panel".into(),
            reason: "Hypertension".into(),
            priority: "routine".into(),
            note: String::new(),
            open,
            errors,
        };
        vec![
            sample(Service::Laboratory, Vec::new(), Errors::none()),
            sample(
                Service::Imaging,
                Vec::new(),
                Errors::one(
                    "for",
                    "Say what it is for, at most 300 letters: who carries it out needs to know",
                ),
            ),
            sample(
                Service::Referral,
                vec!["Cardiology".into()],
                Errors::one(
                    "what",
                    "This is ordered already and open: send it once more if it is wanted twice",
                ),
            ),
        ]
    }
}
