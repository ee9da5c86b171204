//! What is to be loaded: files found, in an order in which references mostly lead back.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// One file, or standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) form: Form,
    /// Bytes; none for standard input.
    pub(crate) size: u64,
}

/// Its form, by the end of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One JSON document: a Bundle or a resource.
    Json(PathBuf),
    /// One resource, or Bundle, on each line.
    Lines(PathBuf),
    /// Standard input: either.
    Input,
}

/// Types that others refer to come first.
const FIRST: [&str; 12] = [
    "Organization",
    "hospitalInformation",
    "Location",
    "Practitioner",
    "practitionerInformation",
    "PractitionerRole",
    "Patient",
    "RelatedPerson",
    "Device",
    "Medication",
    "Encounter",
    "Condition",
];
const LAST: [&str; 2] = ["Provenance", "AuditEvent"];

impl Source {
    /// How it is called in reports.
    pub(crate) fn name(&self) -> String {
        match &self.form {
            Form::Json(path) | Form::Lines(path) => path.display().to_string(),
            Form::Input => "-".to_owned(),
        }
    }

    /// Its place in the order; sources of one rank can be loaded side by side.
    pub(crate) fn rank(&self) -> usize {
        let (Form::Json(path) | Form::Lines(path)) = &self.form else {
            return FIRST.len();
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let stem: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
        match FIRST.iter().position(|f| *f == stem) {
            Some(rank) => rank,
            None if LAST.contains(&stem.as_str()) => FIRST.len() + 1,
            None => FIRST.len(),
        }
    }
}

/// Files named, and those below directories named: `.json` and `.ndjson`; others in a directory are left alone, and so is
/// the manifest that an export wrote.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let form = Form::Input;
            found.push(Source { form, size: 0 });
            continue;
        }
        let facts = path
            .metadata()
            .with_context(|| path.display().to_string())?;
        if facts.is_dir() {
            below(path, &mut found)?;
        } else if let Some(form) = form(path) {
            let size = facts.len();
            found.push(Source { form, size });
        } else {
            bail!("{}: only .json, .ndjson and - can be read", path.display());
        }
    }
    found.sort_by_cached_key(|source| (source.rank(), source.name()));
    found.dedup();
    if found.is_empty() {
        bail!("no .json or .ndjson file there");
    }
    Ok(found)
}

fn below(dir: &Path, found: &mut Vec<Source>) -> Result<()> {
    for entry in std::fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let entry = entry?;
        let (path, facts) = (entry.path(), entry.metadata()?);
        if facts.is_dir() {
            below(&path, found)?;
        } else if let Some(form) = form(&path)
            && entry.file_name() != crate::export::MANIFEST
        {
            let size = facts.len();
            found.push(Source { form, size });
        }
    }
    Ok(())
}

fn form(path: &Path) -> Option<Form> {
    match path.extension()?.to_str()? {
        "json" => Some(Form::Json(path.to_path_buf())),
        "ndjson" | "jsonl" => Some(Form::Lines(path.to_path_buf())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_refer_to_comes_first() {
        let names = [
            "Provenance.ndjson",
            "Observation.000.ndjson",
            "Patient.ndjson",
            "Organization.ndjson",
        ];
        let mut ranked = names.map(|n| {
            let form = form(Path::new(n)).unwrap();
            (Source { form, size: 0 }.rank(), n)
        });
        ranked.sort_unstable();
        let order = ranked.map(|(_, n)| n);
        assert_eq!(order, [names[3], names[2], names[1], names[0]]);
    }
}
