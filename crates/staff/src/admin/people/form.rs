//! The fields that inviting a person and changing one have in common.

use aceso_policy::{BuiltIn, FhirUser, Role, Side};
use aceso_store::{Account, AccountChange, Enrol};
use aceso_web::page::{Button, Choice, Choices, Errors, Field};
use aceso_web::site::{Fields, Take};
use maud::{Markup, html};

use crate::Staff;
use crate::find::Found;
use crate::words::{field_day, read_day, role_title};

/// The fields, for [`aceso_web::site::Ask::fields`].
pub(crate) const FIELDS: [Take; 9] = [
    Take::One("display"),
    Take::One("email"),
    Take::One("record"),
    Take::One("find"),
    Take::One("choice"),
    Take::One("facilities"),
    Take::One("patients"),
    Take::One("leaves"),
    Take::One("act"),
];

/// Whose people these are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Whose {
    /// A clinic's.
    #[default]
    Clinic,
    /// A response desk's, which has no record and no patients.
    Desk,
}

impl Whose {
    pub(crate) fn of(staff: &Staff) -> Self {
        match staff.store().is_desk() {
            true => Self::Desk,
            false => Self::Clinic,
        }
    }

    /// The roles that people can be given there, and those that somebody has.
    pub(crate) fn roles(self, staff: &Staff, has: &[Role]) -> Vec<Role> {
        let desk = [Role::ADMINISTRATOR, Role::AUDITOR, Role::SECURITY_OFFICER];
        let fits = |role: &&Role| match self {
            Self::Clinic => true,
            Self::Desk => desk.contains(role) || has.contains(role),
        };
        let policies = staff.store().policies();
        policies.roles().iter().filter(fits).cloned().collect()
    }
}

/// What was typed.
#[derive(Clone, Default)]
pub(crate) struct Typed {
    pub(crate) whose: Whose,
    pub(crate) display: String,
    pub(crate) email: String,
    /// Who they are in the record: `Practitioner/x`.
    pub(crate) record: String,
    /// What to look for in the record.
    pub(crate) find: String,
    pub(crate) facilities: String,
    pub(crate) patients: String,
    pub(crate) leaves: String,
}

impl Typed {
    pub(crate) fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.trimmed(name).to_owned();
        let chosen = text("choice");
        Self {
            whose: Whose::Clinic,
            display: text("display"),
            email: text("email"),
            record: if chosen.is_empty() {
                text("record")
            } else {
                chosen
            },
            find: text("find"),
            facilities: text("facilities"),
            patients: text("patients"),
            leaves: text("leaves"),
        }
    }

    /// An account as it is.
    pub(crate) fn from(account: &Account) -> Self {
        Self {
            whose: Whose::Clinic,
            display: account.display.clone(),
            email: account.email.clone().unwrap_or_default(),
            record: account
                .fhir_user
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            find: String::new(),
            facilities: account.facilities.join(" "),
            patients: account.patients.join(" "),
            leaves: account.not_after.map(field_day).unwrap_or_default(),
        }
    }

    /// What is to be looked for, when that is what the form was sent for. (The key Enter sends the first button.)
    pub(crate) fn wants(&self, fields: &Fields) -> Option<&str> {
        (fields.one("act") == "find" && !self.find.is_empty()).then_some(self.find.as_str())
    }

    /// What it means; what cannot be is noted beside its field.
    pub(crate) fn read(&self, enrol: Enrol, errors: &mut Errors) -> AccountChange {
        if self.display.is_empty() {
            errors.add("display", "Enter the name that people see");
        } else if self.display.chars().count() > 100 {
            errors.add("display", "Shorten the name to 100 characters");
        }
        let fhir_user = FhirUser::parse(&self.record);
        if fhir_user.is_none() && !self.record.is_empty() {
            errors.add(
                "record",
                "Write it like Practitioner/abc or Patient/abc, or find the person below",
            );
        }
        let not_after = read_day(&self.leaves);
        if not_after.is_none() && !self.leaves.is_empty() {
            errors.add("leaves", "Enter the day as year-month-day: 2027-01-31");
        }
        AccountChange {
            display: self.display.clone(),
            email: Some(self.email.clone()).filter(|e| !e.is_empty()),
            patients: self.own_patient(fhir_user.as_ref()),
            fhir_user,
            facilities: ids(&self.facilities),
            not_after,
            enrol,
        }
    }

    /// A patient's account acts for that patient.
    fn own_patient(&self, user: Option<&FhirUser>) -> Vec<String> {
        let mut patients = ids(&self.patients);
        if let Some(user) = user.filter(|u| u.kind == aceso_policy::UserKind::Patient)
            && !patients.contains(&user.id)
        {
            patients.push(user.id.clone());
        }
        patients
    }

    /// The fields as they stand.
    pub(crate) fn show(&self, errors: &Errors, found: Option<&[Found]>) -> Markup {
        html! {
            (Field::text("display", "Name").value(&self.display).errors(errors).longest(100).autocomplete("off"))
            (Field::email("email", "E-mail").value(&self.email).errors(errors).optional().longest(254).autocomplete("off")
                .hint("Notices about the account go there."))
            @if self.whose == Whose::Clinic {
                (self.link(errors, found))
                (Field::text("facilities", "Works at").value(&self.facilities).errors(errors).optional()
                    .hint("Ids of organizations or locations, separated by blanks. Empty: everywhere."))
                (Field::text("patients", "Acts for patients").value(&self.patients).errors(errors).optional()
                    .hint("Ids of patients, separated by blanks: for patients and their proxies only."))
            }
            (Field::date("leaves", "Leaving date").value(&self.leaves).errors(errors).optional()
                .hint("From the beginning of this day on nobody can sign in as this person."))
        }
    }

    /// Who they are in the record, with what was found.
    fn link(&self, errors: &Errors, found: Option<&[Found]>) -> Markup {
        html! {
            div.group {
                (Field::text("record", "Who they are in the record").value(&self.record).errors(errors).optional()
                    .hint("A practitioner or a patient: Practitioner/abc. Find the person by name if you do not know the id."))
                div.with-button {
                    (Field::search("find", "Find by name").value(&self.find))
                    (Button::secondary("Find").says("act", "find"))
                }
                @match found {
                    None => {}
                    Some([]) => p.soft { "Nobody of this name is among those you may see." },
                    Some(found) => {
                        @let choices = found.iter().map(|f| Choice::new(&f.reference, &f.name).hint(&f.about)).collect();
                        (Choices::one("choice", "Found", choices))
                    }
                }
            }
        }
    }
}

/// Ids separated by blanks or commas.
pub(crate) fn ids(text: &str) -> Vec<String> {
    let ids = text.split(|c: char| c.is_whitespace() || c == ',');
    ids.filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

/// The roles that people can be given, with what each is for.
pub(crate) fn role_choices(roles: &[Role]) -> Vec<Choice> {
    let given = roles
        .iter()
        .filter(|role| role.built_in().is_none_or(|b| b.side() != Side::Program));
    given
        .map(|role| {
            let choice = Choice::new(role.as_str(), role_title(role));
            match role.built_in() {
                Some(built_in) => choice.hint(BuiltIn::about(built_in)),
                None => choice.hint("The clinic's own role"),
            }
        })
        .collect()
}

/// The roles that were ticked; one that there is not is an error.
pub(crate) fn read_roles(fields: &Fields, known: &[Role], errors: &mut Errors) -> Vec<Role> {
    let said: Vec<Role> = fields
        .many("roles")
        .filter_map(|role| Role::parse(role).ok())
        .collect();
    if said.iter().any(|role| !known.contains(role)) {
        errors.add(
            "roles",
            "One of the roles does not exist any more: choose again",
        );
    }
    said
}
