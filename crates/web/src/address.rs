//! Where to listen.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// An address to listen on. Plain HTTP exists only on the loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// `http://127.0.0.1:PORT`, `http://[::1]:PORT`, `http://localhost:PORT`.
    Plain(SocketAddr),
    /// `https://ADDRESS:PORT`.
    Tls(SocketAddr),
}

/// An address that cannot be listened on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not of the right form.
    #[error(
        "\"{0}\" is not an address to listen on: write https://ADDRESS:PORT, or http://127.0.0.1:PORT"
    )]
    Form(String),
    /// Plain HTTP that others could reach.
    #[error(
        "plain http is allowed on the loopback only: {0} would be reachable by others; use https://"
    )]
    NotLoopback(IpAddr),
}

impl Address {
    /// Reads `http://127.0.0.1:8080` or `https://0.0.0.0:8443`; a final `/` is allowed.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let form = || AddressError::Form(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(form)?;
        let socket = socket(rest.trim_end_matches('/')).ok_or_else(form)?;
        match scheme {
            "https" => Ok(Self::Tls(socket)),
            "http" if socket.ip().is_loopback() => Ok(Self::Plain(socket)),
            "http" => Err(AddressError::NotLoopback(socket.ip())),
            _ => Err(form()),
        }
    }

    /// The socket address.
    pub const fn socket(self) -> SocketAddr {
        match self {
            Self::Plain(socket) | Self::Tls(socket) => socket,
        }
    }
}

fn socket(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix("localhost:") {
        Some(port) => Some(SocketAddr::new(
            Ipv4Addr::LOCALHOST.into(),
            port.parse().ok()?,
        )),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_the_loopback_only() {
        for good in [
            "http://127.0.0.1:80",
            "http://[::1]:8080/",
            "http://localhost:1",
        ] {
            assert!(
                matches!(Address::parse(good), Ok(Address::Plain(_))),
                "{good}"
            );
        }
        for bad in [
            "http://0.0.0.0:80",
            "http://192.168.1.4:80",
            "http://[::]:80",
        ] {
            assert!(
                matches!(Address::parse(bad), Err(AddressError::NotLoopback(_))),
                "{bad}"
            );
        }
        assert!(matches!(
            Address::parse("https://0.0.0.0:443"),
            Ok(Address::Tls(_))
        ));
        for bad in [
            "",
            "127.0.0.1:80",
            "ftp://127.0.0.1:1",
            "http://127.0.0.1",
            "https://x:y",
        ] {
            assert!(
                matches!(Address::parse(bad), Err(AddressError::Form(_))),
                "{bad}"
            );
        }
    }
}
