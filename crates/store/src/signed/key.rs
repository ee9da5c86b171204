//! The keys that people sign with.

use aceso_base::Instant;
use aceso_policy::{Caller, Person};
use aceso_vault::{PersonKey, PublicKey, Sealer};
use rusqlite::{Connection, OptionalExtension};

use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Store, StoreError};

/// A key signs so long; then another one takes its place.
const SIGNS_MILLIS: i64 = 365 * 86_400_000;

/// A public key, and whose it was when.
pub(crate) struct KeptKey {
    /// Who the person is in the record.
    pub(super) subject: String,
    pub(super) public: PublicKey,
    pub(super) made: Instant,
    pub(super) ended: Option<Instant>,
}

/// The key of this name.
pub(crate) fn kept(connection: &Connection, id: &str) -> Result<Option<KeptKey>, StoreError> {
    let mut statement = connection.prepare_cached(sql::PERSON_KEY_ONE)?;
    let found = statement.query_row([id], |row| {
        let (subject, public): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let ended: Option<i64> = row.get(3)?;
        Ok((subject, public, row.get(2)?, ended))
    });
    let Some((subject, public, made, ended)) = found.optional()? else {
        return Ok(None);
    };
    // A key that is not of its name is none that ever signed.
    let public = PublicKey::from_bytes(&public).ok();
    Ok(public.filter(|p| p.id() == id).map(|public| KeptKey {
        subject,
        public,
        made: Instant::from_millis(made),
        ended: ended.map(Instant::from_millis),
    }))
}

impl Store {
    /// The person's key that signs now; a new one where there is none yet, it is a year old, or the person has become
    /// somebody else in the record. Nobody but the person who is signed in comes to it.
    pub(super) async fn person_key(
        &self,
        caller: &Caller,
        person: &Person,
        subject: &str,
    ) -> Result<PersonKey, PeopleError> {
        let sealer = sealer(self);
        let wanted = Wanted {
            account: person.account.clone(),
            subject: subject.to_owned(),
            now: self.now(),
        };
        let (asked, with) = (wanted.clone(), sealer.clone());
        let look = move |c: &mut Connection| asked.find(c, &with);
        if let Some(key) = self.0.readers.quiet(look).await?? {
            return Ok(key);
        }
        let new = PersonKey::generate().map_err(|e| StoreError::text(&e.to_string()))?;
        let act = Act::on_account("person key", &person.account).with(new.public().id());
        let account = person.account.as_str();
        self.act(caller, Need::Own(account), act, move |tx| {
            // Another act of the same person may have been faster.
            match wanted.find(tx, &sealer)? {
                Some(key) => Ok(key),
                None => Ok(wanted.replace(tx, &sealer, new)?),
            }
        })
        .await
    }
}

/// Whose key is wanted, and for when.
#[derive(Clone)]
struct Wanted {
    account: String,
    subject: String,
    now: Instant,
}

impl Wanted {
    fn find(
        &self,
        connection: &Connection,
        sealer: &Sealer,
    ) -> Result<Option<PersonKey>, StoreError> {
        let mut statement = connection.prepare_cached(sql::PERSON_KEY_CURRENT)?;
        let found = statement.query_row([&self.account], |row| {
            let made: i64 = row.get(3)?;
            let (id, subject): (String, String) = (row.get(0)?, row.get(1)?);
            Ok((id, subject, row.get::<_, Option<Vec<u8>>>(2)?, made))
        });
        let Some((id, subject, Some(sealed), made)) = found.optional()? else {
            return Ok(None);
        };
        let fresh = self.now.millis() < made.saturating_add(SIGNS_MILLIS);
        if subject != self.subject || !fresh {
            return Ok(None);
        }
        let text = |e: &dyn std::fmt::Display| StoreError::text(&e.to_string());
        let place = place(&self.account, &id);
        let seed = sealer.open(&place, &sealed).map_err(|e| text(&e))?;
        PersonKey::from_seed(&seed).map(Some).map_err(|e| text(&e))
    }

    /// Ends what was before; its private half goes.
    fn replace(
        &self,
        tx: &Connection,
        sealer: &Sealer,
        key: PersonKey,
    ) -> Result<PersonKey, StoreError> {
        let id = key.public().id();
        let sealed = sealer
            .seal(&place(&self.account, &id), key.seed())
            .map_err(|e| StoreError::text(&e.to_string()))?;
        tx.prepare_cached(sql::PERSON_KEY_END)?
            .execute((self.now.millis(), &self.account))?;
        tx.prepare_cached(sql::PERSON_KEY_ADD)?.execute((
            &id,
            &self.account,
            &self.subject,
            key.public().bytes().as_slice(),
            sealed,
            self.now.millis(),
        ))?;
        Ok(key)
    }
}

/// Whether a row's key is of its name, and what is sealed is its other half; what is wrong otherwise.
pub(crate) fn check_row(
    sealer: &Sealer,
    (id, account): (&str, &str),
    public: &[u8],
    sealed: Option<&[u8]>,
) -> Result<(), String> {
    let public = PublicKey::from_bytes(public).map_err(|e| e.to_string())?;
    if public.id() != id {
        return Err("the public key is not the one of its name".to_owned());
    }
    let Some(sealed) = sealed else {
        return Ok(());
    };
    let seed = sealer
        .open(&place(account, id), sealed)
        .map_err(|e| e.to_string())?;
    match PersonKey::from_seed(&seed) {
        Ok(key) if key.public() == public => Ok(()),
        Ok(_) | Err(_) => Err("what is sealed is not the private half of it".to_owned()),
    }
}

/// What seals the private halves.
fn sealer(store: &Store) -> Sealer {
    store.0.keyring.sealer(SEAL)
}

/// The seal's use.
pub(crate) const SEAL: &str = "person key";

fn place(account: &str, id: &str) -> String {
    format!("account {account} key {id}")
}
