//! Audit messages of DICOM PS3.15, A.5, as IHE ATNA (ITI-20) sends them.

use std::fmt::Write;

use aceso_store::{LoggedEntry, TrailEntry};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Origin;
use super::deed::{Code, Deed, Ending};
use super::text::xml;

/// Receivers are advised to take 8 KiB (RFC 5425, section 4.3.1) and often take no more: what would go beyond this is
/// counted instead of listed.
const LONGEST: usize = 7000;

/// An entry as a message.
pub(crate) fn message(entry: &TrailEntry, origin: &Origin) -> String {
    let erased = LoggedEntry {
        who: "unknown".to_owned(),
        act: "erased".to_owned(),
        ..LoggedEntry::default()
    };
    let said = entry.said.as_ref().unwrap_or(&erased);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><AuditMessage>");
    event(&mut out, entry, said);
    requestor(&mut out, said);
    server(&mut out, origin);
    let _ = write!(
        out,
        "<AuditSourceIdentification AuditEnterpriseSiteID=\"{}\" AuditSourceID=\"{}\"><AuditSourceTypeCode csd-code=\"4\"/>\
         </AuditSourceIdentification>",
        xml(&origin.site),
        xml(&origin.host)
    );
    objects(&mut out, entry, said);
    out.push_str("</AuditMessage>");
    out
}

fn event(out: &mut String, entry: &TrailEntry, said: &LoggedEntry) {
    let deed = Deed::of(said);
    // Minor failure: nothing was shown or changed.
    let (outcome, why) = match Ending::of(said) {
        Ending::Done => ("0", ""),
        Ending::Unknown => (
            "4",
            "There is no such thing, or the caller may not know of it",
        ),
        Ending::Denied => ("8", "Refused"),
    };
    let _ = write!(
        out,
        "<EventIdentification EventActionCode=\"{}\" EventDateTime=\"{}\" EventOutcomeIndicator=\"{outcome}\">",
        deed.action,
        entry.at.to_fhir()
    );
    coded(out, "EventID", "DCM", deed.event);
    if let Some(kind) = deed.kind {
        coded(out, "EventTypeCode", "DCM", kind);
    }
    own_code(out, "EventTypeCode", "urn:aceso:audit:act", &said.act);
    if !why.is_empty() {
        let _ = write!(
            out,
            "<EventOutcomeDescription>{why}</EventOutcomeDescription>"
        );
    }
    out.push_str("</EventIdentification>");
}

/// Who asked: the person, or the program (DICOM: the destination of what is read).
fn requestor(out: &mut String, said: &LoggedEntry) {
    let asks = said.by.as_deref().unwrap_or(&said.who);
    let _ = write!(out, "<ActiveParticipant UserID=\"{}\"", xml(asks));
    if said.by.is_some() {
        let _ = write!(out, " AlternativeUserID=\"{}\"", xml(&said.who));
    }
    out.push_str(" UserIsRequestor=\"true\"");
    if let Some(from) = &said.from {
        let _ = write!(
            out,
            " NetworkAccessPointID=\"{}\" NetworkAccessPointTypeCode=\"2\"",
            xml(from)
        );
    }
    out.push('>');
    let role = Code {
        code: "110152",
        text: "Destination Role ID",
    };
    coded(out, "RoleIDCode", "DCM", role);
    for role in &said.roles {
        own_code(out, "RoleIDCode", "urn:aceso:role", role);
    }
    if !said.purpose.is_empty() {
        let system = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
        own_code(out, "RoleIDCode", system, &said.purpose);
    }
    out.push_str("</ActiveParticipant>");
}

fn server(out: &mut String, origin: &Origin) {
    let _ = write!(
        out,
        "<ActiveParticipant UserID=\"aceso\" AlternativeUserID=\"{}\" UserIsRequestor=\"false\" NetworkAccessPointID=\"{}\" \
         NetworkAccessPointTypeCode=\"1\">",
        xml(&origin.process.to_string()),
        xml(&origin.host)
    );
    let role = Code {
        code: "110153",
        text: "Source Role ID",
    };
    coded(out, "RoleIDCode", "DCM", role);
    out.push_str("</ActiveParticipant>");
}

/// Patients first, then the query and the request, then as many resources as there is room for.
fn objects(out: &mut String, entry: &TrailEntry, said: &LoggedEntry) {
    let mut left = 0_usize;
    for patient in &entry.patients {
        if out.len() > LONGEST {
            left += 1;
            continue;
        }
        let name = ["Patient/", patient].concat();
        open(out, &name, "1", "1");
        coded_plain(out, "2", "Patient Number");
        named(out, &name);
    }
    if let Some(query) = &said.detail {
        let short: String = query.chars().take(1500).collect();
        open(
            out,
            "detail",
            "2",
            if said.act == "search" { "24" } else { "4" },
        );
        coded_plain(out, "10", "Search Criteria");
        let _ = write!(
            out,
            "<ParticipantObjectQuery>{}</ParticipantObjectQuery></ParticipantObjectIdentification>",
            STANDARD.encode(short)
        );
    }
    if let Some(request) = &said.request {
        open(out, request, "2", "20");
        own_code(
            out,
            "ParticipantObjectIDTypeCode",
            "urn:aceso:audit:object",
            "X-Request-Id",
        );
        named(out, request);
    }
    for item in said.on.iter().filter(|i| !i.starts_with("Patient/")) {
        if out.len() > LONGEST {
            left += 1;
            continue;
        }
        open(
            out,
            item,
            "2",
            if item.starts_with("account/") {
                "11"
            } else {
                "3"
            },
        );
        own_code(
            out,
            "ParticipantObjectIDTypeCode",
            "urn:aceso:audit:object",
            item.split('/').next().unwrap_or_default(),
        );
        named(out, item);
    }
    open(out, &format!("audit/{}", entry.seq), "2", "13");
    own_code(
        out,
        "ParticipantObjectIDTypeCode",
        "urn:aceso:audit:object",
        "entry",
    );
    let _ = write!(
        out,
        "<ParticipantObjectName>entry {}</ParticipantObjectName>",
        entry.seq
    );
    if left > 0 {
        let _ = write!(
            out,
            "<ParticipantObjectDetail type=\"not listed\" value=\"{}\"/>",
            STANDARD.encode(left.to_string())
        );
    }
    out.push_str("</ParticipantObjectIdentification>");
}

fn open(out: &mut String, id: &str, kind: &str, role: &str) {
    let _ = write!(
        out,
        "<ParticipantObjectIdentification ParticipantObjectID=\"{}\" ParticipantObjectTypeCode=\"{kind}\" \
         ParticipantObjectTypeCodeRole=\"{role}\">",
        xml(id)
    );
}

fn named(out: &mut String, name: &str) {
    let _ = write!(
        out,
        "<ParticipantObjectName>{}</ParticipantObjectName></ParticipantObjectIdentification>",
        xml(name)
    );
}

fn coded_plain(out: &mut String, code: &'static str, text: &'static str) {
    let code = Code { code, text };
    coded(out, "ParticipantObjectIDTypeCode", "RFC-3881", code);
}

fn coded(out: &mut String, element: &str, system: &str, code: Code) {
    let _ = write!(
        out,
        "<{element} csd-code=\"{}\" codeSystemName=\"{system}\" originalText=\"{}\"/>",
        code.code, code.text
    );
}

fn own_code(out: &mut String, element: &str, system: &str, code: &str) {
    let code = xml(code);
    let _ = write!(
        out,
        "<{element} csd-code=\"{code}\" codeSystemName=\"{system}\" originalText=\"{code}\"/>"
    );
}
