//! Handing a message over (RFC 5321), as a submission client (RFC 6409).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use aceso_base::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ClientConfig;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use crate::reply::{LONGEST_LINE, MOST_LINES, Reply, ReplyLine};
use crate::server::Guard;
use crate::wire::{PATIENCE, Stream, patiently};
use crate::{Address, Line, Message, Server};

/// The answer to the end of the data is waited for longer (RFC 5321, 4.5.3.2).
const PATIENCE_DATA: Duration = Duration::from_secs(600);

/// How the server knows us.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user name there.
    pub user: String,
    /// Its password.
    pub password: Secret<String>,
}

/// Hands mail to one server.
#[derive(Clone)]
pub struct Mailer {
    server: Server,
    tls: Arc<ClientConfig>,
    from: Address,
    name: Line,
    login: Option<Login>,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The server does not want this message, nor will it later.
    #[error("the mail server refuses it: {0}")]
    Refused(String),
    /// The server cannot take it now.
    #[error("the mail server cannot take it now: {0}")]
    Later(String),
    /// The server does not protect the connection.
    #[error("the mail server offers no STARTTLS: nothing was sent")]
    NoTls,
    /// The server does not take the name and password, or no way to tell them.
    #[error("the mail server does not know us: {0}")]
    Login(String),
    /// What it answered is not SMTP.
    #[error("the mail server's answer is not SMTP")]
    Answer,
    /// It cannot be reached, or its certificate is not good.
    #[error("the mail server cannot be reached")]
    Io(#[from] io::Error),
}

impl SendError {
    /// Whether the same message is refused again whenever it is sent.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Refused(_) => true,
            Self::Later(_) | Self::NoTls | Self::Login(_) | Self::Answer | Self::Io(_) => false,
        }
    }
}

impl Mailer {
    /// To this server, believed by what `tls` trusts, from this address under this name.
    pub fn new(server: Server, tls: Arc<ClientConfig>, from: Address, name: Line) -> Self {
        Self {
            server,
            tls,
            from,
            name,
            login: None,
        }
    }

    /// Tells the server who we are.
    pub fn known_as(mut self, login: Login) -> Self {
        self.login = Some(login);
        self
    }

    /// Hands a message over. Answered well, the server has it.
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        let mut talk = self.open().await?;
        let done = self.hand_over(&mut talk, message).await;
        // Whether it says goodbye does not matter any more.
        let _ = talk.ask("QUIT").await;
        done
    }

    /// Connects and makes ourselves known; sends nothing.
    pub async fn check(&self) -> Result<(), SendError> {
        let mut talk = self.open().await?;
        let _ = talk.ask("QUIT").await;
        Ok(())
    }

    async fn open(&self) -> Result<Talk, SendError> {
        let mut talk = Talk::new(self.server.connect(&self.tls).await?);
        needed(talk.reply(PATIENCE).await?)?;
        let mut offer = talk.hello(&self.from).await?;
        if self.server.guard == Guard::StartTls {
            if offer.offers("STARTTLS").is_none() || !talk.ask("STARTTLS").await?.is_good() {
                return Err(SendError::NoTls);
            }
            // What came before TLS was nobody's we know: it must not be read as an answer within it.
            if !talk.stream.buffer().is_empty() {
                return Err(SendError::Answer);
            }
            let plain = talk.stream.into_inner();
            talk = Talk::new(self.server.secured(&self.tls, plain).await?);
            offer = talk.hello(&self.from).await?;
        }
        if let Some(login) = &self.login {
            talk.authenticate(&offer, login).await?;
        }
        Ok(talk)
    }

    async fn hand_over(&self, talk: &mut Talk, message: &Message) -> Result<(), SendError> {
        needed(talk.ask(&format!("MAIL FROM:<{}>", self.from)).await?)?;
        wanted(talk.ask(&format!("RCPT TO:<{}>", message.to)).await?)?;
        needed(talk.ask("DATA").await?)?;
        let bytes = message.bytes(&self.from, &self.name);
        talk.say(&[dotted(&bytes).as_str(), ".\r\n"].concat())
            .await?;
        wanted(talk.reply(PATIENCE_DATA).await?)
    }
}

/// A conversation.
struct Talk {
    stream: BufReader<Box<dyn Stream>>,
}

impl Talk {
    fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream: BufReader::new(stream),
        }
    }

    async fn hello(&mut self, from: &Address) -> Result<Reply, SendError> {
        let reply = self.ask(&format!("EHLO {}", from.domain())).await?;
        needed(reply.clone())?;
        Ok(reply)
    }

    /// PLAIN (RFC 4616), or LOGIN where the server has nothing better.
    async fn authenticate(&mut self, offer: &Reply, login: &Login) -> Result<(), SendError> {
        let ways = offer.offers("AUTH").unwrap_or_default();
        let has = |way: &str| ways.iter().any(|w| w == way);
        let (user, password) = (login.user.as_str(), login.password.expose().as_str());
        let reply = if has("PLAIN") {
            let both = STANDARD.encode(["\0", user, "\0", password].concat());
            self.ask(&format!("AUTH PLAIN {both}")).await?
        } else if has("LOGIN") {
            let mut reply = self.ask("AUTH LOGIN").await?;
            for word in [user, password] {
                if reply.code == 334 {
                    reply = self.ask(&STANDARD.encode(word)).await?;
                }
            }
            reply
        } else {
            return Err(SendError::Login(
                "it offers neither PLAIN nor LOGIN".to_owned(),
            ));
        };
        if reply.code == 235 {
            return Ok(());
        }
        Err(SendError::Login(reply.told()))
    }

    async fn ask(&mut self, line: &str) -> Result<Reply, SendError> {
        self.say(&[line, "\r\n"].concat()).await?;
        self.reply(PATIENCE).await
    }

    async fn say(&mut self, text: &str) -> Result<(), SendError> {
        let stream = self.stream.get_mut();
        let all = async {
            stream.write_all(text.as_bytes()).await?;
            stream.flush().await
        };
        Ok(patiently(all).await?)
    }

    async fn reply(&mut self, patience: Duration) -> Result<Reply, SendError> {
        timeout(patience, self.read())
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    async fn read(&mut self) -> Result<Reply, SendError> {
        let mut lines = Vec::new();
        while lines.len() < MOST_LINES {
            let mut line = Vec::new();
            let most = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
            let mut limited = (&mut self.stream).take(most);
            limited.read_until(b'\n', &mut line).await?;
            if line.is_empty() {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            if !line.ends_with(b"\n") {
                return Err(SendError::Answer);
            }
            let line = String::from_utf8_lossy(&line);
            let read = ReplyLine::parse(line.trim_end_matches(['\r', '\n']));
            let read = read.ok_or(SendError::Answer)?;
            lines.push(read.text.to_owned());
            if read.last {
                let code = read.code;
                return Ok(Reply { code, lines });
            }
        }
        Err(SendError::Answer)
    }
}

/// An answer about the server and us: a no is not the message's fault, and may be mended.
fn needed(reply: Reply) -> Result<(), SendError> {
    match reply {
        reply if reply.is_good() => Ok(()),
        reply => Err(SendError::Later(reply.told())),
    }
}

/// An answer about the message or its reader: yes, or why not.
fn wanted(reply: Reply) -> Result<(), SendError> {
    match reply {
        reply if reply.is_good() => Ok(()),
        reply if reply.is_final() => Err(SendError::Refused(reply.told())),
        reply => Err(SendError::Later(reply.told())),
    }
}

/// Lines that begin with a dot get another one: a dot alone ends the data (RFC 5321, 4.5.2).
fn dotted(text: &str) -> String {
    let doubled = text.replace("\r\n.", "\r\n..");
    match doubled.strip_prefix('.') {
        Some(_) => [".", doubled.as_str()].concat(),
        None => doubled,
    }
}
