//! Scopes as OAuth writes them: clinical ones (`patient/Observation.rs`), and those that ask for something else.

use aceso_policy::{Context, Scope, Scopes};

/// A scope that is not clinical (SMART App Launch 2.2, "Scopes for requesting …").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    /// An ID token.
    OpenId,
    /// Who the person is in the record, in the ID token.
    FhirUser,
    /// The same, as older clients ask, and the name.
    Profile,
    /// The context of a launch from within the clinic.
    Launch,
    /// A patient in context.
    LaunchPatient,
    /// A refresh token that outlives the session.
    Offline,
    /// A refresh token for as long as the person is signed in.
    Online,
}

impl Special {
    pub(crate) const ALL: [Self; 7] = [
        Self::OpenId,
        Self::FhirUser,
        Self::Profile,
        Self::Launch,
        Self::LaunchPatient,
        Self::Offline,
        Self::Online,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::FhirUser => "fhirUser",
            Self::Profile => "profile",
            Self::Launch => "launch",
            Self::LaunchPatient => "launch/patient",
            Self::Offline => "offline_access",
            Self::Online => "online_access",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == text)
    }

    /// Whether a list of scopes has it.
    pub(crate) fn is_in(self, scopes: &str) -> bool {
        scopes.split_ascii_whitespace().any(|s| s == self.name())
    }
}

/// The clinical scopes of a list; what else is in it is passed over.
pub(crate) fn clinical(scopes: &str) -> Scopes {
    let words = scopes
        .split_ascii_whitespace()
        .filter(|w| Scope::parse(w).is_ok());
    Scopes::parse(&words.collect::<Vec<_>>().join(" ")).unwrap_or_default()
}

/// Why a list of scopes cannot be registered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// Neither clinical nor one of the others.
    #[error(
        "{0} is no scope: use scopes like patient/Observation.rs or system/*.rs, and openid, fhirUser, launch, launch/patient, offline_access, online_access"
    )]
    Unknown(String),
    /// It is about a resource type that R4 does not have.
    #[error("{0}: R4 has no such resource type; types are written like Observation")]
    NoType(String),
    /// A backend service can have `system/` scopes only.
    #[error("{0} is for an app that acts for people: register it with --app")]
    NeedsApp(String),
    /// An app cannot act on its own.
    #[error("{0} is for a backend service: an app acts for people, with patient/ and user/ scopes")]
    NotForApp(String),
}

/// What is to be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// A backend service or a script.
    Service,
    /// An app.
    App,
}

/// Checks a list of scopes before a client is registered with it.
pub fn check_scopes(scopes: &str, register: Register) -> Result<(), RegisterError> {
    for word in scopes.split_ascii_whitespace() {
        let special = Special::parse(word).is_some();
        let scope = Scope::parse(word).ok();
        if scope.as_ref().is_some_and(|s| !s.has_known_type()) {
            return Err(RegisterError::NoType(word.to_owned()));
        }
        let context = scope.map(|s| s.context);
        match (register, context) {
            (Register::App, Some(Context::Patient | Context::User))
            | (Register::Service, Some(_)) => {}
            (Register::App, Some(Context::System)) => {
                return Err(RegisterError::NotForApp(word.to_owned()));
            }
            (Register::App, None) if special => {}
            (Register::Service, None) if special => {
                return Err(RegisterError::NeedsApp(word.to_owned()));
            }
            (Register::App | Register::Service, None) => {
                return Err(RegisterError::Unknown(word.to_owned()));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_and_a_service_have_scopes_of_their_own_kind() {
        let app = "openid fhirUser launch/patient offline_access patient/*.rs user/Patient.r";
        assert_eq!(check_scopes(app, Register::App), Ok(()));
        assert_eq!(
            check_scopes("system/*.rs patient/*.rs", Register::Service),
            Ok(())
        );
        for (text, register) in [
            ("system/*.rs", Register::App),
            ("openid", Register::Service),
            ("junk", Register::App),
            ("junk", Register::Service),
            ("launch/encounter", Register::App),
            ("patient/Observaton.rs", Register::App),
            ("system/patient.rs", Register::Service),
        ] {
            assert!(check_scopes(text, register).is_err(), "{text}");
        }
        assert_eq!(clinical(app).iter().count(), 2);
    }
}
