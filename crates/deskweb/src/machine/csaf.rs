//! The provider's side of CSAF 2.0, section 7: metadata, a ROLIE feed, and a directory with digests and signatures.

use aceso_base::hex;
use aceso_desk::When;
use aceso_desk::advisory::{Advisory, csaf};
use aceso_store::Published;
use aceso_vault::{sha256, sha512};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::{all, document, failed, seconds};
use crate::DeskWeb;

const JSON: &str = "application/json";
/// When nothing was published yet.
const BEGINNING: When = When::from_millis(1_767_225_600_000);

/// The address below which the directory is.
fn directory(web: &DeskWeb) -> String {
    format!("{}/.well-known/csaf/white", web.settings().base)
}

/// A document's name (CSAF 2.0, section 5.1): its id in small letters, anything but `+-_a-z0-9` as one underscore.
fn file_name(advisory: &Advisory) -> String {
    let mut name = String::new();
    for letter in advisory.id.to_lowercase().chars() {
        let plain = letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '_');
        match (plain, name.ends_with('_')) {
            (true, _) => name.push(letter),
            (false, false) => name.push('_'),
            (false, true) => {}
        }
    }
    format!("{name}.json")
}

/// `2026/aceso-sa-2026-0001.json`: the year of the first release.
fn place(advisory: &Advisory) -> String {
    let year: String = advisory.initial.date().chars().take(4).collect();
    format!("{year}/{}", file_name(advisory))
}

pub(super) async fn provider(State(web): State<DeskWeb>) -> Response {
    let all = match all(&web).await {
        Ok(all) => all,
        Err(answer) => return answer,
    };
    let base = format!("{}/.well-known/csaf", web.settings().base);
    let publisher = web.publisher();
    let key = web.signer().fingerprint();
    let last = all.iter().map(|p| p.at).max();
    let updated = last.unwrap_or(BEGINNING);
    let metadata = json!({
        "canonical_url": format!("{base}/provider-metadata.json"),
        "distributions": [
            {"rolie": {"feeds": [{
                "summary": "Everything that is public",
                "tlp_label": "WHITE",
                "url": format!("{base}/feed-tlp-white.json"),
            }]}},
            {"directory_url": format!("{base}/white")},
        ],
        "last_updated": updated,
        "list_on_CSAF_aggregators": true,
        "metadata_version": "2.0",
        "mirror_on_CSAF_aggregators": true,
        "publisher": {
            "category": "vendor",
            "contact_details": publisher.contact,
            "name": publisher.name,
            "namespace": publisher.namespace,
        },
        "public_openpgp_keys": [{
            "fingerprint": key,
            "url": format!("{base}/openpgp/{key}.asc"),
        }],
        "role": "csaf_trusted_provider",
    });
    document(JSON, metadata.to_string())
}

pub(super) async fn service(State(web): State<DeskWeb>) -> Response {
    let base = format!("{}/.well-known/csaf", web.settings().base);
    let service = json!({"service": {"workspace": [{
        "title": "CSAF",
        "collection": [{
            "title": web.site().title,
            "href": format!("{base}/feed-tlp-white.json"),
            "categories": {"category": [{"scheme": "urn:ietf:params:rolie:category:information-type", "term": "csaf"}]},
        }],
    }]}});
    document(JSON, service.to_string())
}

pub(super) async fn rolie(State(web): State<DeskWeb>) -> Response {
    match feed(&web).await {
        Ok(feed) => document(JSON, feed),
        Err(answer) => answer,
    }
}

/// The feed's signature is of now: who fetches both knows that nothing has been held back since.
pub(super) async fn rolie_signature(State(web): State<DeskWeb>) -> Response {
    match feed(&web).await {
        Ok(feed) => {
            let at = seconds(web.desk().now());
            let signature = web.signer().sign(&feed, at);
            document("text/plain; charset=utf-8", signature)
        }
        Err(answer) => answer,
    }
}

async fn feed(web: &DeskWeb) -> Result<Bytes, Response> {
    let all = all(web).await?;
    Ok(web.feeds().rolie.of(all, |all| made(web, all)))
}

fn made(web: &DeskWeb, all: &[Published]) -> String {
    let base = format!("{}/.well-known/csaf", web.settings().base);
    let updated = all.iter().map(|p| p.at).max();
    let entries: Vec<Value> = all.iter().map(|p| entry(web, p)).collect();
    let feed = json!({"feed": {
        "id": "csaf-feed-tlp-white",
        "title": web.site().title,
        "link": [
            {"rel": "self", "href": format!("{base}/feed-tlp-white.json")},
            {"rel": "service", "href": format!("{base}/service.json")},
        ],
        "category": [{"scheme": "urn:ietf:params:rolie:category:information-type", "term": "csaf"}],
        "updated": updated.unwrap_or(BEGINNING),
        "entry": entries,
    }});
    feed.to_string()
}

fn entry(web: &DeskWeb, published: &Published) -> Value {
    let advisory = &published.advisory;
    let url = format!("{}/{}", directory(web), place(advisory));
    json!({
        "id": advisory.id,
        "title": advisory.title,
        "link": [
            {"rel": "self", "href": url},
            {"rel": "hash", "href": format!("{url}.sha256")},
            {"rel": "hash", "href": format!("{url}.sha512")},
            {"rel": "signature", "href": format!("{url}.asc")},
        ],
        "published": advisory.initial,
        "updated": advisory.current,
        "summary": {"content": advisory.summary().unwrap_or_default()},
        "content": {"type": JSON, "src": url},
        "format": {
            "schema": "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json",
            "version": "2.0",
        },
    })
}

pub(super) async fn index(State(web): State<DeskWeb>) -> Response {
    let all = match all(&web).await {
        Ok(all) => all,
        Err(answer) => return answer,
    };
    let lines: String = all.iter().map(|p| place(&p.advisory) + "\n").collect();
    document("text/plain; charset=utf-8", lines)
}

/// The latest first, with the time of its current version.
pub(super) async fn changes(State(web): State<DeskWeb>) -> Response {
    let all = match all(&web).await {
        Ok(all) => all,
        Err(answer) => return answer,
    };
    let mut all: Vec<&Published> = all.iter().collect();
    all.sort_by_key(|p| std::cmp::Reverse(p.advisory.current));
    let line = |p: &Published| format!("\"{}\",\"{}\"\n", place(&p.advisory), p.advisory.current);
    let lines: String = all.into_iter().map(line).collect();
    document("text/csv; charset=utf-8", lines)
}

/// A document, or one of its digests.
async fn text_of(web: &DeskWeb, wanted: &str) -> Result<Option<(String, When)>, Response> {
    let all = all(web).await?;
    let found = all.iter().find(|p| place(&p.advisory) == wanted);
    let Some(found) = found else {
        return Ok(None);
    };
    let value = csaf::write(&found.advisory);
    serde_json::to_string_pretty(&value)
        .map(|text| Some((text, found.at)))
        .map_err(failed)
}

async fn file_of(web: &DeskWeb, year: &str, file: &str) -> Result<Response, Response> {
    let (name, digest) = match file.rsplit_once('.') {
        Some((name, end @ ("sha256" | "sha512" | "asc"))) => (name, Some(end)),
        _ => (file, None),
    };
    let Some((text, at)) = text_of(web, &format!("{year}/{name}")).await? else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let bytes = text.as_bytes();
    Ok(match digest {
        Some("sha256") => document(
            "text/plain; charset=utf-8",
            format!("{} {name}\n", hex(&sha256(bytes))),
        ),
        Some("asc") => document(
            "text/plain; charset=utf-8",
            web.signer().sign(bytes, seconds(at)),
        ),
        Some(_) => document(
            "text/plain; charset=utf-8",
            format!("{} {name}\n", hex(&sha512(bytes))),
        ),
        None => document(JSON, text),
    })
}

pub(super) async fn file(
    State(web): State<DeskWeb>,
    Path((year, file)): Path<(String, String)>,
) -> Response {
    file_of(&web, &year, &file)
        .await
        .unwrap_or_else(|answer| answer)
}
