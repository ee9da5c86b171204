//! What tests of pages share: a directory with a store in it, people, sessions that nobody had to sign in for, forms.
#![allow(
    clippy::expect_used,
    reason = "dev only: a test fails here when its stage cannot be set"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::{Clock, Secret};
use aceso_policy::{Caller, FhirUser, Origin, Place, Role, Strength};
use aceso_store::{
    CredentialSecret, Enrol, FoundSession, LinkKind, NewAccount, NewCredential, NewLink,
    NewSession, Proof, Redeem, SessionState, Settings, Store, UserName,
};
use aceso_vault::{RootKey, random, sha256, sha256_chain};
use aceso_web::page::Badge;
use aceso_web::site::{Rights, Sessions, SignedIn, Stamp, State};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// How long an invitation can be taken up, and a fresh proof lasts.
const TEN_MINUTES: i64 = 600_000;

/// A directory that is gone when the test is over.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new one.
    pub fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-{name}-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir).expect("a temporary directory");
        Self(dir)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A store with its root key in a file beside it.
    pub fn store(&self, clock: Arc<dyn Clock>, settings: Settings) -> (Store, RootKey) {
        let root = RootKey::create_file(&self.0.join("key")).expect("a root key");
        let store = Store::open(settings, &root, clock).expect("a store");
        (store, root)
    }

    /// How such a store is opened: with little memory.
    pub fn settings(&self) -> Settings {
        Settings {
            cache_mib: 16,
            ..Settings::new(self.0.join("data"))
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The part of the program that signs people in.
pub fn sign_in() -> Caller {
    Caller::sign_in(Origin::default())
}

/// 256 random bits as text, as cookies and links have them.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>().expect("randomness"))
}

/// A person as they are invited: with these roles, who is this resource of the record, and acts for it if it is a patient.
pub fn newcomer(name: &str, roles: &[Role], user: Option<&str>) -> NewAccount {
    let user = user.and_then(FhirUser::parse);
    let patients = user.iter().filter(|u| u.kind.name() == "Patient");
    NewAccount {
        user_name: UserName::parse(name).expect("a user name"),
        display: format!("{name} Example"),
        email: None,
        patients: patients.map(|u| u.id.clone()).collect(),
        fhir_user: user,
        roles: roles.to_vec(),
        facilities: Vec::new(),
        not_after: None,
        enrol: Enrol::No,
    }
}

/// Makes an account whose person has taken the invitation up with a password of this hash; its id.
pub async fn account(store: &Store, new: NewAccount, hash: &str) -> String {
    let operator = Caller::operator();
    let made = store.add_account(&operator, new).await;
    let link = NewLink {
        hash: sha256(token().as_bytes()),
        kind: LinkKind::Invitation,
        account: made.expect("an account"),
        ends: store.now().plus_millis(TEN_MINUTES),
    };
    let kept = store.make_link(&operator, link.clone()).await;
    kept.expect("an invitation");
    let password = NewCredential {
        label: "Password".to_owned(),
        secret: CredentialSecret::Password(Secret::new(hash.to_owned())),
    };
    let (caller, take_up) = (sign_in(), Redeem::TakeUp(password));
    let taken = store.redeem(&caller, link.hash, take_up).await;
    taken.expect("the invitation is taken up")
}

/// Where somebody is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Their account.
    pub account: String,
    /// What is in the cookie.
    pub token: String,
    /// Its id.
    pub id: String,
}

impl Session {
    /// Signs somebody in, this well.
    pub async fn of(store: &Store, account: &str, strength: Strength) -> Self {
        let token = token();
        let new = NewSession {
            hash: sha256(token.as_bytes()),
            account: account.to_owned(),
            state: SessionState::Full,
            strength,
            address: None,
            agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".to_owned(),
            device: None,
        };
        let made = store.make_session(&sign_in(), new, None).await;
        Self {
            account: account.to_owned(),
            token,
            id: made.expect("a session"),
        }
    }

    /// The person proves again who they are.
    pub async fn step_up(&mut self, store: &Store) {
        let next = token();
        let proof = Proof::StepUp {
            until: store.now().plus_millis(TEN_MINUTES),
            strength: Strength::Two,
        };
        let (old, new) = (sha256(self.token.as_bytes()), sha256(next.as_bytes()));
        let proved = store.prove_session(&sign_in(), &old, new, proof).await;
        proved.expect("a fresh proof");
        self.token = next;
    }

    /// The cookie, as a browser sends it.
    pub fn cookie(&self) -> String {
        ["__Host-aceso=", &self.token].concat()
    }

    /// The token of its forms.
    pub fn csrf(&self) -> String {
        csrf(&["session ", &self.id].concat())
    }
}

/// The token of the forms of a session or visit.
pub fn csrf(of: &str) -> String {
    URL_SAFE_NO_PAD.encode(stamped(of.as_bytes()))
}

/// What such tokens are made with.
pub fn stamp() -> Stamp {
    Stamp::new(stamped)
}

fn stamped(text: &[u8]) -> [u8; 32] {
    sha256_chain(&[b"test", text])
}

/// Who is signed in, by the store's sessions.
pub fn sessions(store: &Store) -> Sessions {
    let look = store.clone();
    Sessions::new(move |token, origin| {
        let store = look.clone();
        Box::pin(async move {
            let found = store.session(&sha256(token.as_bytes())).await?;
            Ok(found.and_then(|found| signed_in(&found, origin)))
        })
    })
}

fn signed_in(found: &FoundSession, origin: Origin) -> Option<SignedIn> {
    let person = found.person(Place::Unknown)?;
    Some(SignedIn {
        caller: Caller::person(Arc::new(person), origin),
        session: found.session.id.clone(),
        state: State::Open,
        badge: Badge {
            name: found.account.display.clone(),
            roles: Vec::new(),
        },
    })
}

/// What people may do, by the policies in force.
pub fn rights(store: &Store) -> Rights {
    let of = store.clone();
    Rights::new(move |caller, task| of.policies().may(caller, task, of.now()))
}

/// A form as it is posted.
pub fn form<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let fields = fields.into_iter();
    let all: Vec<String> = fields
        .map(|(name, value)| [name, "=", &escape(value)].concat())
        .collect();
    all.join("&")
}

/// Percent-encoded.
pub fn escape(text: &str) -> String {
    let byte = |b| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(b).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
