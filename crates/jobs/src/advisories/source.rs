//! Where the desk's documents come from: the desk itself, or a directory that has what was fetched from it.

use std::path::{Path, PathBuf};

use aceso_egress::{Client, Limits, Request, StatusCode, Trust};
use aceso_policy::Endpoints;

use super::error::PullError;

/// The most bytes of one document.
const LARGEST: usize = 16 << 20;

/// A source of documents.
#[derive(Clone)]
pub enum Source {
    /// The desk; what is fetched may be kept in a directory.
    Desk(Box<Client>, Option<PathBuf>),
    /// A directory.
    Directory(PathBuf),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Desk(..) => "Source::Desk",
            Self::Directory(_) => "Source::Directory",
        })
    }
}

impl Source {
    /// The desk at this address, and no other one.
    pub fn desk(desk: &str, trust: &Trust, save: Option<PathBuf>) -> Result<Self, PullError> {
        let wrong = |error: &dyn std::fmt::Display| PullError::unreachable(desk, error);
        let endpoints = Endpoints::new(&[desk]).map_err(|error| wrong(&error))?;
        let limits = Limits {
            body: LARGEST,
            ..Limits::default()
        };
        let client = Client::new(endpoints, trust, limits).map_err(|error| wrong(&error))?;
        Ok(Self::Desk(Box::new(client), save))
    }

    /// The document at a path below the desk's address.
    pub(super) async fn get(&self, desk: &str, path: &str) -> Result<Vec<u8>, PullError> {
        let local = local(path)?;
        match self {
            Self::Directory(dir) => {
                let file = dir.join(&local);
                let bytes = std::fs::read(&file);
                bytes.map_err(|error| PullError::unreachable(&file.display().to_string(), error))
            }
            Self::Desk(client, save) => {
                let url = format!("{desk}{path}");
                let unreachable =
                    |error: aceso_egress::SendError| PullError::unreachable(&url, error);
                let target = client.target(&url).map_err(unreachable)?;
                let answer = client.send(Request::get(target)).await;
                let answer = answer.map_err(unreachable)?;
                if answer.status != StatusCode::OK {
                    let why = format!("it answered {}", answer.status);
                    return Err(PullError::unreachable(&url, why));
                }
                if let Some(dir) = save {
                    keep(&dir.join(&local), &answer.body)?;
                }
                Ok(answer.body.to_vec())
            }
        }
    }
}

/// A path below the desk's address as one below a directory; nothing leads out of it.
fn local(path: &str) -> Result<PathBuf, PullError> {
    let below = path.strip_prefix('/').unwrap_or(path);
    let parts: Vec<&str> = below.split('/').collect();
    let plain = |part: &&str| {
        !part.is_empty()
            && !part.chars().all(|c| c == '.')
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.+".contains(&b))
    };
    if !parts.iter().all(plain) {
        return Err(PullError::refused(path, "it is no path that the desk has"));
    }
    Ok(parts.iter().collect())
}

fn keep(file: &Path, bytes: &[u8]) -> Result<(), PullError> {
    let dir = file.parent().unwrap_or(file);
    let kept = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(file, bytes));
    kept.map_err(|error| PullError::unreachable(&file.display().to_string(), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_leads_to_no_file_outside_of_its_directory() {
        assert!(local("/.well-known/csaf/white/2026/a-1.json.asc").is_ok());
        for bad in [
            "/../etc/passwd",
            "/a/../../b",
            "//x",
            "/a b",
            "",
            "/a\\b",
            "/a/./b",
        ] {
            assert!(local(bad).is_err(), "{bad}");
        }
    }
}
