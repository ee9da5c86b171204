//! The demonstration's people: one for each role, with links that sign in without a password, on the loopback only. The
//! clinician is a physician of the synthetic record; a care team ties clinician and nurse to some of its patients.

use aceso_fhir::search::{Options, parse};
use aceso_login::fresh;
use aceso_policy::{BuiltIn, Caller, FhirUser, Purpose, Side};
use aceso_store::{Enrol, LinkKind, NewAccount, NewLink, Store, UserName};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::demo::bring;
use crate::import::Loader;

/// A physician of the carried clinic, by National Provider Identifier.
const CLINICIAN: &str = "identifier=http://hl7.org/fhir/sid/us-npi|420";
/// The patients of the carried clinic.
const CARRIED: &str = "_tag=https://smarthealthit.org/tags|synthea-5-2019&_count=100";
/// Born before it: an adult; after it: somebody who has a proxy.
const ADULT: &str = "2007-01-01";
/// So many patients are in the clinician's and the nurse's care; the others are not.
const IN_CARE: usize = 6;
/// A demonstration's links work until the next start, this long at most.
const LIFE_MILLIS: i64 = 7 * 86_400_000;

/// A way to sign in, printed at the start.
pub(crate) struct SignIn {
    pub(crate) title: &'static str,
    pub(crate) display: String,
    pub(crate) url: String,
}

/// Whom the demonstration's people are, and whom they act for.
struct Cast {
    clinician: String,
    in_care: Vec<String>,
    adult: String,
    child: String,
}

/// Makes the people where they are not there yet, and fresh links for them.
pub(crate) async fn fill(store: &Store, loader: &Loader, base: &str) -> Result<Vec<SignIn>> {
    let cast = cast(store).await?;
    bring(loader, "demo people", staff_and_teams(&cast)).await?;
    let mut all = Vec::new();
    for role in BuiltIn::ALL {
        if role.side() == Side::Program {
            continue;
        }
        let new = person(role, &cast)?;
        let display = new.display.clone();
        let link = link(store, new).await?;
        all.push(SignIn {
            title: role.title(),
            display,
            url: format!("{base}/demo/sign-in/{link}"),
        });
    }
    Ok(all)
}

/// The account, if need be a new one, and its link.
async fn link(store: &Store, new: NewAccount) -> Result<String> {
    let console = Caller::operator();
    let known = store.account_named(&console, &new.user_name).await?;
    let account = match known {
        Some(account) => account.id,
        None => {
            let id = store.add_account(&console, new).await?;
            store.activate_account(&console, &id).await?;
            id
        }
    };
    let one_time = fresh()?;
    let link = NewLink {
        hash: one_time.hash,
        kind: LinkKind::Demo,
        account,
        ends: store.now().plus_millis(LIFE_MILLIS),
    };
    store.make_link(&console, link).await?;
    Ok(one_time.token)
}

fn person(role: BuiltIn, cast: &Cast) -> Result<NewAccount> {
    let (display, user, patients) = match role {
        BuiltIn::Administrator => ("Ada Marsh", None, Vec::new()),
        BuiltIn::Clinician => (
            "Dr. Rebecca Labadie",
            Some(format!("Practitioner/{}", cast.clinician)),
            Vec::new(),
        ),
        BuiltIn::Nurse => ("Nora Quinn, RN", practitioner(role), Vec::new()),
        BuiltIn::FrontDesk => ("Felix Okafor", practitioner(role), Vec::new()),
        BuiltIn::Biller => ("Bianca Reyes", practitioner(role), Vec::new()),
        BuiltIn::Laboratory => ("Lars Winther", practitioner(role), Vec::new()),
        BuiltIn::Pharmacist => ("Priya Nair, PharmD", practitioner(role), Vec::new()),
        BuiltIn::Auditor => ("Aldo Ferri", None, Vec::new()),
        BuiltIn::SecurityOfficer => ("Sena Yilmaz", None, Vec::new()),
        BuiltIn::Patient => (
            "A patient",
            Some(format!("Patient/{}", cast.adult)),
            vec![cast.adult.clone()],
        ),
        BuiltIn::Proxy => (
            "A parent",
            Some("RelatedPerson/demo-parent".to_owned()),
            vec![cast.child.clone()],
        ),
        BuiltIn::ApiClient => bail!("a program is no person"),
    };
    let fhir_user = match user {
        None => None,
        Some(text) => Some(FhirUser::parse(&text).context("a demonstration's person")?),
    };
    Ok(NewAccount {
        user_name: UserName::parse(role.role().as_str())?,
        display: display.to_owned(),
        email: None,
        fhir_user,
        roles: vec![role.role()],
        facilities: Vec::new(),
        patients,
        not_after: None,
        enrol: Enrol::No,
    })
}

fn practitioner(role: BuiltIn) -> Option<String> {
    Some(format!("Practitioner/demo-{}", role.role()))
}

/// Staff who are not in the carried clinic, the parent, and the care teams.
fn staff_and_teams(cast: &Cast) -> Vec<Value> {
    let staff = [
        (BuiltIn::Nurse, "Quinn", "Nora"),
        (BuiltIn::FrontDesk, "Okafor", "Felix"),
        (BuiltIn::Biller, "Reyes", "Bianca"),
        (BuiltIn::Laboratory, "Winther", "Lars"),
        (BuiltIn::Pharmacist, "Nair", "Priya"),
    ];
    let staff = staff.into_iter().map(|(role, family, given)| {
        json!({
            "resourceType": "Practitioner", "id": format!("demo-{}", role.role()), "active": true,
            "name": [{"family": family, "given": [given]}]
        })
    });
    let parent = json!({
        "resourceType": "RelatedPerson", "id": "demo-parent", "active": true,
        "patient": {"reference": format!("Patient/{}", cast.child)},
        "relationship": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "PRN", "display": "parent"
        }]}]
    });
    let teams = cast.in_care.iter().map(|patient| {
        let member = |id: &str| json!({"member": {"reference": format!("Practitioner/{id}")}});
        json!({
            "resourceType": "CareTeam", "id": format!("demo-{patient}"), "status": "active",
            "subject": {"reference": format!("Patient/{patient}")},
            "participant": [member(&cast.clinician), member("demo-nurse")]
        })
    });
    staff.chain([parent]).chain(teams).collect()
}

/// The id of the physician who signs in as the demonstration's clinician.
pub(crate) async fn clinician(store: &Store) -> Result<String> {
    let found = found(store, "Practitioner", CLINICIAN).await?;
    found
        .first()
        .and_then(id)
        .context("the carried clinic lacks the demonstration's clinician")
}

async fn cast(store: &Store) -> Result<Cast> {
    let clinicians = found(store, "Practitioner", CLINICIAN).await?;
    let clinician = clinicians.first().and_then(id);
    let patients = found(store, "Patient", CARRIED).await?;
    let living: Vec<&Value> = patients
        .iter()
        .filter(|p| p.get("deceasedDateTime").is_none())
        .collect();
    let born = |p: &Value| {
        p.get("birthDate")
            .and_then(Value::as_str)
            .unwrap_or_default()
            < ADULT
    };
    let adult = living.iter().find(|p| born(p)).and_then(|p| id(p));
    let child = living.iter().find(|p| !born(p)).and_then(|p| id(p));
    let missing = "the carried clinic lacks somebody the demonstration's people need";
    Ok(Cast {
        clinician: clinician.context(missing)?,
        in_care: living.iter().take(IN_CARE).filter_map(|p| id(p)).collect(),
        adult: adult.context(missing)?,
        child: child.context(missing)?,
    })
}

async fn found(store: &Store, kind: &'static str, query: &str) -> Result<Vec<Value>> {
    let reading = store.read(&Caller::operator(), Purpose::Operations);
    let query = parse(Some(kind), query, &Options::default())?;
    let page = reading.search(query).await?;
    let all = page.matches.iter().map(|m| serde_json::from_slice(&m.body));
    let mut all: Vec<Value> = all.collect::<Result<_, _>>()?;
    all.sort_by_key(id);
    Ok(all)
}

fn id(resource: &Value) -> Option<String> {
    Some(resource.get("id")?.as_str()?.to_owned())
}
