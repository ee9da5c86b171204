//! Files that people bring are searched for viruses, where the installation has something that searches.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use aceso_policy::Purpose;
use aceso_web::site::{Ask, PageFault};

use crate::Staff;
use crate::fault::unreadable;

/// What was found in a file, as the makers of signatures call it; none: nothing.
pub type Infection = Option<String>;

type Searching =
    Pin<Box<dyn Future<Output = Result<Infection, Box<dyn Error + Send + Sync>>> + Send>>;

/// Searches files.
#[derive(Clone)]
pub struct Antivirus(Arc<dyn Fn(Vec<u8>) -> Searching + Send + Sync>);

impl Antivirus {
    /// By this function.
    pub fn new(search: impl Fn(Vec<u8>) -> Searching + Send + Sync + 'static) -> Self {
        Self(Arc::new(search))
    }
}

impl fmt::Debug for Antivirus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Antivirus")
    }
}

/// Why a file for the patient of the page's address is not taken, if something is in it, or if that cannot be told.
pub(crate) async fn searched(
    staff: &Staff,
    ask: &Ask,
    file: &[u8],
) -> Result<Option<&'static str>, PageFault> {
    let Some(antivirus) = &staff.settings().antivirus else {
        return Ok(None);
    };
    match (antivirus.0)(file.to_vec()).await {
        Ok(None) => Ok(None),
        Ok(Some(found)) => {
            let (caller, patient) = (ask.caller()?, ask.of_patient()?);
            let noted = staff
                .store()
                .note_infected(caller, Purpose::Treatment, patient, &found);
            noted.await.map_err(unreadable)?;
            Ok(Some(
                "A virus was found in this file: it was not kept. Tell whoever sent it, and your security officer",
            ))
        }
        Err(error) => {
            tracing::error!(error = %error, "files cannot be searched for viruses");
            Ok(Some(
                "Files cannot be searched for viruses now, so none is taken: please try again later",
            ))
        }
    }
}
