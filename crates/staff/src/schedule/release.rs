//! Giving time back: the Slots of an appointment go, and it does not name them any more.

use aceso_fhir::Value;
use aceso_store::{Tx, WriteError};
use aceso_web::site::PageFault;

use super::appointment::Booking;
use crate::patient::save::{checked, refused};

/// Writes a changed appointment, in place of the version that was read.
pub(crate) async fn change(
    tx: &mut Tx,
    id: &str,
    document: Value,
    version: u64,
) -> Result<(), PageFault> {
    let Value::Object(object) = document else {
        return Err(PageFault::Missing);
    };
    let changed = tx.update(id, checked(object)?, Some(version)).await;
    match changed {
        Ok(_) => Ok(()),
        Err(WriteError::Forbidden) => Err(super::book::not_theirs()),
        Err(error) => Err(refused(error)),
    }
}

/// Removes the Slots that an appointment took; its new version must not name them.
pub(crate) async fn release(tx: &mut Tx, booking: &Booking) -> Result<(), PageFault> {
    for slot in &booking.slots {
        tx.delete("Slot", slot, None).await.map_err(refused)?;
    }
    Ok(())
}
