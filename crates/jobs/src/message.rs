//! What is sent to a subscriber.

use aceso_base::Instant;
use aceso_fhir::topic::{Content, Event, Mime, Notification, Terms};
use aceso_fhir::{Value, json, xml};
use aceso_store::Stored;
use bytes::Bytes;

/// A body, and where it goes below the endpoint.
pub(crate) struct Message {
    /// Type and id, for an update of that resource.
    pub(crate) below: Option<(&'static str, String)>,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: Bytes,
}

fn media_type(mime: Mime) -> &'static str {
    match mime {
        Mime::Json => "application/fhir+json; charset=utf-8",
        Mime::Xml => "application/fhir+xml; charset=utf-8",
    }
}

fn written(value: &Value, mime: Mime) -> Bytes {
    let mut out = Vec::with_capacity(1024);
    match mime {
        Mime::Json => json::write(value, &mut out),
        Mime::Xml => xml::write(value, &mut out),
    }
    out.into()
}

/// A notification of a topic; always a Bundle, also where its content is empty.
pub(crate) fn notification(
    terms: &Terms,
    said: &Notification<'_>,
    uuid: &str,
    now: Instant,
) -> Message {
    let mime = terms.mime.unwrap_or(Mime::Json);
    Message {
        below: None,
        content_type: Some(media_type(mime)),
        body: written(&said.bundle(uuid, now), mime),
    }
}

/// A notification with R4's own criteria.
pub(crate) fn plain(terms: &Terms, event: &Event, stored: &Stored) -> Message {
    let Some(mime) = terms
        .mime
        .filter(|_| terms.content == Content::FullResource)
    else {
        return Message {
            below: None,
            content_type: None,
            body: Bytes::new(),
        };
    };
    let body = match mime {
        Mime::Json => stored.body.clone(),
        Mime::Xml => json::read(&stored.body).map_or_else(|_| Bytes::new(), |v| written(&v, mime)),
    };
    Message {
        below: Some((event.kind, event.id.clone())),
        content_type: Some(media_type(mime)),
        body,
    }
}
