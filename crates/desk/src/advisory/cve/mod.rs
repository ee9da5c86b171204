//! CVE records, format 5.1: <https://cveproject.github.io/cve-schema/schema/docs/>.

mod read;
mod write;

pub use read::read;
pub use write::{CveError, container, write};
