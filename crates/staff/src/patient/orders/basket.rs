//! `/patients/{patient}/orders`: the basket: drafts of orders, which whoever wrote them signs together or takes out.

use aceso_fhir::{Object, Value};
use aceso_policy::{Task, Verdict};
use aceso_store::WriteError;
use aceso_web::page::{
    Button, Card, Choice, Choices, Csrf, Empty, Entries, Entry, Errors, Form, Layout, Link, Page,
    Tag, Tone, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, Render, html};

use super::basket;
use super::service::Service;
use super::sets;
use crate::Staff;
use crate::chart::concept;
use crate::chart::drug::taken;
use crate::chart::entry::medication;
use crate::chart::story::order;
use crate::chart::write::reference;
use crate::patient::record::{Found, Wanted};
use crate::patient::save::{begin, checked, may_add, refused, signer};
use crate::patient::top::{Top, open};
use crate::patient::visit::under_way;

/// One order of the basket.
#[derive(Clone, Debug)]
struct Draft {
    /// `MedicationRequest/id/version`: what is signed is exactly what was shown.
    key: String,
    what: String,
    more: String,
    controlled: Option<&'static str>,
    document: Value,
}

/// The basket.
pub(crate) struct Basket {
    top: Top,
    /// The reader's own.
    own: Vec<Draft>,
    /// Other people's, to be seen.
    others: Vec<String>,
    signed: Found,
    /// The visit that goes on, to which the orders belong.
    visit: Option<String>,
    may: May,
    /// Sets of orders: their word in the address, and what people call them.
    sets: Vec<(String, String)>,
    /// Whether the reader keeps favourites.
    keeps: bool,
    errors: Errors,
}

/// What the reader's role orders.
#[derive(Clone, Copy, Debug, Default)]
struct May {
    drugs: bool,
    services: bool,
}

fn wanted() -> Vec<Wanted> {
    let drafts = |kind| Wanted::new(kind).with("status", "draft").most(50);
    vec![
        drafts("MedicationRequest"),
        drafts("ServiceRequest"),
        Wanted::new("ServiceRequest")
            .with("status", "active,on-hold")
            .with("_sort", "-authored")
            .most(30),
        under_way(),
    ]
}

fn version(document: &Value) -> &str {
    let meta = document.get("meta");
    meta.and_then(|m| m.str_at("versionId")).unwrap_or_default()
}

impl Draft {
    fn of(document: &Value) -> Self {
        let kind = document.resource_type().unwrap_or_default();
        let id = document.id().unwrap_or_default();
        let (what, more, controlled) = match kind {
            "MedicationRequest" => {
                let line = medication(document, &[]);
                let schedule = taken(document, &[]).named.schedule();
                (line.what, line.more, schedule.map(|s| s.name()))
            }
            _ => {
                let why = document.items_at("reasonCode").first();
                let what = concept(document.get("code")).unwrap_or_default();
                (what, concept(why).unwrap_or_default(), None)
            }
        };
        Self {
            key: [kind, "/", id, "/", version(document)].concat(),
            what,
            more,
            controlled,
            document: document.clone(),
        }
    }

    /// As a favourite: its kind, and what it is.
    fn favourite(&self) -> (String, String) {
        let kind = match self.document.resource_type() {
            Some("MedicationRequest") => "drug",
            Some(_) | None => Service::named(&self.what).word(),
        };
        (kind.to_owned(), self.what.clone())
    }

    /// As it stands when it is signed, or taken out.
    fn turned(&self, act: Act, now: &str, visit: Option<&str>) -> Option<Object> {
        let mut document = self.document.as_object()?.clone();
        let drug = self.document.resource_type() == Some("MedicationRequest");
        match act {
            Act::Sign => {
                document.set("status", "active");
                document.set("authoredOn", now);
                if let Some(visit) = visit {
                    document.set("encounter", reference(["Encounter/", visit].concat()));
                }
            }
            Act::Remove => document.set("status", if drug { "cancelled" } else { "revoked" }),
            Act::Keep => return None,
        }
        Some(document)
    }
}

/// What is done with drafts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Sign,
    Remove,
    /// They stay as they are, and are kept among the reader's favourites.
    Keep,
}

async fn page(staff: &Staff, ask: &Ask) -> Result<Basket, PageFault> {
    let may = May {
        drugs: may_add(staff, ask, "MedicationRequest")?,
        services: may_add(staff, ask, "ServiceRequest")?,
    };
    if !(may.drugs || may.services) {
        return Err(PageFault::Missing);
    }
    let mut opened = open(staff, ask, wanted()).await?;
    let drafts = [opened.take(), opened.take()];
    let drafts = drafts.iter().flatten().flat_map(|f| &f.matches);
    let me = signer(ask)?;
    let (own, others): (Vec<&Value>, Vec<&Value>) =
        drafts.partition(|d| me.is_some() && d.get("requester") == me.as_ref());
    let signed = opened.take().unwrap_or_default();
    let visits = opened.take().unwrap_or_default();
    Ok(Basket {
        own: own.into_iter().map(Draft::of).collect(),
        others: others.into_iter().map(|d| Draft::of(d).what).collect(),
        signed,
        visit: visits
            .matches
            .first()
            .and_then(Value::id)
            .map(str::to_owned),
        sets: match may.services {
            true => sets::all(staff, ask).await?,
            false => Vec::new(),
        },
        keeps: sets::keeps(staff, ask)?,
        may,
        errors: Errors::none(),
        top: opened.top,
    })
}

/// `GET /patients/{patient}/orders`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &page(&staff, &ask).await?))
}

/// `POST /patients/{patient}/orders`
pub(crate) async fn act(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&[Take::Many("order"), Take::One("act")])?;
    let mut page = page(&staff, &ask).await?;
    let act = match fields.one("act") {
        "remove" => Act::Remove,
        "keep" => Act::Keep,
        _ => Act::Sign,
    };
    let wanted: Vec<&str> = fields.many("order").collect();
    let chosen: Vec<&Draft> = (page.own.iter())
        .filter(|d| wanted.contains(&d.key.as_str()))
        .collect();
    if wanted.is_empty() {
        page.errors.add("order", "Choose at least one order");
        return Ok(Reply::wrong(&ask, &page));
    }
    if chosen.len() < wanted.len() {
        page.errors.add(
            "order",
            "An order was changed, signed or taken out in the meantime: look at what there is now",
        );
        return Ok(Reply::wrong(&ask, &page));
    }
    if act == Act::Keep {
        let all: Vec<(String, String)> = chosen.iter().map(|d| d.favourite()).collect();
        sets::keep(&staff, &ask, &all).await?;
        let to = [&basket(ask.of_patient()?), "/sets/", sets::MINE].concat();
        return Ok(Reply::to(Local::with(&to, &[])));
    }
    if act == Act::Sign && chosen.iter().any(|d| d.controlled.is_some()) {
        may_prescribe_controlled(&staff, &ask)?;
    }
    let now = staff.store().now().to_fhir();
    let mut tx = begin(&staff, &ask)?;
    for draft in &chosen {
        let Some(document) = draft.turned(act, &now, page.visit.as_deref()) else {
            continue;
        };
        let (id, version) = (draft.document.id(), version(&draft.document).parse().ok());
        let document = checked(document)?;
        let done = tx.update(id.unwrap_or_default(), document, version).await;
        done.map_err(refused)?;
    }
    match tx.commit().await {
        Ok(()) => Ok(Reply::to(Local::with(&basket(ask.of_patient()?), &[]))),
        Err(WriteError::Stale | WriteError::VersionMismatch { .. }) => {
            page.errors
                .add("order", "Nothing was done: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
        Err(error) => Err(refused(error)),
    }
}

/// Controlled drugs need a fresh proof of who signs, and a role that prescribes them.
fn may_prescribe_controlled(staff: &Staff, ask: &Ask) -> Result<(), PageFault> {
    let (policies, now) = (staff.store().policies(), staff.store().now());
    match policies.may(ask.caller()?, Task::PrescribeControlled, now) {
        Verdict::Allow => Ok(()),
        Verdict::NeedsStepUp | Verdict::NeedsSecondFactor => Err(PageFault::StepUp),
        Verdict::Deny => Err(PageFault::Refused(
            "Your role does not prescribe controlled drugs: take it out, or let somebody sign it whose role does".to_owned(),
        )),
    }
}

impl Basket {
    fn drafts(&self, csrf: &Csrf) -> Markup {
        if self.own.is_empty() {
            let empty = Empty::new(
                "The basket is empty",
                "What you order is gathered here until you sign it.",
            );
            return html! { (self.errors) (empty) };
        }
        let choices = self.own.iter().map(|draft| {
            let label = match draft.controlled {
                Some(schedule) => format!("{} (schedule {schedule})", draft.what),
                None => draft.what.clone(),
            };
            Choice::new(&draft.key, label).hint(&draft.more)
        });
        let all = self.own.iter().map(|d| d.key.clone());
        let controlled = self.own.iter().any(|d| d.controlled.is_some());
        let id = self.top.id();
        let fields = html! {
            (self.errors)
            (Choices::many("order", "Orders", choices.collect()).chosen(all).errors(&self.errors))
            div.buttons {
                (Button::primary("Sign").of("the chosen orders").says("act", "sign"))
                (Button::secondary("Take out").of("the chosen orders").says("act", "remove"))
                @if self.keeps { (Button::quiet("Keep as favourites").of("the chosen orders").says("act", "keep")) }
            }
            @if controlled { p.soft.small { "Controlled drugs: you are asked once more who you are." } }
        };
        html! { div.card { (Form::post(csrf, basket(id), fields).of_patient(id)) } }
    }
}

impl View for Basket {
    fn page(&self, csrf: &Csrf) -> Page {
        let base = basket(self.top.id());
        let acts = html! {
            @if self.may.drugs { (Link::secondary("Prescribe a drug", [&base, "/drug"].concat()).small()) }
            @if self.may.services {
                @for service in Service::ALL {
                    (Link::secondary(service.act(), [&base, "/new/", service.word()].concat()).small())
                }
            }
        };
        let mine = (
            sets::MINE.to_owned(),
            crate::words::say("Your favourites", &[]),
        );
        let sets = self.keeps.then_some(mine).into_iter();
        let sets = sets.chain(self.sets.iter().cloned());
        let sets: Vec<Entry> = sets
            .map(|(word, title)| Entry::new(title).to([&base, "/sets/", &word].concat()))
            .collect();
        let open: Vec<_> = self.signed.matches.iter().map(order).collect();
        let body = html! {
            (self.drafts(csrf))
            @if self.may.services && !sets.is_empty() { (Card::new("Several at a time", Entries::new(sets).render())) }
            @if !self.others.is_empty() {
                p.soft { "Others have not signed yet: " (self.others.join(", ")) "." }
            }
            @if !open.is_empty() { (Card::new("Open orders", Entries::new(open).render())) }
            @if self.visit.is_some() { p { (Tag::new(Tone::Good, "visit under way")) " What you sign belongs to it." } }
        };
        self.top
            .form(csrf, "Orders", body)
            .acts(acts)
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let draft = Draft {
            key: "MedicationRequest/m1/1".into(),
            what: "Oxycodone 5 mg".into(),
            more: "1 tablet by mouth every 6 hours".into(),
            controlled: Some("II"),
            document: Value::default(),
        };
        let sample = |own: Vec<Draft>, visit, errors| Self {
            top: Top::sample(),
            own,
            others: vec!["Lipid panel".into()],
            signed: Found::default(),
            visit,
            may: May {
                drugs: true,
                services: true,
            },
            sets: vec![("diabetes".into(), "Diabetes visit".into())],
            keeps: true,
            errors,
        };
        vec![
            sample(vec![draft.clone()], Some("e1".into()), Errors::none()),
            sample(
                vec![draft],
                None,
                Errors::one("order", "Choose at least one order"),
            ),
            sample(Vec::new(), None, Errors::none()),
        ]
    }
}
