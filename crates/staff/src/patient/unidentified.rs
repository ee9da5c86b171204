//! `POST /patients/unidentified`: a record for somebody whom nobody knows yet, with one press of a button. Once it is known
//! who it is, the record is merged into theirs, or the particulars are filled in.

use aceso_fhir::{Object, Value};
use aceso_policy::Task;
use aceso_web::site::{Ask, Local, Outcome, Reply, Take};

use super::path;
use super::save::{add, begin, form_id, must_add, refused, signer};
use crate::Staff;
use crate::chart::write::{one, resource};
use crate::words::moment;

/// The address.
pub(crate) const AT: &str = "/patients/unidentified";

/// `POST /patients/unidentified`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    must_add(&staff, &ask, "Patient")?;
    let fields = ask.fields(&[Take::One("form")])?;
    let form = form_id(&staff, fields.one("form"));
    let now = staff.store().now();
    // Nobody opens a chart by writing that they treat the patient, but those who assign patients.
    let assigns = staff.offers(ask.caller()?, Task::TakeCare);
    let treating = signer(&ask)?.filter(|who| {
        let practises = |r: &str| r.starts_with("Practitioner/");
        assigns && who.str_at("reference").is_some_and(practises)
    });
    let mut tx = begin(&staff, &ask)?;
    add(
        &staff,
        &mut tx,
        &form,
        vec![document(&moment(now), treating)],
    )?;
    tx.commit().await.map_err(refused)?;
    Ok(Reply::to(Local::with(&path(&form), &[])))
}

/// A name that is said to be a stopgap tells everybody that nobody knows who it is.
fn document(since: &str, treating: Option<Value>) -> Object {
    let mut patient = resource("Patient");
    patient.set("active", true);
    let name = Value::from([
        ("use", Value::from("temp")),
        ("text", Value::from(["Unknown, ", since].concat())),
        ("family", Value::from("Unknown")),
    ]);
    patient.set("name", one(name));
    patient.set("gender", "unknown");
    if let Some(treating) = treating {
        patient.set("generalPractitioner", one(treating));
    }
    patient
}
