//! Launches from within the clinic: a person opens an app for a patient, and the app brings back a handle that says so.

use aceso_base::Instant;
use aceso_policy::Caller;
use rusqlite::{Connection, OptionalExtension};

use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Store, StoreError};

/// How long a handle is good.
const LIFE_MILLIS: i64 = 5 * 60_000;

/// A launch to be made.
#[derive(Clone, Debug)]
pub struct NewLaunch {
    /// SHA-256 of the handle.
    pub hash: [u8; 32],
    /// Who launches.
    pub account: String,
    /// The app.
    pub client: String,
    /// For which patient (logical id).
    pub patient: Option<String>,
    /// In which encounter (logical id).
    pub encounter: Option<String>,
}

/// What a launch says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchContext {
    /// For which patient.
    pub patient: Option<String>,
    /// In which encounter.
    pub encounter: Option<String>,
}

impl Store {
    /// Keeps a launch that the person who calls makes; good for five minutes, once.
    pub async fn add_launch(&self, caller: &Caller, launch: NewLaunch) -> Result<(), PeopleError> {
        let now = self.now();
        let mut act = Act::on_account("app launch", &launch.account).with(launch.client.as_str());
        act.on
            .extend(launch.patient.iter().map(|p| format!("Patient/{p}")));
        let account = launch.account.clone();
        let work = move |tx: &Connection| {
            tx.prepare_cached(sql::LAUNCH_PRUNE)?
                .execute([now.millis()])?;
            tx.prepare_cached(sql::LAUNCH_ADD)?.execute((
                launch.hash.as_slice(),
                launch.account,
                launch.client,
                launch.patient,
                launch.encounter,
                now.plus_millis(LIFE_MILLIS).millis(),
            ))?;
            Ok(())
        };
        self.act(caller, Need::Own(&account), act, work).await
    }

    /// What a handle says, without taking it.
    pub async fn see_launch(
        &self,
        caller: &Caller,
        account: &str,
        client: &str,
        hash: [u8; 32],
    ) -> Result<Option<LaunchContext>, PeopleError> {
        let act = Act::on_account("app launch read", account).with(client);
        self.permit(caller, Need::Own(account), &act).await?;
        let (by, name, now) = (account.to_owned(), client.to_owned(), self.now());
        let look = move |c: &mut Connection| find(c, &hash, &by, &name, now);
        Ok(self.0.readers.quiet(look).await??)
    }

    /// Takes a handle for what it says: once, by the person who made it, for the app it was made for. None for every other.
    pub async fn take_launch(
        &self,
        caller: &Caller,
        account: &str,
        client: &str,
        hash: [u8; 32],
    ) -> Result<Option<LaunchContext>, PeopleError> {
        let now = self.now();
        let act = Act::on_account("app launch taken", account).with(client);
        let (by, name) = (account.to_owned(), client.to_owned());
        let work = move |tx: &Connection| {
            let found = find(tx, &hash, &by, &name, now)?;
            if found.is_some() {
                tx.prepare_cached(sql::LAUNCH_USE)?
                    .execute((now.millis(), hash.as_slice()))?;
            }
            Ok(found)
        };
        self.act(caller, Need::Own(account), act, work).await
    }
}

/// The launch of a handle, if this person made it for this app and it was not taken yet.
fn find(
    connection: &Connection,
    hash: &[u8; 32],
    account: &str,
    client: &str,
    now: Instant,
) -> Result<Option<LaunchContext>, StoreError> {
    let mut statement = connection.prepare_cached(sql::LAUNCH_ONE)?;
    let found = statement.query_row([hash.as_slice()], |row| {
        let mine = row.get::<_, String>(0)? == account && row.get::<_, String>(1)? == client;
        let ends = Instant::from_millis(row.get(4)?);
        let unused = row.get::<_, Option<i64>>(5)?.is_none();
        let context = LaunchContext {
            patient: row.get(2)?,
            encounter: row.get(3)?,
        };
        Ok((mine && unused && now < ends).then_some(context))
    });
    Ok(found.optional()?.flatten())
}
