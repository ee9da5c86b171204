//! A new access token.

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_store::{NewToken, Store, StoreError};
use aceso_vault::{random, sha256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What a token is to allow, and until when.
#[derive(Clone, Debug)]
pub struct Issue {
    /// The registered client.
    pub client: String,
    /// Scopes, separated by blanks.
    pub scopes: String,
    /// The patient that `patient/` scopes are limited to.
    pub patient: Option<String>,
    /// When it ends.
    pub expires: Instant,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// No randomness.
    #[error("the random generator failed")]
    Random,
    /// It could not be kept.
    #[error("could not keep the token's digest")]
    Store(#[from] StoreError),
}

/// Makes a token of 256 random bits, keeps its SHA-256, and gives it: nobody can read it again.
pub async fn issue(store: &Store, caller: &Caller, wish: Issue) -> Result<String, IssueError> {
    let secret = random::<32>().map_err(|_| IssueError::Random)?;
    let token = URL_SAFE_NO_PAD.encode(secret);
    let new = NewToken {
        hash: digest(&token),
        client: wish.client,
        scopes: wish.scopes,
        patient: wish.patient,
        expires: wish.expires,
    };
    store.add_token(caller, new).await?;
    Ok(token)
}

/// What is kept of a token.
pub(crate) fn digest(token: &str) -> [u8; 32] {
    sha256(token.as_bytes())
}
