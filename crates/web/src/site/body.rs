//! A form's body: its fields, and the files that it brings.

use axum::body::Body;
use http::header;

use super::server::{LARGEST_FILE, LONGEST_FORM};
use super::{Ask, Carries, FormProblem, multipart, urlencoded};
use crate::{BodyError, collect};

/// Reads a form's fields, and the files that it brings where its row takes them.
pub(super) async fn read(ask: &mut Ask, carries: Carries, body: Body) -> Result<(), FormProblem> {
    let said = ask.headers.get(header::CONTENT_TYPE);
    let kind = said.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let bare = kind.split(';').next().unwrap_or_default().trim();
    let bounded = async |longest, too_long| {
        let bytes = collect(body, longest).await;
        bytes.map_err(|error| match error {
            BodyError::TooLarge(_) => too_long,
            BodyError::TooSlow | BodyError::Broken => FormProblem::Unreadable,
        })
    };
    if bare.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let bytes = bounded(LONGEST_FORM, FormProblem::TooLong).await?;
        ask.form = urlencoded::parse(&bytes).ok_or(FormProblem::Unreadable)?;
    } else if carries == Carries::Files && bare.eq_ignore_ascii_case("multipart/form-data") {
        let longest = LONGEST_FORM + u64::from(LARGEST_FILE);
        let bytes = bounded(longest, FormProblem::FileTooLong).await?;
        let parts = multipart::parse(kind, &bytes)?;
        let size: usize = parts.files.iter().map(|file| file.bytes.len()).sum();
        if u32::try_from(size).map_or(true, |size| size > LARGEST_FILE) {
            return Err(FormProblem::FileTooLong);
        }
        (ask.form, ask.files) = (parts.fields, parts.files);
    } else {
        return Err(FormProblem::Unreadable);
    }
    Ok(())
}
