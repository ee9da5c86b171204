//! Security keys in software, and makers who vouch for them, as browsers answer for them (Web Authentication, sections 6 and 8).
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "dev only: a test fails here when its stage cannot be set"
)]

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};

/// The site that keys are made for.
pub const SITE: &str = "https://clinic.example";
/// What the maker calls its model (AAGUID).
const MODEL: [u8; 16] = [0x2f; 16];
/// The same, as lists name it.
pub const MODEL_NAME: &str = "2f2f2f2f-2f2f-2f2f-2f2f-2f2f2f2f2f2f";
/// Its owner was there, and proved who they are.
const VERIFIED: u8 = 0x05;
/// Its owner was there.
pub const PRESENT_ONLY: u8 = 0x01;

/// Who makes devices and vouches for them.
pub struct Maker {
    /// Who signed its devices' certificate (PEM).
    pub authority: Vec<u8>,
    /// Of the devices (DER), with its key.
    certificate: Vec<u8>,
    key: EcdsaKeyPair,
}

impl std::fmt::Debug for Maker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Maker")
    }
}

impl Default for Maker {
    fn default() -> Self {
        Self::new()
    }
}

impl Maker {
    /// A new one.
    pub fn new() -> Self {
        use rcgen::{
            BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa,
            KeyPair, KeyUsagePurpose,
        };
        let mut params = CertificateParams::new(Vec::new()).expect("a device");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a device"))
                .expect("a device");
        let key = KeyPair::generate().expect("a device");
        let mut params = CertificateParams::new(Vec::new()).expect("a device");
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
        let certificate = params.signed_by(&key, &authority).expect("a device");
        let der = key.serialize_der();
        Self {
            authority: authority.pem().into_bytes(),
            certificate: certificate.der().to_vec(),
            key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der).expect("a device"),
        }
    }
}

/// A passkey device in software, with "none" attestation.
#[derive(Debug)]
pub struct Device {
    /// Its one key.
    pub pair: EcdsaKeyPair,
    /// How often it signed.
    pub counter: u32,
    /// Where the browser says it is.
    pub origin: &'static str,
    /// What it says of its owner.
    pub flags: u8,
}

impl Default for Device {
    fn default() -> Self {
        Self::new()
    }
}

impl Device {
    /// A new one.
    pub fn new() -> Self {
        Self {
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a device"),
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

    /// Its answer to a question for a new key, which nobody vouches for.
    pub fn register(&self, options: &str) -> String {
        // {"fmt": "none", "attStmt": {}
        self.registered([0; 16], options, |_| {
            b"\xa3\x63fmt\x64none\x67attStmt\xa0".to_vec()
        })
    }

    /// The same, and its maker says which model it is.
    pub fn register_vouched(&self, options: &str, maker: &Maker) -> String {
        self.registered(MODEL, options, |signed| {
            let signature = maker
                .key
                .sign(&SystemRandom::new(), signed)
                .expect("a device");
            let signature = signature.as_ref();
            let sizes = (
                u8::try_from(signature.len()).expect("a device"),
                u16::try_from(maker.certificate.len()).expect("a device"),
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
        let options: Value = serde_json::from_str(options).expect("a device");
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
        let size = u16::try_from(data.len()).expect("a device").to_be_bytes();
        let signed = [&data[..], &sha256(&client)].concat();
        // …, "authData": data}
        let object = [&said(&signed)[..], b"\x68authData\x59", &size, &data].concat();
        json!({
            "id": B64.encode("key1"), "rawId": B64.encode("key1"), "type": "public-key", "extensions": {},
            "response": {"attestationObject": B64.encode(object), "clientDataJSON": B64.encode(client)}
        })
        .to_string()
    }

    /// Its answer to a question for its key; with the handle of whose key it is, where it tells.
    pub fn sign_in(&mut self, options: &str, handle: Option<[u8; 16]>) -> String {
        self.counter += 1;
        let options: Value = serde_json::from_str(options).expect("a device");
        let client = self.client_data("webauthn.get", &options);
        let data = self.data(0);
        let signed = [&data[..], &sha256(&client)].concat();
        let signature = self
            .pair
            .sign(&SystemRandom::new(), &signed)
            .expect("a device");
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

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}
