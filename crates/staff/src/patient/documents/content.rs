//! `/patients/{patient}/documents/{document}/file` and `…/picture`: what is in a document. A file is saved by the browser, in a
//! sandbox if it is opened after all; a picture is drawn anew first. Neither is ever a page of ours.

use aceso_fhir::Value;
use aceso_policy::Purpose;
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use axum::body::Body;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};

use crate::Staff;
use crate::chart::document::{Attachment, Look, bare};
use crate::chart::picture::{Size, redrawn};
use crate::fault::unreadable;
use crate::find::document;
use crate::patient::record::patient;
use crate::patient::save::subject;

/// Nothing runs, nothing loads, and it is of no origin.
const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// A document of the patient of the page's address.
pub(super) async fn of_address(staff: &Staff, ask: &Ask) -> Result<Value, PageFault> {
    let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
    let stored = reading
        .fetch("DocumentReference", ask.param("document"))
        .await;
    let document = document(&stored.map_err(unreadable)?)?;
    match document.get("subject") == Some(&subject(ask)?) {
        true => Ok(document),
        false => Err(PageFault::Missing),
    }
}

/// The bytes of a document's content, and what it is said to be; none where they are not kept here.
pub(super) async fn bytes(
    staff: &Staff,
    ask: &Ask,
    document: &Value,
) -> Result<Option<(Attachment, Vec<u8>)>, PageFault> {
    let mut attachment = Attachment::of(document);
    if let Some(data) = attachment.data.take() {
        return Ok(Some((attachment, data)));
    }
    let Some(id) = &attachment.binary else {
        return Ok(None);
    };
    let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
    let stored = reading.fetch("Binary", id).await.map_err(unreadable)?;
    let binary = crate::find::document(&stored)?;
    if attachment.kind.is_empty() {
        attachment.kind = bare(binary.str_at("contentType").unwrap_or_default());
    }
    let data = binary.str_at("data").unwrap_or_default();
    let data = STANDARD.decode(data).map_err(PageFault::hidden)?;
    Ok(Some((attachment, data)))
}

/// Bytes that are no page of ours.
pub(super) fn sandboxed(bytes: Vec<u8>, kind: &'static str, disposition: HeaderValue) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_DISPOSITION, disposition);
    headers.insert(CONTENT_SECURITY_POLICY, SANDBOX);
    response
}

/// `GET /patients/{patient}/documents/{document}/file`
pub(crate) async fn file(staff: Staff, ask: Ask) -> Outcome {
    patient(&staff, &ask).await?;
    let document = of_address(&staff, &ask).await?;
    let found = bytes(&staff, &ask, &document).await?;
    let (attachment, bytes) = found.ok_or(PageFault::Missing)?;
    // What is saved as a file leaves the clinic's hands.
    let noted = staff
        .store()
        .note_print(ask.caller()?, Purpose::Treatment, ask.of_patient()?, &[]);
    noted.await.map_err(unreadable)?;
    let (name, kind) = attachment.file();
    let disposition = HeaderValue::try_from(["attachment; filename=\"", name, "\""].concat());
    let disposition = disposition.map_err(PageFault::hidden)?;
    Ok(Reply::other(sandboxed(bytes, kind, disposition)))
}

/// `GET /patients/{patient}/documents/{document}/picture`
pub(crate) async fn picture(staff: Staff, ask: Ask) -> Outcome {
    patient(&staff, &ask).await?;
    let document = of_address(&staff, &ask).await?;
    let found = bytes(&staff, &ask, &document).await?;
    let pictured = found.filter(|(attachment, _)| attachment.look() == Look::Picture);
    let (_, bytes) = pictured.ok_or(PageFault::Missing)?;
    let Ok(drawn) = redrawn(bytes, Size::Sheet).await? else {
        return Err(PageFault::Missing);
    };
    let inline = HeaderValue::from_static("inline; filename=\"picture.jpg\"");
    Ok(Reply::other(sandboxed(drawn, "image/jpeg", inline)))
}
