//! `aceso inventory`: what is installed and what talks to what (CycloneDX 1.6: the bill of materials with services and their
//! data flows), and the register of processing (GDPR 30), both made from the configuration and the record as they are now.

use std::process::ExitCode;

use aceso_policy::Caller;
use aceso_store::{ClientRecord, Duty, DutyKind, Standing, Store};
use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::duty;
use crate::place::Place;
use crate::say::say;
use crate::sbom;

/// What GDPR 4 calls data concerning health.
const HEALTH: &str = "health data";
const ACCOUNTS: &str = "account data";
const LOG: &str = "audit log";
const SEALED: &str = "sealed copies";

/// What is to be printed.
#[derive(Clone, Copy)]
pub(crate) enum Wanted {
    /// What is installed, and what talks to what.
    Everything,
    /// The register of processing.
    Processing,
}

/// Which way data goes, seen from here.
#[derive(Clone, Copy)]
enum Way {
    In,
    Out,
    Both,
}

/// Something that this installation talks to.
struct Flow {
    name: String,
    /// Where, as the configuration says it.
    place: String,
    way: Way,
    /// What goes.
    what: &'static str,
    /// What for.
    why: &'static str,
}

/// Prints it.
pub(crate) async fn run(place: &Place, wanted: Wanted) -> Result<ExitCode> {
    let store = place.open()?;
    let clients = store.clients(&Caller::operator()).await?;
    let flows = flows(place, &clients)?;
    let whole = match wanted {
        Wanted::Processing => register(place, &store, &flows).await?,
        Wanted::Everything => everything(place, &flows)?,
    };
    say(&serde_json::to_string_pretty(&whole)?);
    Ok(ExitCode::SUCCESS)
}

/// The bill of materials with services and their data flows.
fn everything(place: &Place, flows: &[Flow]) -> Result<Value> {
    let mut document = sbom::whole()?;
    let services: Vec<Value> = std::iter::once(own(place))
        .chain(flows.iter().map(Flow::service))
        .collect();
    let object = document
        .as_object_mut()
        .context("the bill of materials is an object")?;
    object.insert("services".to_owned(), services.into());
    object.remove("serialNumber");
    Ok(document)
}

impl Way {
    const fn name(self) -> &'static str {
        match self {
            Self::In => "inbound",
            Self::Out => "outbound",
            Self::Both => "bi-directional",
        }
    }
}

impl Flow {
    fn service(&self) -> Value {
        json!({
            "bom-ref": format!("service:{}", self.name),
            "name": self.name,
            "endpoints": [self.place],
            "x-trust-boundary": true,
            "data": [{"flow": self.way.name(), "classification": self.what, "description": self.why}],
        })
    }
}

/// The installation itself, with its stores.
fn own(place: &Place) -> Value {
    let stored =
        |name: String, what: &str| json!({"flow": "unknown", "classification": what, "name": name});
    let dir = place.dir.display();
    let keys = place
        .settings()
        .map(|s| s.patient_keys.display().to_string());
    json!({
        "bom-ref": "service:aceso",
        "name": place.config.listen.clinic,
        "endpoints": [place.config.listen.address],
        "authenticated": true,
        "x-trust-boundary": true,
        "data": [
            stored(format!("{dir}/record.db (SQLCipher)"), HEALTH),
            stored(format!("{dir}/audit.db (SQLCipher)"), LOG),
            stored(format!("{dir}/keyring (sealed)"), SEALED),
            stored(format!("{} (sealed)", keys.unwrap_or_default()), SEALED),
        ],
    })
}

/// Everything that the configuration and the record name.
fn flows(place: &Place, clients: &[ClientRecord]) -> Result<Vec<Flow>> {
    let config = &place.config;
    let mut all = Vec::new();
    let mut add = |name: String, place: &str, way, what, why| {
        all.push(Flow {
            name,
            place: place.to_owned(),
            way,
            what,
            why,
        });
    };
    for (n, to) in config.audit.targets()?.iter().enumerate() {
        add(
            format!("audit receiver {}", n + 1),
            to.name(),
            Way::Out,
            LOG,
            "the log is kept elsewhere too",
        );
    }
    for (witness, _) in config.audit.witnesses()? {
        add(
            format!("witness {}", witness.url),
            &witness.url,
            Way::Out,
            "heads of the log",
            "nobody rewrites the log unnoticed",
        );
    }
    for endpoint in &config.egress.endpoints {
        add(
            format!("endpoint {endpoint}"),
            endpoint,
            Way::Out,
            HEALTH,
            "subscribers, and providers of sign-in",
        );
    }
    if config.mail.is_on() {
        add(
            "mail server".to_owned(),
            &config.mail.server,
            Way::Out,
            ACCOUNTS,
            "notices and links, nothing of a patient",
        );
    }
    for provider in &config.sign_in.provider {
        add(
            format!("sign-in provider {}", provider.id),
            &provider.issuer,
            Way::Both,
            ACCOUNTS,
            "people sign in through it",
        );
    }
    if !config.update.from.is_empty() {
        add(
            "releases".to_owned(),
            &config.update.from,
            Way::In,
            "programs",
            "new releases, signed",
        );
    }
    if !config.advisories.desk.is_empty() {
        add(
            "advisories".to_owned(),
            &config.advisories.desk,
            Way::In,
            "advisories",
            "known weaknesses of the program",
        );
        if config.advisories.report != "nothing" {
            add(
                "how the program stands".to_owned(),
                &config.advisories.desk,
                Way::Out,
                "releases and advisories, no person",
                "the makers see where an update fails",
            );
        }
    }
    for (name, to) in [
        ("backups", &config.backup.repository),
        ("downtime file", &config.backup.downtime),
    ] {
        if !to.is_empty() {
            add(
                name.to_owned(),
                to,
                Way::Out,
                SEALED,
                "a way back, and a way to work meanwhile",
            );
        }
    }
    for client in clients.iter().filter(|c| c.disabled.is_none()) {
        let to = [config.listen.address.as_str(), "/fhir"].concat();
        add(
            format!("app {} ({})", client.id, client.scopes),
            &to,
            Way::Both,
            HEALTH,
            "a program that was registered",
        );
    }
    Ok(all)
}

/// The register of processing: GDPR 30 (1) a to g.
async fn register(place: &Place, store: &Store, flows: &[Flow]) -> Result<Value> {
    let operator = Caller::operator();
    let standing = store.standing(&operator).await?;
    let duties = store.duties(&operator).await?;
    let live = |d: &&Duty| d.kind == DutyKind::BusinessAssociate && d.ended.is_none();
    let partners: Vec<Value> = duties.iter().filter(live).map(duty::row).collect();
    let recipients: Vec<Value> = flows
        .iter()
        .filter(|flow| matches!(flow.way, Way::Out | Way::Both))
        .map(|flow| json!({"name": flow.name, "where": flow.place, "data": flow.what, "why": flow.why}))
        .collect();
    Ok(json!({
        "made": store.now().to_fhir(),
        "controller": place.config.listen.clinic,
        "purposes": [
            {"purpose": "treatment", "code": "TREAT", "ground": "GDPR 6 (1) c, 9 (2) h"},
            {"purpose": "emergency treatment", "code": "ETREAT", "ground": "GDPR 6 (1) d, 9 (2) c"},
            {"purpose": "payment", "code": "HPAYMT", "ground": "GDPR 6 (1) b, 9 (2) h"},
            {"purpose": "operations", "code": "HOPERAT", "ground": "GDPR 6 (1) c, 9 (2) h"},
            {"purpose": "at the patient's request", "code": "PATRQT", "ground": "GDPR 9 (2) a, 15, 20"},
            {"purpose": "administration of the program, which opens no chart", "code": "HSYSADMIN", "ground": "GDPR 6 (1) f"},
        ],
        "dataSubjects": subjects(&standing),
        "categoriesOfData": aceso_policy::Group::ALL
            .iter()
            .filter(|group| group.is_personal())
            .map(|group| group.name())
            .collect::<Vec<_>>(),
        "recipients": recipients,
        "processors": partners,
        "thirdCountryTransfers": "those recipients and processors above that are elsewhere: say so in their entries (aceso duty)",
        "retention": {
            "record": "until a patient's data is erased by a recorded decision (aceso erase), never while a hold is on it",
            "auditLog": "kept whole; nothing removes entries",
            "notices": "one year",
        },
        "measures": {
            "atRest": "AES-256 pages, bodies sealed under a key for each patient; the root key is outside the directory",
            "underWay": "TLS only, but on the machine itself",
            "access": "role, care relation, sensitivity, consent and purpose decide each access; each leaves an entry",
            "assurance": "aceso assure writes each measure with its evidence",
        },
    }))
}

fn subjects(standing: &Standing) -> Value {
    json!([
        {"who": "patients, and those who act for them"},
        {"who": "people with an account here", "count": standing.accounts.len()},
    ])
}
