//! Who may call: the pages by which people sign in and look after their accounts; the OAuth 2.1, OpenID Connect and SMART
//! App Launch server for apps that act for them and for backend services; the check of access tokens on every request; accounts
//! kept by the clinic's directory (SCIM).
//!
//! Deliberately absent: who may do what (that is `policy`), registration of apps from outside, passwords in exchange for
//! tokens.

mod assertion;
mod form;
mod grant;
mod introspect;
mod issue;
mod metadata;
mod oauth;
mod openapi;
pub mod outside;
pub mod pages;
mod problem;
mod revoke;
mod scim;
mod scopes;
mod token;
mod verifier;

use std::sync::Arc;

use aceso_base::Clock;
use aceso_store::Store;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::oauth::keys::Keys;
use crate::oauth::proof::Proofs;
use crate::oauth::{style, userinfo};

#[cfg(test)]
mod tests;

pub use issue::{Fresh, Issue, IssueError, fresh, issue};
pub use oauth::ROUTES as APP_ROUTES;
pub use oauth::keys::{KeyError, rotate_signing_key};
pub use oauth::redirect::{RedirectError, check_redirect};
pub use scopes::{Register, RegisterError, check_scopes};
pub use verifier::Verifier;

/// What the token endpoint needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Scheme and authority that clients use, without a final slash: `https://clinic.example`. It is the issuer, and
    /// what assertions must be addressed to; never taken from a request.
    pub base: String,
    /// Origins that the installation itself lets call, beside those that apps registered.
    pub origins: Vec<String>,
    /// Life of an access token for a backend service, in seconds.
    pub token_seconds: u32,
}

/// The authorization server; cheap to clone.
#[derive(Clone)]
pub struct Login(Arc<Parts>);

struct Parts {
    store: Store,
    clock: Arc<dyn Clock>,
    settings: Settings,
    verifier: Verifier,
    proofs: Arc<Proofs>,
    keys: Keys,
}

impl Login {
    /// The authorization server over this store.
    pub fn new(store: Store, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        let proofs = Arc::<Proofs>::default();
        let base = settings.base.clone();
        let verifier = Verifier::at(
            store.clone(),
            Arc::clone(&clock),
            base,
            settings.origins.clone(),
            Arc::clone(&proofs),
        );
        Self(Arc::new(Parts {
            store,
            clock,
            settings,
            verifier,
            proofs,
            keys: Keys::default(),
        }))
    }

    /// The check of access tokens, for `web`.
    pub fn tokens(&self) -> aceso_web::Tokens {
        let login = self.clone();
        aceso_web::Tokens::checking(move |presented| login.0.verifier.check(presented))
    }

    /// Its routes.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/oauth/token", post(token::post))
            .route("/oauth/introspect", post(introspect::post))
            .route("/oauth/revoke", post(revoke::post))
            .route("/oauth/jwks", get(metadata::keys))
            .route(
                "/oauth/userinfo",
                get(userinfo::answer).post(userinfo::answer),
            )
            .route("/oauth/style.json", get(style::get))
            .route("/oauth/openapi.json", get(openapi::get))
            .route(
                "/fhir/.well-known/smart-configuration",
                get(metadata::smart),
            )
            .route("/.well-known/openid-configuration", get(metadata::server))
            .route(
                "/.well-known/oauth-authorization-server",
                get(metadata::server),
            )
            .merge(scim::routes())
            .layer(DefaultBodyLimit::max(64 * 1024))
            .with_state(self.clone())
    }
}
