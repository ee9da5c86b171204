//! A new access token.

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_store::{NewToken, PeopleError, Store};
use aceso_vault::{RandomError, random, sha256};
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
    Store(#[from] PeopleError),
}

/// Makes a token of 256 random bits, keeps its SHA-256, and gives it: nobody can read it again.
pub async fn issue(store: &Store, caller: &Caller, wish: Issue) -> Result<String, IssueError> {
    let Fresh { token, hash } = fresh().map_err(|_| IssueError::Random)?;
    let new = NewToken {
        hash,
        client: wish.client,
        scopes: wish.scopes,
        patient: wish.patient,
        expires: wish.expires,
    };
    store.add_token(caller, new).await?;
    Ok(token)
}

/// A token, cookie or link of 256 random bits, and what is kept of it. Its `Debug` form shows neither.
pub struct Fresh {
    /// What goes out, once: 43 letters of base64url.
    pub token: String,
    /// What is kept: its SHA-256.
    pub hash: [u8; 32],
}

impl std::fmt::Debug for Fresh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// A new token, cookie or link.
pub fn fresh() -> Result<Fresh, RandomError> {
    let token = URL_SAFE_NO_PAD.encode(random::<32>()?);
    let hash = digest(&token);
    Ok(Fresh { token, hash })
}

/// What is kept of a token.
pub(crate) fn digest(token: &str) -> [u8; 32] {
    sha256(token.as_bytes())
}
