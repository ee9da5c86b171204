//! The shared test data, which lies beside the project in `../shared/data` and is not part of it.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use lzma_rust2::XzReader;

/// The directory of the shared test data, whether or not it is there.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data")
}

/// The bytes of one shared file; none, with a message on stderr that the test is skipped, when it is absent.
///
/// # Panics
/// When the file is there but cannot be read.
#[allow(
    clippy::print_stderr,
    reason = "a test that skips for want of data must say so"
)]
#[allow(clippy::expect_used, reason = "dev only: a test fails here")]
pub fn file(name: &str) -> Option<Vec<u8>> {
    let path = directory().join(name);
    if !path.exists() {
        eprintln!("SKIPPED: ../shared/data/{name} is absent, nothing was tested with it");
        return None;
    }
    Some(std::fs::read(path).expect("a shared file that exists is readable"))
}

/// The files of a shared `.tar.xz` or `.tgz`, in archive order: paths without a leading `./`, and bytes. None, with a message on
/// stderr that the test is skipped, when it is absent. The specification's examples take about a second.
///
/// # Panics
/// When the archive is broken.
#[allow(clippy::expect_used, reason = "dev only: a test fails here")]
pub fn archive(name: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let packed = file(name)?;
    let mut tarball = Vec::new();
    if Path::new(name).extension().is_some_and(|e| e == "xz") {
        XzReader::new(packed.as_slice(), true).read_to_end(&mut tarball)
    } else {
        GzDecoder::new(packed.as_slice()).read_to_end(&mut tarball)
    }
    .expect("a shared archive unpacks");
    Some(unpack(&tarball).expect("a shared archive is a tarball"))
}

fn unpack(tarball: &[u8]) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in tar::Archive::new(tarball).entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path()?.to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        files.push((path.trim_start_matches("./").to_owned(), bytes));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_none() {
        assert_eq!(archive("no-such-archive.tar.xz"), None);
    }

    #[test]
    fn both_kinds_of_archive_unpack() {
        for (name, count) in [
            (
                "fhir-definitions/hl7.fhir.r4.examples-instances.tar.xz",
                12_071,
            ),
            ("fhir-definitions/us_core_610.tgz", 1),
        ] {
            if let Some(files) = archive(name) {
                assert!(files.len() >= count, "{name} has {} files", files.len());
                assert!(files.iter().all(|(path, _)| !path.starts_with("./")));
            }
        }
    }
}
