use super::*;

const NOW: i64 = 1_800_000_000;
const URL: &str = "https://clinic.example/fhir/Patient/1";

impl Sender {
    fn new() -> Self {
        Self::generate().unwrap()
    }

    fn changed(&self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let mut header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()});
        let ath = URL_SAFE_NO_PAD.encode(sha256(b"token"));
        let mut claims = json!({"htm": "GET", "htu": URL, "iat": NOW, "jti": "j", "ath": ath});
        change(&mut header, &mut claims);
        self.signed(&header, &claims).unwrap()
    }
}

fn request() -> Request<'static> {
    Request {
        method: "GET",
        url: URL,
        token: Some("token"),
        now: Instant::from_millis(NOW * 1000),
    }
}

/// RFC 7638, section 3.1.
#[test]
fn the_thumbprint_is_that_of_rfc_7638() {
    let jwk = json!({
        "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    });
    let got = thumbprint(jwk.as_object().unwrap());
    assert_eq!(
        got.as_deref(),
        Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
    );
}

#[test]
fn t14_a_proof_names_its_key_and_counts_for_two_minutes() {
    let sender = Sender::new();
    let proof = request().check(&sender.changed(|_, _| {})).unwrap();
    assert_eq!(
        Some(proof.thumbprint),
        thumbprint(sender.jwk().as_object().unwrap())
    );
    assert_eq!(proof.jti, "j");
    assert_eq!(proof.until.seconds(), NOW + 120);
    let loose = "HTTPS://Clinic.example/fhir/Patient/1?x=1#y";
    assert!(
        request()
            .check(&sender.changed(|_, c| c["htu"] = json!(loose)))
            .is_ok()
    );
}

fn check(change: impl FnOnce(&mut Value, &mut Value), expected: DpopError) {
    assert_eq!(
        request().check(&Sender::new().changed(change)),
        Err(expected)
    );
}

#[test]
fn t14_a_proof_for_anything_else_is_refused() {
    check(|_, c| c["htm"] = json!("POST"), DpopError::Request);
    check(
        |_, c| c["htu"] = json!("https://clinic.example/fhir/Patient/2"),
        DpopError::Request,
    );
    check(
        |_, c| c["htu"] = json!("https://evil.example/fhir/Patient/1"),
        DpopError::Request,
    );
    check(|_, c| c["iat"] = json!(NOW - 61), DpopError::Time);
    check(|_, c| c["iat"] = json!(NOW + 61), DpopError::Time);
    check(|_, c| c["iat"] = json!("now"), DpopError::Time);
    check(|_, c| c["jti"] = json!(""), DpopError::Id);
    check(|_, c| c["ath"] = json!("x"), DpopError::Token);
    check(
        |_, c| drop(c.as_object_mut().unwrap().remove("ath")),
        DpopError::Token,
    );
}

#[test]
fn asvs_9_1_a_proof_cannot_choose_a_weaker_check() {
    check(|h, _| h["alg"] = json!("none"), DpopError::Key);
    check(|h, _| h["alg"] = json!("HS256"), DpopError::Key);
    check(|h, _| h["alg"] = json!("ES384"), DpopError::Key);
    check(|h, _| h["typ"] = json!("JWT"), DpopError::Form);
    check(
        |h, _| h["jku"] = json!("https://evil.example"),
        DpopError::Form,
    );
    check(|h, _| h["jwk"]["d"] = json!("AA"), DpopError::Key);
    check(
        |h, _| h["jwk"] = json!({"kty": "oct", "k": "AA"}),
        DpopError::Key,
    );
    check(|h, _| h["jwk"] = Sender::new().jwk(), DpopError::Signature);
    for bad in ["", "a.b", "a.b.c", "..", &"a".repeat(20_000)] {
        assert_eq!(request().check(bad), Err(DpopError::Form));
    }
}
