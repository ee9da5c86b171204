//! `/admin/people/new`: inviting a person. The link is shown once, in the answer itself.

use aceso_policy::{BuiltIn, Role, Side};
use aceso_store::{Enrol, LinkKind, NameError, NewAccount, Refusal, UserName};
use aceso_web::page::{
    Button, Choices, Crumb, Csrf, Errors, Field, Form, Layout, Link, Page, View,
};
use aceso_web::site::{Ask, Fields, Outcome, Reply, Take};
use maud::html;

use super::HERE;
use super::form::{self, Typed};
use crate::Staff;
use crate::fault::weigh;
use crate::find::{Found, people};
use crate::link::{self, Handed};
use crate::words::sentence;

/// The address of the form.
pub(crate) const PATH: &str = "/admin/people/new";

/// The form.
pub(crate) struct New {
    user_name: String,
    typed: Typed,
    chosen: Vec<Role>,
    roles: Vec<Role>,
    found: Option<Vec<Found>>,
    errors: Errors,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = New {
        user_name: String::new(),
        typed: Typed::default(),
        chosen: Vec::new(),
        roles: staff.store().policies().roles().to_vec(),
        found: None,
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn invite(staff: Staff, ask: Ask) -> Outcome {
    let known: Vec<Take> = form::FIELDS
        .into_iter()
        .chain([Take::One("user"), Take::Many("roles")])
        .collect();
    let fields = ask.fields(&known)?;
    let mut page = New::of(&staff, &fields);
    if let Some(name) = page.typed.wants(&fields) {
        page.found = Some(people(&staff, &ask, name).await?);
        return Ok(Reply::page(&ask, &page));
    }
    let new = page.read(&fields);
    let now = staff.store().now();
    if let Some(new) = new.filter(|_| page.errors.is_empty()) {
        match weigh(staff.store().add_account(ask.caller()?, new).await)? {
            Ok(id) => {
                let made = link::make(&staff, &ask, LinkKind::Invitation, &id).await?;
                return Ok(Reply::page(
                    &ask,
                    &Handed::new(made, page.typed.display, &id, now),
                ));
            }
            Err(refusal) => page.against(refusal),
        }
    }
    Ok(Reply::wrong(&ask, &page))
}

impl New {
    fn of(staff: &Staff, fields: &Fields) -> Self {
        let roles = staff.store().policies().roles().to_vec();
        let mut errors = Errors::none();
        Self {
            user_name: fields.trimmed("user").to_owned(),
            typed: Typed::of(fields),
            chosen: form::read_roles(fields, &roles, &mut errors),
            roles,
            found: None,
            errors,
        }
    }

    /// The account that the form describes, if it does.
    fn read(&mut self, fields: &Fields) -> Option<NewAccount> {
        let mut errors = Errors::none();
        let user_name = match UserName::parse(&self.user_name) {
            Ok(name) => Some(name),
            Err(error @ (NameError::Length | NameError::Character)) => {
                errors.add("user", sentence(&error.to_string()));
                None
            }
        };
        let enrol = if self.chosen.iter().any(is_staff) {
            Enrol::Must
        } else {
            Enrol::No
        };
        let change = self.typed.read(enrol, &mut errors);
        form::read_roles(fields, &self.roles, &mut errors);
        if self.chosen.is_empty() {
            errors.add("roles", "Choose at least one role");
        }
        self.errors = errors;
        Some(NewAccount {
            user_name: user_name?,
            display: change.display,
            email: change.email,
            fhir_user: change.fhir_user,
            roles: self.chosen.clone(),
            facilities: change.facilities,
            patients: change.patients,
            not_after: change.not_after,
            enrol: change.enrol,
        })
    }

    fn against(&mut self, refusal: Refusal) {
        let field = match refusal {
            Refusal::NameTaken => "user",
            Refusal::Field(text) if text.contains("e-mail") => "email",
            Refusal::Field(text) if text.contains("id") => "facilities",
            _ => "display",
        };
        self.errors.add(field, sentence(&refusal.to_string()));
    }
}

fn is_staff(role: &Role) -> bool {
    role.built_in()
        .map(BuiltIn::side)
        .is_none_or(|side| side == Side::Staff)
}

impl View for New {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            (self.errors)
            (Field::text("user", "User name").value(&self.user_name).errors(&self.errors).longest(64).autocomplete("off").first()
                .hint("They sign in with it. Letters, digits and . _ - @"))
            (self.typed.show(&self.errors, self.found.as_deref()))
            (Choices::many("roles", "Roles", form::role_choices(&self.roles)).chosen(self.chosen.iter().map(Role::as_str)).errors(&self.errors))
            div.buttons { (Button::primary("Invite")) (Link::quiet("Cancel", HERE)) }
        };
        Page::new("Invite a person", html! { div.card { (Form::post(csrf, PATH, fields)) } })
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb(), Crumb::new("People", HERE)])
            .lead("You get a link to hand over. With it the person chooses how to sign in; nobody else ever knows their password.")
    }

    fn samples() -> Vec<Self> {
        let empty = || Self {
            user_name: String::new(),
            typed: Typed::default(),
            chosen: Vec::new(),
            roles: vec![Role::CLINICIAN, Role::FRONT_DESK],
            found: None,
            errors: Errors::none(),
        };
        let found = Found {
            reference: "Practitioner/p1".into(),
            name: "Bea Example".into(),
            about: "Practitioner, female".into(),
        };
        let mut wrong = empty();
        wrong.errors = Errors::one("user", "This user name is taken");
        wrong.user_name = "ann".into();
        wrong.chosen = vec![Role::CLINICIAN];
        wrong.found = Some(vec![found]);
        let mut none = empty();
        none.found = Some(Vec::new());
        vec![empty(), wrong, none]
    }
}
