//! `/cases/{case}/files/{report}/{number}`: what came with a report, as a download that no browser opens by itself.

use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use axum::body::Body;
use axum::response::Response;
use http::header;

use crate::DeskWeb;
use crate::fault::fault;

pub(crate) async fn download(web: DeskWeb, ask: Ask) -> Outcome {
    let number = ask
        .param("number")
        .parse()
        .map_err(|_| PageFault::Missing)?;
    let (case, report) = (ask.param("case"), ask.param("report"));
    let found = web.desk().file(ask.caller()?, case, report, number).await;
    let bytes = found.map_err(fault)?.bytes;
    // Never under the sender's name or type: it is opened on purpose, and somewhere safe.
    let name = format!("attachment; filename=\"{report}-{number}.untrusted\"");
    let response = Response::builder()
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::CONTENT_DISPOSITION, name)
        .header(header::CACHE_CONTROL, "no-store")
        .body(Body::from(bytes));
    Ok(Reply::other(response.map_err(PageFault::hidden)?))
}
