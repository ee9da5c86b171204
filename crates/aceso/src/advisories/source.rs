//! Where the desk's documents come from: the desk itself, or a directory that has what was fetched from it.

use std::path::{Path, PathBuf};

use aceso_egress::{Client, Limits, Request, StatusCode};
use aceso_policy::Endpoints;
use anyhow::{Context, Result, bail};

use crate::config::Config;
use crate::delivery::trust;

/// A source of documents.
pub(super) enum Source {
    /// The desk; what is fetched may be kept in a directory.
    Desk(Box<Client>, Option<PathBuf>),
    /// A directory.
    Directory(PathBuf),
}

impl Source {
    /// The configured desk, and no other address.
    pub(super) fn desk(config: &Config, save: Option<PathBuf>) -> Result<Self> {
        let endpoints =
            Endpoints::new(&[config.advisories.desk.as_str()]).context("advisories.desk")?;
        let client = Client::new(endpoints, &trust(config), Limits::default())?;
        Ok(Self::Desk(Box::new(client), save))
    }

    /// The document at a path below the desk's address.
    pub(super) async fn get(&self, desk: &str, path: &str) -> Result<Vec<u8>> {
        let local = local(path)?;
        match self {
            Self::Directory(dir) => {
                let file = dir.join(&local);
                std::fs::read(&file).with_context(|| file.display().to_string())
            }
            Self::Desk(client, save) => {
                let url = format!("{desk}{path}");
                let target = client.target(&url).with_context(|| url.clone())?;
                let answer = client.send(Request::get(target)).await;
                let answer = answer.with_context(|| url.clone())?;
                if answer.status != StatusCode::OK {
                    bail!("{url} answered {}", answer.status);
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
fn local(path: &str) -> Result<PathBuf> {
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
        bail!("{path:?} is not a path that the desk has");
    }
    Ok(parts.iter().collect())
}

fn keep(file: &Path, bytes: &[u8]) -> Result<()> {
    let dir = file.parent().unwrap_or(file);
    std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    std::fs::write(file, bytes).with_context(|| file.display().to_string())
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
