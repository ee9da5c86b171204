//! A store, people in it, a clock to move.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::{Instant, ManualClock, Secret};
use aceso_policy::{Caller, Origin, Role, Strength};
use aceso_store::{
    AccountState, CredentialSecret, Enrol, LinkKind, NewAccount, NewCredential, NewLink,
    NewSession, Redeem, SessionState, Settings, Store, UserName,
};
use aceso_vault::{RootKey, random, sha256};

pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;

/// A store in a directory of its own.
pub(super) struct Clinic {
    pub(super) store: Store,
    pub(super) clock: Arc<ManualClock>,
    dir: PathBuf,
}

impl Clinic {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-people-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir).unwrap();
        let root = RootKey::create_file(&dir.join("key")).unwrap();
        // 2026-03-04T12:00:00Z: far from the end of the day.
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_772_625_600_000)));
        let settings = Settings {
            cache_mib: 16,
            ..Settings::new(dir.join("data"))
        };
        let store = Store::open(settings, &root, clock.clone()).unwrap();
        Self { store, clock, dir }
    }

    /// A second store on the same directory, as another process has it.
    pub(super) fn beside(&self) -> Store {
        let root = RootKey::from_file(&self.dir.join("key")).unwrap();
        let settings = Settings {
            cache_mib: 16,
            ..Settings::new(self.dir.join("data"))
        };
        Store::open(settings, &root, self.clock.clone()).unwrap()
    }

    /// An active person with a password.
    pub(super) async fn person(&self, name: &str, roles: &[Role]) -> String {
        let id = self.invited(name, roles).await;
        let hash = self.link(LinkKind::Invitation, &id).await;
        let redeem = Redeem::TakeUp(password("first"));
        self.store.redeem(&sign_in(), hash, redeem).await.unwrap()
    }

    /// A person who was invited.
    pub(super) async fn invited(&self, name: &str, roles: &[Role]) -> String {
        let new = new_account(name, roles);
        self.store
            .add_account(&Caller::operator(), new)
            .await
            .unwrap()
    }

    /// A link for a day.
    pub(super) async fn link(&self, kind: LinkKind, account: &str) -> [u8; 32] {
        let hash = fresh();
        let new = NewLink {
            hash,
            kind,
            account: account.to_owned(),
            ends: self.store.now().plus_millis(24 * HOUR),
        };
        self.store
            .make_link(&Caller::operator(), new)
            .await
            .unwrap();
        hash
    }

    /// A complete session; answers its hash.
    pub(super) async fn session(&self, account: &str) -> [u8; 32] {
        let hash = fresh();
        let new = session(hash, account, SessionState::Full);
        self.store
            .make_session(&sign_in(), new, None)
            .await
            .unwrap();
        hash
    }

    /// The person of a session as a caller, with a fresh proof.
    pub(super) async fn caller(&self, account: &str) -> Caller {
        let account = self.store.live_account(account).await.unwrap().unwrap();
        let mut person = account.person(Strength::Two);
        person.session.stepped_up_until = Some(self.store.now().plus_millis(5 * MINUTE));
        Caller::person(Arc::new(person), Origin::default())
    }

    /// The same without a fresh proof.
    pub(super) async fn stale_caller(&self, account: &str) -> Caller {
        let account = self.store.live_account(account).await.unwrap().unwrap();
        Caller::person(Arc::new(account.person(Strength::Two)), Origin::default())
    }

    pub(super) async fn version(&self, account: &str) -> u64 {
        let account = self.store.account(&Caller::operator(), account).await;
        account.unwrap().version
    }

    pub(super) async fn state(&self, account: &str) -> AccountState {
        let account = self.store.account(&Caller::operator(), account).await;
        account.unwrap().state
    }
}

impl Drop for Clinic {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

pub(super) fn sign_in() -> Caller {
    let origin = Origin {
        address: Some("192.0.2.7".parse().unwrap()),
        request: "r1".to_owned(),
    };
    Caller::sign_in(origin)
}

pub(super) fn fresh() -> [u8; 32] {
    sha256(&random::<32>().unwrap())
}

pub(super) fn password(hash: &str) -> NewCredential {
    NewCredential {
        label: String::new(),
        secret: CredentialSecret::Password(Secret::new(hash.to_owned())),
    }
}

pub(super) fn totp() -> NewCredential {
    NewCredential {
        label: "Phone".to_owned(),
        secret: CredentialSecret::Totp(Secret::new(b"12345678901234567890".to_vec())),
    }
}

pub(super) fn passkey(id: &[u8]) -> NewCredential {
    NewCredential {
        label: "Key".to_owned(),
        secret: CredentialSecret::Passkey {
            key_id: id.to_vec(),
            text: Secret::new("{}".to_owned()),
        },
    }
}

pub(super) fn new_account(name: &str, roles: &[Role]) -> NewAccount {
    NewAccount {
        user_name: UserName::parse(name).unwrap(),
        display: "Ana Lima".to_owned(),
        email: Some(format!("{name}@clinic.example")),
        fhir_user: None,
        roles: roles.to_vec(),
        facilities: Vec::new(),
        patients: Vec::new(),
        not_after: None,
        enrol: Enrol::No,
    }
}

pub(super) fn session(hash: [u8; 32], account: &str, state: SessionState) -> NewSession {
    NewSession {
        hash,
        account: account.to_owned(),
        state,
        strength: Strength::Two,
        address: None,
        agent: "Browser\r\n1.0".to_owned(),
        device: None,
    }
}

/// Runs the same act many times at once; answers how often it succeeded.
pub(super) async fn race<F: Future<Output = bool> + Send + 'static>(act: impl Fn() -> F) -> usize {
    let tasks: Vec<_> = (0..16).map(|_| tokio::spawn(act())).collect();
    let mut wins = 0;
    for task in tasks {
        wins += usize::from(task.await.unwrap());
    }
    wins
}
