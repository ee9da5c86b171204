//! Lines in a file on this machine, for a collector that reads files.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const PIECE: u64 = 64 * 1024;

/// Appends, and syncs to the disk. The file is opened anew each time, so that it may be moved away (rotated) between; one
/// that is made belongs to us alone (0600). A line that a crash cut short is taken away: its entry is written again.
pub(crate) fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    let end = whole(&mut file)?;
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Where the last whole line ends.
fn whole(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut piece = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(PIECE);
        file.seek(SeekFrom::Start(start))?;
        piece.clear();
        Read::by_ref(file)
            .take(end - start)
            .read_to_end(&mut piece)?;
        if let Some(place) = piece.iter().rposition(|b| *b == b'\n') {
            let kept = u64::try_from(place).map_err(io::Error::other)?;
            return Ok(start + kept + 1);
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_a_crash_cut_short_is_taken_away() {
        let name = format!("aceso-send-{}.ndjson", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&path);
        append(&path, b"{\"a\":1}\n{\"a\":2}\n").unwrap();
        let mut torn = OpenOptions::new().append(true).open(&path).unwrap();
        torn.write_all(b"{\"a\":3,\"b").unwrap();
        append(&path, b"{\"a\":3}\n").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
        std::fs::write(&path, vec![b'x'; 200_000]).unwrap();
        append(&path, b"{}\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}\n");
        std::fs::remove_file(&path).unwrap();
    }
}
