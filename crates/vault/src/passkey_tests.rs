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

/// What a maker calls its model (AAGUID).
const MODEL: [u8; 16] = [0x2f; 16];
const MODEL_NAME: &str = "2f2f2f2f-2f2f-2f2f-2f2f-2f2f2f2f2f2f";

/// Who makes devices and vouches for them.
struct Maker {
    /// PEM.
    authority: Vec<u8>,
    /// Of the devices (DER), with its key.
    certificate: Vec<u8>,
    key: EcdsaKeyPair,
}

impl Maker {
    fn new() -> Self {
        use rcgen::{
            BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa,
            KeyPair, KeyUsagePurpose,
        };
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::ExplicitNoCa;
        for (part, text) in [
            (DnType::CountryName, "CH"),
            (DnType::OrganizationName, "Maker"),
            (DnType::OrganizationalUnitName, "Authenticator Attestation"),
            (DnType::CommonName, "Maker's key"),
        ] {
            params.distinguished_name.push(part, text);
        }
        let model = [&[4, 16][..], &MODEL].concat();
        let oid = [1, 3, 6, 1, 4, 1, 45724, 1, 1, 4];
        let model = CustomExtension::from_oid_content(&oid, model);
        params.custom_extensions.push(model);
        let certificate = params.signed_by(&key, &authority).unwrap();
        let der = key.serialize_der();
        Self {
            authority: authority.pem().into_bytes(),
            certificate: certificate.der().to_vec(),
            key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der).unwrap(),
        }
    }

    fn site(&self, model: &str) -> Passkeys {
        let devices = Devices::new(std::slice::from_ref(&self.authority), &[model.to_owned()]);
        let site = Passkeys::new(SITE, "Northgate").unwrap();
        site.with_devices(Some(devices.unwrap()))
    }
}

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
        // {"fmt": "none", "attStmt": {}
        self.registered([0; 16], options, |_| {
            b"\xa3\x63fmt\x64none\x67attStmt\xa0".to_vec()
        })
    }

    /// The same, and its maker says which model it is.
    fn register_vouched(&self, options: &str, maker: &Maker) -> String {
        self.registered(MODEL, options, |signed| {
            let signature = maker.key.sign(&SystemRandom::new(), signed).unwrap();
            let signature = signature.as_ref();
            let sizes = (
                u8::try_from(signature.len()).unwrap(),
                u16::try_from(maker.certificate.len()).unwrap(),
            );
            // {"fmt": "packed", "attStmt": {"alg": -7, "sig": signature, "x5c": [certificate]}
            [
                &b"\xa3\x63fmt\x66packed\x67attStmt\xa3\x63alg\x26\x63sig\x58"[..],
                &[sizes.0],
                signature,
                b"\x63x5c\x81\x59",
                &sizes.1.to_be_bytes(),
                &maker.certificate,
            ]
            .concat()
        })
    }

    /// An answer of a device of this model; what is said of it is made of what would be signed.
    fn registered(
        &self,
        model: [u8; 16],
        options: &str,
        said: impl Fn(&[u8]) -> Vec<u8>,
    ) -> String {
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
        let data = [&self.data(0x40)[..], &model, &[0, 4], b"key1", &key].concat();
        let size = u16::try_from(data.len()).unwrap().to_be_bytes();
        let signed = [&data[..], &sha256(&client)].concat();
        // …, "authData": data}
        let object = [&said(&signed)[..], b"\x68authData\x59", &size, &data].concat();
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
    let begun = site
        .begin_registration(HANDLE, ("ada", "Ada"), &[], Makers::Any)
        .unwrap();
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

fn begun(site: &Passkeys, makers: Makers) -> Ceremony {
    site.begin_registration(HANDLE, ("ada", "Ada"), &[], makers)
        .unwrap()
}

#[test]
fn n7_where_devices_are_listed_only_a_key_of_theirs_is_taken_and_known_again() {
    let (maker, device) = (Maker::new(), Device::new());
    let site = maker.site(MODEL_NAME);
    let ceremony = begun(&site, Makers::Listed);
    let options: Value = serde_json::from_str(&ceremony.options).unwrap();
    assert_eq!(options["publicKey"]["attestation"], "direct");
    let answer = device.register_vouched(&ceremony.options, &maker);
    let key = site.finish_registration(&ceremony.state, &answer).unwrap();
    let mut key = Passkey::from_text(&key.to_text().unwrap()).unwrap();
    assert!(site.accepts(&key, Makers::Listed));
    let mut device = device;
    let asked = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    let answer = device.sign_in(&asked.options, None);
    site.finish_sign_in(&asked.state, &answer, &mut key)
        .unwrap();
    assert!(site.accepts(&key, Makers::Listed), "after it was used");
    // Another model, another maker, nobody who vouches.
    let other = maker.site("11111111-1111-1111-1111-111111111111");
    assert!(!other.accepts(&key, Makers::Listed));
    assert!(!Maker::new().site(MODEL_NAME).accepts(&key, Makers::Listed));
    for (site, by) in [(&other, &maker), (&site, &Maker::new())] {
        let ceremony = begun(site, Makers::Listed);
        let answer = device.register_vouched(&ceremony.options, by);
        assert!(site.finish_registration(&ceremony.state, &answer).is_err());
    }
    let ceremony = begun(&site, Makers::Listed);
    let plain = device.register(&ceremony.options);
    assert!(site.finish_registration(&ceremony.state, &plain).is_err());
    // Whoever may use any device does.
    let ceremony = begun(&site, Makers::Any);
    let plain = device.register(&ceremony.options);
    let plain = site.finish_registration(&ceremony.state, &plain).unwrap();
    assert!(site.accepts(&plain, Makers::Any) && !site.accepts(&plain, Makers::Listed));
    // A key whose maker spoke unasked is none of the list's by that alone.
    let ceremony = begun(&site, Makers::Any);
    let forged = Maker::new();
    let answer = device.register_vouched(&ceremony.options, &forged);
    let taken = site.finish_registration(&ceremony.state, &answer).unwrap();
    assert!(!site.accepts(&taken, Makers::Listed));
}

#[test]
fn a_list_of_devices_names_models_and_who_vouches_for_them() {
    let maker = Maker::new();
    let authorities = [maker.authority.clone()];
    let model = MODEL_NAME.to_owned();
    for (authorities, models, why) in [
        (&[][..], &[model.clone()][..], DevicesError::Incomplete),
        (&authorities, &[], DevicesError::Incomplete),
        (
            &authorities,
            &["key".to_owned()],
            DevicesError::Model("key".to_owned()),
        ),
        (&[b"x".to_vec()], &[model], DevicesError::Authority),
    ] {
        assert_eq!(Devices::new(authorities, models).unwrap_err(), why);
    }
}
