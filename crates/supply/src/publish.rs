//! The maker of a repository: who releases the program runs this, never who uses it. The root's key signs which keys may
//! sign what, and is kept offline; the others sign what is newest.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aceso_base::{Instant, hex};
use aceso_vault::{RandomError, ReleaseKey, ReleaseSeed, sha256};
use serde_json::{Map, Value, json};

use crate::canonical::canonical;
use crate::release::{self, Release};

/// The roles, and the files with their keys: `root.key` and so on.
pub const KEY_FILES: [&str; 4] = ["root", "targets", "snapshot", "timestamp"];

const DAY_MILLIS: i64 = 86_400_000;
/// How long each role's statements hold, in days, in the order of [`KEY_FILES`]. A stick that is carried to a clinic has as long
/// as the last of them.
const DAYS: [i64; 4] = [730, 365, 90, 30];

/// Why a repository is not made.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A key that is needed for this is not there.
    #[error("the {0} key is needed for this: {0}.key in the keys' directory")]
    NoKey(&'static str),
    /// A key's file is none.
    #[error("{0} holds no key: 64 hexadecimal digits")]
    Key(PathBuf),
    /// There is one already.
    #[error("{0} is there already")]
    There(PathBuf),
    /// What is in the repository cannot be read.
    #[error("{0} is no statement of a repository: begin one first")]
    Statement(PathBuf),
    /// A file.
    #[error("{0}")]
    File(PathBuf, #[source] std::io::Error),
    /// What is released.
    #[error("{0} is published already: a release is never changed, and no older one follows")]
    Old(semver::Version),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// The keys at hand, in the order of [`KEY_FILES`]: the root's is not needed every day.
#[derive(Debug)]
pub struct Keys([Option<ReleaseKey>; 4]);

/// Makes a key for each role, in files (0600) of a new directory.
pub fn make_keys(dir: &Path) -> Result<(), PublishError> {
    fs::create_dir_all(dir).map_err(|e| PublishError::File(dir.to_path_buf(), e))?;
    for role in KEY_FILES {
        let path = dir.join(format!("{role}.key"));
        if path.exists() {
            return Err(PublishError::There(path));
        }
        let seed = ReleaseKey::new_seed()?;
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        let mut file = file.map_err(|e| PublishError::File(path.clone(), e))?;
        writeln!(file, "{}", hex(seed.as_slice()))
            .map_err(|e| PublishError::File(path.clone(), e))?;
    }
    Ok(())
}

impl Keys {
    /// Those that are in a directory.
    pub fn read(dir: &Path) -> Result<Self, PublishError> {
        let [root, targets, snapshot, timestamp] = KEY_FILES.map(|role| {
            let path = dir.join(format!("{role}.key"));
            match fs::read_to_string(&path) {
                Ok(text) => {
                    let key = seed(text.trim()).and_then(|seed| ReleaseKey::from_seed(&seed));
                    key.map(Some).ok_or(PublishError::Key(path))
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(PublishError::File(path, error)),
            }
        });
        Ok(Self([root?, targets?, snapshot?, timestamp?]))
    }

    fn of(&self, role: &'static str) -> Result<&ReleaseKey, PublishError> {
        let place = KEY_FILES.iter().position(|known| *known == role);
        let key = place.and_then(|place| self.0.get(place)?.as_ref());
        key.ok_or(PublishError::NoKey(role))
    }
}

/// A repository in the making: a directory that a web server hands out as it is, or a stick.
#[derive(Debug)]
pub struct Publisher<'a> {
    /// With `metadata/` and `targets/`.
    pub dir: &'a Path,
    /// The keys at hand.
    pub keys: &'a Keys,
    /// The time of the statements.
    pub now: Instant,
}

impl Publisher<'_> {
    /// The root statement that says which keys sign; the next version of it when there is one. All keys are needed.
    pub fn root(&self) -> Result<PathBuf, PublishError> {
        let mut keys = Map::new();
        let mut roles = Map::new();
        for role in KEY_FILES {
            let key = public(self.keys.of(role)?);
            let id = key_id(&key);
            keys.insert(id.clone(), key);
            roles.insert(role.to_owned(), json!({"keyids": [id], "threshold": 1}));
        }
        let number = (1..)
            .find(|n| !self.metadata(&format!("{n}.root.json")).exists())
            .unwrap_or(u64::MAX);
        let more = json!({"consistent_snapshot": true, "keys": keys, "roles": roles});
        let bytes = self.signed("root", number, more)?;
        let path = self.metadata(&format!("{number}.root.json"));
        write(&path, &bytes)?;
        write(&self.metadata("root.json"), &bytes)?;
        Ok(path)
    }

    /// Publishes a release, whose files lie in `from`. The root's key is not needed.
    pub fn publish(&self, release: &Release, from: &Path) -> Result<(), PublishError> {
        if let Some(newest) = self.newest()?.filter(|newest| *newest >= release.version) {
            return Err(PublishError::Old(newest));
        }
        let statement = serde_json::to_vec_pretty(release)
            .map_err(|_| PublishError::Statement(PathBuf::from(release::NAME)))?;
        let mut targets = Map::new();
        let mut files: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        for file in release.files() {
            let path = from.join(file);
            let bytes = fs::read(&path).map_err(|e| PublishError::File(path, e))?;
            files.insert(file, bytes);
        }
        files.insert(release::NAME, statement);
        for (name, bytes) in &files {
            let digest = hex(&sha256(bytes));
            write(
                &self.dir.join("targets").join(format!("{digest}.{name}")),
                bytes,
            )?;
            targets.insert((*name).to_owned(), about(bytes, None));
        }
        let number = self.last("targets")?.map_or(1, |n| n + 1);
        let bytes = self.signed("targets", number, json!({"targets": targets}))?;
        write(&self.metadata(&format!("{number}.targets.json")), &bytes)?;
        let meta = json!({"meta": {"targets.json": about(&bytes, Some(number))}});
        self.snapshot(&meta)
    }

    /// Says again that what is newest is newest, before that statement expires. Needs the snapshot's and the timestamp's keys.
    pub fn refresh(&self) -> Result<(), PublishError> {
        let timestamp = self.read("timestamp.json")?;
        let number = at(&timestamp, "/signed/meta/snapshot.json/version");
        let snapshot = self.read(&format!("{number}.snapshot.json"))?;
        self.snapshot(&json!({"meta": at(&snapshot, "/signed/meta")}))
    }

    /// The version that was published last.
    fn newest(&self) -> Result<Option<semver::Version>, PublishError> {
        let Some(number) = self.last("targets")? else {
            return Ok(None);
        };
        let targets = self.read(&format!("{number}.targets.json"))?;
        let path = format!("/signed/targets/{}/hashes/sha256", release::NAME);
        let digest = at(&targets, &path);
        let name = format!("{}.{}", digest.as_str().unwrap_or_default(), release::NAME);
        let path = self.dir.join("targets").join(name);
        let bytes = fs::read(&path).map_err(|e| PublishError::File(path.clone(), e))?;
        let read = Release::parse(&bytes).map_err(|_| PublishError::Statement(path))?;
        Ok(Some(read.version))
    }

    fn snapshot(&self, meta: &Value) -> Result<(), PublishError> {
        let number = self.last("snapshot")?.map_or(1, |n| n + 1);
        let bytes = self.signed("snapshot", number, meta.clone())?;
        write(&self.metadata(&format!("{number}.snapshot.json")), &bytes)?;
        let meta = json!({"meta": {"snapshot.json": about(&bytes, Some(number))}});
        // What is newest is said last: until then readers see the release before, whole.
        let bytes = self.signed("timestamp", number, meta)?;
        write(&self.metadata("timestamp.json"), &bytes)
    }

    /// The number of the newest statement of a role.
    fn last(&self, role: &str) -> Result<Option<u64>, PublishError> {
        if !self.metadata("1.root.json").exists() {
            return Err(PublishError::Statement(self.metadata("1.root.json")));
        }
        let is_there = |n: &u64| self.metadata(&format!("{n}.{role}.json")).exists();
        Ok((1..).take_while(is_there).last())
    }

    fn metadata(&self, name: &str) -> PathBuf {
        self.dir.join("metadata").join(name)
    }

    fn read(&self, name: &str) -> Result<Value, PublishError> {
        let path = self.metadata(name);
        let bytes = fs::read(&path).map_err(|e| PublishError::File(path.clone(), e))?;
        serde_json::from_slice(&bytes).map_err(|_| PublishError::Statement(path))
    }

    fn signed(
        &self,
        role: &'static str,
        version: u64,
        more: Value,
    ) -> Result<Vec<u8>, PublishError> {
        let key = self.keys.of(role)?;
        let days = KEY_FILES.iter().position(|known| *known == role);
        let days = days.and_then(|place| DAYS.get(place)).copied();
        let mut signed = json!({
            "_type": role, "spec_version": "1.0.0", "version": version,
            "expires": seconds(self.now.plus_millis(days.unwrap_or_default() * DAY_MILLIS)),
        });
        if let (Value::Object(to), Value::Object(more)) = (&mut signed, more) {
            to.extend(more);
        }
        let signature = hex(&key.sign(canonical(&signed).as_bytes()));
        let whole = json!({
            "signatures": [{"keyid": key_id(&public(key)), "sig": signature}], "signed": signed
        });
        Ok(whole.to_string().into_bytes())
    }
}

/// What a document holds at a JSON pointer; null where it holds nothing.
fn at<'v>(document: &'v Value, pointer: &str) -> &'v Value {
    document.pointer(pointer).unwrap_or(&Value::Null)
}

/// Length and digest of a file, and the number of the statement that it is.
fn about(bytes: &[u8], version: Option<u64>) -> Value {
    let mut about = json!({"length": bytes.len(), "hashes": {"sha256": hex(&sha256(bytes))}});
    if let (Some(version), Some(members)) = (version, about.as_object_mut()) {
        members.insert("version".to_owned(), version.into());
    }
    about
}

fn public(key: &ReleaseKey) -> Value {
    json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": hex(key.public())}})
}

fn key_id(key: &Value) -> String {
    hex(&sha256(canonical(key).as_bytes()))
}

/// To the second, as TUF writes times.
fn seconds(at: Instant) -> String {
    let whole = jiff::Timestamp::from_second(at.millis().div_euclid(1000)).unwrap_or_default();
    whole.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn seed(text: &str) -> Option<ReleaseSeed> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut seed = ReleaseSeed::default();
    for (place, byte) in seed.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(seed)
}

/// In one rename, so that a reader sees the file before or the one after.
fn write(path: &Path, bytes: &[u8]) -> Result<(), PublishError> {
    let failed = |e| PublishError::File(path.to_path_buf(), e);
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(failed)?;
    }
    let beside = path.with_extension("part");
    fs::write(&beside, bytes).map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)
}
