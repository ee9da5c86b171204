//! Sign-in through outside OpenID providers: what the installation says of them, and the way to them and back
//! (OpenID Connect Core 1.0 with RFC 9700: authorization code, PKCE, nonce, state, RFC 9207).

mod exchange;
mod provider;

use std::sync::Arc;

use aceso_base::Secret;
use aceso_egress::{Client, SendError};
use aceso_policy::Role;
use aceso_vault::RandomError;
use aceso_vault::jwt::{IdTokenError, SigningError, SigningKey};

pub(crate) use exchange::{Return, Told};
pub(crate) use provider::Known;

/// An outside provider, as the installation configures it.
#[derive(Debug)]
pub struct Provider {
    /// Its name in addresses: small letters, digits and `-`.
    pub id: String,
    /// What people call it: `Riverside Hospital`.
    pub name: String,
    /// Its issuer identifier, as its metadata and ID tokens have it.
    pub issuer: String,
    /// Our client id there.
    pub client: String,
    /// How we prove there who we are.
    pub proof: ClientProof,
    /// The scopes that are asked for, separated by blanks; `openid` among them.
    pub scopes: String,
    /// The claim that an administrator names people of this provider by: one that people cannot change themselves.
    pub claim: String,
    /// What in an ID token says that two factors were proved there.
    pub two_factors: TwoFactors,
    /// How long ago the person may have proved there who they are, in seconds; none: any time.
    pub max_age: Option<u32>,
    /// What becomes of people whom nobody linked.
    pub unknown: Unknown,
}

/// How we prove to a provider who we are.
pub enum ClientProof {
    /// With a secret (`client_secret_basic`).
    Secret(Secret<String>),
    /// With a signed assertion (`private_key_jwt`).
    Key(Box<SigningKey>),
}

/// Values of `amr` and `acr` that stand for two factors; without one of them our own second factor is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TwoFactors {
    /// Authentication methods (RFC 8176): `mfa`.
    pub amr: Vec<String>,
    /// Classes of authentication; they are asked for, too.
    pub acr: Vec<String>,
}

/// What becomes of people whom nobody linked to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// They are refused.
    Refused,
    /// They get an account with these roles.
    Made(Vec<Role>),
}

/// All providers, and the way out to them.
#[derive(Clone, Default)]
pub struct Providers(Arc<Vec<Known>>);

/// Why nobody was signed in. Nothing of it is shown to strangers.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutsideError {
    #[error("the provider cannot be reached: {0}")]
    Send(#[from] SendError),
    #[error("the provider was not reached a moment ago")]
    Resting,
    #[error("the provider's metadata are wrong: {0}")]
    Metadata(&'static str),
    #[error("the provider's keys cannot be read")]
    Keys,
    #[error("the provider gave no tokens: status {0}")]
    Refused(u16),
    #[error("the provider's answer holds no ID token")]
    NoToken,
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    #[error(transparent)]
    Signing(#[from] SigningError),
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl Providers {
    /// These providers, reached by this client.
    pub fn new(all: Vec<Provider>, way_out: &Client) -> Self {
        let known = all.into_iter().map(|p| Known::new(p, way_out.clone()));
        Self(Arc::new(known.collect()))
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Known> {
        self.0.iter().find(|known| known.provider.id == id)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter().map(|known| &known.provider)
    }
}

impl std::fmt::Debug for ClientProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret",
            Self::Key(_) => "Key",
        })
    }
}

impl std::fmt::Debug for Providers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}
