//! `aceso serve --demo`: a small synthetic clinic in a directory of its own.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use aceso_policy::Caller;
use aceso_store::{NewClient, Store};
use aceso_web::Address;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::client::script_token;
use crate::import::{Loader, Outcome};
use crate::place::Place;
use crate::say::say;
use crate::{demo_day, demo_patients, demo_people};

/// Twelve of Synthea's patients, a transaction Bundle on each line; see NOTICE.
const CLINIC: &[u8] = include_bytes!("../data/demo.ndjson.zst");
const CLIENT: &str = "demo";
const SCOPES: &str = "system/*.cruds";

/// Opens the demonstration's directory, or makes it; one that holds anything else is refused.
pub(crate) fn open(place: &Place) -> Result<Store> {
    let mark = place.dir.join("demonstration");
    if !place.holds_record() {
        let store = place.open_or_create_at_any_time()?;
        std::fs::write(
            &mark,
            "A synthetic clinic: no real person is described here.\n",
        )
        .and_then(|()| std::fs::set_permissions(&mark, Permissions::from_mode(0o600)))
        .with_context(|| mark.display().to_string())?;
        return Ok(store);
    }
    if !mark.exists() {
        bail!(
            "{} holds a record that is not a demonstration: --demo leaves it alone; give another --data",
            place.dir.display()
        );
    }
    place.open_at_any_time()
}

/// Fills it, and says how to reach it.
pub(crate) async fn fill(
    place: &Place,
    store: &Store,
    base: &str,
    people: &str,
    address: Address,
) -> Result<()> {
    let loader = Loader::new(store.clone(), place);
    let lines = zstd::decode_all(CLINIC).context("the carried clinic cannot be read")?;
    let mut count = 0;
    for line in lines.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        count += load(&loader, "demo", line.to_vec()).await?;
    }
    let clinician = demo_people::clinician(store).await?;
    count += demo_patients::fill(store, &loader, &clinician).await?;
    if count > 0 {
        tracing::info!(resources = count, "the synthetic clinic is filled");
    }
    if store.client(&Caller::operator(), CLIENT).await?.is_none() {
        let new = NewClient {
            id: CLIENT.to_owned(),
            name: CLIENT.to_owned(),
            scopes: SCOPES.to_owned(),
            jwks: None,
        };
        store.add_client(&Caller::operator(), new).await?;
    }
    let hours = place.config.tokens.script_hours;
    let token = script_token(store, CLIENT, SCOPES, None, hours).await?;
    let people = sign_ins(store, &loader, people, address).await?;
    if address.socket().ip().is_loopback() {
        demo_day::fill(store, &loader).await?;
    }
    say(&welcome(place, base, address, &token, hours, &people));
    Ok(())
}

/// Brings these resources in, each under its own id, in one transaction; answers how many came in.
pub(crate) async fn bring(loader: &Loader, from: &str, resources: Vec<Value>) -> Result<usize> {
    let entries: Vec<Value> = resources
        .into_iter()
        .map(|resource| {
            let part = |key: &str| resource.get(key).and_then(Value::as_str);
            let [kind, id] = ["resourceType", "id"].map(|key| part(key).unwrap_or_default());
            let url = format!("{kind}/{id}");
            json!({"resource": resource, "request": {"method": "PUT", "url": url}})
        })
        .collect();
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    load(loader, from, bundle.to_string().into_bytes()).await
}

async fn load(loader: &Loader, from: &str, bundle: Vec<u8>) -> Result<usize> {
    let mut count = 0;
    for outcome in loader.document(from, bundle).await {
        match outcome {
            Outcome::Loaded(kinds) => count += kinds.len(),
            Outcome::Skipped => {}
            Outcome::Refused { place, why } => bail!("{place}: {why}"),
        }
    }
    Ok(count)
}

/// Lines with a link for each role. Only the machine itself can use them: elsewhere there are none.
async fn sign_ins(store: &Store, loader: &Loader, base: &str, address: Address) -> Result<String> {
    if !address.socket().ip().is_loopback() {
        return Ok("\
People can sign in without a password on the loopback only: listen on 127.0.0.1 to get links for them."
            .to_owned());
    }
    let people = demo_people::fill(store, loader, base).await?;
    let mut lines =
        "Sign in as one of its people; each link works until the next start:".to_owned();
    for person in people {
        let who = format!("{} ({})", person.title, person.display);
        lines.push_str(&format!("\n  {who:<40} {}", person.url));
    }
    Ok(lines)
}

fn welcome(
    place: &Place,
    base: &str,
    address: Address,
    token: &str,
    hours: u32,
    people: &str,
) -> String {
    let curl = match address {
        Address::Plain(_) => "curl -s".to_owned(),
        Address::Tls(_) => format!("curl -s --cacert {}", place.beside(".cert.pem").display()),
    };
    format!(
        "\
A synthetic clinic is at {base}/fhir
its data in {}

{people}

A token for the next {hours} hours:
  TOKEN={token}

Try:
  {curl} {base}/fhir/metadata
  {curl} -H \"Authorization: Bearer $TOKEN\" '{base}/fhir/Patient?_count=3&_pretty=true'
  {curl} -H \"Authorization: Bearer $TOKEN\" '{base}/fhir/Observation?code=http://loinc.org|8302-2&_sort=-date&_count=5&_pretty=true'

Stop with Ctrl-C.",
        place.dir.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carried_clinic_is_twelve_transactions() {
        let lines = zstd::decode_all(CLINIC).unwrap();
        let bundles: Vec<serde_json::Value> = lines
            .split(|b| *b == b'\n')
            .filter(|l| !l.is_empty())
            .map(|l| serde_json::from_slice(l).unwrap())
            .collect();
        assert_eq!(bundles.len(), 12);
        assert!(bundles.iter().all(|b| b["type"] == "transaction"));
    }
}
