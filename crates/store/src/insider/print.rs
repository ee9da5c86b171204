//! What leaves the program on paper or as a file.

use aceso_policy::{Caller, Purpose};

use crate::audit::{Outcome, entry};
use crate::{ReadError, Store};

impl Store {
    /// Notes that a patient's record is about to be printed, or saved as a file, by somebody who may read it, on these consents
    /// where it says something about substance use. The entry is on disk before the answer.
    pub async fn note_print(
        &self,
        caller: &Caller,
        purpose: Purpose,
        patient: &str,
        consents: &[String],
    ) -> Result<(), ReadError> {
        let read = self.read(caller, purpose);
        let stored = read.fetch("Patient", patient).await?;
        let mut on = std::iter::once(stored.name());
        let at = self.now();
        let entry = entry(at, caller, purpose, "print", Outcome::Done, "", &mut on);
        let entry = entry.resting(consents);
        Ok(self.0.readers.logged(move |_| ((), entry)).await?)
    }
}
