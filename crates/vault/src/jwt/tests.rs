use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RsaKeyPair,
};
use serde_json::json;

use super::*;
use crate::jwt::KeySetError;

enum Signer {
    Ec(&'static str, EcdsaKeyPair),
    Rsa(&'static str, Box<RsaKeyPair>),
}

impl Signer {
    fn new(alg: &'static str) -> Self {
        match alg {
            "ES256" => Self::Ec(
                alg,
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            ),
            "ES384" => Self::Ec(
                alg,
                EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap(),
            ),
            _ => Self::Rsa(
                alg,
                Box::new(RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap()),
            ),
        }
    }

    fn alg(&self) -> &'static str {
        match self {
            Self::Ec(alg, _) | Self::Rsa(alg, _) => alg,
        }
    }

    fn jwk(&self, kid: &str) -> Value {
        let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Ec(alg, key) => {
                let point = &key.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let crv = if *alg == "ES256" { "P-256" } else { "P-384" };
                json!({"kty": "EC", "crv": crv, "kid": kid, "alg": alg, "x": b64(x), "y": b64(y)})
            }
            Self::Rsa(alg, key) => {
                // RSAPublicKey in DER, 2048 bits: nine bytes of framing, n, five of framing and e.
                let der = key.public_key().as_ref();
                let (n, e) = (&der[9..265], &der[der.len() - 3..]);
                json!({"kty": "RSA", "kid": kid, "alg": alg, "n": b64(n), "e": b64(e)})
            }
        }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |v: &Value| URL_SAFE_NO_PAD.encode(v.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let random = SystemRandom::new();
        let signature = match self {
            Self::Ec(_, key) => key
                .sign(&random, signed.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec(),
            Self::Rsa(alg, key) => {
                let mut out = vec![0; key.public_modulus_len()];
                let encoding = if *alg == "RS256" {
                    &RSA_PKCS1_SHA256
                } else {
                    &RSA_PKCS1_SHA384
                };
                key.sign(encoding, &random, signed.as_bytes(), &mut out)
                    .unwrap();
                out
            }
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn set(keys: &[Value]) -> Result<KeySet, KeySetError> {
    KeySet::parse(&json!({ "keys": keys }).to_string())
}

#[test]
fn each_algorithm_verifies_its_own_signature_and_no_changed_text() {
    for alg in ["ES384", "RS384", "ES256", "RS256"] {
        let signer = Signer::new(alg);
        let keys = set(&[signer.jwk("k1")]).unwrap();
        let token = signer.sign(&json!({"alg": alg, "kid": "k1"}), &json!({"iss": "a"}));
        let claims = Unverified::parse(&token).unwrap().verify(&keys).unwrap();
        assert_eq!(claims["iss"], "a");
        let (head, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let forged = URL_SAFE_NO_PAD.encode(json!({"iss": "b"}).to_string());
        let forged = format!("{head}.{forged}.{signature}");
        let refused = Unverified::parse(&forged).unwrap().verify(&keys);
        assert_eq!(refused, Err(JwtError::Signature), "{alg}");
    }
}

fn check_header(signer: &Signer, header: &Value, expected: JwtError) {
    let keys = set(&[signer.jwk("k1")]).unwrap();
    let token = signer.sign(header, &json!({"iss": "a"}));
    let got = Unverified::parse(&token).and_then(|t| t.verify(&keys));
    assert_eq!(got.err(), Some(expected), "{header}");
}

#[test]
fn the_key_and_not_the_token_chooses_the_algorithm() {
    let rsa = Signer::new("RS384");
    check_header(
        &rsa,
        &json!({"alg": "RS256", "kid": "k1"}),
        JwtError::Algorithm,
    );
    check_header(
        &rsa,
        &json!({"alg": "none", "kid": "k1"}),
        JwtError::Algorithm,
    );
    check_header(
        &rsa,
        &json!({"alg": "HS256", "kid": "k1"}),
        JwtError::Algorithm,
    );
    check_header(&rsa, &json!({"kid": "k1"}), JwtError::Algorithm);
}

#[test]
fn a_token_cannot_bring_its_own_key() {
    let signer = Signer::new("ES384");
    assert_eq!(signer.alg(), "ES384");
    check_header(
        &signer,
        &json!({"alg": "ES384", "kid": "k2"}),
        JwtError::UnknownKey,
    );
    check_header(&signer, &json!({"alg": "ES384"}), JwtError::UnknownKey);
    for name in REFUSED {
        let header = json!({"alg": "ES384", "kid": "k1", name: "https://keys.example/"});
        check_header(&signer, &header, JwtError::Header);
    }
}

#[test]
fn another_clients_key_does_not_verify() {
    let (mine, other) = (Signer::new("ES256"), Signer::new("ES256"));
    let keys = set(&[other.jwk("k1")]).unwrap();
    let token = mine.sign(&json!({"alg": "ES256", "kid": "k1"}), &json!({}));
    let refused = Unverified::parse(&token).unwrap().verify(&keys);
    assert_eq!(refused, Err(JwtError::Signature));
}

#[test]
fn what_is_not_a_token_is_refused() {
    let long = "a".repeat(MOST_BYTES + 1);
    for bad in [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c",
        "e30.e30.!",
        "e30.W10.e30",
        &long,
    ] {
        let got = Unverified::parse(bad).map(|_| ());
        assert_eq!(got, Err(JwtError::Form), "{bad:.20}");
    }
}

fn check_set(change: impl FnOnce(&mut Value), expected: &KeySetError) {
    let mut jwk = Signer::new("ES384").jwk("k1");
    change(&mut jwk);
    assert_eq!(&set(&[jwk]).unwrap_err(), expected);
}

#[test]
fn a_key_that_should_not_be_registered_is_named() {
    let id = || "k1".to_owned();
    check_set(|k| k["d"] = json!("AA"), &KeySetError::Secret(id()));
    check_set(|k| k["kty"] = json!("oct"), &KeySetError::Secret(id()));
    check_set(|k| k["use"] = json!("enc"), &KeySetError::Use(id()));
    check_set(|k| k["key_ops"] = json!(["sign"]), &KeySetError::Use(id()));
    check_set(|k| k["alg"] = json!("ES256"), &KeySetError::Kind(id()));
    check_set(|k| k["x"] = k["y"].clone(), &KeySetError::Kind(id()));
    check_set(|k| k["kid"] = json!(""), &KeySetError::NoId);
    let weak =
        json!({"kty": "RSA", "kid": "k1", "n": URL_SAFE_NO_PAD.encode([0x81; 128]), "e": "AQAB"});
    assert_eq!(set(&[weak]).unwrap_err(), KeySetError::Kind(id()));
    let key = Signer::new("ES384").jwk("k1");
    let twice = set(&[key.clone(), key]).unwrap_err();
    assert_eq!(twice, KeySetError::TwoWithId(id()));
    assert_eq!(set(&[]).unwrap_err(), KeySetError::Size);
    assert_eq!(KeySet::parse("[]").unwrap_err(), KeySetError::Form);
}
