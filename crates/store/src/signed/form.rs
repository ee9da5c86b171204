//! How a signed note bears its signature, and which bytes are signed.

use aceso_base::Instant;
use aceso_fhir::json::canonical;
use aceso_fhir::{Object, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The tag (`meta.tag`: system and code) of a signed Composition.
pub const SIGNED: (&str, &str) = ("urn:aceso:note", "signed");
/// The extension of `Composition.attester` that holds the Signature.
pub const SIGNATURE: &str = "urn:aceso:note-signature";
/// ASTM E1762-95, 4.1: the author's signature.
const AUTHOR: (&str, &str) = ("urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.1");

/// Whether a document bears the tag.
pub(crate) fn is_tagged(document: &Value) -> bool {
    let tags = document.get("meta").map(|m| m.items_at("tag"));
    tags.unwrap_or_default()
        .iter()
        .any(|tag| tag.str_at("system") == Some(SIGNED.0) && tag.str_at("code") == Some(SIGNED.1))
}

/// A Signature as a note bears it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// The signer: a reference.
    pub(super) who: String,
    /// As FHIR writes instants.
    pub(super) when: String,
    /// The detached JSON Web Signature.
    pub(super) data: String,
}

impl Signature {
    /// The one that a note bears, if it bears exactly one.
    pub(super) fn of(document: &Value) -> Option<Self> {
        let extensions = document
            .items_at("attester")
            .iter()
            .flat_map(|a| a.items_at("extension"))
            .filter(|e| e.str_at("url") == Some(SIGNATURE));
        let [one] = extensions.collect::<Vec<_>>()[..] else {
            return None;
        };
        let signature = one.get("valueSignature")?;
        let data = STANDARD.decode(signature.str_at("data")?).ok()?;
        Some(Self {
            who: signature.get("who")?.str_at("reference")?.to_owned(),
            when: signature.str_at("when")?.to_owned(),
            data: String::from_utf8(data).ok()?,
        })
    }
}

/// The note with its id, its tag and its signer, and with all of the signature but what is computed.
pub(super) fn prepared(mut document: Object, id: &str, who: &str, when: Instant) -> Object {
    let when = when.to_fhir();
    let reference = |to: &str| Value::from([("reference", Value::from(to))]);
    let kind = Value::from([
        ("system", Value::from(AUTHOR.0)),
        ("code", Value::from(AUTHOR.1)),
        ("display", Value::from("Author's Signature")),
    ]);
    let signature = Value::from([
        ("type", Value::from(vec![kind])),
        ("when", Value::from(when.as_str())),
        ("who", reference(who)),
        ("targetFormat", Value::from("application/fhir+json")),
        ("sigFormat", Value::from("application/jose")),
    ]);
    let extension = Value::from([
        ("url", Value::from(SIGNATURE)),
        ("valueSignature", signature),
    ]);
    let attester = Value::from([
        ("extension", Value::from(vec![extension])),
        ("mode", Value::from("professional")),
        ("time", Value::from(when.as_str())),
        ("party", reference(who)),
    ]);
    document.set("id", id);
    tag(&mut document);
    document.set("attester", Value::from(vec![attester]));
    document
}

fn tag(document: &mut Object) {
    let mut meta = match document.remove("meta") {
        Some(Value::Object(meta)) => meta,
        Some(_) | None => Object::new(),
    };
    let tag = Value::from([
        ("system", Value::from(SIGNED.0)),
        ("code", Value::from(SIGNED.1)),
    ]);
    let mut tags = meta
        .get("tag")
        .map(|t| t.each().to_vec())
        .unwrap_or_default();
    tags.retain(|t| t.str_at("system") != Some(SIGNED.0));
    tags.push(tag);
    meta.set("tag", tags);
    document.set("meta", meta);
}

/// Puts the signature in.
pub(super) fn bearing(mut document: Object, data: &str) -> Object {
    each_signature(&mut document, |signature| {
        signature.set("data", STANDARD.encode(data));
    });
    document
}

/// What is signed: the whole note in its canonical form, without what the store writes into every version
/// (`meta.versionId`, `meta.lastUpdated`) and without the signature's own value.
pub(super) fn payload(document: &Value) -> Vec<u8> {
    let Some(mut document) = document.as_object().cloned() else {
        return canonical(document);
    };
    if let Some(meta) = document.get_mut("meta").and_then(Value::as_object_mut) {
        meta.remove("versionId");
        meta.remove("lastUpdated");
    }
    each_signature(&mut document, |signature| {
        signature.remove("data");
    });
    canonical(&Value::from(document))
}

fn each_signature(document: &mut Object, mut act: impl FnMut(&mut Object)) {
    let attesters = document.get_mut("attester").and_then(Value::as_array_mut);
    for attester in attesters.into_iter().flatten() {
        let extensions = attester
            .as_object_mut()
            .and_then(|a| a.get_mut("extension"))
            .and_then(Value::as_array_mut);
        for extension in extensions.into_iter().flatten() {
            let ours = extension.str_at("url") == Some(SIGNATURE);
            let signature = extension
                .as_object_mut()
                .and_then(|e| e.get_mut("valueSignature"))
                .and_then(Value::as_object_mut);
            if let Some(signature) = signature.filter(|_| ours) {
                act(signature);
            }
        }
    }
}
