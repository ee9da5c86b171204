//! `aceso codes`: files of codes into the record, larger ones than a page takes, and what is there.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aceso_fhir::search::{Clause, Query, Test, UriTest};
use aceso_fhir::terminology::{CodeFile, Codes};
use aceso_fhir::validate;
use aceso_fhir::{Value, json};
use aceso_policy::{Caller, Purpose};
use aceso_store::Store;
use anyhow::{Context, Result, bail};
use clap::Subcommand;

use crate::place::Place;
use crate::say::say;
use crate::wrong::{one_of, wrong};

/// The type that code systems are kept as.
const KIND: &str = "CodeSystem";

/// Code systems.
#[derive(Debug, Subcommand)]
pub(crate) enum CodesCommand {
    /// Load a code system from its publisher's file, in place of the version that is there
    #[command(after_help = "Examples:
  aceso codes load icd10cm-codes-2026.txt --kind icd-10-cm --version 2026
  aceso codes load Loinc.csv --kind loinc --version 2.81
  aceso codes load own.csv --kind csv --version 1 --url urn:example:codes --name \"Our codes\"

Kinds: icd-10-cm, loinc, rxnorm (RXNCONSO.RRF), snomed (sct2_Description_Snapshot-en_….txt), csv and ndjson (code and
display). A file is taken whole, or refused whole with the line and the reason; 200,000 codes at most.")]
    Load {
        /// The file
        file: PathBuf,
        /// How it is written
        #[arg(long, value_parser = kind)]
        kind: CodeFile,
        /// Its version, as its publisher writes it
        #[arg(long)]
        version: String,
        /// The address by which its codes are known: for csv and ndjson
        #[arg(long)]
        url: Option<String>,
        /// What people call it: for csv and ndjson
        #[arg(long)]
        name: Option<String>,
    },
    /// List what is loaded: address, version, number of codes
    List,
}

fn kind(word: &str) -> Result<CodeFile, String> {
    one_of(&CodeFile::ALL, CodeFile::word, word)
}

/// Carries a command out.
pub(crate) async fn run(place: &Place, command: CodesCommand, as_json: bool) -> Result<ExitCode> {
    match command {
        CodesCommand::Load {
            file,
            kind,
            version,
            url,
            name,
        } => {
            let given = url.zip(name);
            let known = kind.system();
            let (url, name) = match (known, given) {
                (Some(_), Some(_)) => {
                    let why = format!("{} has its own address and name", kind.word());
                    return Err(wrong(why));
                }
                (Some((url, name)), None) => (url.to_owned(), name.to_owned()),
                (None, Some(given)) => given,
                (None, None) => return Err(wrong("--url and --name say which codes these are")),
            };
            let count = load(&place.open()?, &file, kind, [&url, &name, &version]).await?;
            say(&match as_json {
                true => {
                    serde_json::json!({"url": url, "version": version, "codes": count}).to_string()
                }
                false => format!("{count} codes of {name} {version}"),
            });
        }
        CodesCommand::List => list(&place.open()?, as_json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn load(
    store: &Store,
    file: &Path,
    kind: CodeFile,
    [url, name, version]: [&str; 3],
) -> Result<usize> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let codes = Codes::read(kind, &bytes).with_context(|| file.display().to_string())?;
    let there = stored(store, Some(url)).await?.into_iter().next();
    let there = there.as_ref().and_then(Value::id);
    let id = there.map_or_else(|| store.new_id(), str::to_owned);
    let mut system = codes.system(url, name, version);
    system.set("id", id.as_str());
    let system = Value::from(system);
    let issues = validate::resource(&system, &validate::Options::WRITE);
    if let Some(issue) = issues.iter().find(|issue| issue.severity.refuses()) {
        bail!("{}", issue.text);
    }
    let mut tx = store.write(&Caller::operator(), Purpose::Operations);
    match there {
        Some(id) => drop(tx.update(id, system, None).await?),
        None => drop(tx.create(&id, system)?),
    }
    tx.commit().await?;
    Ok(codes.len())
}

/// The stored code systems, or those with this address.
async fn stored(store: &Store, url: Option<&str>) -> Result<Vec<Value>> {
    let param = aceso_fhir::definitions::parameters().find(KIND, "url");
    let clause = url.zip(param).map(|(url, param)| Clause::Match {
        param,
        tests: vec![Test::Uri {
            how: UriTest::Exact,
            value: url.to_owned(),
        }],
    });
    let query = Query {
        kind: Some(KIND),
        clauses: clause.into_iter().collect(),
        count: Some(200),
        ..Query::default()
    };
    let reading = store.read(&Caller::operator(), Purpose::Operations);
    let page = reading.search(query).await?;
    let read = page.matches.iter().map(|s| json::read(&s.body));
    read.collect::<Result<_, _>>()
        .context("a stored code system")
}

async fn list(store: &Store, as_json: bool) -> Result<()> {
    for system in stored(store, None).await? {
        let text = |name| system.str_at(name).unwrap_or_default();
        let (url, version) = (text("url"), text("version"));
        let count = system
            .get("count")
            .and_then(|c| Some(c.as_number()?.as_str().to_owned()));
        let count = count.unwrap_or_else(|| system.items_at("concept").len().to_string());
        say(&match as_json {
            true => serde_json::json!({"url": url, "version": version, "codes": count}).to_string(),
            false => format!("{url}\t{version}\t{count}"),
        });
    }
    Ok(())
}
