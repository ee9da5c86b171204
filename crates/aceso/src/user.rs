//! `aceso user add|list|role|disable|enable|reset|unlock`.

use std::process::ExitCode;

use aceso_base::Instant;
use aceso_login::fresh;
use aceso_policy::{Caller, Role, Side};
use aceso_store::{
    Account, AccountQuery, AccountState, Enrol, LinkKind, NewAccount, NewLink, Store, UserName,
};
use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::cli::UserAdd;
use crate::place::Place;
use crate::say::say;
use crate::serve::public_base;
use crate::wrong::{OrWrong, wrong};

const DAY_MILLIS: i64 = 86_400_000;
const HOUR_MILLIS: i64 = 3_600_000;

/// What becomes of a person's second factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Factors {
    /// They stay.
    Kept,
    /// They are taken away.
    Removed,
}

/// Invites a person; the link is the last line.
pub(crate) async fn add(place: &Place, new: UserAdd, as_json: bool) -> Result<ExitCode> {
    let store = place.open_or_create()?;
    let account = new_account(&store, new)?;
    let name = account.user_name.clone();
    let id = store.add_account(&Caller::operator(), account).await?;
    let link = link(place, &store, &id, LinkKind::Invitation).await?;
    if as_json {
        say(&json!({"account": id, "user": name.as_str(), "link": link.url, "ends": link.ends.to_fhir()}).to_string());
    } else {
        say(&format!(
            "invited {name}; this link works once, until {}:",
            link.ends.to_fhir()
        ));
        say(&link.url);
    }
    Ok(ExitCode::SUCCESS)
}

/// Lists the accounts.
pub(crate) async fn list(place: &Place, as_json: bool) -> Result<ExitCode> {
    let store = place.open()?;
    let mut query = AccountQuery {
        count: 500,
        ..AccountQuery::default()
    };
    let mut accounts = Vec::new();
    loop {
        let page = store.accounts(&Caller::operator(), query.clone()).await?;
        accounts.extend(page.accounts);
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    if as_json {
        let rows: Vec<_> = accounts.iter().map(as_row).collect();
        say(&json!(rows).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    for account in accounts {
        say(&format!(
            "{}\t{}\t{}\t{}",
            account.user_name,
            state(&account, store.now()),
            words(&account.roles),
            account
                .signed_in
                .map_or_else(|| "never signed in".to_owned(), Instant::to_fhir),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Gives a person exactly these roles.
pub(crate) async fn role(place: &Place, name: &UserName, roles: &[String]) -> Result<ExitCode> {
    let store = place.open()?;
    let roles = parse_roles(&store, roles)?;
    let account = find(&store, name).await?;
    let text = words(&roles);
    store
        .set_roles(&Caller::operator(), &account.id, account.version, roles)
        .await?;
    say(&format!("{} is now: {text}", account.user_name));
    Ok(ExitCode::SUCCESS)
}

/// Ends all of a person's access.
pub(crate) async fn disable(place: &Place, name: &UserName) -> Result<ExitCode> {
    let store = place.open()?;
    let account = find(&store, name).await?;
    store
        .disable_account(&Caller::operator(), &account.id)
        .await?;
    say(&format!(
        "disabled {}; sessions, links and tokens end within five seconds",
        account.user_name
    ));
    Ok(ExitCode::SUCCESS)
}

/// Lets a disabled person in again.
pub(crate) async fn enable(place: &Place, name: &UserName) -> Result<ExitCode> {
    let store = place.open()?;
    let account = find(&store, name).await?;
    store
        .enable_account(&Caller::operator(), &account.id)
        .await?;
    say(&format!("enabled {}", account.user_name));
    Ok(ExitCode::SUCCESS)
}

/// A new link for a person who cannot sign in.
pub(crate) async fn reset(
    place: &Place,
    name: &UserName,
    factors: Factors,
    as_json: bool,
) -> Result<ExitCode> {
    let store = place.open()?;
    let account = find(&store, name).await?;
    let kind = match account.state {
        AccountState::Invited => LinkKind::Invitation,
        AccountState::Active => LinkKind::Reset,
        AccountState::Disabled => {
            bail!("{0} is disabled: aceso user enable {0}", account.user_name)
        }
    };
    if factors == Factors::Removed {
        let console = Caller::operator();
        for credential in store.credentials(&console, &account.id).await? {
            if credential.kind.is_second_factor() {
                let id = &credential.id;
                store.remove_credential(&console, &account.id, id).await?;
            }
        }
        store.void_recovery_codes(&console, &account.id).await?;
    }
    let link = link(place, &store, &account.id, kind).await?;
    if as_json {
        say(&json!({"account": account.id, "user": account.user_name.as_str(), "link": link.url, "ends": link.ends.to_fhir()}).to_string());
    } else {
        say(&format!(
            "for {}; this link works once, until {}:",
            account.user_name,
            link.ends.to_fhir()
        ));
        say(&link.url);
    }
    Ok(ExitCode::SUCCESS)
}

/// Lifts a lock.
pub(crate) async fn unlock(place: &Place, name: &UserName) -> Result<ExitCode> {
    let store = place.open()?;
    let account = find(&store, name).await?;
    store
        .unlock_account(&Caller::operator(), &account.id)
        .await?;
    say(&format!("{} can try again at once", account.user_name));
    Ok(ExitCode::SUCCESS)
}

struct Printed {
    url: String,
    ends: Instant,
}

async fn link(place: &Place, store: &Store, account: &str, kind: LinkKind) -> Result<Printed> {
    let settings = &place.config.sign_in;
    let (path, life) = match kind {
        LinkKind::Invitation => (
            "invitation",
            i64::from(settings.invitation_days) * DAY_MILLIS,
        ),
        LinkKind::Reset => ("reset", i64::from(settings.reset_hours) * HOUR_MILLIS),
        LinkKind::SetUp | LinkKind::Demo | LinkKind::Mailed => {
            bail!("the server makes these links")
        }
    };
    let ends = store.now().plus_millis(life);
    let one_time = fresh()?;
    let new = NewLink {
        hash: one_time.hash,
        kind,
        account: account.to_owned(),
        ends,
    };
    store.make_link(&Caller::operator(), new).await?;
    let base = public_base(&place.config)?;
    let url = format!("{base}/{path}/{}", one_time.token);
    Ok(Printed { url, ends })
}

fn new_account(store: &Store, new: UserAdd) -> Result<NewAccount> {
    let roles = parse_roles(store, &new.roles)?;
    let portal = |r: &Role| r.built_in().is_some_and(|b| b.side() == Side::Portal);
    if roles.iter().any(portal) && new.patients.is_empty() {
        return Err(wrong(
            "a patient's or proxy's account acts for a patient: --patient ID",
        ));
    }
    let one_factor = &store.people_rule().one_factor;
    let enrol = if roles.iter().any(|r| !one_factor.contains(r)) {
        Enrol::Must
    } else {
        Enrol::No
    };
    Ok(NewAccount {
        display: new.display.unwrap_or_else(|| new.name.to_string()),
        user_name: new.name,
        email: new.email,
        fhir_user: new.fhir_user,
        roles,
        facilities: new.facilities,
        patients: new.patients,
        not_after: None,
        enrol,
    })
}

async fn find(store: &Store, name: &UserName) -> Result<Account> {
    let found = store.account_named(&Caller::operator(), name).await?;
    found.with_context(|| format!("there is no account {name}"))
}

fn parse_roles(store: &Store, ids: &[String]) -> Result<Vec<Role>> {
    let policies = store.policies();
    let mut roles = Vec::new();
    for id in ids {
        let role = Role::parse(id).or_wrong()?;
        if !policies.roles().contains(&role) {
            bail!(
                "there is no role {id}; there are {}",
                words(policies.roles())
            );
        }
        roles.push(role);
    }
    Ok(roles)
}

fn words(roles: &[Role]) -> String {
    if roles.is_empty() {
        return "without a role".to_owned();
    }
    let ids: Vec<&str> = roles.iter().map(Role::as_str).collect();
    ids.join(" ")
}

fn state(account: &Account, now: Instant) -> &'static str {
    match account.state {
        AccountState::Invited => "invited",
        AccountState::Active if account.is_live(now) => "active",
        AccountState::Active => "left",
        AccountState::Disabled => "disabled",
    }
}

fn as_row(account: &Account) -> serde_json::Value {
    let roles: Vec<&str> = account.roles.iter().map(Role::as_str).collect();
    let state = match account.state {
        AccountState::Invited => "invited",
        AccountState::Active => "active",
        AccountState::Disabled => "disabled",
    };
    json!({
        "account": account.id, "user": account.user_name.as_str(), "display": account.display, "state": state,
        "roles": roles, "fhirUser": account.fhir_user.as_ref().map(ToString::to_string),
        "patients": account.patients, "facilities": account.facilities,
        "created": account.created.to_fhir(), "signedIn": account.signed_in.map(Instant::to_fhir),
        "leaves": account.not_after.map(Instant::to_fhir)
    })
}
