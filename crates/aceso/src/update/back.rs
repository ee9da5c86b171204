//! `aceso update rollback`: back to the release before, and who must agree when that one should not run any more.

use std::process::ExitCode;

use aceso_policy::{BuiltIn, Caller, Job};
use aceso_store::{
    Account, AccountState, Attempt, CredentialKind, Gate, OpenCredential, Right, Store, UserName,
};
use aceso_vault::password::{Cost, Hasher, Verdict};
use anyhow::{Context, Result, bail};
use clap::Args;
use zeroize::Zeroizing;

use super::apply::note;
use super::running::{Described, Running, own_schema};
use super::trial;
use crate::place::Place;
use crate::root::whole_file;
use crate::say::say;

/// Two administrators who agree.
#[derive(Debug, Args)]
pub(crate) struct Agreed {
    /// To a release below the lowest that the one in use allows
    #[arg(long, requires = "first", requires = "second")]
    below: bool,
    /// An administrator's user name
    #[arg(long, value_name = "NAME")]
    first: Option<String>,
    /// Another administrator's
    #[arg(long, value_name = "NAME")]
    second: Option<String>,
    /// A file (mode 0600) whose first two lines are their passwords [default: asked for on the terminal]
    #[arg(long, value_name = "FILE")]
    passwords: Option<std::path::PathBuf>,
}

/// Goes back.
pub(super) async fn run(place: &Place, agreed: &Agreed) -> Result<ExitCode> {
    let running = Running::here()?;
    if let Some(trial) = running.slots.trial()? {
        trial::take_back(place, &running, trial.to)?;
        say("the release that was being tried is taken back");
        return Ok(ExitCode::SUCCESS);
    }
    // The link says what is in use; this program may be the one that is not.
    let now = running.slots.current()?;
    let Some(before) = Described::of(&running.slots, now.other()).await? else {
        bail!("there is no other release to go back to");
    };
    let Described {
        version: before_is,
        schema,
    } = before;
    let has = Described::of(&running.slots, now)
        .await?
        .map_or_else(own_schema, |described| described.schema);
    if schema < has {
        bail!(
            "release {before_is} does not know the record's schema: restore a backup from then (aceso backup restore)"
        );
    }
    let lowest = running.slots.release(now)?.map(|release| release.lowest);
    let store = place.open()?;
    let mut text = format!("back to {before_is}");
    if let Some(lowest) = lowest.filter(|lowest| before_is < *lowest) {
        let names = two(&store, agreed).await.with_context(|| {
            format!("release {before_is} is below {lowest}, the lowest that may run")
        })?;
        text = format!("{text}, below {lowest}, as {names} agreed");
    }
    note(&store, &text).await?;
    drop(store);
    running.slots.switch(now.other())?;
    say(&format!(
        "{before_is} is in place; a running server goes on as it"
    ));
    Ok(ExitCode::SUCCESS)
}

/// Two administrators, each by their own password. Answers their names.
async fn two(store: &Store, agreed: &Agreed) -> Result<String> {
    let (Some(first), Some(second), true) = (&agreed.first, &agreed.second, agreed.below) else {
        bail!("two administrators must agree: --below --first NAME --second NAME");
    };
    let given = match &agreed.passwords {
        Some(file) => Some(whole_file(file)?),
        None => None,
    };
    let mut lines = given.iter().flat_map(|text| text.lines());
    let mut accounts = Vec::new();
    for name in [first, second] {
        let password = match lines.next() {
            Some(line) => Zeroizing::new(line.to_owned()),
            None => Zeroizing::new(rpassword::prompt_password(format!("Password of {name}: "))?),
        };
        accounts.push(one(store, name, &password).await?);
    }
    let ids: Vec<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
    if ids.first() == ids.last() {
        bail!("the two must be two people");
    }
    Ok(format!("{first} and {second}"))
}

/// An administrator whose password this is. Wrong ones count as at the sign-in.
async fn one(store: &Store, name: &str, password: &str) -> Result<Account> {
    let refused = || format!("{name} is no administrator with this password");
    let caller = Caller::job(Job::SignIn);
    let name = UserName::parse(name)?;
    let account = store.account_named(&Caller::operator(), &name).await?;
    let attempt = Attempt {
        account: account.as_ref().map(|account| account.id.clone()),
        name,
        address: None,
        device: None,
    };
    if let Gate::Closed { until } = store.begin_attempt(&caller, attempt.clone()).await? {
        bail!(
            "too many wrong attempts: try again after {}",
            until.to_fhir()
        );
    }
    let account = account.filter(|account| {
        account.state == AccountState::Active
            && account.roles.contains(&BuiltIn::Administrator.role())
    });
    let account = account.with_context(refused)?;
    let credentials = store.open_credentials(&caller, &account.id).await?;
    let stored = credentials
        .iter()
        .find(|open| open.credential.kind == CredentialKind::Password)
        .and_then(OpenCredential::text)
        .map(str::to_owned);
    let password = Zeroizing::new(password.to_owned());
    let checked = tokio::task::spawn_blocking(move || -> Result<Verdict> {
        let hasher = Hasher::new(Cost::default(), 1, 1)?;
        Ok(hasher.check(&password, stored.as_deref())?)
    });
    if checked.await.context("the check ended early")?? == Verdict::Wrong {
        store
            .attempt_failed(&caller, &attempt, "update rollback")
            .await?;
        bail!(refused());
    }
    store.attempt_right(&caller, attempt, Right::Done).await?;
    Ok(account)
}
