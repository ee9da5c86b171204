//! `POST /patients/{patient}/appointments/{appointment}/status`: confirmed, did not come, will come after all.

use aceso_clinic::schedule::AppointmentStatus;
use aceso_fhir::Value;
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};

use super::one::{One, one};
use super::release::{change, release};
use crate::Staff;
use crate::patient::save::{begin, refused};

/// What the buttons say.
pub(crate) const CONFIRM: &str = "confirm";
pub(crate) const NO_SHOW: &str = "noshow";

/// `POST …/status`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&[Take::One("to"), Take::One("version")])?;
    let found = one(&staff, &ask).await?;
    if fields.one("version") != found.version.to_string() {
        return Err(overtaken());
    }
    let now = staff.store().now().millis();
    let mut tx = begin(&staff, &ask)?;
    let One {
        booking,
        mut document,
        version,
    } = found;
    match fields.one("to") {
        CONFIRM if booking.status.moves() => accept(&mut document),
        NO_SHOW if booking.status.can_become(AppointmentStatus::NoShow) => {
            if now < booking.span.start() {
                return Err(PageFault::Refused(
                    "The appointment has not begun: cancel it instead".to_owned(),
                ));
            }
            if let Some(object) = document.as_object_mut() {
                object.set("status", AppointmentStatus::NoShow.code());
                object.remove("slot");
            }
            release(&mut tx, &booking).await?;
        }
        _ => return Err(cannot(booking.status)),
    }
    change(&mut tx, &booking.id, document, version).await?;
    tx.commit().await.map_err(refused)?;
    let to = super::path(ask.of_patient()?, &booking.id);
    Ok(Reply::to(Local::with(&to, &[])))
}

/// The patient has said that they will come.
fn accept(document: &mut Value) {
    let Some(object) = document.as_object_mut() else {
        return;
    };
    let all = object.get_mut("participant").and_then(Value::as_array_mut);
    for one in all.into_iter().flatten() {
        let actor = one.get("actor").and_then(|a| a.str_at("reference"));
        let patient = actor.is_some_and(|a| a.starts_with("Patient/"));
        if patient && let Some(one) = one.as_object_mut() {
            one.set("status", "accepted");
        }
    }
}

/// Somebody else was faster.
pub(crate) fn overtaken() -> PageFault {
    PageFault::Refused(
        "Somebody else changed this appointment in the meantime. Open it again to see how it stands"
            .to_owned(),
    )
}

/// The appointment stands where this cannot be done.
pub(crate) fn cannot(status: AppointmentStatus) -> PageFault {
    PageFault::Refused(crate::words::say(
        "That cannot be done with this appointment as it stands: {0}",
        &[&crate::words::known(status.name())],
    ))
}
