//! Public keys as clients register them.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

const MOST_BYTES: usize = 64 * 1024;
const MOST_KEYS: usize = 16;

/// A signature algorithm (RFC 7518, section 3.1) that clients may use; ES384 and RS384 are those that SMART App
/// Launch 2.2 asks servers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// ECDSA with P-384 and SHA-384.
    Es384,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
}

/// A client's public keys: at least one, each with an id of its own.
#[derive(Debug)]
pub struct KeySet(Vec<Key>);

/// One public key.
pub(super) struct Key {
    id: String,
    pub(super) algorithm: Algorithm,
    material: Material,
}

enum Material {
    Elliptic(ParsedPublicKey),
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

/// Why a key set cannot be registered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not JSON of the form `{"keys": […]}`.
    #[error("not a JWK Set: an object with \"keys\" is expected (RFC 7517)")]
    Form,
    /// No key, or too many.
    #[error("a JWK Set must hold 1 to 16 keys, in at most 64 KiB")]
    Size,
    /// A key without `kid`.
    #[error("every key needs a \"kid\"")]
    NoId,
    /// Two keys with the same `kid`.
    #[error("two keys have the kid \"{0}\"")]
    TwoWithId(String),
    /// A private or symmetric key: it must not leave its owner.
    #[error("key \"{0}\" is private or symmetric: register the public part only")]
    Secret(String),
    /// A key for something else.
    #[error("key \"{0}\" is not for signatures (\"use\": \"sig\")")]
    Use(String),
    /// A kind of key or algorithm that is not accepted.
    #[error(
        "key \"{0}\" is of a kind that is not accepted: EC P-384 (ES384), EC P-256 (ES256), RSA of 2048 bits or more (RS384, RS256)"
    )]
    Kind(String),
}

#[derive(Deserialize)]
struct Form {
    keys: Vec<Map<String, Value>>,
}

impl Algorithm {
    /// Its name in `alg`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
        }
    }

    /// All of them, the preferred first.
    pub const ALL: [Self; 4] = [Self::Es384, Self::Rs384, Self::Es256, Self::Rs256];
}

impl KeySet {
    /// Reads a JWK Set; every key in it must be usable.
    pub fn parse(text: &str) -> Result<Self, KeySetError> {
        if text.len() > MOST_BYTES {
            return Err(KeySetError::Size);
        }
        let form: Form = serde_json::from_str(text).map_err(|_| KeySetError::Form)?;
        if form.keys.is_empty() || form.keys.len() > MOST_KEYS {
            return Err(KeySetError::Size);
        }
        let mut keys: Vec<Key> = Vec::with_capacity(form.keys.len());
        for jwk in &form.keys {
            let key = Key::parse(jwk)?;
            if keys.iter().any(|k| k.id == key.id) {
                return Err(KeySetError::TwoWithId(key.id));
            }
            keys.push(key);
        }
        Ok(Self(keys))
    }

    /// Reads the JWK Set of an outside OpenID provider: keys for other uses or of other kinds are passed over, and an RSA
    /// key that names no algorithm is for RS256, the algorithm that every provider has (OpenID Connect Core 1.0, 15.1).
    pub fn of_provider(text: &str) -> Result<Self, KeySetError> {
        if text.len() > MOST_BYTES {
            return Err(KeySetError::Size);
        }
        let form: Form = serde_json::from_str(text).map_err(|_| KeySetError::Form)?;
        let mut keys: Vec<Key> = Vec::new();
        for mut jwk in form.keys.into_iter().take(MOST_KEYS) {
            if jwk.get("kty").is_some_and(|k| k == "RSA") && !jwk.contains_key("alg") {
                jwk.insert("alg".to_owned(), Algorithm::Rs256.name().into());
            }
            let key = Key::parse(&jwk).ok();
            keys.extend(key.filter(|new| keys.iter().all(|k| k.id != new.id)));
        }
        if keys.is_empty() {
            return Err(KeySetError::Size);
        }
        Ok(Self(keys))
    }

    pub(super) fn find(&self, id: &str) -> Option<&Key> {
        self.0.iter().find(|k| k.id == id)
    }
}

impl Key {
    fn parse(jwk: &Map<String, Value>) -> Result<Self, KeySetError> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let id = text("kid")
            .filter(|kid| !kid.is_empty())
            .ok_or(KeySetError::NoId)?
            .to_owned();
        if text("kty") == Some("oct") || jwk.contains_key("d") || jwk.contains_key("k") {
            return Err(KeySetError::Secret(id));
        }
        if text("use").is_some_and(|u| u != "sig") || !may_verify(jwk.get("key_ops")) {
            return Err(KeySetError::Use(id));
        }
        match material(text, text("alg")) {
            Some((algorithm, material)) => Ok(Self {
                id,
                algorithm,
                material,
            }),
            None => Err(KeySetError::Kind(id)),
        }
    }

    /// A key that a token brings itself (DPoP), for the algorithm that the token names.
    pub(super) fn brought(jwk: &Map<String, Value>, algorithm: &str) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let secret = jwk.contains_key("d") || jwk.contains_key("k");
        if secret || text("alg").is_some_and(|own| own != algorithm) {
            return None;
        }
        let (algorithm, material) = material(text, Some(algorithm))?;
        Some(Self {
            id: String::new(),
            algorithm,
            material,
        })
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Elliptic(key) => key.verify_sig(message, signature).is_ok(),
            Material::Rsa { n, e } => {
                let parameters = match self.algorithm {
                    Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
                    Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::Es256 | Algorithm::Es384 => return false,
                };
                let key = RsaPublicKeyComponents { n, e };
                key.verify(parameters, message, signature).is_ok()
            }
        }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({}, {})", self.id, self.algorithm.name())
    }
}

fn may_verify(operations: Option<&Value>) -> bool {
    match operations.map(Value::as_array) {
        None => true,
        Some(list) => list.is_some_and(|l| l.iter().any(|o| o == "verify")),
    }
}

/// The key itself and the one algorithm it is for; an RSA key that names none is for RS384.
fn material<'a>(
    text: impl Fn(&str) -> Option<&'a str>,
    stated: Option<&str>,
) -> Option<(Algorithm, Material)> {
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
    let algorithm = match (text("kty")?, text("crv"), stated) {
        ("EC", Some("P-384"), None | Some("ES384")) => Algorithm::Es384,
        ("EC", Some("P-256"), None | Some("ES256")) => Algorithm::Es256,
        ("RSA", None, None | Some("RS384")) => Algorithm::Rs384,
        ("RSA", None, Some("RS256")) => Algorithm::Rs256,
        _ => return None,
    };
    let material = match algorithm {
        Algorithm::Es256 => Material::Elliptic(
            ParsedPublicKey::new(
                &ECDSA_P256_SHA256_FIXED,
                point(&bytes("x")?, &bytes("y")?, 32)?,
            )
            .ok()?,
        ),
        Algorithm::Es384 => Material::Elliptic(
            ParsedPublicKey::new(
                &ECDSA_P384_SHA384_FIXED,
                point(&bytes("x")?, &bytes("y")?, 48)?,
            )
            .ok()?,
        ),
        Algorithm::Rs256 | Algorithm::Rs384 => {
            let (n, e) = (bytes("n")?, bytes("e")?);
            let large = (256..=1024).contains(&n.len()) && n.first().is_some_and(|b| *b != 0);
            let odd = (1..=4).contains(&e.len()) && e.last().is_some_and(|b| b & 1 == 1);
            if !large || !odd || e == [1] {
                return None;
            }
            Material::Rsa { n, e }
        }
    };
    Some((algorithm, material))
}

/// An uncompressed point (SEC 1, section 2.3.3).
fn point(x: &[u8], y: &[u8], width: usize) -> Option<Vec<u8>> {
    (x.len() == width && y.len() == width).then(|| [&[4], x, y].concat())
}
