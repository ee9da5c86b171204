//! The desk's OpenPGP key: drawn from its keyring, so that it is the same at each start and in each copy of the keyring.

use aceso_store::Store;
use aceso_vault::{PersonKeyError, PgpSigner};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::document;
use crate::DeskWeb;

/// The key of a desk, named after its publisher.
pub(crate) fn signer(
    store: &Store,
    publisher: &str,
    mail: &str,
) -> Result<PgpSigner, PersonKeyError> {
    let plain = |c: &char| !matches!(c, '<' | '>') && !c.is_control();
    let name: String = publisher.chars().filter(plain).collect();
    let seed = store.mac("desk openpgp").tag(&[b"seed"]);
    PgpSigner::new(&seed, &format!("{name} <{mail}>"))
}

/// `/.well-known/csaf/openpgp/{fingerprint}.asc`.
pub(super) async fn show(State(web): State<DeskWeb>, Path(file): Path<String>) -> Response {
    let signer = web.signer();
    if file == format!("{}.asc", signer.fingerprint()) {
        document("text/plain; charset=utf-8", signer.public())
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}
