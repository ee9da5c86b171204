//! `GET /patients/{patient}/registration`: who the patient is, who belongs to them, who pays, what they agreed to.

use aceso_fhir::Value;
use aceso_policy::Action;
use aceso_web::page::{Card, Csrf, Facts, Page, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use super::PAGE;
use super::background::Background;
use super::consent::Choose;
use super::cover::Cover;
use super::related::Related;
use crate::Staff;
use crate::chart::story;
use crate::patient::listed::Listed;
use crate::patient::path;
use crate::patient::record::Wanted;
use crate::patient::save::may;
use crate::patient::top::{Top, open};

/// The page.
pub(crate) struct Registration {
    top: Top,
    facts: Vec<(&'static str, String)>,
    cards: Vec<Card>,
    /// Whether the reader may change who the patient is.
    changes: bool,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let wanted = vec![
        Wanted::new("RelatedPerson").most(50),
        Wanted::new("Coverage").most(50),
        Wanted::new("Consent").with("_sort", "-date").most(100),
    ];
    let mut opened = open(&staff, &ask, wanted).await?;
    let mut facts = story::contact(&opened.patient);
    facts.extend(Background::of(&opened.patient).facts());
    facts.retain(|(_, value)| !value.is_empty());
    let (related, covers, consents) = (opened.take(), opened.take(), opened.take());
    let active = |d: &Value| d.str_at("status") == Some("active");
    // None where the reader's role never sees such resources.
    let mut cards = Vec::new();
    if let Some(found) = &related {
        let counts = |d: &Value| d.get("active").and_then(Value::as_bool) != Some(false);
        let list = Listed::of::<Related>(&staff, &ask, found, counts)?;
        cards.push(list.card("People close to the patient", "a person", "None recorded."));
    }
    if let Some(found) = &covers {
        let list = Listed::of::<Cover>(&staff, &ask, found, active)?;
        cards.push(list.card("Insurance", "an insurance", "None recorded."));
    }
    if let Some(found) = &consents {
        let list = Listed::of::<Choose>(&staff, &ask, found, active)?;
        let none = "The patient was not asked yet, as far as you can see.";
        cards.push(list.card("Consents", "a consent", none));
    }
    let page = Registration {
        facts,
        cards,
        changes: may(&staff, &ask, Action::Update, "Patient")?,
        top: opened.top,
    };
    Ok(Reply::page(&ask, &page))
}

impl View for Registration {
    fn page(&self, csrf: &Csrf) -> Page {
        let mut facts = Facts::new();
        for (name, value) in &self.facts {
            facts = facts.with(*name, value);
        }
        let who = html! { @if self.facts.is_empty() { p.soft { "Nothing recorded." } } @else { (facts) } };
        let who = Card::new("Particulars", who);
        let edit = [&path(self.top.id()), "/edit"].concat();
        let who = match self.changes {
            true => {
                let photo = crate::patient::documents::photo::path(self.top.id());
                who.act("Photograph", "of the patient", photo)
                    .act("Change", "particulars", edit)
            }
            false => who,
        };
        let body = html! {
            div.sections { (who) @for card in &self.cards { (card) } }
        };
        self.top.page(csrf, PAGE, body)
    }

    fn samples() -> Vec<Self> {
        vec![
            Self {
                top: Top::sample(),
                facts: vec![("Telephone", "555-0100".into())],
                cards: vec![
                    Listed::sample("Example Health").card("Insurance", "an insurance", "None"),
                    Listed::default().card("Consents", "a consent", "None recorded."),
                ],
                changes: true,
            },
            Self {
                top: Top::sample(),
                facts: Vec::new(),
                cards: Vec::new(),
                changes: false,
            },
        ]
    }
}
