//! A document of a chart (DocumentReference): where it is filed, and how what is in it may be looked at.

use aceso_fhir::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::write::{coding, one};

/// The system by which our categories are known among documents.
pub(crate) const SYSTEM: &str = "urn:aceso:document";

/// Where a document can be filed: code, and what people call it. Letters of the clinic file themselves.
pub(crate) const CATEGORIES: [(&str, &str); 9] = [
    ("letter-received", "Letters received"),
    ("laboratory", "Laboratory"),
    ("imaging", "Imaging"),
    ("hospital", "Hospital and emergency"),
    ("referral", "Referral reports"),
    ("consent", "Consents and directives"),
    ("identity", "Identity and insurance"),
    ("photo", "Photographs"),
    ("other", "Other"),
];

/// Categories that say nothing of anybody's health.
pub(crate) const ADMINISTRATIVE: [&str; 2] = ["consent", "identity"];

/// How a document's content may be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// As text, nothing of which is markup.
    Text,
    /// As a picture that is drawn anew.
    Picture,
    /// As a file that the browser saves.
    File,
}

/// Content that a document holds or refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attachment {
    /// As its sender calls it, without parameters, in small letters.
    pub(crate) kind: String,
    /// The Binary of this server that holds it.
    pub(crate) binary: Option<String>,
    /// The content itself, where the document holds it.
    pub(crate) data: Option<Vec<u8>>,
    /// Where it is kept, when it is not here.
    pub(crate) elsewhere: Option<String>,
}

impl Attachment {
    /// The first content of a document.
    pub(crate) fn of(document: &Value) -> Self {
        let content = document.items_at("content").first();
        let Some(attachment) = content.and_then(|c| c.get("attachment")) else {
            return Self::default();
        };
        let kind = attachment.str_at("contentType").unwrap_or_default();
        let data = attachment.str_at("data");
        let url = attachment.str_at("url").unwrap_or_default();
        let ours = url.strip_prefix("Binary/");
        Self {
            kind: bare(kind),
            binary: ours.map(str::to_owned),
            data: data.and_then(|text| STANDARD.decode(text).ok()),
            elsewhere: (ours.is_none() && !url.is_empty()).then(|| url.to_owned()),
        }
    }

    /// How it may be looked at, by what its sender calls it: all that is not known is a file.
    pub(crate) fn look(&self) -> Look {
        match self.kind.as_str() {
            "image/png" | "image/jpeg" => Look::Picture,
            "application/json" | "application/fhir+json" | "application/xml" => Look::Text,
            kind if kind.starts_with("text/") => Look::Text,
            _ => Look::File,
        }
    }

    /// What a saved file is called, and what it is said to be: a browser that opens it after all gets no page of ours.
    pub(crate) fn file(&self) -> (&'static str, &'static str) {
        match self.kind.as_str() {
            "application/pdf" => ("document.pdf", "application/pdf"),
            "image/png" => ("document.png", "image/png"),
            "image/jpeg" => ("document.jpg", "image/jpeg"),
            "text/plain" => ("document.txt", "text/plain; charset=utf-8"),
            _ => ("document.bin", "application/octet-stream"),
        }
    }

    /// What people call its kind.
    pub(crate) fn said(&self) -> &str {
        match self.kind.as_str() {
            "application/pdf" => "PDF",
            "image/png" | "image/jpeg" => "picture",
            "text/plain" | "text/markdown" => "text",
            "text/html" => "HTML, shown as text",
            "" => "of unknown kind",
            other => other,
        }
    }
}

/// A media type without parameters, in small letters.
pub(crate) fn bare(kind: &str) -> String {
    let kind = kind.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

/// The code under which a document is filed with us.
pub(crate) fn filed(document: &Value) -> Option<&str> {
    let categories = document.items_at("category").iter();
    let mut codings = categories.flat_map(|c| c.items_at("coding"));
    codings
        .find(|c| c.str_at("system") == Some(SYSTEM))?
        .str_at("code")
}

/// What people call the place of a document.
pub(crate) fn filed_under(document: &Value) -> &'static str {
    let code = filed(document);
    match CATEGORIES.iter().find(|(c, _)| Some(*c) == code) {
        Some((_, said)) => said,
        None if code == Some("letter") => "Letters of the clinic",
        None => "Not filed yet",
    }
}

/// The categories of a document once it is filed under one of ours; those of others stay.
pub(crate) fn filing(document: &Value, code: &str) -> Vec<Value> {
    let is_ours = |category: &&Value| {
        let mut codings = category.items_at("coding").iter();
        codings.any(|c| c.str_at("system") == Some(SYSTEM))
    };
    let others = document.items_at("category").iter();
    let mut all: Vec<Value> = others.filter(|c| !is_ours(c)).cloned().collect();
    let said = CATEGORIES.iter().find(|(c, _)| *c == code);
    all.extend(said.map(|(code, said)| {
        let coding = one(coding(SYSTEM, code, said));
        Value::from([("coding", coding), ("text", Value::from(*said))])
    }));
    all
}

/// The `meta` of a file with the mark of where its document is filed: policies tell files apart by it.
pub(crate) fn marked(meta: Option<&Value>, code: &str) -> Value {
    let mut all = meta.and_then(Value::as_object).cloned().unwrap_or_default();
    let told = meta.map_or(&[][..], |m| m.items_at("tag")).iter();
    let others = told.filter(|t| t.str_at("system") != Some(SYSTEM));
    let mut tags: Vec<Value> = others.cloned().collect();
    tags.push(coding(SYSTEM, code, ""));
    all.set("tag", tags);
    Value::from(all)
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    #[test]
    fn asvs_1_3_4_content_is_looked_at_only_in_ways_that_cannot_run_anything() {
        let check = |kind: &str, look: Look, file: &str| {
            let text = format!(
                r#"{{"content":[{{"attachment":{{"contentType":"{kind}","data":"YQ=="}}}}]}}"#
            );
            let attachment = Attachment::of(&json::read(text.as_bytes()).unwrap());
            assert_eq!(attachment.look(), look, "{kind}");
            assert_eq!(attachment.file().1, file, "{kind}");
            assert_eq!(attachment.data.as_deref(), Some(&b"a"[..]));
        };
        check(
            "text/plain; charset=utf-8",
            Look::Text,
            "text/plain; charset=utf-8",
        );
        check("TEXT/HTML", Look::Text, "application/octet-stream");
        check("image/svg+xml", Look::File, "application/octet-stream");
        check("image/png", Look::Picture, "image/png");
        check("application/pdf", Look::File, "application/pdf");
        check("", Look::File, "application/octet-stream");
    }

    #[test]
    fn filing_a_document_leaves_the_categories_of_others_alone() {
        let text = r#"{"category":[{"coding":[{"system":"urn:aceso:document","code":"other"}]},{"coding":[{"system":"urn:us","code":"clinical-note"}]}]}"#;
        let document = json::read(text.as_bytes()).unwrap();
        assert_eq!(filed_under(&document), "Other");
        let filed = Value::from([("category", Value::from(filing(&document, "imaging")))]);
        assert_eq!(filed_under(&filed), "Imaging");
        assert!(json::to_string(&filed).contains("clinical-note"));
    }
}
