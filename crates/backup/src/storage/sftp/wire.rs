//! A connection: this machine's `ssh` with the other's file transfer subsystem at its end.

use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use super::packet::{Attributes, CutShort, Fields, Rest, kind};
use crate::SftpAddress;
use crate::storage::StorageError;

const VERSION: u32 = 3;
/// No packet of an answer is longer: data come in pieces of 32 KiB, directories in some hundred names.
const LONGEST: u32 = 1 << 20;
/// What `ssh` says of its own is kept up to this length.
const SAID: u64 = 4096;
const OPTIONS: [&str; 7] = [
    "BatchMode=yes",
    "ClearAllForwardings=yes",
    "ConnectTimeout=30",
    "EscapeChar=none",
    "PermitLocalCommand=no",
    "ServerAliveCountMax=4",
    "ServerAliveInterval=15",
];

/// Why a request was not carried out.
pub(super) enum Trouble {
    /// The server's word; the connection goes on.
    Told(StorageError),
    /// The connection is of no use any more.
    Lost(String),
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<CutShort> for Trouble {
    fn from(_: CutShort) -> Self {
        Self::Lost("an answer was cut short".to_owned())
    }
}

/// A connection.
pub(super) struct Wire {
    ssh: Child,
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
    said: Option<JoinHandle<String>>,
    requests: u32,
    extensions: Vec<String>,
}

/// What was answered.
pub(super) struct Answer {
    kind: u8,
    /// The number of the request.
    pub(super) request: u32,
    rest: Vec<u8>,
}

impl Wire {
    /// Signs in, and agrees on the protocol.
    pub(super) fn open(address: &SftpAddress, config: Option<&Path>) -> Result<Self, String> {
        let mut ssh = start(address, config).map_err(|error| format!("ssh: {error}"))?;
        let taken = (ssh.stdin.take(), ssh.stdout.take(), ssh.stderr.take());
        let (Some(to), Some(from), Some(said)) = taken else {
            return Err("ssh has no way in or out".to_owned());
        };
        let mut wire = Self {
            ssh,
            to: BufWriter::new(to),
            from: BufReader::new(from),
            said: Some(std::thread::spawn(move || heard(said))),
            requests: 0,
            extensions: Vec::new(),
        };
        match wire.greet() {
            Ok(()) => Ok(wire),
            Err(Trouble::Told(error)) => Err(wire.end(&error.to_string())),
            Err(Trouble::Lost(why)) => Err(wire.end(&why)),
        }
    }

    fn greet(&mut self) -> Result<(), Trouble> {
        self.put(kind::INIT, Fields::default().number(VERSION).bytes())?;
        let (kind, body) = self.packet()?;
        let mut rest = Rest(&body);
        if kind != kind::VERSION || rest.number()? < VERSION {
            return Err(Trouble::Lost("the server does not speak SFTP 3".to_owned()));
        }
        while !rest.is_empty() {
            let (name, _version) = (rest.text()?, rest.text()?);
            self.extensions
                .push(String::from_utf8_lossy(name).into_owned());
        }
        Ok(())
    }

    /// Whether the server has this extension of the protocol.
    pub(super) fn knows(&self, extension: &str) -> bool {
        self.extensions.iter().any(|known| known == extension)
    }

    /// Sends a request; its answer has the same number.
    pub(super) fn send(&mut self, kind: u8, fields: &Fields) -> Result<u32, Trouble> {
        self.requests = self.requests.wrapping_add(1);
        let request = self.requests;
        let mut body = request.to_be_bytes().to_vec();
        body.extend_from_slice(fields.bytes());
        self.put(kind, &body)?;
        Ok(request)
    }

    /// The next answer.
    pub(super) fn receive(&mut self) -> Result<Answer, Trouble> {
        let (kind, body) = self.packet()?;
        let mut rest = Rest(&body);
        let request = rest.number()?;
        Ok(Answer {
            kind,
            request,
            rest: rest.0.to_vec(),
        })
    }

    /// A request, and its answer.
    pub(super) fn ask(&mut self, kind: u8, fields: &Fields) -> Result<Answer, Trouble> {
        let request = self.send(kind, fields)?;
        let answer = self.receive()?;
        if answer.request != request {
            return Err(Trouble::Lost("an answer to no question".to_owned()));
        }
        Ok(answer)
    }

    fn put(&mut self, kind: u8, body: &[u8]) -> std::io::Result<()> {
        let length = u32::try_from(body.len().saturating_add(1)).unwrap_or(u32::MAX);
        self.to.write_all(&length.to_be_bytes())?;
        self.to.write_all(&[kind])?;
        self.to.write_all(body)?;
        self.to.flush()
    }

    fn packet(&mut self) -> Result<(u8, Vec<u8>), Trouble> {
        let mut head = [0; 5];
        self.from.read_exact(&mut head)?;
        let [a, b, c, d, kind] = head;
        let length = u32::from_be_bytes([a, b, c, d]);
        if !(1..=LONGEST).contains(&length) {
            return Err(Trouble::Lost("what answers is no SFTP server".to_owned()));
        }
        let mut body = vec![0; usize::try_from(length - 1).unwrap_or(0)];
        self.from.read_exact(&mut body)?;
        Ok((kind, body))
    }

    /// Ends the connection; what `ssh` said of it explains more than what was noticed here.
    pub(super) fn end(mut self, noticed: &str) -> String {
        let _ = self.ssh.kill();
        let said = self.said.take().and_then(|said| said.join().ok());
        let said = said.unwrap_or_default();
        let lines: Vec<&str> = said
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .collect();
        match lines.as_slice() {
            [] => format!("the connection failed: {noticed}"),
            lines => lines.join("; "),
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // It ends by itself when nobody writes to it any more; one that hangs must not stay.
        let _ = self.ssh.kill();
        let _ = self.ssh.wait();
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "ssh is the machine's own way to other machines, with its keys and the hosts that it knows"
)]
fn start(address: &SftpAddress, config: Option<&Path>) -> std::io::Result<Child> {
    let mut ssh = Command::new("ssh");
    if let Some(config) = config {
        ssh.arg("-F").arg(config);
    }
    for option in OPTIONS {
        ssh.args(["-o", option]);
    }
    if let Some(port) = address.port {
        ssh.args(["-p", &port.to_string()]);
    }
    ssh.args(["-s", "--", &address.destination, "sftp"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

fn heard(from: ChildStderr) -> String {
    let mut said = Vec::new();
    let _ = from.take(SAID).read_to_end(&mut said);
    String::from_utf8_lossy(&said).into_owned()
}

impl Answer {
    /// Done, or why not.
    pub(super) fn done(&self) -> Result<(), Trouble> {
        match self.status()? {
            Status::Done => Ok(()),
            Status::End => Err(Trouble::Told(StorageError::Failed(
                "the file ends there".to_owned(),
            ))),
            Status::Not(error) => Err(Trouble::Told(error)),
        }
    }

    pub(super) fn handle(&self) -> Result<Vec<u8>, Trouble> {
        self.only(kind::HANDLE)?;
        Ok(Rest(&self.rest).text()?.to_vec())
    }

    pub(super) fn attributes(&self) -> Result<Attributes, Trouble> {
        self.only(kind::ATTRS)?;
        Ok(Rest(&self.rest).attributes()?)
    }

    /// Data of a file; none at its end.
    pub(super) fn data(&self) -> Result<Option<&[u8]>, Trouble> {
        if self.is_end()? {
            return Ok(None);
        }
        self.only(kind::DATA)?;
        Ok(Some(Rest(&self.rest).text()?))
    }

    /// Entries of a directory; none when all were told.
    pub(super) fn names(&self) -> Result<Option<Vec<(String, Attributes)>>, Trouble> {
        if self.is_end()? {
            return Ok(None);
        }
        self.only(kind::NAME)?;
        let mut rest = Rest(&self.rest);
        let mut names = Vec::new();
        for _ in 0..rest.number()? {
            let (name, _line) = (rest.text()?, rest.text()?);
            let about = rest.attributes()?;
            names.push((String::from_utf8_lossy(name).into_owned(), about));
        }
        Ok(Some(names))
    }

    /// The bytes that are free to this account (statvfs@openssh.com).
    pub(super) fn room(&self) -> Result<u64, Trouble> {
        self.only(kind::EXTENDED_REPLY)?;
        let mut rest = Rest(&self.rest);
        let (_block, fragment) = (rest.long()?, rest.long()?);
        let (_all, _free, available) = (rest.long()?, rest.long()?, rest.long()?);
        Ok(fragment.saturating_mul(available))
    }

    fn is_end(&self) -> Result<bool, Trouble> {
        Ok(self.kind == kind::STATUS && matches!(self.status()?, Status::End))
    }

    /// An answer of this kind, or why there is none.
    fn only(&self, kind: u8) -> Result<(), Trouble> {
        if self.kind == kind {
            return Ok(());
        }
        self.done()?;
        Err(Trouble::Lost("an answer of another kind".to_owned()))
    }

    fn status(&self) -> Result<Status, Trouble> {
        if self.kind != kind::STATUS {
            return Err(Trouble::Lost("an answer of another kind".to_owned()));
        }
        let mut rest = Rest(&self.rest);
        let code = rest.number()?;
        let said = rest.text().unwrap_or_default();
        let said = String::from_utf8_lossy(said).into_owned();
        Ok(match code {
            0 => Status::Done,
            1 => Status::End,
            2 => Status::Not(StorageError::Absent),
            3 => Status::Not(StorageError::Refused(said)),
            code => Status::Not(StorageError::Failed(format!("{said} (SFTP status {code})"))),
        })
    }
}

enum Status {
    Done,
    End,
    Not(StorageError),
}
