//! Files in which a virus was found: what is kept of them is that they came.

use aceso_policy::{Caller, Purpose};
use aceso_shield::alert::INFECTED;

use crate::audit::{Outcome, entry};
use crate::{ReadError, Store};

impl Store {
    /// Notes that a file for this patient's record was not taken, and what was found in it. The entry is on disk before the
    /// answer.
    pub async fn note_infected(
        &self,
        caller: &Caller,
        purpose: Purpose,
        patient: &str,
        found: &str,
    ) -> Result<(), ReadError> {
        let stored = self.read(caller, purpose).fetch("Patient", patient).await?;
        let (at, mut on) = (self.now(), std::iter::once(stored.name()));
        let entry = entry(
            at,
            caller,
            purpose,
            INFECTED,
            Outcome::Denied,
            found,
            &mut on,
        );
        let entry = entry.about_patients(std::iter::once(patient));
        Ok(self.0.readers.logged(move |_| ((), entry)).await?)
    }
}
