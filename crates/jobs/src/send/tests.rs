//! What goes out, read back by readers of its form.
#![allow(clippy::disallowed_methods, reason = "xmllint is another program")]

use std::io::Write;
use std::process::{Command, Stdio};

use aceso_base::Instant;
use aceso_store::{LoggedEntry, TrailEntry};
use proptest::prelude::*;
use quick_xml::events::Event;
use serde_json::Value;

use super::syslog::{Header, Severity, framed};
use super::{Origin, atna, cef, ecs};

fn origin() -> Origin {
    Origin {
        site: "St. \"Luke\" <& Sons>".into(),
        host: "clinic.example".into(),
        version: "0.1.0".into(),
        process: 42,
    }
}

fn entry(said: LoggedEntry, patients: &[&str]) -> TrailEntry {
    TrailEntry {
        seq: 4711,
        at: Instant::from_millis(1_795_314_068_000),
        said: Some(said),
        patients: patients.iter().map(|p| (*p).to_owned()).collect(),
    }
}

fn read() -> LoggedEntry {
    LoggedEntry {
        who: "client/growth".into(),
        purpose: "TREAT".into(),
        from: Some("192.0.2.7".into()),
        request: Some("r-1".into()),
        by: Some("person/ann".into()),
        act: "read".into(),
        on: vec!["Observation/1/2".into()],
        ..LoggedEntry::default()
    }
}

fn search() -> LoggedEntry {
    LoggedEntry {
        act: "search".into(),
        detail: Some("Patient?name=O'Neil&gender=\u{1}female".into()),
        outcome: Some("denied".into()),
        on: (0..500).map(|n| format!("Observation/o{n}/1")).collect(),
        ..read()
    }
}

/// Everything that might break a line or a document.
fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        ".{0,40}",
        "[|\\\\=\r\n\t\u{0}\u{7f}\u{85}\u{2028}\u{202e}\u{fffe}\u{feff}<>&\"'\\]\\[ ]{0,40}",
        "]]>|<!\\[CDATA\\[|&#x0;|CEF:0\\|",
    ]
}

fn any_entry() -> impl Strategy<Value = TrailEntry> {
    let texts = (nasty(), nasty(), nasty(), nasty(), nasty(), nasty());
    let lists = (
        prop::collection::vec(nasty(), 0..5),
        prop::collection::vec(nasty(), 0..5),
    );
    (texts, lists, prop::option::of(nasty()), 0_u64..u64::MAX / 2).prop_map(
        |((who, act, detail, from, request, by), (on, patients), outcome, seq)| TrailEntry {
            seq,
            patients,
            ..entry(
                LoggedEntry {
                    who,
                    purpose: "TREAT".into(),
                    from: Some(from),
                    request: Some(request),
                    limited_to: None,
                    by: Some(by),
                    roles: Vec::new(),
                    act,
                    outcome,
                    detail: Some(detail),
                    on,
                    patients: None,
                },
                &[],
            )
        },
    )
}

/// The value of each key of a CEF line, as a receiver splits it.
fn cef_fields(line: &str) -> (Vec<String>, Vec<(String, String)>) {
    let (mut header, mut word, mut rest) = (Vec::new(), String::new(), line.chars());
    while header.len() < 7 {
        match rest.next().expect("seven pipes") {
            '\\' => word.push(rest.next().unwrap()),
            '|' => header.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    let (mut fields, mut letters) = (Vec::new(), rest.peekable());
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next().unwrap() {
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                other => text.push(other),
            },
            '=' => {
                let (before, key) = text.rsplit_once(' ').unwrap_or(("", &text));
                if let Some((_, value)) = fields.last_mut() {
                    *value = before.to_owned();
                }
                let key = key.to_owned();
                fields.push((key, String::new()));
                text.clear();
            }
            other => text.push(other),
        }
    }
    if let Some((_, value)) = fields.last_mut() {
        *value = text;
    }
    (header, fields)
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    let found = fields.iter().find(|(key, _)| key == name);
    found.map_or("", |(_, value)| value.as_str())
}

/// Reads a document to its end and gives back the names of its elements.
fn elements(xml: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut names = Vec::new();
    let mut open = 0_i32;
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    attribute.unwrap();
                }
                names.push(tag.name().as_ref().to_owned());
                open += 1;
            }
            Event::End(_) => open -= 1,
            Event::Eof => return names,
            _ => {}
        }
        assert!(open >= 0);
    }
}

#[test]
fn i8_a_frame_says_how_long_the_message_is_and_its_header_is_of_rfc_5424() {
    let origin = origin();
    let header = Header {
        at: Instant::from_millis(1_795_314_068_000),
        seq: 2_147_483_648,
        severity: Severity::Notice,
        kind: "CEF",
        origin: &origin,
    };
    let bytes = framed(&header, "ünï");
    let text = String::from_utf8(bytes).unwrap();
    let (length, message) = text.split_once(' ').unwrap();
    assert_eq!(length.parse::<usize>().unwrap(), message.len());
    assert_eq!(
        message,
        "<85>1 2026-11-22T02:21:08.000Z clinic.example aceso 42 CEF [meta sequenceId=\"1\"] \u{feff}ünï"
    );
}

#[test]
fn i2_an_atna_message_names_person_program_address_role_and_purpose() {
    let text = atna::message(&entry(read(), &["p1"]), &origin());
    for part in [
        "<EventID csd-code=\"110110\" codeSystemName=\"DCM\" originalText=\"Patient Record\"/>",
        "EventActionCode=\"R\"",
        "UserID=\"person/ann\" AlternativeUserID=\"client/growth\" UserIsRequestor=\"true\" NetworkAccessPointID=\"192.0.2.7\"",
        "csd-code=\"110152\"",
        "csd-code=\"110153\"",
        "csd-code=\"TREAT\"",
        "ParticipantObjectID=\"Patient/p1\" ParticipantObjectTypeCode=\"1\" ParticipantObjectTypeCodeRole=\"1\"",
        "ParticipantObjectID=\"Observation/1/2\"",
        "AuditEnterpriseSiteID=\"St. &quot;Luke&quot; &lt;&amp; Sons&gt;\"",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn i3_i6_a_refused_query_keeps_its_text_and_a_long_one_stays_short_enough() {
    let text = atna::message(&entry(search(), &["p1", "p2"]), &origin());
    assert!(text.len() < 8000, "{}", text.len());
    assert!(text.contains("EventOutcomeIndicator=\"8\""));
    assert!(text.contains("ParticipantObjectDetail type=\"not listed\""));
    let query = text.split("<ParticipantObjectQuery>").nth(1).unwrap();
    let query = query.split('<').next().unwrap();
    let query = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, query).unwrap();
    assert_eq!(String::from_utf8(query).unwrap(), search().detail.unwrap());
    assert!(text.find("Patient/p2").unwrap() < text.find("Observation/o0").unwrap());
}

#[test]
fn i8_atna_messages_have_the_structure_that_dicom_asks_for() {
    let erased = TrailEntry {
        said: None,
        ..entry(read(), &[])
    };
    let odd = LoggedEntry {
        who: "a\u{0}b<\"&".into(),
        act: "odd\r\nact".into(),
        ..search()
    };
    for entry in [
        entry(read(), &["p1"]),
        entry(search(), &["p1", "p2"]),
        erased,
        entry(odd, &["\u{1}"]),
    ] {
        let text = atna::message(&entry, &origin());
        let names = elements(&text);
        assert_eq!(names[0], "AuditMessage");
        assert_eq!(names[1], "EventIdentification");
        let count = |name: &str| names.iter().filter(|n| *n == name).count();
        assert_eq!(count("ActiveParticipant"), 2);
        assert_eq!(count("AuditSourceIdentification"), 1);
        assert_eq!(
            count("ParticipantObjectIdentification"),
            count("ParticipantObjectIDTypeCode")
        );
        lint(&text);
    }
}

/// Has libxml2's validator look at it, where there is one.
fn lint(text: &str) {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/dicom-audit.rng");
    let started = Command::new("xmllint")
        .args(["--noout", "--relaxng", schema, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        aceso_testkit::absent("xmllint (package libxml2-utils)");
        return;
    };
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}\n{text}");
}

#[test]
fn an_ecs_line_has_the_fields_that_tools_look_for() {
    let line = ecs::line(&entry(read(), &["p1"]), &origin());
    let value: Value = serde_json::from_str(&line).unwrap();
    for (path, expected) in [
        ("/@timestamp", "2026-11-22T02:21:08.000Z"),
        ("/event/kind", "event"),
        ("/event/category/0", "database"),
        ("/event/type/0", "access"),
        ("/event/action", "read"),
        ("/event/outcome", "success"),
        ("/event/id", "clinic.example-4711"),
        ("/user/name", "ann"),
        ("/source/ip", "192.0.2.7"),
        ("/http/request/id", "r-1"),
        ("/aceso/who", "client/growth"),
        ("/aceso/patients/0", "p1"),
        ("/aceso/on/0", "Observation/1/2"),
    ] {
        assert_eq!(value.pointer(path).unwrap(), expected, "{path}");
    }
    assert_eq!(value.pointer("/event/sequence").unwrap(), 4711);
    let refused = ecs::line(&entry(search(), &[]), &origin());
    let refused: Value = serde_json::from_str(&refused).unwrap();
    assert_eq!(refused.pointer("/event/outcome").unwrap(), "failure");
    assert_eq!(refused.pointer("/event/type/1").unwrap(), "denied");
}

#[test]
fn a_cef_line_is_split_as_it_was_joined() {
    let said = LoggedEntry {
        act: "odd|act\\".into(),
        detail: Some("a=b\\c\nd e=f".into()),
        ..read()
    };
    let (header, fields) = cef_fields(&cef::line(&entry(said, &["p1", "p2"]), &origin()));
    let expected = [
        "CEF:0",
        "Aceso",
        "Aceso",
        "0.1.0",
        "odd|act\\",
        "Application Activity",
        "3",
    ];
    assert_eq!(header, expected);
    for (key, value) in [
        ("rt", "1795314068000"),
        ("externalId", "4711"),
        ("suser", "person/ann"),
        ("sproc", "client/growth"),
        ("src", "192.0.2.7"),
        ("outcome", "success"),
        ("reason", "a=b\\c\nd e=f"),
        ("cs2Label", "patients"),
        ("cs2", "p1 p2"),
    ] {
        assert_eq!(field(&fields, key), value, "{key}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn whatever_an_entry_says_it_is_one_line_that_its_reader_reads_back(entry in any_entry()) {
        let origin = origin();
        let said = entry.said.as_ref().unwrap();
        let line = ecs::line(&entry, &origin);
        prop_assert!(!line.contains(['\n', '\r']));
        let value: Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(value.pointer("/event/action").unwrap(), said.act.as_str());
        prop_assert_eq!(value.pointer("/aceso/on").unwrap(), &serde_json::json!(said.on));

        let line = cef::line(&entry, &origin);
        prop_assert!(!line.chars().any(char::is_control), "{}", line);
        let (header, fields) = cef_fields(&line);
        prop_assert_eq!(header.len(), 7);
        prop_assert_eq!(header[1].as_str(), "Aceso");
        prop_assert_eq!(field(&fields, "externalId"), entry.seq.to_string());
        let keys = ["rt", "externalId", "dvchost", "cat", "outcome", "suser", "sproc", "src", "reason"];
        let own = |k: &str| keys.contains(&k) || k.starts_with("cs");
        prop_assert!(fields.iter().all(|(k, _)| own(k)), "{:?}", fields);

        let text = atna::message(&entry, &origin);
        prop_assert!(!text.chars().any(char::is_control));
        let names = elements(&text);
        let objects = names.iter().filter(|n| *n == "ParticipantObjectIdentification").count();
        prop_assert!(objects >= 2);
    }
}
