//! Where a repository is, as people write it: a directory, `sftp://…`, or `s3:https://…` (restic writes them the same way).

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A directory of this machine.
    Directory(PathBuf),
    /// A directory of another machine, over SSH.
    Sftp(SftpAddress),
    /// A bucket of storage that speaks Amazon's S3, or names in it that begin alike.
    S3(S3Address),
}

/// `sftp://[USER@]HOST[:PORT]/DIR`: below the directory that the account begins in; with two slashes, from the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SftpAddress {
    pub(crate) destination: String,
    pub(crate) port: Option<u16>,
    pub(crate) path: String,
}

/// `s3:https://HOST[:PORT]/BUCKET[/NAME…]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Address {
    /// Scheme, host and port.
    pub(crate) server: String,
    pub(crate) bucket: String,
    /// What all names begin with: empty, or it ends with a slash.
    pub(crate) prefix: String,
}

/// What is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It begins as one over SSH, and is none.
    #[error(
        "{0} is not of the form sftp://USER@HOST/DIR or sftp://USER@HOST:PORT/DIR, in plain letters"
    )]
    Sftp(String),
    /// It begins as one of a bucket, and is none.
    #[error(
        "{0} is not of the form s3:https://HOST/BUCKET or s3:https://HOST/BUCKET/NAME, in plain letters"
    )]
    S3(String),
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Some(rest) = text.strip_prefix("sftp://") {
            let read = sftp(rest).ok_or_else(|| AddressError::Sftp(text.to_owned()));
            return read.map(Self::Sftp);
        }
        if let Some(rest) = text.strip_prefix("s3:") {
            let read = s3(rest).ok_or_else(|| AddressError::S3(text.to_owned()));
            return read.map(Self::S3);
        }
        if text.starts_with("sftp:") {
            return Err(AddressError::Sftp(text.to_owned()));
        }
        Ok(Self::Directory(text.into()))
    }
}

fn sftp(text: &str) -> Option<SftpAddress> {
    let (authority, path) = text.split_once('/')?;
    let (user, place) = match authority.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, authority),
    };
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok()?)),
        None => (place, None),
    };
    // What begins with a dash would be an option of ssh.
    let is_plain = |word: &str| {
        !word.is_empty()
            && !word.starts_with('-')
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    };
    let is_dir = !path.trim_matches('/').is_empty() && is_path(path.trim_matches('/'));
    (is_plain(host) && user.is_none_or(is_plain) && is_dir).then(|| SftpAddress {
        destination: user.map_or_else(|| host.to_owned(), |user| format!("{user}@{host}")),
        port,
        path: path.trim_end_matches('/').to_owned(),
    })
}

fn s3(text: &str) -> Option<S3Address> {
    let (scheme, rest) = text.split_once("://")?;
    let (host, path) = rest.split_once('/')?;
    let path = path.trim_end_matches('/');
    let is_host = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]".contains(&b));
    let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
    let fits = ["http", "https"].contains(&scheme) && is_host && is_path(path);
    fits.then(|| S3Address {
        server: format!("{scheme}://{host}"),
        bucket: bucket.to_owned(),
        prefix: match prefix {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        },
    })
}

/// Names that are written the same everywhere, none of them a step up.
fn is_path(path: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    path.split('/')
        .all(|part| !["", ".", ".."].contains(&part) && part.bytes().all(is_plain))
}

impl S3Address {
    /// The address of a name in it, and the server's part and the path for themselves.
    pub(crate) fn path(&self, name: &str) -> String {
        format!("/{}/{}{name}", self.bucket, self.prefix)
    }

    /// The host as a request names it.
    pub(crate) fn host(&self) -> &str {
        self.server.split_once("://").map_or("", |(_, host)| host)
    }

    /// What the program must be allowed to call (`egress.endpoints`).
    pub fn endpoint(&self) -> String {
        format!("{}/{}", self.server, self.bucket)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(dir) => write!(f, "{}", dir.display()),
            Self::Sftp(at) => {
                let port = at.port.map_or(String::new(), |port| format!(":{port}"));
                write!(f, "sftp://{}{port}/{}", at.destination, at.path)
            }
            Self::S3(at) => {
                let place = at.path("");
                write!(f, "s3:{}{}", at.server, place.trim_end_matches('/'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str) {
        let read: Address = text.parse().unwrap();
        assert_eq!(read.to_string(), text);
    }

    #[test]
    fn an_address_reads_as_it_is_written() {
        check("/mnt/backup/aceso");
        check("relative");
        check("sftp://backup@nas.example/aceso");
        check("sftp://nas:2222//srv/aceso");
        check("s3:https://s3.example/bucket");
        check("s3:http://127.0.0.1:9000/bucket/clinic/main");
        let Ok(Address::Sftp(at)) = "sftp://u@h:22//srv/x".parse() else {
            panic!("no address over SSH");
        };
        assert_eq!(
            (at.destination.as_str(), at.port, at.path.as_str()),
            ("u@h", Some(22), "/srv/x")
        );
    }

    #[test]
    fn what_could_be_an_option_or_lead_elsewhere_is_no_address() {
        for text in [
            "sftp:nas:aceso",
            "sftp://nas",
            "sftp://nas/",
            "sftp://-oProxyCommand=x/y",
            "sftp://-u@nas/y",
            "sftp://nas:port/y",
            "sftp://na s/y",
            "sftp://nas/../y",
            "s3:ftp://s3.example/b",
            "s3:https://s3.example/",
            "s3:https://s3.example/b/../c",
            "s3:https://s3.example/b?x=y",
            "s3:https://u@s3.example/b",
            "s3:bucket",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
