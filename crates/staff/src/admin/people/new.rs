//! `/admin/people/new`: inviting a person. The link is shown once, in the answer itself.

use aceso_policy::{BuiltIn, Role, Side};
use aceso_store::{Enrol, LinkKind, NameError, NewAccount, Refusal, UserName};
use aceso_web::page::{
    Button, Choices, Crumb, Csrf, Errors, Field, Form, Layout, Link, Page, View,
};
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply, Take};
use maud::html;

use super::HERE;
use super::form::{self, Typed, Whose};
use crate::Staff;
use crate::fault::weigh;
use crate::find::{Found, people};
use crate::link::{self, Handed};
use crate::words::rule;

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
    way: Way,
}

/// How an invitation may reach the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By mail, or handed over.
    Mail,
    /// Handed over: no mail is sent from here.
    Hand,
}

impl Way {
    pub(super) async fn of(staff: &Staff) -> Result<Self, PageFault> {
        let sends = staff.store().sends_mail().await;
        Ok(match sends.map_err(PageFault::hidden)? {
            true => Self::Mail,
            false => Self::Hand,
        })
    }
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = New {
        way: Way::of(&staff).await?,
        user_name: String::new(),
        typed: Typed {
            whose: Whose::of(&staff),
            ..Typed::default()
        },
        chosen: Vec::new(),
        roles: Whose::of(&staff).roles(&staff, &[]),
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
    let mut page = New::of(&staff, &fields, Way::of(&staff).await?);
    let by_mail = page.way == Way::Mail && fields.one("act") == "mail";
    if let Some(name) = page.typed.wants(&fields) {
        page.found = Some(people(&staff, &ask, name).await?);
        return Ok(Reply::page(&ask, &page));
    }
    let new = page.read(&fields);
    if by_mail && page.typed.email.is_empty() {
        page.errors
            .add("email", "Enter the address that the invitation goes to");
    }
    let now = staff.store().now();
    if let Some(new) = new.filter(|_| page.errors.is_empty()) {
        match weigh(staff.store().add_account(ask.caller()?, new).await)? {
            Ok(id) if by_mail => return link::mail(&staff, &ask, &id).await,
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
    fn of(staff: &Staff, fields: &Fields, way: Way) -> Self {
        let whose = Whose::of(staff);
        let roles = whose.roles(staff, &[]);
        let mut errors = Errors::none();
        Self {
            user_name: fields.trimmed("user").to_owned(),
            typed: Typed {
                whose,
                ..Typed::of(fields)
            },
            chosen: form::read_roles(fields, &roles, &mut errors),
            roles,
            found: None,
            errors,
            way,
        }
    }

    /// The account that the form describes, if it does.
    fn read(&mut self, fields: &Fields) -> Option<NewAccount> {
        let mut errors = Errors::none();
        let user_name = match UserName::parse(&self.user_name) {
            Ok(name) => Some(name),
            Err(error @ (NameError::Length | NameError::Character)) => {
                errors.add("user", rule(&error));
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
        self.errors.add(field, rule(&refusal));
    }
}

fn is_staff(role: &Role) -> bool {
    role.built_in()
        .map(BuiltIn::side)
        .is_none_or(|side| side == Side::Staff)
}

impl View for New {
    fn page(&self, csrf: &Csrf) -> Page {
        let roles = Choices::many("roles", "Roles", form::role_choices(&self.roles))
            .chosen(self.chosen.iter().map(Role::as_str))
            .errors(&self.errors);
        let roles = match self.typed.whose {
            Whose::Clinic => roles,
            Whose::Desk => roles.hint("Security officers are the group: they work on cases."),
        };
        let fields = html! {
            (self.errors)
            (Field::text("user", "User name").value(&self.user_name).errors(&self.errors).longest(64).autocomplete("off").first()
                .hint("They sign in with it. Letters, digits and . _ - @"))
            (self.typed.show(&self.errors, self.found.as_deref()))
            (roles)
            div.buttons {
                @match self.way {
                    Way::Mail => { (Button::primary("Invite by mail").says("act", "mail")) (Button::secondary("Invite, and show me the link").says("act", "link")) }
                    Way::Hand => { (Button::primary("Invite")) }
                }
                (Link::quiet("Cancel", HERE))
            }
        };
        let lead = match self.way {
            Way::Mail => {
                "With a link that works once the person chooses how to sign in; nobody else ever knows their password. It goes to them by mail, or you hand it over."
            }
            Way::Hand => {
                "You get a link to hand over. With it the person chooses how to sign in; nobody else ever knows their password."
            }
        };
        Page::new(
            "Invite a person",
            html! { div.card { (Form::post(csrf, PATH, fields)) } },
        )
        .layout(Layout::Column)
        .here(HERE)
        .crumbs(vec![crate::admin::crumb(), Crumb::new("People", HERE)])
        .lead(lead)
    }

    fn samples() -> Vec<Self> {
        let empty = || Self {
            user_name: String::new(),
            typed: Typed::default(),
            chosen: Vec::new(),
            roles: vec![Role::CLINICIAN, Role::FRONT_DESK],
            found: None,
            errors: Errors::none(),
            way: Way::Hand,
        };
        let found = Found {
            reference: "Practitioner/p1".into(),
            name: "Bea Example".into(),
            about: "Practitioner, female".into(),
        };
        let mut wrong = empty();
        wrong.errors = Errors::one("user", crate::words::rule(&"this user name is taken"));
        wrong.user_name = "ann".into();
        wrong.chosen = vec![Role::CLINICIAN];
        wrong.found = Some(vec![found]);
        let mut none = empty();
        none.found = Some(Vec::new());
        none.way = Way::Mail;
        none.typed.whose = Whose::Desk;
        vec![empty(), wrong, none]
    }
}
