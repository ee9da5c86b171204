//! `aceso desk advisory check` and `render`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aceso_base::{Clock, SystemClock};
use aceso_desk::When;
use aceso_desk::advisory::feed::Site;
use aceso_desk::advisory::{self as desk, Document, Form, Problem, Weight};
use anyhow::{Context, Result};
use serde_json::json;

use crate::say::say;

/// Reads an advisory in whichever form it is.
pub(super) fn read(path: &Path) -> Result<Document> {
    let bytes =
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    desk::read(&bytes).with_context(|| path.display().to_string())
}

/// Checks advisories; the code is a failure when one has an error.
pub(super) fn check(files: &[PathBuf], as_json: bool) -> Result<ExitCode> {
    let now = When::from(SystemClock.now());
    let mut errors = 0;
    for file in files {
        let document = read(file)?;
        let problems = desk::check(&document.advisory, now);
        errors += problems
            .iter()
            .filter(|p| p.weight == Weight::Error)
            .count();
        if as_json {
            let told = json!({
                "file": file.display().to_string(), "form": document.form.name(), "id": document.advisory.id,
                "problems": problems, "lost": document.lost,
            });
            say(&told.to_string());
        } else {
            tell(file, &document, &problems);
        }
    }
    Ok(if errors == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn tell(file: &Path, document: &Document, problems: &[Problem]) {
    let count = |weight| problems.iter().filter(|p| p.weight == weight).count();
    say(&format!(
        "{}: {} ({}), {} errors, {} warnings",
        file.display(),
        document.advisory.id,
        document.form.name(),
        count(Weight::Error),
        count(Weight::Warning)
    ));
    for problem in problems {
        let weight = match problem.weight {
            Weight::Error => "error",
            Weight::Warning => "warning",
        };
        say(&format!(
            "  {weight} {}: {}: {}",
            problem.at, problem.what, problem.fix
        ));
    }
    for lost in &document.lost {
        say(&format!("  not kept by the record: {lost}"));
    }
}

/// Writes an advisory in another form.
pub(super) fn render(
    file: &Path,
    form: Form,
    vulnerability: NonZeroUsize,
    base: Option<&str>,
) -> Result<ExitCode> {
    let document = read(file)?;
    let publisher = &document.advisory.publisher;
    let site = Site {
        title: format!("{}: security advisories", publisher.name),
        base: base
            .unwrap_or(&publisher.namespace)
            .trim_end_matches('/')
            .to_owned(),
    };
    let at = vulnerability.get() - 1;
    say(form.write(&document.advisory, &site, at)?.trim_end());
    Ok(ExitCode::SUCCESS)
}
