//! A plain HTTP client on one connection that is kept, for tests that speak to the running program.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The head in lower case, line by line.
    pub(crate) head: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self
            .head
            .iter()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        found.unwrap_or_default().trim()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
    address: String,
    token: String,
}

impl Wire {
    pub(crate) fn open(address: &str, token: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self {
            stream: BufReader::new(stream),
            address: address.to_owned(),
            token: token.to_owned(),
        })
    }

    /// One request; an error when the server is gone before it answered.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Reply> {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n",
            self.address,
            self.token,
            body.len()
        );
        if headers.iter().all(|(name, _)| *name != "content-type") && !body.is_empty() {
            head.push_str("Content-Type: application/fhir+json\r\n");
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        self.reply()
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    fn reply(&mut self) -> io::Result<Reply> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|s| s.parse().ok());
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        let mut head = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            // Only the name's case is of no account.
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            head.push(format!("{}:{value}", name.to_ascii_lowercase()));
        }
        let mut reply = Reply {
            status,
            head,
            body: Vec::new(),
        };
        let length = reply.header("content-length").parse::<u64>();
        if reply.header("transfer-encoding") == "chunked" {
            loop {
                let size = self.line()?;
                let size =
                    u64::from_str_radix(&size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
                self.take(size, &mut reply.body)?;
                self.line()?;
                if size == 0 {
                    break;
                }
            }
        } else if let Ok(length) = length {
            self.take(length, &mut reply.body)?;
        }
        Ok(reply)
    }

    fn take(&mut self, size: u64, out: &mut Vec<u8>) -> io::Result<()> {
        let got = self.stream.by_ref().take(size).read_to_end(out)?;
        if u64::try_from(got).ok() == Some(size) {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}
