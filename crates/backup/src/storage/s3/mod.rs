//! A bucket of storage that speaks Amazon's S3: whole files put, read and listed by name, each request signed.

mod listing;
mod sign;

use std::sync::Arc;

use aceso_base::Clock;

use listing::Page;
pub use sign::S3Credentials;
use sign::{Signed, encoded};

use super::{Part, Storage, StorageError};
use crate::{Address, S3Address};

/// How often something is asked again that the network, or the storage, has failed at.
const TRIES: usize = 3;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `GET`
    Get,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
}

/// A request. Its headers are secrets.
#[derive(Clone)]
pub struct Ask {
    /// What to do.
    pub verb: Verb,
    /// Where.
    pub url: String,
    /// `name: value`
    pub headers: Vec<String>,
    /// What goes with it.
    pub body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Told {
    /// HTTP's status.
    pub status: u16,
    /// What came with it.
    pub body: Vec<u8>,
}

/// Asks the network once and waits for the answer; why there is none is told in words.
#[derive(Clone)]
pub struct Asking(Arc<dyn Fn(Ask) -> Result<Told, String> + Send + Sync>);

impl Asking {
    /// By this function, which must stop at a length and at a time of its own.
    pub fn new(ask: impl Fn(Ask) -> Result<Told, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Asking")
    }
}

/// A bucket.
pub(super) struct S3 {
    address: S3Address,
    credentials: S3Credentials,
    asking: Asking,
    clock: Arc<dyn Clock>,
}

impl S3 {
    pub(super) fn new(
        address: &S3Address,
        credentials: S3Credentials,
        asking: Asking,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            address: address.clone(),
            credentials,
            asking,
            clock,
        }
    }

    /// Asks until there is an answer that stands.
    fn ask(
        &self,
        verb: Verb,
        path: &str,
        query: &[(&str, &str)],
        range: Option<&str>,
        body: &[u8],
    ) -> Result<Vec<u8>, StorageError> {
        let mut url = [&self.address.server, path].concat();
        if !query.is_empty() {
            url = format!("{url}?{}", encoded(query));
        }
        let mut last = StorageError::Failed("it was not asked".to_owned());
        for _ in 0..TRIES {
            let signed = Signed {
                verb: match verb {
                    Verb::Get => "GET",
                    Verb::Put => "PUT",
                    Verb::Delete => "DELETE",
                },
                host: self.address.host(),
                path,
                query,
                body,
                range,
                at: self.clock.now(),
            };
            let ask = Ask {
                verb,
                url: url.clone(),
                headers: signed.headers(&self.credentials),
                body: body.to_vec(),
            };
            last = match (self.asking.0)(ask) {
                Ok(told) if (200..300).contains(&told.status) => return Ok(told.body),
                Ok(told) if told.status < 500 || told.status == 507 => return Err(refusal(&told)),
                Ok(told) => refusal(&told),
                Err(why) => StorageError::Failed(why),
            };
        }
        Err(last)
    }
}

fn refusal(told: &Told) -> StorageError {
    let code = listing::code(&told.body).unwrap_or_default();
    match told.status {
        404 if code != "NoSuchBucket" => StorageError::Absent,
        404 => StorageError::Failed("there is no such bucket".to_owned()),
        401 | 403 => StorageError::Refused(format!("{} {code}", told.status)),
        507 => StorageError::Full,
        _ if code.contains("Quota") || code.contains("StorageFull") => StorageError::Full,
        status => StorageError::Failed(format!("the storage answered {status} {code}")),
    }
}

impl Storage for S3 {
    fn location(&self) -> String {
        Address::S3(self.address.clone()).to_string()
    }

    fn prepare(&self) -> Result<(), StorageError> {
        // Names need no directories, and the bucket is its keeper's to make.
        Ok(())
    }

    fn list(&self, below: &str) -> Result<Vec<(String, u64)>, StorageError> {
        let prefix = format!("{}{below}/", self.address.prefix);
        let path = format!("/{}", self.address.bucket);
        let (mut files, mut next) = (Vec::new(), None::<String>);
        loop {
            let mut query = Vec::new();
            if let Some(token) = &next {
                query.push(("continuation-token", token.as_str()));
            }
            query.extend([("list-type", "2"), ("prefix", prefix.as_str())]);
            let page = self.ask(Verb::Get, &path, &query, None, b"")?;
            let page =
                Page::read(&page).map_err(|error| StorageError::Failed(error.to_string()))?;
            let last = |name: String| name.rsplit('/').next().unwrap_or_default().to_owned();
            files.extend(
                page.files
                    .into_iter()
                    .map(|(name, length)| (last(name), length)),
            );
            match page.next {
                Some(token) if next.as_ref() != Some(&token) => next = Some(token),
                Some(_) => {
                    return Err(StorageError::Failed(
                        "the list of names has no end".to_owned(),
                    ));
                }
                None => return Ok(files),
            }
        }
    }

    fn read(&self, name: &str, part: Option<Part>) -> Result<Vec<u8>, StorageError> {
        let range = part.map(|part| {
            let end = part.offset + u64::from(part.length.saturating_sub(1));
            format!("bytes={}-{end}", part.offset)
        });
        let read = self.ask(
            Verb::Get,
            &self.address.path(name),
            &[],
            range.as_deref(),
            b"",
        )?;
        let wanted = part.map(|part| usize::try_from(part.length).unwrap_or(usize::MAX));
        if wanted.is_some_and(|wanted| wanted != read.len()) {
            let what = "the storage answered with another part of a file than it was asked for";
            return Err(StorageError::Failed(what.to_owned()));
        }
        Ok(read)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), StorageError> {
        self.ask(Verb::Put, &self.address.path(name), &[], None, content)?;
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.ask(Verb::Delete, &self.address.path(name), &[], None, b"")?;
        Ok(())
    }
}
