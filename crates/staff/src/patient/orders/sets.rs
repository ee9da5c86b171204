//! `/patients/{patient}/orders/sets/{set}`: several orders at a time into the basket: of a set that the clinic uses, or of one's
//! own favourites. Favourites are a Group that the person manages; the clinic's own sets are PlanDefinitions of type
//! `order-set`.

use aceso_fhir::{Object, Value};
use aceso_policy::Purpose;
use aceso_store::WriteError;
use aceso_web::page::{
    Button, Card, Choice, Choices, Csrf, Empty, Entries, Entry, Errors, Field, Form, Layout, Link,
    Page, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Render, html};

use super::basket;
use super::service::Service;
use crate::Staff;
use crate::chart::concept;
use crate::chart::version;
use crate::chart::write::{coding, one, resource};
use crate::fault::unreadable;
use crate::find::document;
use crate::patient::record::{Wanted, searches};
use crate::patient::save::{begin, checked, may_add, must_add, refused, signer, subject};
use crate::patient::top::{Top, open};

/// The word of one's own favourites in the address.
pub(crate) const MINE: &str = "mine";
/// The system of our codes for groups.
const SYSTEM: &str = "urn:aceso:group";
/// A Group of favourites.
const FAVOURITES: &str = "order-favourites";
/// So many favourites are kept.
const MOST: usize = 60;
/// What the program brings along: word, title, and what is in it.
const SHIPPED: [(&str, &str, &[&str]); 4] = [
    (
        "diabetes",
        "Diabetes visit",
        &[
            "Haemoglobin A1c",
            "Basic metabolic panel",
            "Lipid panel",
            "Albumin/creatinine, urine",
        ],
    ),
    (
        "hypertension",
        "Hypertension visit",
        &["Basic metabolic panel", "Lipid panel", "Urinalysis"],
    ),
    (
        "tiredness",
        "Tiredness",
        &[
            "Complete blood count",
            "Thyrotropin (TSH)",
            "Ferritin",
            "Vitamin B12",
            "C-reactive protein",
        ],
    ),
    (
        "check-up",
        "Check-up",
        &[
            "Complete blood count",
            "Comprehensive metabolic panel",
            "Lipid panel",
        ],
    ),
];

/// The page.
pub(crate) struct OrderSet {
    top: Top,
    word: String,
    title: String,
    services: Vec<(Service, String)>,
    drugs: Vec<String>,
    chosen: Vec<String>,
    reason: String,
    errors: Errors,
}

/// The sets there are, for the basket's page: address word and title.
pub(super) async fn all(staff: &Staff, ask: &Ask) -> Result<Vec<(String, String)>, PageFault> {
    let shipped = SHIPPED.iter().map(|(word, title, _)| (*word, *title));
    let mut all: Vec<(String, String)> = shipped
        .map(|(word, title)| (word.to_owned(), title.to_owned()))
        .collect();
    let wanted = Wanted::new("PlanDefinition")
        .with("status", "active")
        .with("type", "order-set")
        .with("_sort", "title")
        .most(50);
    let found = searches(staff, ask, vec![wanted]).await?;
    let own = found.into_iter().flatten().flat_map(|f| f.matches);
    all.extend(own.filter_map(|d| Some((d.id()?.to_owned(), title(&d)))));
    Ok(all)
}

fn title(plan: &Value) -> String {
    let said = plan.str_at("title").or_else(|| plan.str_at("name"));
    said.map_or_else(|| crate::words::known("Order set"), str::to_owned)
}

/// The reader's favourites, and their version; none until something is kept.
async fn favourites(staff: &Staff, ask: &Ask) -> Result<Option<Value>, PageFault> {
    let Some(me) = signer(ask)? else {
        return Ok(None);
    };
    let me = me.str_at("reference").unwrap_or_default().to_owned();
    let wanted = Wanted::new("Group")
        .with("managing-entity", me)
        .with("code", [SYSTEM, "|", FAVOURITES].concat())
        .most(1);
    let found = searches(staff, ask, vec![wanted]).await?;
    let mut found = found.into_iter().flatten().flat_map(|f| f.matches);
    Ok(found.next())
}

/// What stands in a Group of favourites: the kind (a service's word, or `drug`), and what it is.
fn kept(group: &Value) -> Vec<(String, String)> {
    let all = group.items_at("characteristic").iter();
    all.filter_map(|c| {
        Some((
            concept(c.get("code"))?,
            concept(c.get("valueCodeableConcept"))?,
        ))
    })
    .collect()
}

async fn page(staff: &Staff, ask: &Ask) -> Result<OrderSet, PageFault> {
    must_add(staff, ask, "ServiceRequest")?;
    let word = ask.param("set");
    let (title, all) = match SHIPPED.iter().find(|(w, ..)| *w == word) {
        Some((_, title, all)) => {
            let all = all.iter().map(|name| (Service::named(name), *name));
            let all = all.map(|(service, name)| (service.word().to_owned(), maud::known(name)));
            ((*title).to_owned(), all.collect())
        }
        None if word == MINE => {
            let group = favourites(staff, ask).await?;
            let all = group.as_ref().map(kept).unwrap_or_default();
            (crate::words::say("Your favourites", &[]), all)
        }
        None => of_clinic(staff, ask, word).await?,
    };
    let services = all.iter().filter_map(|(kind, name)| {
        let service = Service::ALL.into_iter().find(|s| s.word() == kind)?;
        Some((service, name.clone()))
    });
    let services: Vec<(Service, String)> = services.collect();
    let drugs = all.iter().filter(|(kind, _)| kind == "drug");
    Ok(OrderSet {
        top: open(staff, ask, Vec::new()).await?.top,
        word: word.to_owned(),
        title,
        chosen: match word {
            MINE => Vec::new(),
            _ => services.iter().map(|(_, name)| name.clone()).collect(),
        },
        services,
        drugs: drugs.map(|(_, name)| name.clone()).collect(),
        reason: String::new(),
        errors: Errors::none(),
    })
}

/// A set of the clinic's own.
async fn of_clinic(
    staff: &Staff,
    ask: &Ask,
    id: &str,
) -> Result<(String, Vec<(String, String)>), PageFault> {
    let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
    let stored = reading.fetch("PlanDefinition", id).await;
    let plan = document(&stored.map_err(unreadable)?)?;
    let order_set = crate::chart::codes(plan.get("type")).any(|code| code == "order-set");
    if !order_set || plan.str_at("status") != Some("active") {
        return Err(PageFault::Missing);
    }
    let actions = plan.items_at("action").iter().filter_map(|action| {
        let code = action.items_at("code").first();
        let said = action.str_at("title").map(str::to_owned);
        let name = said.or_else(|| concept(code))?;
        Some((Service::named(&name).word().to_owned(), name))
    });
    Ok((title(&plan), actions.collect()))
}

/// `GET /patients/{patient}/orders/sets/{set}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &page(&staff, &ask).await?))
}

/// `POST /patients/{patient}/orders/sets/{set}`: puts the chosen ones into the basket.
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&[Take::Many("order"), Take::One("for")])?;
    let mut page = page(&staff, &ask).await?;
    page.chosen = fields.many("order").map(str::to_owned).collect();
    page.reason = fields.trimmed("for").to_owned();
    let known = |one: &String| page.services.iter().any(|(_, name)| name == one);
    if page.chosen.is_empty() || !page.chosen.iter().all(known) {
        page.errors.add("order", "Choose at least one of them");
    }
    if page.reason.is_empty() || page.reason.chars().count() > 300 {
        page.errors.add(
            "for",
            "Say what it is for, at most 300 letters: who carries it out needs to know",
        );
    }
    let Some(requester) = signer(&ask)? else {
        return Err(PageFault::Refused(
            "Your account is not joined to a practitioner of the record, who signs orders; an administrator can do that".to_owned(),
        ));
    };
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let mut tx = begin(&staff, &ask)?;
    let chosen = page.services.iter();
    for (service, name) in chosen.filter(|(_, name)| page.chosen.contains(name)) {
        let mut draft = service.draft(name, &page.reason, "routine");
        draft.set("subject", subject(&ask)?);
        draft.set("requester", requester.clone());
        tx.create(&staff.store().new_id(), checked(draft)?)
            .map_err(refused)?;
    }
    tx.commit().await.map_err(refused)?;
    Ok(Reply::to_path(&basket(ask.of_patient()?)))
}

/// Keeps orders among the reader's favourites: kinds and names, each once.
pub(super) async fn keep(
    staff: &Staff,
    ask: &Ask,
    orders: &[(String, String)],
) -> Result<(), PageFault> {
    must_add(staff, ask, "Group")?;
    let Some(me) = signer(ask)? else {
        return Err(PageFault::Missing);
    };
    let there = favourites(staff, ask).await?;
    let mut all = there.as_ref().map(kept).unwrap_or_default();
    for one in orders {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
    if all.len() > MOST {
        return Err(PageFault::Refused(crate::words::say(
            "At most {0} favourites are kept",
            &[&MOST],
        )));
    }
    let group = checked(group(me, &all))?;
    let mut tx = begin(staff, ask)?;
    let done = match there.as_ref().and_then(|d| Some((d.id()?, version(d)))) {
        Some((id, version)) => tx.update(id, group, Some(version)).await.map(|_| ()),
        None => tx.create(&staff.store().new_id(), group).map(|_| ()),
    };
    done.map_err(refused)?;
    match tx.commit().await {
        Ok(()) => Ok(()),
        Err(WriteError::Stale | WriteError::VersionMismatch { .. }) => Err(PageFault::Refused(
            "Your favourites were changed in another tab: please try once more".to_owned(),
        )),
        Err(error) => Err(refused(error)),
    }
}

/// Favourites as a Group that the person manages.
fn group(me: Value, all: &[(String, String)]) -> Object {
    let mut group = resource("Group");
    group.set("active", true);
    group.set("type", "medication");
    group.set("actual", false);
    let code = one(coding(SYSTEM, FAVOURITES, "Favourites among orders"));
    group.set("code", Value::from([("coding", code)]));
    group.set("managingEntity", me);
    let items = all.iter().map(|(kind, name)| {
        let words = crate::chart::write::words;
        Value::from([
            ("code", words(kind)),
            ("valueCodeableConcept", words(name)),
            ("exclude", Value::from(false)),
        ])
    });
    group.set("characteristic", items.collect::<Vec<_>>());
    group
}

impl View for OrderSet {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let choices = self.services.iter();
        let choices = choices.map(|(service, name)| Choice::new(name, name).hint(service.said()));
        let fields = html! {
            (self.errors)
            (Choices::many("order", "Orders", choices.collect()).chosen(self.chosen.clone()).errors(&self.errors))
            (Field::text("for", "What they are for").value(&self.reason).errors(&self.errors).longest(300))
            div.buttons { (Button::primary("Put into the basket")) (Link::quiet("To the basket", basket(id))) }
        };
        let to = [&basket(id), "/sets/", &self.word].concat();
        let drugs = self.drugs.iter().map(|name| {
            let form = [&basket(id), "/drug"].concat();
            let to = Local::with(&form, &[("drug", name)]);
            Entry::new(name).to(to.as_str())
        });
        let drugs = Entries::new(drugs.collect());
        let body = html! {
            @if self.services.is_empty() && self.drugs.is_empty() {
                (Empty::new("Nothing is in it yet", "Choose orders in the basket and keep them as favourites.").way(Link::secondary("To the basket", basket(id))))
            }
            @if !self.services.is_empty() { div.card { (Form::post(csrf, to, fields).of_patient(id)) } }
            @if !self.drugs.is_empty() { (Card::new("Drugs", drugs.render()).note("each is checked against the chart")) }
        };
        self.top
            .form(csrf, &self.title, body)
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |services: Vec<(Service, String)>, errors| Self {
            top: Top::sample(),
            word: MINE.into(),
            title: crate::words::say("Your favourites", &[]),
            drugs: services
                .iter()
                .map(|_| "Lisinopril 10 mg".to_owned())
                .collect(),
            services,
            chosen: vec!["Lipid panel".into()],
            reason: String::new(),
            errors,
        };
        vec![
            sample(
                vec![(Service::Laboratory, "Lipid panel".into())],
                Errors::one(
                    "for",
                    "Say what it is for, at most 300 letters: who carries it out needs to know",
                ),
            ),
            sample(Vec::new(), Errors::none()),
        ]
    }
}

/// Whether the reader keeps favourites: whoever orders, and may keep groups.
pub(super) fn keeps(staff: &Staff, ask: &Ask) -> Result<bool, PageFault> {
    Ok(may_add(staff, ask, "Group")? && signer(ask)?.is_some())
}
