//! A mailbox on a server (IMAP4rev1, RFC 3501, and rev2, RFC 9051): what is new in it, each mail as its bytes, and a flag when it
//! is done. Mails are known by the box's validity and their numbers in it, which never mean another mail.

mod response;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ClientConfig;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::time::timeout;

use crate::server::Guard;
use crate::wire::{PATIENCE, Stream, patiently};
use crate::{Login, Server};
use response::{Ended, Response};

/// So many mails are told of at a time, and so many bytes may come where no mail is asked for.
const MOST_FOUND: usize = 100_000;
const MOST_ASIDE: usize = 4096;
/// A mail is waited for longer than an answer.
const PATIENCE_MAIL: Duration = Duration::from_secs(600);

/// Where mail comes in.
#[derive(Clone)]
pub struct Mailbox {
    server: Server,
    tls: Arc<ClientConfig>,
    login: Login,
    name: String,
}

/// The same, opened.
pub struct OpenBox {
    talk: Talk,
    validity: u32,
}

/// A mail in a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Its number.
    pub number: u32,
    /// Its size in bytes.
    pub size: u32,
}

/// What is noted of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// It is taken.
    Seen,
    /// Somebody has to look at it.
    Flagged,
}

/// Why a mailbox could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BoxError {
    /// A name that cannot be asked for.
    #[error("a mailbox's name is printable ASCII, without quotes")]
    Name,
    /// The server does not protect the connection.
    #[error("the mailbox's server offers no STARTTLS: nothing was said")]
    NoTls,
    /// The server does not take the name and password.
    #[error("the mailbox's server does not know us: {0}")]
    Login(String),
    /// It does not do what it is asked.
    #[error("the mailbox's server refuses: {0}")]
    Refused(String),
    /// What it says is not IMAP.
    #[error("the mailbox's server says what is not IMAP, or too much")]
    Answer,
    /// It cannot be reached, or its certificate is not good.
    #[error("the mailbox's server cannot be reached")]
    Io(#[from] io::Error),
}

impl Mailbox {
    /// A box of this name (`INBOX`), believed by what `tls` trusts.
    pub fn new(
        server: Server,
        tls: Arc<ClientConfig>,
        login: Login,
        name: &str,
    ) -> Result<Self, BoxError> {
        let fine = |b: u8| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\';
        if name.is_empty() || name.len() > 200 || !name.bytes().all(fine) {
            return Err(BoxError::Name);
        }
        Ok(Self {
            server,
            tls,
            login,
            name: name.to_owned(),
        })
    }

    /// Signs in and opens the box.
    pub async fn open(&self) -> Result<OpenBox, BoxError> {
        let mut talk = Talk::new(self.server.connect(&self.tls).await?);
        let greeting = talk.next(MOST_ASIDE, PATIENCE).await?;
        if !greeting.text.starts_with("* OK") {
            return Err(BoxError::Refused("it greets with no OK".to_owned()));
        }
        if self.server.guard == Guard::StartTls {
            if let Ended::Not(_) = talk.ask("STARTTLS").await?.0 {
                return Err(BoxError::NoTls);
            }
            // What came before TLS was nobody's we know: it must not be read as an answer within it.
            if !talk.stream.buffer().is_empty() {
                return Err(BoxError::Answer);
            }
            let plain = talk.stream.into_inner();
            talk = Talk::new(self.server.secured(&self.tls, plain).await?);
        }
        talk.sign_in(&self.login).await?;
        let (ended, said) = talk.ask(&format!("SELECT \"{}\"", self.name)).await?;
        wanted(ended)?;
        let validity = said.iter().find_map(|r| r.number("UIDVALIDITY"));
        Ok(OpenBox {
            validity: validity.ok_or(BoxError::Answer)?,
            talk,
        })
    }
}

impl OpenBox {
    /// The box's validity: with another one, its numbers mean other mails.
    pub const fn validity(&self) -> u32 {
        self.validity
    }

    /// The mails behind a number, in order.
    pub async fn after(&mut self, last: u32) -> Result<Vec<Found>, BoxError> {
        let Some(next) = last.checked_add(1) else {
            return Ok(Vec::new());
        };
        let ask = format!("UID FETCH {next}:* (UID RFC822.SIZE)");
        let (ended, said) = self.talk.ask(&ask).await?;
        wanted(ended)?;
        let found = said.iter().filter(|r| r.is_fetch()).filter_map(|r| {
            Some(Found {
                number: r.number("UID")?,
                size: r.number("RFC822.SIZE")?,
            })
        });
        // `*` is the last mail, whether it is behind the number or not.
        let mut found: Vec<Found> = found.filter(|f| f.number > last).collect();
        found.sort();
        found.dedup_by_key(|f| f.number);
        Ok(found)
    }

    /// A mail's bytes, at most so many; none when it is not there any more.
    pub async fn fetch(&mut self, number: u32, most: usize) -> Result<Option<Vec<u8>>, BoxError> {
        let ask = format!("UID FETCH {number} (UID BODY.PEEK[])");
        let (ended, said) = self.talk.ask_for(&ask, most, PATIENCE_MAIL).await?;
        wanted(ended)?;
        let mut mails = said.into_iter().filter(Response::is_fetch);
        let found = mails.find(|r| r.number("UID") == Some(number) && r.literal.is_some());
        Ok(found.and_then(|r| r.literal))
    }

    /// Notes something of a mail.
    pub async fn note(&mut self, number: u32, flag: Flag) -> Result<(), BoxError> {
        let flag = match flag {
            Flag::Seen => "\\Seen",
            Flag::Flagged => "\\Flagged",
        };
        let ask = format!("UID STORE {number} +FLAGS.SILENT ({flag})");
        wanted(self.talk.ask(&ask).await?.0)
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        // Whether it answers does not matter any more.
        let _ = self.talk.ask("LOGOUT").await;
    }
}

/// A conversation.
struct Talk {
    stream: BufReader<Box<dyn Stream>>,
    asked: u32,
}

impl Talk {
    fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream: BufReader::new(stream),
            asked: 0,
        }
    }

    /// PLAIN (RFC 4616), which every server that follows RFC 9051 knows.
    async fn sign_in(&mut self, login: &Login) -> Result<(), BoxError> {
        let tag = self.say("AUTHENTICATE PLAIN").await?;
        let go_on = self.next(MOST_ASIDE, PATIENCE).await?;
        if let Some(Ended::Not(why) | Ended::Ok(why)) = go_on.ended(&tag) {
            return Err(BoxError::Login(why));
        }
        if !go_on.text.starts_with('+') {
            return Err(BoxError::Answer);
        }
        let words = ["\0", &login.user, "\0", login.password.expose()].concat();
        self.write(&[&STANDARD.encode(words), "\r\n"].concat())
            .await?;
        match self.until(&tag, MOST_ASIDE, PATIENCE).await?.0 {
            Ended::Ok(_) => Ok(()),
            Ended::Not(why) => Err(BoxError::Login(why)),
        }
    }

    async fn ask(&mut self, command: &str) -> Result<(Ended, Vec<Response>), BoxError> {
        self.ask_for(command, MOST_ASIDE, PATIENCE).await
    }

    async fn ask_for(
        &mut self,
        command: &str,
        most: usize,
        patience: Duration,
    ) -> Result<(Ended, Vec<Response>), BoxError> {
        let tag = self.say(command).await?;
        self.until(&tag, most, patience).await
    }

    async fn say(&mut self, command: &str) -> Result<String, BoxError> {
        self.asked += 1;
        let tag = format!("A{}", self.asked);
        self.write(&[&tag, " ", command, "\r\n"].concat()).await?;
        Ok(tag)
    }

    async fn write(&mut self, text: &str) -> Result<(), BoxError> {
        let stream = self.stream.get_mut();
        let all = async {
            stream.write_all(text.as_bytes()).await?;
            stream.flush().await
        };
        Ok(patiently(all).await?)
    }

    /// What is said until a command ends.
    async fn until(
        &mut self,
        tag: &str,
        most: usize,
        patience: Duration,
    ) -> Result<(Ended, Vec<Response>), BoxError> {
        let (mut said, mut held) = (Vec::new(), 0);
        while said.len() < MOST_FOUND && held <= most {
            let response = self.next(most, patience).await?;
            held += response.literal.as_ref().map_or(0, Vec::len);
            if let Some(ended) = response.ended(tag) {
                return Ok((ended, said));
            }
            said.push(response);
        }
        Err(BoxError::Answer)
    }

    async fn next(&mut self, most: usize, patience: Duration) -> Result<Response, BoxError> {
        timeout(patience, Response::read(&mut self.stream, most))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

fn wanted(ended: Ended) -> Result<(), BoxError> {
    match ended {
        Ended::Ok(_) => Ok(()),
        Ended::Not(why) => Err(BoxError::Refused(why)),
    }
}
