//! CSAF 2.0: <https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html>.

mod read;
mod tree;
mod write;

pub use read::read;
pub use write::write;

/// Whose identifiers carry what CSAF 2.0 has no member for: `urn:aceso:when`, `urn:aceso:support`.
const OURS: &str = "urn:aceso:";

/// Titles of notes that carry what the record has members for.
const SEVERITY: &str = "Severity";
const SAFETY: &str = "Patient safety";
const DATA: &str = "Patient data";
const TIMELINE: &str = "Timeline";
const CVSS4: &str = "CVSS 4.0";
