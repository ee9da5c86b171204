//! A plain HTTP/1.1 client that costs little: one connection, kept open.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, bail};

/// A connection.
pub(crate) struct Connection {
    stream: TcpStream,
    head: String,
    buffer: Vec<u8>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: &str, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let head = format!(
            "Host: {address}\r\nAuthorization: Bearer {token}\r\nAccept: application/fhir+json\r\n"
        );
        Ok(Self {
            stream,
            head,
            buffer: Vec::with_capacity(1 << 16),
        })
    }

    /// One request, one answer.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: Option<&[u8]>) -> Result<Answer> {
        let mut request = format!("{method} {path} HTTP/1.1\r\n{}", self.head).into_bytes();
        match body {
            Some(body) => {
                write!(
                    request,
                    "Content-Type: application/fhir+json\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                )?;
                request.extend_from_slice(body);
            }
            None => request.extend_from_slice(b"\r\n"),
        }
        self.stream.write_all(&request)?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Answer> {
        self.buffer.clear();
        let mut chunk = [0_u8; 1 << 16];
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at;
            }
            self.fill(&mut chunk)?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (n, v) = line.split_once(':')?;
                n.eq_ignore_ascii_case(name).then(|| v.trim().to_owned())
            })
        };
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|s| s.parse().ok())
            .context("no status")?;
        let Some(length) = header("content-length").and_then(|l| l.parse::<usize>().ok()) else {
            if status == 204 {
                return Ok(Answer {
                    status,
                    location: None,
                    body: Vec::new(),
                });
            }
            bail!("an answer without a length: {head}");
        };
        while self.buffer.len() < end + 4 + length {
            self.fill(&mut chunk)?;
        }
        let location = header("location");
        Ok(Answer {
            status,
            location,
            body: self.buffer[end + 4..end + 4 + length].to_vec(),
        })
    }

    fn fill(&mut self, chunk: &mut [u8]) -> Result<()> {
        let n = self.stream.read(chunk)?;
        if n == 0 {
            bail!("the server closed the connection");
        }
        self.buffer.extend_from_slice(&chunk[..n]);
        Ok(())
    }
}
