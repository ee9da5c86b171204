//! The one server that mail is handed to, and the one that a mailbox is on.

use std::net::IpAddr;

/// A server that takes mail: `smtps://mail.example:465` (TLS from the first byte), `smtp://mail.example:587` (STARTTLS, which
/// it must offer), or `smtp://127.0.0.1:25` (plain text: this machine's own, written as an address). One that keeps mailboxes is
/// `imaps://mail.example:993` or `imap://mail.example:143` in the same ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) guard: Guard,
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// TLS before anything is said (RFC 8314).
    Tls,
    /// TLS after STARTTLS; without it nothing is sent.
    StartTls,
    /// None: the bytes do not leave the machine.
    Loopback,
}

/// A text that names no server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// It has another form.
    #[error(
        "\"{said}\" is not of the form {secure}mail.example or {plain}mail.example, with or without :port"
    )]
    Form {
        /// The text.
        said: String,
        /// How it begins where TLS begins at once.
        secure: &'static str,
        /// How it begins where STARTTLS is asked for.
        plain: &'static str,
    },
    /// A certificate names hosts.
    #[error(
        "\"{0}\": a server elsewhere is named, so that its certificate can be checked; plain text goes to the loopback alone"
    )]
    Address(String),
}

/// What a kind of server is asked in: how its addresses begin, and its usual ports, within TLS and before it.
struct Protocol {
    secure: (&'static str, u16),
    plain: (&'static str, u16),
}

const SMTP: Protocol = Protocol {
    secure: ("smtps://", 465),
    plain: ("smtp://", 587),
};
const IMAP: Protocol = Protocol {
    secure: ("imaps://", 993),
    plain: ("imap://", 143),
};

impl Server {
    /// Reads where the server is that mail is handed to.
    pub fn parse(text: &str) -> Result<Self, ServerError> {
        Self::of(text, &SMTP)
    }

    /// Reads where the server is that a mailbox is on.
    pub fn parse_imap(text: &str) -> Result<Self, ServerError> {
        Self::of(text, &IMAP)
    }

    fn of(text: &str, protocol: &Protocol) -> Result<Self, ServerError> {
        let (secure, plain) = (protocol.secure, protocol.plain);
        let form = || ServerError::Form {
            said: text.to_owned(),
            secure: secure.0,
            plain: plain.0,
        };
        let (guard, rest, usual) = match (text.strip_prefix(secure.0), text.strip_prefix(plain.0)) {
            (Some(rest), _) => (Guard::Tls, rest, secure.1),
            (None, Some(rest)) => (Guard::StartTls, rest, plain.1),
            (None, None) => return Err(form()),
        };
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| form())?),
            Some(_) | None => (rest, usual),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = host.parse::<IpAddr>() {
            if !address.is_loopback() || guard == Guard::Tls {
                return Err(ServerError::Address(text.to_owned()));
            }
            return Ok(Self {
                host: host.to_owned(),
                port,
                guard: Guard::Loopback,
            });
        }
        let fine = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        if host.is_empty() || port == 0 || !host.bytes().all(fine) {
            return Err(form());
        }
        Ok(Self {
            host: host.to_ascii_lowercase(),
            port,
            guard,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asvs_12_3_1_mail_leaves_the_machine_over_tls_only() {
        let guard = |text| Server::parse(text).unwrap().guard;
        assert_eq!(guard("smtps://mail.example"), Guard::Tls);
        assert_eq!(guard("smtp://mail.example"), Guard::StartTls);
        assert_eq!(guard("smtp://localhost:2525"), Guard::StartTls);
        assert_eq!(guard("smtp://127.0.0.1:25"), Guard::Loopback);
        assert_eq!(guard("smtp://[::1]:25"), Guard::Loopback);
        for bad in [
            "smtp://10.1.2.3:25",
            "smtps://192.0.2.1",
            "smtp://[2001:db8::1]:25",
        ] {
            assert!(
                matches!(Server::parse(bad), Err(ServerError::Address(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_server_is_named_with_how_it_is_reached() {
        let kept = |text| Server::parse_imap(text).map(|s| (s.port, s.guard));
        assert_eq!(kept("imaps://mail.example"), Ok((993, Guard::Tls)));
        assert_eq!(kept("imap://mail.example"), Ok((143, Guard::StartTls)));
        assert!(Server::parse_imap("smtp://mail.example").is_err());
        let server = Server::parse("smtp://Mail.Example:2587").unwrap();
        assert_eq!((server.host.as_str(), server.port), ("mail.example", 2587));
        for bad in [
            "",
            "mail.example",
            "https://mail.example",
            "smtp://",
            "smtp://:25",
            "smtp://mail.example:x",
            "smtp://mail.example:0",
            "smtp://ann@mail.example",
            "smtp://mail.example/path",
        ] {
            assert!(
                matches!(Server::parse(bad), Err(ServerError::Form { .. })),
                "{bad}"
            );
        }
    }
}
