//! The rules of the XML reader and writer.
#![cfg(test)]

use aceso_fhir::{MAX_DEPTH, Problem, Value, json, xml};

const NS: &str = r#"xmlns="http://hl7.org/fhir""#;

fn patient(content: &str) -> String {
    format!("<Patient {NS}>{content}</Patient>")
}

#[track_caller]
fn check_reads(text: &str, expected: &str) -> Value {
    let value = xml::read(text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    let expected = json::read(expected.as_bytes()).unwrap();
    assert_eq!(json::to_string(&value), json::to_string(&expected));
    value
}

#[track_caller]
fn check_writes(json: &str, expected: &str) {
    let mut out = Vec::new();
    xml::write(&json::read(json.as_bytes()).unwrap(), &mut out);
    let declaration = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    assert_eq!(
        String::from_utf8(out).unwrap(),
        format!("{declaration}{expected}")
    );
}

/// Reads to this and is written like that again.
#[track_caller]
fn check_both(text: &str, expected: &str) {
    check_reads(text, expected);
    check_writes(expected, text);
}

#[track_caller]
fn check_refused(text: impl AsRef<[u8]>, problem: &Problem, path: Option<&str>) {
    let text = text.as_ref();
    let e = xml::read(text).expect_err(&String::from_utf8_lossy(text));
    assert_eq!(e.problem(), problem, "{e}");
    assert_eq!(e.path(), path, "{e}");
}

#[track_caller]
fn check_malformed(text: &str) {
    let e = xml::read(text.as_bytes()).expect_err(text);
    let refused = matches!(
        e.problem(),
        Problem::Malformed(_) | Problem::Control | Problem::Unfinished
    );
    assert!(refused, "{text}: {e}");
}

#[test]
fn lists_primitives_and_nested_elements_take_their_shape_from_the_definitions() {
    check_both(
        &patient(concat!(
            r#"<id value="a"/><active value="true"/><name id="n"><family value="Ä &amp; B"/><given value="C"/><given value="D"/></name>"#,
            r#"<birthDate value="1970-01-01"/><multipleBirthInteger value="2"/><contact><name><text value="x&#10;y"/></name></contact>"#
        )),
        r#"{"resourceType":"Patient","id":"a","active":true,"name":[{"id":"n","family":"Ä & B","given":["C","D"]}],
            "birthDate":"1970-01-01","multipleBirthInteger":2,"contact":[{"name":{"text":"x\ny"}}]}"#,
    );
}

#[test]
fn decimals_keep_their_text() {
    check_both(
        &format!(
            r#"<Observation {NS}><valueQuantity><value value="1.50e-2"/></valueQuantity></Observation>"#
        ),
        r#"{"resourceType":"Observation","valueQuantity":{"value":1.50e-2}}"#,
    );
}

#[test]
fn a_primitive_can_have_an_id_and_extensions_and_a_list_place_holders() {
    check_both(
        &patient(concat!(
            r#"<name><given value="A"/><given id="g"><extension url="urn:u"><valueCode value="c"/></extension></given><given value="B"/></name>"#,
            r#"<birthDate id="b" value="1970"/>"#
        )),
        r#"{"resourceType":"Patient","name":[{"given":["A",null,"B"],
            "_given":[null,{"id":"g","extension":[{"url":"urn:u","valueCode":"c"}]},null]}],
            "birthDate":"1970","_birthDate":{"id":"b"}}"#,
    );
    check_both(
        &patient(r#"<name><given id="g"/></name>"#),
        r#"{"resourceType":"Patient","name":[{"_given":[{"id":"g"}]}]}"#,
    );
}

#[test]
fn resources_within_resources_keep_their_wrapping() {
    check_both(
        &format!(
            concat!(
                r#"<Bundle {}><type value="collection"/><entry><fullUrl value="urn:x"/><resource><Patient><contained>"#,
                r#"<Organization><id value="o"/></Organization></contained></Patient></resource></entry></Bundle>"#
            ),
            NS
        ),
        r#"{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:x","resource":{"resourceType":"Patient",
            "contained":[{"resourceType":"Organization","id":"o"}]}}]}"#,
    );
}

#[test]
fn the_narrative_is_kept_as_it_was_written() {
    let div = r#"<div xmlns="http://www.w3.org/1999/xhtml"><p class='a'>1 &lt; 2 &#160;é<br/> <!-- c --></p>
</div>"#;
    let value = check_reads(
        &patient(&format!(r#"<text><status value="generated"/>{div}</text>"#)),
        &format!(
            r#"{{"resourceType":"Patient","text":{{"status":"generated","div":{}}}}}"#,
            json::to_string(&div.into())
        ),
    );
    let mut out = Vec::new();
    xml::write(&value, &mut out);
    assert_eq!(xml::read(&out), Ok(value));
}

#[test]
fn elements_are_written_in_the_definitions_order() {
    check_writes(
        r#"{"birthDate":"1970","name":[{"given":["G"],"family":"F"}],"id":"a","resourceType":"Patient","_active":{"id":"x"}}"#,
        &patient(
            r#"<id value="a"/><active id="x"/><name><family value="F"/><given value="G"/></name><birthDate value="1970"/>"#,
        ),
    );
}

#[test]
fn a_byte_order_mark_is_tolerated() {
    let marked = format!(
        "\u{feff}<?xml version='1.0' encoding='UTF-8'?>\n{}",
        patient("<id value='a'/>")
    );
    check_reads(&marked, r#"{"resourceType":"Patient","id":"a"}"#);
}

#[test]
fn prefixes_are_names_like_any_other() {
    check_reads(
        concat!(
            r#"<?xml version="1.0" encoding="utf-8"?><!-- c --><?pi x?><f:Patient xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml" "#,
            r#"xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://hl7.org/fhir patient.xsd">"#,
            r#"<f:text><f:status value="empty"/><h:div a='"'><h:p>x&amp;<h:br/></h:p></h:div></f:text><f:active value="false"/></f:Patient>"#
        ),
        r#"{"resourceType":"Patient","text":{"status":"empty",
            "div":"<div xmlns=\"http://www.w3.org/1999/xhtml\" a='\"'><p>x&amp;<br/></p></div>"},"active":false}"#,
    );
}

#[track_caller]
fn refused(content: &str, problem: Problem, path: &str) {
    check_refused(patient(content), &problem, Some(path));
}

#[test]
fn what_the_definitions_do_not_know_is_refused_with_its_path() {
    let check =
        |content, name: &str, path| refused(content, Problem::UnknownElement(name.into()), path);
    check("<nam/>", "nam", "Patient.nam");
    check(
        "<name><famly value='x'/></name>",
        "famly",
        "Patient.name[0].famly",
    );
    check("<_active value='x'/>", "_active", "Patient._active");
    check(
        "<resourceType value='x'/>",
        "resourceType",
        "Patient.resourceType",
    );
    check("<name><id value='x'/></name>", "id", "Patient.name[0].id");
    check(
        "<active value='true'><x/></active>",
        "x",
        "Patient.active.x",
    );
    check(
        "<active><value value='true'/></active>",
        "value",
        "Patient.active.value",
    );
    let check =
        |content, name: &str, path| refused(content, Problem::UnknownAttribute(name.into()), path);
    check("<active valu='true'/>", "valu", "Patient.active");
    check("<name value='x'/>", "value", "Patient.name[0]");
    check("<name url='x'/>", "url", "Patient.name[0]");
    check(
        "<contained id='x'><Device/></contained>",
        "id",
        "Patient.contained[0]",
    );
}

#[test]
fn values_are_of_their_type() {
    let check = |name: &str, value, ty| {
        refused(
            &format!("<{name} value='{value}'/>"),
            Problem::NotA(ty),
            &format!("Patient.{name}"),
        );
    };
    check("active", "yes", "boolean");
    for value in ["+1", " 1", "1 ", "01", "", "1e", "x", "- 1"] {
        check("multipleBirthInteger", value, "integer");
    }
}

#[test]
fn elements_come_in_order_and_as_often_as_json_can_have_them() {
    refused(
        "<active value='true'/><active value='true'/>",
        Problem::Repeated("active".into()),
        "Patient.active",
    );
    refused(
        "<deceasedBoolean value='true'/><deceasedDateTime value='2000'/>",
        Problem::Repeated("deceasedDateTime".into()),
        "Patient.deceasedDateTime",
    );
    refused(
        "<birthDate value='1970'/><active value='true'/>",
        Problem::OutOfOrder("active".into()),
        "Patient.active",
    );
    refused(
        "<contained><Device/><Device/></contained>",
        Problem::Repeated("Device".into()),
        "Patient.contained[0]",
    );
}

#[test]
fn elements_have_content_and_no_text_between() {
    refused("<name/>", Problem::EmptyElement, "Patient.name[0]");
    refused(
        "<name><given value='a'/><given/></name>",
        Problem::EmptyElement,
        "Patient.name[0].given[1]",
    );
    refused(
        "<contained/>",
        Problem::EmptyElement,
        "Patient.contained[0]",
    );
    for text in ["x", "&amp;", "<![CDATA[x]]>"] {
        refused(
            &format!("<name>{text}</name>"),
            Problem::StrayText,
            "Patient.name[0]",
        );
    }
}

#[test]
fn only_one_resource_of_r4_in_its_name_space_is_read() {
    refused(
        "<contained><Pat/></contained>",
        Problem::NotAResource("Pat".into()),
        "Patient.contained[0]",
    );
    refused(
        "<active xmlns='urn:x' value='true'/>",
        Problem::Namespace("active".into()),
        "Patient.active",
    );
    refused(
        "<text><status value='empty'/><div/></text>",
        Problem::Namespace("div".into()),
        "Patient.text.div",
    );
    check_refused("<Patient/>", &Problem::Namespace("Patient".into()), None);
    check_refused(
        format!("<patient {NS}/>"),
        &Problem::NotAResource("patient".into()),
        None,
    );
    check_refused(
        format!("<DomainResource {NS}/>"),
        &Problem::NotAResource("DomainResource".into()),
        None,
    );
    check_refused(
        format!("<Patient {NS}/><Patient {NS}/>"),
        &Problem::Trailing,
        Some("Patient"),
    );
    check_refused(" ", &Problem::Empty, None);
    check_refused(b"<Patient>\xff", &Problem::NotUtf8, None);
    check_refused(
        "<?xml version='1.0' encoding='UTF-16'?><Patient/>",
        &Problem::NotUtf8,
        None,
    );
}

#[test]
fn an_error_names_its_line_and_column() {
    let e = xml::read(patient("\n  <name>\n    é<famly/></name>").as_bytes()).unwrap_err();
    assert_eq!((e.line(), e.column()), (3, 5), "{e}");
    let e = xml::read(patient("\n  <name>\n    <!--é--><famly/></name>").as_bytes()).unwrap_err();
    assert_eq!((e.line(), e.column()), (3, 13), "{e}");
    assert_eq!(e.place(), "line 3, column 13");
}

#[test]
fn document_types_and_their_entities_are_refused() {
    let laughs = format!(
        r#"<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>{}"#,
        patient("<active value='&b;'/>")
    );
    check_refused(
        laughs,
        &Problem::Forbidden("a document type declaration"),
        None,
    );
    let file = format!("<!DOCTYPE x SYSTEM 'file:///etc/passwd'>{}", patient(""));
    check_refused(
        file,
        &Problem::Forbidden("a document type declaration"),
        None,
    );
    check_malformed(&patient("<name><family value='&nbsp;'/></name>"));
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for text in [
        "<Patient",
        "<Patient xmlns='http://hl7.org/fhir'>",
        "<Patient xmlns='http://hl7.org/fhir'><name>",
        "<Patient xmlns='http://hl7.org/fhir'></patient>",
        "</Patient>",
        "<!-- a -- b --><x/>",
    ] {
        check_malformed(text);
    }
    for content in [
        "<active value='true' value='true'/>",
        "<active value=true/>",
        "<active value/>",
        "<birthDate value='<'/>",
        "<birthDate value='&#0;'/>",
        "<birthDate value='\u{1}'/>",
        "<text><div xmlns='http://www.w3.org/1999/xhtml'><p></div></text>",
        "<text><div xmlns='http://www.w3.org/1999/xhtml'>&nbsp;</div></text>",
        "<text><div xmlns='http://www.w3.org/1999/xhtml' a='1' a='2'/></text>",
        "<text><div xmlns='http://www.w3.org/1999/xhtml' a\"='1'/></text>",
        "<?xml version='1.0'?>",
    ] {
        check_malformed(&patient(content));
    }
}

#[test]
fn nesting_ends_where_the_json_of_it_would() {
    // An extension is an object in an array: two levels each below the root's one.
    let deepest = (MAX_DEPTH - 1) / 2;
    let closed = |n: usize| {
        patient(
            &("<extension url='u'>".repeat(n)
                + "<valueCode value='c'/>"
                + &"</extension>".repeat(n)),
        )
    };
    let value = xml::read(closed(deepest - 1).as_bytes()).unwrap();
    assert!(json::read(json::to_string(&value).as_bytes()).is_ok());
    for hostile in [closed(deepest + 1), closed(200_000)] {
        let e = xml::read(hostile.as_bytes()).unwrap_err();
        assert_eq!(e.problem(), &Problem::TooDeep);
    }
    let div = "<div xmlns='http://www.w3.org/1999/xhtml'>".to_owned() + &"<p>".repeat(200_000);
    let e = xml::read(patient(&format!("<text>{div}")).as_bytes()).unwrap_err();
    assert_eq!(e.problem(), &Problem::TooDeep);
}

#[test]
fn thousands_of_attributes_are_refused_at_once() {
    let many = |n: usize| (0..n).map(|i| format!(" a{i}='x'")).collect::<String>();
    let e = xml::read(patient(&format!("<name{}/>", many(200_000))).as_bytes()).unwrap_err();
    assert_eq!(e.problem(), &Problem::UnknownAttribute("a0".into()));
    let div = format!(
        "<text><div xmlns='http://www.w3.org/1999/xhtml'{}/></text>",
        many(200_000)
    );
    assert_eq!(
        xml::read(patient(&div).as_bytes()).unwrap_err().problem(),
        &Problem::TooMany
    );
    let spaces: String = (0..50_000)
        .map(|i| format!(" xmlns:a{i}='urn:x'"))
        .collect();
    assert!(xml::read(patient(&format!("<name{spaces}/>")).as_bytes()).is_err());
}

#[test]
fn a_narrative_cannot_break_out_of_its_place() {
    let check = |div: &str, expected: &str| {
        let div = json::to_string(&div.into());
        check_writes(
            &format!(r#"{{"resourceType":"Patient","text":{{"div":{div}}}}}"#),
            &patient(&format!("<text>{expected}</text>")),
        );
    };
    let open = r#"<div xmlns="http://www.w3.org/1999/xhtml""#;
    check(
        &format!("{open}>a&nbsp;b&lt;</div>"),
        &format!("{open}>a&#160;b&lt;</div>"),
    );
    check(
        "<div class=\"c\">a</div>",
        &format!("{open} class=\"c\">a</div>"),
    );
    check(
        "</div><active/>",
        &format!("{open}>&lt;/div&gt;&lt;active/&gt;</div>"),
    );
    check(
        &format!("{open}/><x/>"),
        &format!(
            "{open}>&lt;div xmlns=&quot;http://www.w3.org/1999/xhtml&quot;/&gt;&lt;x/&gt;</div>"
        ),
    );
    check("<p>a</p>", &format!("{open}>&lt;p&gt;a&lt;/p&gt;</div>"));
    check("a & b", &format!("{open}>a &amp; b</div>"));
}

#[test]
fn characters_that_xml_cannot_hold_are_replaced() {
    check_writes(
        "{\"resourceType\":\"Patient\",\"language\":\"a\\u0001\\u0009b\u{ffff}\"}",
        &patient("<language value=\"a\u{fffd}&#9;b\u{fffd}\"/>"),
    );
}
