//! One appointment of the patient of the page's address.

use aceso_fhir::Value;
use aceso_policy::Purpose;
use aceso_web::site::{Ask, PageFault};

use super::appointment::Booking;
use crate::Staff;
use crate::fault::unreadable;
use crate::find::document;

/// The placeholder of its id.
const APPOINTMENT: &str = "appointment";

/// An appointment, the document that it is, and the version that was read.
pub(crate) struct One {
    pub(crate) booking: Booking,
    pub(crate) document: Value,
    pub(crate) version: u64,
}

/// The appointment of the page's address. One of another patient is not there.
pub(crate) async fn one(staff: &Staff, ask: &Ask) -> Result<One, PageFault> {
    let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
    let patient = ask.of_patient()?;
    let stored = reading
        .fetch("Appointment", ask.param(APPOINTMENT))
        .await
        .map_err(unreadable)?;
    let document = document(&stored)?;
    let booking = Booking::of(&document).filter(|b| b.is_of(patient));
    Ok(One {
        booking: booking.ok_or(PageFault::Missing)?,
        document,
        version: stored.version,
    })
}
