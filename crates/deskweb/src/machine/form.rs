//! `/advisories/{id}/{form}`: an advisory in one of its forms.

use aceso_desk::advisory::Form;
use aceso_store::DeskError;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::{document, failed};
use crate::DeskWeb;

pub(super) async fn show(
    State(web): State<DeskWeb>,
    Path((id, form)): Path<(String, String)>,
) -> Response {
    let Some(form) = Form::of_name(&form) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let one = match web.desk().published_one(&id).await {
        Ok(one) => one,
        Err(DeskError::Unknown) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return failed(error),
    };
    match form.write(&one.advisory, &web.site(), 0) {
        Ok(text) => document(kind(form), text),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What a form is on the wire. Markup of others' making is text here: the page shows it.
const fn kind(form: Form) -> &'static str {
    match form {
        Form::Record
        | Form::Csaf
        | Form::Cve
        | Form::Osv
        | Form::OpenVex
        | Form::CycloneDx
        | Form::Github => "application/json",
        Form::JsonFeed => "application/feed+json",
        Form::Atom => "application/atom+xml; charset=utf-8",
        Form::Page | Form::Markdown | Form::Mail | Form::Post => "text/plain; charset=utf-8",
    }
}
