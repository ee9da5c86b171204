//! People as callers.

use std::fmt;

use aceso_base::Instant;

use crate::{Purpose, Role};

/// A person who is signed in, as far as decisions need them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The account's id.
    pub account: String,
    /// The name they sign in with, for the audit log; empty when unknown.
    pub name: String,
    /// What they are at the clinic.
    pub roles: Vec<Role>,
    /// Who they are in the record.
    pub user: Option<FhirUser>,
    /// The patients (logical ids) that a patient's or proxy's account acts for.
    pub patients: Vec<String>,
    /// The organizations or locations (logical ids) their work is limited to; empty: all.
    pub facilities: Vec<String>,
    /// How they are here.
    pub session: Session,
}

/// The resource of the record that a person is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FhirUser {
    /// Which type.
    pub kind: UserKind,
    /// Its logical id.
    pub id: String,
}

/// The types of resource that a person can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserKind {
    /// Staff.
    Practitioner,
    /// Staff in a certain role.
    PractitionerRole,
    /// A patient.
    Patient,
    /// Somebody who acts for a patient.
    RelatedPerson,
}

/// What is known of a person's session at the time of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// How well they proved who they are.
    pub strength: Strength,
    /// Until when a fresh proof counts.
    pub stepped_up_until: Option<Instant>,
    /// Where they are.
    pub place: Place,
    /// What for.
    pub purpose: Purpose,
}

/// How well somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// One factor: a password alone.
    One,
    /// Two factors.
    Two,
    /// Something that a false page cannot pass on: a passkey (NIST SP 800-63B-4, 3.2.5).
    PhishingResistant,
}

/// Where a request comes from, by the clinic's list of networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The clinic keeps no list.
    #[default]
    Unknown,
    /// A network on the list.
    Trusted,
    /// Not on the list.
    Elsewhere,
}

/// Whether the clinic is open, by its hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hours {
    /// It is, or it keeps no hours.
    #[default]
    Open,
    /// It is not.
    Closed,
}

impl Place {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Unknown, Self::Trusted, Self::Elsewhere];

    /// Its name in policies.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Trusted => "trusted",
            Self::Elsewhere => "elsewhere",
        }
    }
}

impl Hours {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Open, Self::Closed];

    /// Its name in policies.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

impl Session {
    /// Just signed in this well, from nowhere in particular.
    pub const fn new(strength: Strength, purpose: Purpose) -> Self {
        Self {
            strength,
            stepped_up_until: None,
            place: Place::Unknown,
            purpose,
        }
    }

    /// Whether a fresh proof counts now.
    pub fn is_stepped_up(&self, now: Instant) -> bool {
        self.stepped_up_until.is_some_and(|until| now < until)
    }
}

impl UserKind {
    /// The resource type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Practitioner => "Practitioner",
            Self::PractitionerRole => "PractitionerRole",
            Self::Patient => "Patient",
            Self::RelatedPerson => "RelatedPerson",
        }
    }
}

impl FhirUser {
    /// Reads `Practitioner/x`, `PractitionerRole/x`, `Patient/x` or `RelatedPerson/x`.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once('/')?;
        let kind = match kind {
            "Practitioner" => UserKind::Practitioner,
            "PractitionerRole" => UserKind::PractitionerRole,
            "Patient" => UserKind::Patient,
            "RelatedPerson" => UserKind::RelatedPerson,
            _ => return None,
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        ((1..=64).contains(&id.len()) && id.bytes().all(plain)).then(|| Self {
            kind,
            id: id.to_owned(),
        })
    }
}

impl fmt::Display for FhirUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.name(), self.id)
    }
}

impl Person {
    /// The name the audit log gives them, without `person/`: their sign-in name, or the account's id.
    pub fn label(&self) -> &str {
        if self.name.is_empty() {
            &self.account
        } else {
            &self.name
        }
    }

    /// Whether they have a role.
    pub fn has(&self, role: &Role) -> bool {
        self.roles.contains(role)
    }

    /// The patient that they are themselves, if their account acts for that patient.
    pub fn own_patient(&self) -> Option<&str> {
        let user = self.user.as_ref()?;
        match user.kind {
            UserKind::Patient => self
                .patients
                .iter()
                .find(|p| **p == user.id)
                .map(String::as_str),
            UserKind::Practitioner | UserKind::PractitionerRole | UserKind::RelatedPerson => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fhir_user_is_one_of_four_types_with_an_id() {
        for good in [
            "Practitioner/1",
            "PractitionerRole/a.b",
            "Patient/x-1",
            "RelatedPerson/7",
        ] {
            assert_eq!(FhirUser::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "Person/1",
            "Patient",
            "Patient/",
            "Patient/a b",
            "Patient/1/_history/2",
        ] {
            assert_eq!(FhirUser::parse(bad), None, "{bad}");
        }
    }
}
