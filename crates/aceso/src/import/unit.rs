//! A unit of work: read, checked against what was done before, carried out.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use aceso_api::Api;
use aceso_fhir::{Value, json};
use aceso_policy::Caller;
use aceso_store::{Mark, Store, StoreError};
use aceso_vault::{sha256, sha256_chain};
use anyhow::{Context, Result, bail};

use super::bundle::{Form as BundleForm, Ready, of_resources, ready};
use super::source::{Form, Source};

/// The longest JSON file, and the longest line.
const MOST_BYTES: u64 = 512 * 1024 * 1024;
const LINES: usize = 400;
const PIECE_BYTES: usize = 8 * 1024 * 1024;

/// What became of (a part of) a unit.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Resources of these types are in the record now.
    Loaded(Vec<String>),
    /// It was loaded before.
    Skipped,
    /// It was refused.
    Refused {
        /// `file.json`, `file.ndjson:17`.
        place: String,
        /// The rule and the element.
        why: String,
    },
}

impl Outcome {
    /// A refusal.
    pub(crate) const fn refused(place: String, why: String) -> Self {
        Self::Refused { place, why }
    }
}

/// A piece of a source.
#[derive(Debug)]
pub(crate) struct Unit {
    source: usize,
    name: String,
    what: What,
}

#[derive(Debug)]
enum What {
    Document(Vec<u8>),
    /// Lines with their numbers.
    Lines(Vec<(u64, Vec<u8>)>),
}

/// The units of one source, in order.
pub(crate) struct Units {
    source: usize,
    name: String,
    rest: Rest,
}

enum Rest {
    Document(Option<Vec<u8>>),
    Lines(Box<dyn BufRead + Send>, u64),
}

impl Units {
    /// Opens a source. Standard input is one document when its first line is not a document by itself.
    pub(crate) fn open(number: usize, source: &Source) -> Result<Self> {
        let rest = match &source.form {
            Form::Json(path) => Rest::Document(Some(whole(File::open(path)?)?)),
            Form::Lines(path) => Rest::Lines(Box::new(BufReader::new(File::open(path)?)), 0),
            Form::Input => {
                let bytes = whole(std::io::stdin().lock())?;
                let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
                if json::read(first).is_ok() {
                    Rest::Lines(Box::new(std::io::Cursor::new(bytes)), 0)
                } else {
                    Rest::Document(Some(bytes))
                }
            }
        };
        Ok(Self {
            source: number,
            name: source.name(),
            rest,
        })
    }

    /// The next unit.
    pub(crate) fn next(&mut self) -> Result<Option<Unit>> {
        let what = match &mut self.rest {
            Rest::Document(bytes) => bytes.take().map(What::Document),
            Rest::Lines(reader, number) => {
                let piece = piece(reader, number).with_context(|| self.name.clone())?;
                (!piece.is_empty()).then_some(What::Lines(piece))
            }
        };
        Ok(what.map(|what| Unit {
            source: self.source,
            name: self.name.clone(),
            what,
        }))
    }
}

fn whole(reader: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len())? > MOST_BYTES {
        bail!("longer than {} MiB", MOST_BYTES / (1024 * 1024));
    }
    Ok(bytes)
}

fn piece(reader: &mut dyn BufRead, number: &mut u64) -> Result<Vec<(u64, Vec<u8>)>> {
    let (mut lines, mut size) = (Vec::new(), 0_usize);
    while lines.len() < LINES && size < PIECE_BYTES {
        let mut line = Vec::new();
        let read = reader.take(MOST_BYTES).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        *number += 1;
        let text = line.trim_ascii();
        if !text.is_empty() {
            size += text.len();
            lines.push((*number, text.to_vec()));
        }
    }
    Ok(lines)
}

impl Unit {
    /// A document from memory.
    pub(crate) const fn document(source: usize, name: String, bytes: Vec<u8>) -> Self {
        Self {
            source,
            name,
            what: What::Document(bytes),
        }
    }

    /// The number of its source.
    pub(crate) const fn source(&self) -> usize {
        self.source
    }

    /// Bytes.
    pub(crate) fn size(&self) -> u64 {
        let bytes = match &self.what {
            What::Document(bytes) => bytes.len(),
            What::Lines(lines) => lines.iter().map(|(_, l)| l.len() + 1).sum(),
        };
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }

    /// Loads it, unless it was loaded before.
    pub(crate) async fn load(self, store: &Store, api: &Api) -> Vec<Outcome> {
        match self.what {
            What::Document(bytes) => vec![document(store, api, self.name, bytes).await],
            What::Lines(lines) => piece_of_lines(store, api, &self.name, lines).await,
        }
    }
}

/// Some lines as one transaction; when that is refused, each line for itself.
async fn piece_of_lines(
    store: &Store,
    api: &Api,
    name: &str,
    lines: Vec<(u64, Vec<u8>)>,
) -> Vec<Outcome> {
    match lines_or_piece(store, api, name, lines).await {
        Ok(outcomes) => outcomes,
        Err(error) => vec![Outcome::refused(name.to_owned(), error.to_string())],
    }
}

async fn lines_or_piece(
    store: &Store,
    api: &Api,
    name: &str,
    lines: Vec<(u64, Vec<u8>)>,
) -> Result<Vec<Outcome>, StoreError> {
    let parts: Vec<&[u8]> = lines.iter().map(|(_, line)| line.as_slice()).collect();
    let whole = sha256_chain(&parts);
    if store.was_imported(whole).await? {
        return Ok(vec![Outcome::Skipped]);
    }
    // Once some lines went in by themselves, the piece must not go in as a whole any more.
    let apart = sha256_chain(&[b"line by line ", &whole]);
    if !store.was_imported(apart).await? {
        if let Some(resources) = resources(&lines) {
            let ready = of_resources(resources);
            let outcome = carry_out(store, api, name.to_owned(), ready, mark(whole, name)).await;
            if matches!(outcome, Outcome::Loaded(_)) {
                return Ok(vec![outcome]);
            }
        }
        store.mark_imported(apart, name).await?;
    }
    let mut outcomes = Vec::with_capacity(lines.len());
    for (number, line) in lines {
        outcomes.push(document(store, api, format!("{name}:{number}"), line).await);
    }
    Ok(outcomes)
}

/// The lines' resources; none when one cannot be read, is a Bundle, or comes twice.
fn resources(lines: &[(u64, Vec<u8>)]) -> Option<Vec<Value>> {
    let mut seen = std::collections::HashSet::new();
    let mut found = Vec::with_capacity(lines.len());
    for (_, line) in lines {
        let value = json::read(line).ok()?;
        let kind = value.resource_type().filter(|k| *k != "Bundle")?;
        if let Some(id) = value.id()
            && !seen.insert(format!("{kind}/{id}"))
        {
            return None;
        }
        found.push(value);
    }
    Some(found)
}

async fn document(store: &Store, api: &Api, place: String, bytes: Vec<u8>) -> Outcome {
    let read = tokio::task::spawn_blocking(move || {
        let digest = sha256(&bytes);
        let read = json::read(&bytes).map_err(|e| e.to_string());
        (digest, read.and_then(ready))
    });
    let Ok((digest, read)) = read.await else {
        return Outcome::refused(place, "reading it failed".to_owned());
    };
    match store.was_imported(digest).await {
        Ok(true) => return Outcome::Skipped,
        Ok(false) => {}
        Err(error) => return Outcome::refused(place, error.to_string()),
    }
    match read {
        Ok(ready) => {
            let mark = mark(digest, &place);
            carry_out(store, api, place, ready, mark).await
        }
        Err(why) => Outcome::refused(place, why),
    }
}

fn mark(digest: [u8; 32], source: &str) -> Mark {
    Mark {
        digest,
        source: source.to_owned(),
    }
}

async fn carry_out(store: &Store, api: &Api, place: String, ready: Ready, mark: Mark) -> Outcome {
    let Ready {
        bundle,
        kinds,
        form,
    } = ready;
    let caller = Caller::operator();
    match form {
        BundleForm::Transaction => match api.apply(caller, bundle, Some(mark)).await {
            Ok(_) => Outcome::Loaded(kinds),
            Err(outcome) => Outcome::refused(place, reasons(&outcome)),
        },
        BundleForm::Batch => match api.apply(caller, bundle, None).await {
            Ok(answer) => batch(store, place, &answer, mark).await,
            Err(outcome) => Outcome::refused(place, reasons(&outcome)),
        },
    }
}

/// A batch's entries stand alone: it is done when all of them are.
async fn batch(store: &Store, place: String, answer: &[u8], mark: Mark) -> Outcome {
    let Ok(answer) = json::read(answer) else {
        return Outcome::refused(place, "the answer to the batch cannot be read".to_owned());
    };
    let mut kinds = Vec::new();
    let mut refused = Vec::new();
    for (index, entry) in answer.items_at("entry").iter().enumerate() {
        let response = entry.get("response");
        let status = response
            .and_then(|r| r.str_at("status"))
            .unwrap_or_default();
        let location = response
            .and_then(|r| r.str_at("location"))
            .unwrap_or_default();
        if status.starts_with('2') {
            kinds.extend(
                location
                    .split('/')
                    .next()
                    .filter(|k| !k.is_empty())
                    .map(str::to_owned),
            );
        } else {
            refused.push(format!("Bundle.entry[{index}]: {status}"));
        }
    }
    if refused.is_empty() {
        return match store.mark_imported(mark.digest, &mark.source).await {
            Ok(()) => Outcome::Loaded(kinds),
            Err(error) => Outcome::refused(place, error.to_string()),
        };
    }
    let (some, all) = (kinds.len(), answer.items_at("entry").len());
    refused.truncate(5);
    Outcome::refused(
        place,
        format!(
            "{some} of {all} entries were loaded; {}",
            refused.join("; ")
        ),
    )
}

/// The first reasons of a refusal, in one line.
pub(super) fn reasons(outcome: &aceso_fhir::outcome::Outcome) -> String {
    let refusing = outcome.issues.iter().filter(|i| i.severity.refuses());
    let texts: Vec<String> = refusing
        .take(3)
        .map(|issue| match &issue.expression {
            Some(path) => format!("{path}: {}", issue.text),
            None => issue.text.clone(),
        })
        .collect();
    texts.join("; ")
}
