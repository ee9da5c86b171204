use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};

use super::*;
use crate::sha256;

const SITE: &str = "https://clinic.example";
const HANDLE: Handle = [9; 16];
/// Present, verified (and, at registration, a key attached).
const VERIFIED: u8 = 0x05;
const PRESENT_ONLY: u8 = 0x01;

/// A passkey device in software, with "none" attestation.
struct Device {
    pair: EcdsaKeyPair,
    counter: u32,
    origin: &'static str,
    flags: u8,
}

impl Device {
    fn new() -> Self {
        Self {
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            counter: 1,
            origin: SITE,
            flags: VERIFIED,
        }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = &options["publicKey"]["challenge"];
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let head = sha256(b"clinic.example");
        [&head[..], &[self.flags | more], &self.counter.to_be_bytes()].concat()
    }

    fn register(&self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        let client = self.client_data("webauthn.create", &options);
        let point = self.pair.public_key().as_ref();
        // The key in COSE: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
        let key = [
            &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..],
            &point[1..33],
            &[0x22, 0x58, 32],
            &point[33..],
        ]
        .concat();
        let data = [&self.data(0x40)[..], &[0; 16], &[0, 4], b"key1", &key].concat();
        let size = u16::try_from(data.len()).unwrap().to_be_bytes();
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let object = [
            b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59",
            &size[..],
            &data,
        ]
        .concat();
        json!({
            "id": B64.encode("key1"), "rawId": B64.encode("key1"), "type": "public-key", "extensions": {},
            "response": {"attestationObject": B64.encode(object), "clientDataJSON": B64.encode(client)}
        })
        .to_string()
    }

    fn sign_in(&mut self, options: &str, handle: Option<Handle>) -> String {
        self.counter += 1;
        let options: Value = serde_json::from_str(options).unwrap();
        let client = self.client_data("webauthn.get", &options);
        let data = self.data(0);
        let signed = [&data[..], &sha256(&client)].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": B64.encode("key1"), "rawId": B64.encode("key1"), "type": "public-key", "extensions": {},
            "response": {
                "authenticatorData": B64.encode(data), "clientDataJSON": B64.encode(client),
                "signature": B64.encode(signature), "userHandle": handle.map(|h| B64.encode(h))
            }
        })
        .to_string()
    }
}

fn registered(device: &Device) -> (Passkeys, Passkey) {
    let site = Passkeys::new(SITE, "Northgate").unwrap();
    let begun = site.begin_registration(HANDLE, "ada", "Ada", &[]).unwrap();
    let key = site
        .finish_registration(&begun.state, &device.register(&begun.options))
        .unwrap();
    (site, key)
}

#[test]
fn a_passkey_registers_and_signs_in() {
    let mut device = Device::new();
    let (site, key) = registered(&device);
    assert_eq!(key.id(), b"key1");
    let mut key = Passkey::from_text(&key.to_text().unwrap()).unwrap();
    let begun = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    let answer = device.sign_in(&begun.options, None);
    assert!(
        site.finish_sign_in(&begun.state, &answer, &mut key)
            .unwrap(),
        "its counter moved"
    );
    let again = site.finish_sign_in(&begun.state, &answer, &mut key);
    assert!(again.is_ok(), "the caller throws the state away: {again:?}");
}

#[test]
fn a_passkey_signs_in_whoever_has_it() {
    let mut device = Device::new();
    let (site, mut key) = registered(&device);
    for asking in [Asking::InTheField, Asking::ByButton] {
        let begun = site.begin_discoverable(asking).unwrap();
        assert_eq!(
            begun.options.contains("conditional"),
            asking == Asking::InTheField
        );
        assert!(
            begun.options.contains("\"userVerification\":\"required\""),
            "{}",
            begun.options
        );
        let answer = device.sign_in(&begun.options, Some(HANDLE));
        assert_eq!(site.identify(&answer).unwrap(), (HANDLE, b"key1".to_vec()));
        assert!(
            site.finish_discoverable(&begun.state, &answer, &mut key)
                .unwrap()
        );
    }
}

fn check_refused(change: impl FnOnce(&mut Device)) {
    let mut device = Device::new();
    let (site, mut key) = registered(&device);
    change(&mut device);
    let begun = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    let answer = device.sign_in(&begun.options, None);
    let got = site.finish_sign_in(&begun.state, &answer, &mut key);
    assert!(matches!(got, Err(PasskeyError::Refused(_))), "{got:?}");
    let begun = site.begin_discoverable(Asking::ByButton).unwrap();
    let answer = device.sign_in(&begun.options, Some(HANDLE));
    let got = site.finish_discoverable(&begun.state, &answer, &mut key);
    assert!(matches!(got, Err(PasskeyError::Refused(_))), "{got:?}");
}

#[test]
fn n6_a_look_alike_site_gets_nothing_from_a_passkey() {
    check_refused(|d| d.origin = "https://clinic.example.evil.example");
    check_refused(|d| d.origin = "http://clinic.example");
    check_refused(|d| d.origin = "https://clinic.example:444");
}

#[test]
fn another_key_an_unverified_person_and_a_copied_key_are_refused() {
    check_refused(|d| d.pair = Device::new().pair);
    check_refused(|d| d.flags = PRESENT_ONLY);
    let mut device = Device::new();
    let (site, mut key) = registered(&device);
    device.counter = 40;
    let begun = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    site.finish_sign_in(
        &begun.state,
        &device.sign_in(&begun.options, None),
        &mut key,
    )
    .unwrap();
    device.counter = 20;
    let begun = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    let got = site.finish_sign_in(
        &begun.state,
        &device.sign_in(&begun.options, None),
        &mut key,
    );
    assert!(got.is_err(), "a counter that goes back is a copy: {got:?}");
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let mut device = Device::new();
    let (site, mut key) = registered(&device);
    let one = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    let two = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    let answer = device.sign_in(&one.options, None);
    assert!(site.finish_sign_in(&two.state, &answer, &mut key).is_err());
    for bad in ["", "{}", "[]", "null"] {
        assert!(matches!(
            site.finish_sign_in(&one.state, bad, &mut key),
            Err(PasskeyError::Form)
        ));
        assert!(matches!(
            site.finish_sign_in(bad, &answer, &mut key),
            Err(PasskeyError::Form)
        ));
        assert!(site.identify(bad).is_err());
    }
}

#[test]
fn passkeys_live_at_host_names() {
    for good in [
        "https://clinic.example",
        "https://localhost:8443",
        "http://localhost:8080",
    ] {
        assert!(Passkeys::new(good, "x").is_ok(), "{good}");
    }
    for ip in ["https://127.0.0.1:8443", "https://[::1]:8443"] {
        let error = Passkeys::new(ip, "x").unwrap_err();
        assert!(matches!(error, PasskeySetupError::IpAddress(_)), "{error}");
    }
    let error = Passkeys::new("http://clinic.example", "x").unwrap_err();
    assert!(matches!(error, PasskeySetupError::Insecure(_)), "{error}");
    assert!(Passkeys::new("clinic", "x").is_err());
}
