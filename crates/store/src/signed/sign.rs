//! Signing a note, and checking what was signed.

use std::sync::Arc;

use aceso_fhir::Value;
use aceso_policy::{Caller, Person, Who};
use aceso_vault::signing_key_id;
use rusqlite::Connection;

use super::form::{Signature, bearing, payload, prepared};
use super::key::{KeptKey, kept};
use crate::{PeopleError, Store, StoreError, Stored, Tx, WriteError};

/// How a note stands to the signature that it bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteSignature {
    /// It is no signed note.
    Unsigned,
    /// It is as its signer left it.
    Valid {
        /// The signer: a reference.
        who: String,
        /// As FHIR writes instants.
        when: String,
        /// The key's thumbprint (RFC 7638).
        key: String,
    },
    /// It is not, or nobody can say so: why.
    Broken(&'static str),
}

impl Tx {
    /// Signs a Composition as the person who is signed in, who must be among its authors, and creates it (`if_match`
    /// none) or replaces a draft. From then on it stays as it is.
    pub async fn sign(
        &mut self,
        id: &str,
        document: Value,
        if_match: Option<u64>,
    ) -> Result<Stored, WriteError> {
        let may = signer(self.caller(), &document);
        let (Some((person, who)), Value::Object(document)) = (may, document) else {
            return Err(self.denied("sign", "Composition", id));
        };
        let store = self.store().clone();
        let key = match store.person_key(self.caller(), &person, &who).await {
            Ok(key) => key,
            Err(PeopleError::Store(error)) => return Err(error.into()),
            Err(_) => return Err(self.denied("sign", "Composition", id)),
        };
        // Not before the key was made.
        let document = prepared(document, id, &who, store.now());
        let document = Value::from(document);
        let data = key.sign(&payload(&document));
        let Value::Object(document) = document else {
            return Err(StoreError::text("a note is an object").into());
        };
        self.note_signing(id);
        let document = Value::from(bearing(document, &data));
        match if_match {
            None => self.create(id, document),
            Some(_) => self.update(id, document, if_match).await,
        }
    }
}

/// The person who is signed in, if they are an author of this Composition. Apps never sign for anybody.
fn signer(caller: &Caller, document: &Value) -> Option<(Arc<Person>, String)> {
    let Who::Person(person) = &caller.who else {
        return None;
    };
    let who = person.user.as_ref()?.to_string();
    let authors = document.items_at("author").iter();
    let own = document.resource_type() == Some("Composition")
        && authors
            .filter_map(|a| a.str_at("reference"))
            .any(|a| a == who);
    own.then(|| (Arc::clone(person), who))
}

impl Store {
    /// How a note (as it is stored) stands to the signature that it bears.
    pub async fn note_signature(&self, note: &Value) -> Result<NoteSignature, StoreError> {
        let note = note.clone();
        let look = move |c: &mut Connection| check(&note, |id| kept(c, id));
        self.0.readers.quiet(look).await?
    }
}

/// As [`Store::note_signature`], with the keys from elsewhere.
pub(crate) fn check(
    note: &Value,
    key: impl FnOnce(&str) -> Result<Option<KeptKey>, StoreError>,
) -> Result<NoteSignature, StoreError> {
    let broken = |why| Ok(NoteSignature::Broken(why));
    if !super::is_tagged(note) {
        return Ok(NoteSignature::Unsigned);
    }
    let Some(signature) = Signature::of(note) else {
        return broken("it says that it is signed, and bears no signature");
    };
    let Some(id) = signing_key_id(&signature.data) else {
        return broken("its signature cannot be read");
    };
    let Some(key) = key(&id)? else {
        return broken("it is signed with a key that is not known here");
    };
    let party = note
        .items_at("attester")
        .iter()
        .find_map(|a| a.get("party")?.str_at("reference"));
    if signature.who != key.subject || party != Some(key.subject.as_str()) {
        return broken("it is signed with the key of somebody else than it says");
    }
    let (made, ended) = (key.made.to_fhir(), key.ended.map(|e| e.to_fhir()));
    if signature.when < made || ended.is_some_and(|ended| signature.when > ended) {
        return broken("it says that it was signed when its key was not in use");
    }
    if !key.public.verifies(&signature.data, &payload(note)) {
        return broken("it is not what its author signed");
    }
    Ok(NoteSignature::Valid {
        who: signature.who,
        when: signature.when,
        key: id,
    })
}
