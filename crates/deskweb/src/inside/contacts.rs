//! `/contacts`: the register of implementers who are told before the public.

use aceso_desk::When;
use aceso_store::{Contact, DeskError, DeskPerson, NewContact};
use aceso_web::page::{
    Button, Card, Column, Csrf, Empty, Errors, Field, Form, Page, Table, Tag, Tone, View,
};
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply, Take};
use maud::{Markup, html, known, say};

use super::words::called;
use crate::DeskWeb;
use crate::fault::{fault, sentence};

/// The address of the register.
pub(crate) const HERE: &str = "/contacts";

const FIELDS: [Take; 4] = [
    Take::One("name"),
    Take::One("organisation"),
    Take::One("address"),
    Take::One("tags"),
];

/// The register.
pub(crate) struct Contacts {
    all: Vec<Contact>,
    people: Vec<DeskPerson>,
    me: String,
    now: When,
    typed: Fields,
    errors: Errors,
}

async fn look(web: &DeskWeb, ask: &Ask) -> Result<Contacts, PageFault> {
    let (desk, caller) = (web.desk(), ask.caller()?);
    Ok(Contacts {
        all: desk.contacts(caller).await.map_err(fault)?,
        people: desk.people(caller).await.map_err(fault)?,
        me: desk.me(caller).0,
        now: desk.now(),
        typed: Fields::default(),
        errors: Errors::none(),
    })
}

pub(crate) async fn list(web: DeskWeb, ask: Ask) -> Outcome {
    let page = look(&web, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn add(web: DeskWeb, ask: Ask) -> Outcome {
    let typed = ask.fields(&FIELDS)?;
    let text = |name| typed.trimmed(name).to_owned();
    let tags = typed.trimmed("tags").split([' ', ',']);
    let new = NewContact {
        name: text("name"),
        organisation: text("organisation"),
        address: text("address"),
        tags: tags.filter(|t| !t.is_empty()).map(str::to_owned).collect(),
    };
    match web.desk().add_contact(ask.caller()?, new).await {
        Ok(()) => Ok(Reply::to_path(HERE)),
        Err(DeskError::Rule(why)) => {
            let mut page = look(&web, &ask).await?;
            let field = ["address", "tags", "name"];
            let field = field.iter().find(|f| why.contains(**f)).unwrap_or(&"name");
            page.errors.add(field, sentence(&known(why)));
            page.typed = typed;
            Ok(Reply::wrong(&ask, &page))
        }
        Err(other) => Err(fault(other)),
    }
}

pub(crate) async fn vet(web: DeskWeb, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let vetted = web.desk().vet_contact(ask.caller()?, ask.param("contact"));
    vetted.await.map_err(fault)?;
    Ok(Reply::to_path(HERE))
}

pub(crate) async fn end(web: DeskWeb, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let ended = web.desk().end_contact(ask.caller()?, ask.param("contact"));
    ended.await.map_err(fault)?;
    Ok(Reply::to_path(HERE))
}

impl Contacts {
    fn who(&self, id: &str) -> String {
        called(&self.people, id).unwrap_or_else(|| say("somebody who left", &[]))
    }

    fn standing(&self, contact: &Contact) -> Markup {
        html! {
            @match &contact.vetted {
                None => { (Tag::new(Tone::Warning, "to be vetted")) " entered by " (self.who(&contact.added_by)) }
                Some((_, ends)) if *ends <= self.now => { (Tag::new(Tone::Danger, "told no more")) " did not answer by " (ends.date()) }
                Some((by, ends)) => { (Tag::new(Tone::Good, "vetted")) " by " (self.who(by)) ", until " (ends.date()) }
            }
            @if let Some(at) = contact.asked { span.soft { "; asked on " (at.date()) } }
        }
    }

    fn table(&self, csrf: &Csrf) -> Table {
        let columns = [
            Column::text("Organisation"),
            Column::text("Who"),
            Column::text("Told of"),
            Column::text("Standing"),
            Column::acts("What you can do"),
        ];
        let mut table = Table::new("The register", &columns).under_heading();
        for contact in &self.all {
            let form = |act: &str, button: Button| {
                let button = button.of(contact.name.clone()).small();
                Form::post(
                    csrf,
                    format!("{HERE}/{}/{act}", contact.id),
                    html! { (button) },
                )
                .inline()
            };
            let may_vet = contact.vetted.is_none() && contact.added_by != self.me;
            table.row(vec![
                html! { (contact.organisation) },
                html! { (contact.name) " " span.soft { (contact.address) } },
                html! { (contact.tags.join(", ")) },
                self.standing(contact),
                html! {
                    @if may_vet { (form("vet", Button::secondary("Vet"))) " " }
                    (form("end", Button::danger("Take out")))
                },
            ]);
        }
        table
    }
}

impl View for Contacts {
    fn page(&self, csrf: &Csrf) -> Page {
        let text = |name: &'static str, label: &'static str| {
            Field::text(name, label)
                .value(self.typed.one(name))
                .errors(&self.errors)
        };
        let fields = html! {
            (self.errors)
            (text("organisation", "Organisation"))
            (text("name", "Name"))
            (Field::email("address", "E-mail address").value(self.typed.one("address")).errors(&self.errors))
            (text("tags", "Told of").hint("Tags with blanks between: security-advisory"))
            div.buttons { (Button::primary("Enter")) }
        };
        let body = html! {
            @if self.all.is_empty() { (Empty::new("Nobody is in the register", "Whoever runs installations and is to be told before the public stands here.")) }
            @else { (self.table(csrf)) }
            (Card::new("Enter somebody", html! { (Form::post(csrf, HERE, fields)) }))
        };
        Page::new("Implementers", body).here(HERE).lead(
            "Who is told before the public. Another one of the group vets whom you enter; each answers a mail once a year, or is told no more.",
        )
    }

    fn samples() -> Vec<Self> {
        let now = When::from_millis(1_772_625_600_000);
        let contact = |number: usize, vetted: Option<When>| Contact {
            id: format!("contact-{number}"),
            name: "Nia Okello".into(),
            organisation: format!("Hospital {number}"),
            address: format!("nia{number}@hospital.example"),
            tags: vec!["security-advisory".into()],
            added_by: "m2".into(),
            added: now,
            vetted: vetted.map(|ends| ("m1".to_owned(), ends)),
            asked: vetted,
        };
        let one = |all, errors| Self {
            all,
            people: super::samples::people(),
            me: "m1".into(),
            now,
            typed: Fields::default(),
            errors,
        };
        let some = vec![
            contact(1, None),
            contact(2, Some(now.plus_days(200))),
            contact(3, Some(now.plus_days(-1))),
        ];
        vec![
            one(Vec::new(), Errors::none()),
            one(
                some,
                Errors::one(
                    "tags",
                    "one to ten tags, of small letters, digits and hyphens",
                ),
            ),
        ]
    }
}
