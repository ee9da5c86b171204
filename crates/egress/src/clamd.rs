//! A searcher for viruses on this machine: ClamAV's `clamd`, spoken to as its manual says (`INSTREAM`).
//!
//! The file goes over a socket or the loopback, never further, and is not written down on the way.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

/// How long one file may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// So much is sent at a time.
const PIECE: usize = 64 << 10;
/// What it says is never longer.
const LONGEST: u64 = 4096;
const COMMAND: &[u8] = b"zINSTREAM\0";

/// Where it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clamd {
    /// A socket of this machine: `/run/clamav/clamd.ctl`.
    Socket(PathBuf),
    /// A port of the loopback: `127.0.0.1:3310`.
    Loopback(SocketAddr),
}

/// What it says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Searched {
    /// Nothing that it knows is in it.
    Clean,
    /// This is in it, as the makers of its signatures call it.
    Found(String),
}

/// Why an address cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is neither the path of a socket nor a port of the loopback: \"/run/clamav/clamd.ctl\", \"127.0.0.1:3310\""
)]
pub struct ClamdError(String);

impl Clamd {
    /// Reads a path or an address of the loopback.
    pub fn parse(text: &str) -> Result<Self, ClamdError> {
        if text.starts_with('/') {
            return Ok(Self::Socket(PathBuf::from(text)));
        }
        let address: Option<SocketAddr> = text.parse().ok();
        match address.filter(|address| address.ip().is_loopback()) {
            Some(address) => Ok(Self::Loopback(address)),
            None => Err(ClamdError(text.to_owned())),
        }
    }

    /// Has a file searched. Whatever goes wrong is an error, and never a clean file.
    pub async fn search(&self, file: &[u8]) -> io::Result<Searched> {
        let said = timeout(PATIENCE, async {
            match self {
                Self::Socket(path) => speak(UnixStream::connect(path).await?, file).await,
                Self::Loopback(address) => speak(TcpStream::connect(address).await?, file).await,
            }
        });
        let late = |_| io::Error::from(io::ErrorKind::TimedOut);
        read(&said.await.map_err(late)??)
    }
}

async fn speak(mut stream: impl AsyncRead + AsyncWrite + Unpin, file: &[u8]) -> io::Result<String> {
    // A file that is longer than it takes is answered before all is sent: then what it says counts.
    let sent = send(&mut stream, file).await;
    let mut said = Vec::new();
    stream.take(LONGEST).read_to_end(&mut said).await?;
    if said.is_empty() {
        sent?;
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), file: &[u8]) -> io::Result<()> {
    stream.write_all(COMMAND).await?;
    for piece in file.chunks(PIECE) {
        let length = u32::try_from(piece.len()).map_err(io::Error::other)?;
        stream.write_all(&length.to_be_bytes()).await?;
        stream.write_all(piece).await?;
    }
    stream.write_all(&[0; 4]).await?;
    stream.flush().await
}

fn read(said: &str) -> io::Result<Searched> {
    let line = said.trim_end_matches(['\0', '\n']);
    match line.strip_prefix("stream: ") {
        Some("OK") => Ok(Searched::Clean),
        Some(more) => match more.strip_suffix(" FOUND") {
            Some(name) => Ok(Searched::Found(name.to_owned())),
            None => Err(io::Error::other(line.to_owned())),
        },
        None => Err(io::Error::other(format!("it says \"{line}\""))),
    }
}

#[cfg(test)]
mod tests {
    use aceso_testkit::clamav::Clamav;

    use super::*;

    #[tokio::test]
    async fn ha5_a_file_is_clean_only_when_the_searcher_says_so() {
        let Some(real) = Clamav::start(1 << 20) else {
            return;
        };
        let clamd = Clamd::Socket(real.socket());
        let clean = clamd.search(&vec![b'a'; 150_000]).await.unwrap();
        assert_eq!(clean, Searched::Clean);
        let found = clamd.search(&Clamav::harmless()).await.unwrap();
        assert_eq!(found, Searched::Found(Clamav::NAME.to_owned()));
        let longer = clamd.search(&vec![b'a'; 3 << 20]).await;
        assert!(longer.is_err(), "longer than it takes");
        drop(real);
        assert!(clamd.search(b"a").await.is_err(), "it has ended");
    }

    #[test]
    fn ha5_what_is_no_answer_is_no_clean_file() {
        for said in [
            "",
            "\0",
            "stream: \0",
            "stream: lstat() failed ERROR\0",
            "OK\0",
        ] {
            assert!(read(said).is_err(), "{said:?}");
        }
    }

    #[test]
    fn a_searcher_is_on_this_machine() {
        for good in ["/run/clamav/clamd.ctl", "127.0.0.1:3310", "[::1]:3310"] {
            assert!(Clamd::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "clamd", "192.0.2.1:3310", "localhost:3310"] {
            assert!(Clamd::parse(bad).is_err(), "{bad}");
        }
    }
}
