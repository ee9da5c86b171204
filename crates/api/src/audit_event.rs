//! An entry of the audit log as an AuditEvent: IHE Basic Audit Log Patterns 1.1.

use aceso_fhir::{Object, Value};
use aceso_store::{AuditKind, AuditLine, AuditOutcome};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const PROFILE: &str = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const REST: &str = "http://hl7.org/fhir/restful-interaction";
const OBJECT: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const ENTITY: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const BALP_ENTITY: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
const EVENT: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
/// Our roles, as a Consent's actor names them too.
const ROLE: &str = "urn:aceso:role";
const SOURCE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";

/// What an event is, in codes.
struct Shape {
    /// The profile's name; none: no profile of theirs fits.
    profile: Option<&'static str>,
    kind: (&'static str, &'static str, &'static str),
    subtype: Option<(&'static str, &'static str, &'static str)>,
    action: &'static str,
}

/// The entry as the JSON of an AuditEvent.
pub fn audit_event(line: &AuditLine) -> String {
    aceso_fhir::json::to_string(&event(line))
}

/// The entry as a resource.
pub(crate) fn event(line: &AuditLine) -> Value {
    let shape = shape(line);
    let mut out = Object::new();
    out.set("resourceType", "AuditEvent");
    out.set("id", line.seq.to_string());
    let mut meta = Object::new();
    meta.set("versionId", "1");
    meta.set("lastUpdated", line.at.to_fhir());
    if let Some(profile) = shape.profile {
        meta.set("profile", vec![Value::from([PROFILE, profile].concat())]);
    }
    out.set("meta", meta);
    out.set("type", coding(shape.kind));
    out.set(
        "subtype",
        vec![shape.subtype.map_or_else(|| own(&line.said.act), coding)],
    );
    out.set("action", shape.action);
    out.set("recorded", line.at.to_fhir());
    let (outcome, words) = match line.said.outcome {
        AuditOutcome::Done => ("0", None),
        AuditOutcome::Unknown => ("4", Some("no such thing")),
        AuditOutcome::Denied => ("8", Some("refused")),
    };
    out.set("outcome", outcome);
    let late = "kept aside while the log could not be written";
    let words = [words, line.said.is_late.then_some(late)];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    if !words.is_empty() {
        out.set("outcomeDesc", words.join("; "));
    }
    let purpose = Value::from([(
        "coding",
        vec![Value::from([
            ("system", REASON.into()),
            ("code", line.said.purpose.as_str().into()),
        ])]
        .into(),
    )]);
    out.set("purposeOfEvent", vec![purpose.clone()]);
    out.set("agent", agents(line, &shape, purpose));
    let observer = Value::from([("display", "Aceso".into())]);
    out.set(
        "source",
        Value::from([
            ("observer", observer),
            (
                "type",
                vec![coding((SOURCE, "4", "Application Server"))].into(),
            ),
        ]),
    );
    let entities = entities(line);
    if !entities.is_empty() {
        out.set("entity", entities);
    }
    out.into()
}

fn shape(line: &AuditLine) -> Shape {
    let patient = !line.said.patients.is_empty();
    let of = |with: &'static str, without| Some(if patient { with } else { without });
    let rest = (EVENT, "rest", "RESTful Operation");
    let plain = |kind, subtype, action| Shape {
        profile: None,
        kind,
        subtype,
        action,
    };
    let dicom = |code, display| (DICOM, code, display);
    let alert = dicom("110113", "Security Alert");
    match line.kind() {
        AuditKind::Read => {
            let code = match line.said.act.as_str() {
                "vread" => (REST, "vread", "vread"),
                "history" => (REST, "history", "history"),
                _ => (REST, "read", "read"),
            };
            Shape {
                profile: of("PatientRead", "Read"),
                kind: rest,
                subtype: Some(code),
                action: "R",
            }
        }
        AuditKind::Search => Shape {
            profile: of("PatientQuery", "Query"),
            kind: rest,
            subtype: Some((REST, "search", "search")),
            action: "E",
        },
        AuditKind::Write => match line.said.act.as_str() {
            "create" => Shape {
                profile: of("PatientCreate", "Create"),
                kind: rest,
                subtype: Some((REST, "create", "create")),
                action: "C",
            },
            "update" => Shape {
                profile: of("PatientUpdate", "Update"),
                kind: rest,
                subtype: Some((REST, "update", "update")),
                action: "U",
            },
            _ => plain(rest, Some((REST, "transaction", "transaction")), "U"),
        },
        AuditKind::Delete => Shape {
            profile: of("PatientDelete", "Delete"),
            kind: rest,
            subtype: Some((REST, "delete", "delete")),
            action: "D",
        },
        AuditKind::Export | AuditKind::Print => plain(dicom("110106", "Export"), None, "E"),
        AuditKind::SignIn => {
            let login = dicom("110122", "Login");
            plain(dicom("110114", "User Authentication"), Some(login), "E")
        }
        AuditKind::Session => {
            let logout = dicom("110123", "Logout");
            let out = line.said.act == "sign-out";
            plain(
                dicom("110114", "User Authentication"),
                out.then_some(logout),
                "E",
            )
        }
        AuditKind::Emergency => {
            let started = dicom("110127", "Emergency Override Started");
            let is = line.said.act == "break-glass";
            plain(alert, is.then_some(started), "E")
        }
        AuditKind::Permission => {
            let roles = dicom("110136", "Security Roles Changed");
            plain(alert, Some(roles), "E")
        }
        AuditKind::Credential | AuditKind::App => {
            let attributes = dicom("110137", "User Security Attributes Changed");
            plain(alert, Some(attributes), "E")
        }
        AuditKind::Audit => plain(dicom("110101", "Audit Log Used"), None, "E"),
        AuditKind::Key => plain(alert, None, "E"),
        AuditKind::System | AuditKind::Look | AuditKind::Other => {
            plain(dicom("110100", "Application Activity"), None, "E")
        }
    }
}

/// The client, the server and, where there is one, the person. Of what is read the server is the source; of what is
/// written the client is.
fn agents(line: &AuditLine, shape: &Shape, purpose: Value) -> Vec<Value> {
    let destination = (DICOM, "110152", "Destination Role ID");
    let source = (DICOM, "110153", "Source Role ID");
    let (client_role, server_role) = match shape.action {
        "C" | "U" | "D" => (source, destination),
        _ => (destination, source),
    };
    let person = match line.said.who.split_once('/') {
        Some(("client", _)) => line.said.by.as_deref(),
        _ => Some(line.said.who.as_str()),
    };
    let app = line.said.who.strip_prefix("client/");
    let mut client = Object::new();
    client.set("type", concept(client_role));
    client.set(
        "who",
        who(
            app.unwrap_or("browser"),
            app.unwrap_or("browser or console"),
        ),
    );
    client.set("requestor", person.is_none());
    if let Some(address) = line.said.address {
        let network = [
            ("address", address.to_string().into()),
            ("type", "2".into()),
        ];
        client.set("network", Value::from(network));
    }
    if person.is_none() {
        client.set("purposeOfUse", vec![purpose.clone()]);
    }
    let mut server = Object::new();
    server.set("type", concept(server_role));
    server.set("who", who("aceso", "Aceso"));
    server.set("requestor", false);
    let mut all = vec![client.into(), server.into()];
    if let Some(name) = person {
        let shown = line.by.clone().unwrap_or_else(|| line.who());
        let mut user = Object::new();
        user.set(
            "type",
            concept((PARTICIPATION, "IRCP", "information recipient")),
        );
        user.set("who", who(name, &shown));
        let roles: Vec<Value> = line.said.roles.iter().map(|r| role(r)).collect();
        if !roles.is_empty() {
            user.set("role", roles);
        }
        user.set("requestor", true);
        user.set("purposeOfUse", vec![purpose]);
        all.push(user.into());
    }
    all
}

/// A role of a person at the time of the act.
fn role(id: &str) -> Value {
    let coding = [("system", ROLE.into()), ("code", id.into())];
    Value::from([("coding", vec![Value::from(coding)].into())])
}

fn entities(line: &AuditLine) -> Vec<Value> {
    let mut all = Vec::new();
    for (id, _) in &line.patients {
        let reference = Value::from([("reference", ["Patient/", id].concat().into())]);
        let person = coding((ENTITY, "1", "Person"));
        all.push(entity(reference, person, Some((OBJECT, "1", "Patient"))));
    }
    for item in &line.said.on {
        let mut parts = item.split('/');
        let (kind, id) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        if kind == "Patient" && line.said.patients.iter().any(|p| p == id) {
            continue;
        }
        let what = if aceso_fhir::definitions::types().resource(kind).is_some() {
            let version = parts.next().map(|v| ["/_history/", v].concat());
            let text = [kind, "/", id, &version.unwrap_or_default()].concat();
            Value::from([("reference", text.into())])
        } else {
            who(item, item)
        };
        let object = coding((ENTITY, "2", "System Object"));
        all.push(entity(what, object, Some((OBJECT, "4", "Domain Resource"))));
    }
    for consent in &line.said.rests {
        let text = match consent.rsplit_once('/') {
            Some((name, version)) => [name, "/_history/", version].concat(),
            None => consent.clone(),
        };
        let what = Value::from([("reference", text.into())]);
        let object = coding((ENTITY, "2", "System Object"));
        all.push(entity(
            what,
            object,
            Some((OBJECT, "13", "Security Resource")),
        ));
    }
    if line.kind() == AuditKind::Search && !line.said.detail.is_empty() {
        let mut query = Object::new();
        query.set("type", coding((ENTITY, "2", "System Object")));
        query.set("role", coding((OBJECT, "24", "Query")));
        query.set("query", STANDARD.encode(&line.said.detail));
        all.push(query.into());
    }
    if !line.said.request.is_empty() {
        let id = coding((BALP_ENTITY, "XrequestId", "X-Request-Id"));
        all.push(entity(who(&line.said.request, "X-Request-Id"), id, None));
    }
    all
}

fn entity(what: Value, kind: Value, role: Option<(&str, &str, &str)>) -> Value {
    let mut out = Object::new();
    out.set("what", what);
    out.set("type", kind);
    if let Some(role) = role {
        out.set("role", coding(role));
    }
    out.into()
}

fn who(value: &str, display: &str) -> Value {
    let identifier = Value::from([("value", value.into())]);
    Value::from([("identifier", identifier), ("display", display.into())])
}

fn own(act: &str) -> Value {
    Value::from([
        ("system", "urn:aceso:act".into()),
        ("code", act.replace(' ', "-").into()),
        ("display", act.into()),
    ])
}

fn coding((system, code, display): (&str, &str, &str)) -> Value {
    Value::from([
        ("system", system.into()),
        ("code", code.into()),
        ("display", display.into()),
    ])
}

fn concept(of: (&str, &str, &str)) -> Value {
    Value::from([("coding", vec![coding(of)].into())])
}
