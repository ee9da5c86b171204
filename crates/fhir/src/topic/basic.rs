//! Topics as R4 keeps them: a `Basic` with the extensions that R5's SubscriptionTopic has across versions.

use super::{Interaction, OnCreate, Topic, Trigger};
use crate::Value;
use crate::definitions::types;
use crate::path::Expression;
use crate::search::{Clause, Options, parse_clauses};

const SYSTEM: &str = "http://hl7.org/fhir/fhir-types";
const EXTENSION: &str = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.";

impl Topic {
    /// Whether a document is a topic at all.
    pub fn is_basic(document: &Value) -> bool {
        let codings = document
            .get("code")
            .map_or(&[][..], |c| c.items_at("coding"));
        document.resource_type() == Some("Basic")
            && codings.iter().any(|c| {
                c.str_at("code") == Some("SubscriptionTopic") && c.str_at("system") == Some(SYSTEM)
            })
    }

    /// Reads a topic that is active and that this server can serve; else says what is in the way.
    ///
    /// # Errors
    /// The first element that is missing or cannot be served.
    pub fn from_basic(document: &Value) -> Result<Self, String> {
        let top = |name: &str| nested(document.items_at("extension"), &[EXTENSION, name].concat());
        let one = |name: &str| top(name).next().and_then(text);
        let modifiers = document.items_at("modifierExtension");
        let status = nested(modifiers, &[EXTENSION, "status"].concat()).next();
        let status = status.and_then(text).or_else(|| one("status"));
        if status.is_some_and(|s| s != "active") {
            return Err("the topic is not active".to_owned());
        }
        if top("eventTrigger").next().is_some() {
            return Err("event triggers cannot be served".to_owned());
        }
        let url = one("url").ok_or("a topic needs the extension url")?;
        let triggers: Result<Vec<_>, _> = top("resourceTrigger").map(trigger).collect();
        let triggers = triggers?;
        if triggers.is_empty() {
            return Err("a topic needs a resourceTrigger".to_owned());
        }
        let filter = |e: &Value| {
            let parts = e.items_at("extension");
            let name = nested(parts, "filterParameter").next().and_then(text)?;
            let kind = nested(parts, "resource").next().and_then(text);
            let kind = kind
                .and_then(kind_of)
                .or_else(|| triggers.first().map(|t| t.kind))?;
            Some((kind, name.to_owned()))
        };
        Ok(Self {
            url: url.to_owned(),
            title: one("title").unwrap_or(url).to_owned(),
            filters: top("canFilterBy").filter_map(filter).collect(),
            triggers,
        })
    }
}

fn trigger(extension: &Value) -> Result<Trigger, String> {
    let parts = extension.items_at("extension");
    let one = |name: &str| nested(parts, name).next().and_then(text);
    let kind = one("resource").and_then(kind_of);
    let kind = kind.ok_or("a resourceTrigger needs a resource type of R4")?;
    let acts: Vec<&str> = nested(parts, "supportedInteraction")
        .filter_map(text)
        .collect();
    let on = match (acts.contains(&"create"), acts.contains(&"update")) {
        (true, false) => Interaction::Create,
        (false, true) => Interaction::Update,
        (true, true) => Interaction::Either,
        (false, false) if acts.is_empty() => Interaction::Either,
        (false, false) => return Err("only create and update can be served".to_owned()),
    };
    let expression = one("fhirPathCriteria").map(Expression::parse).transpose();
    let expression = expression.map_err(|error| format!("fhirPathCriteria: {error}"))?;
    let query = nested(parts, "queryCriteria").next();
    let query = query.map_or(&[][..], |q| q.items_at("extension"));
    let part = |name: &str| nested(query, name).next();
    let clauses = |name: &str| {
        let given = part(name).and_then(text);
        given.map(|query| searched(kind, query)).transpose()
    };
    let on_create = match part("resultForCreate").and_then(text) {
        Some("test-passes") => OnCreate::Passes,
        Some(_) | None => OnCreate::Fails,
    };
    let both = part("requireBoth").and_then(|e| e.get("valueBoolean")?.as_bool());
    Ok(Trigger {
        kind,
        on,
        previous: clauses("previous")?.map(|c| (c, on_create)),
        current: clauses("current")?,
        either: both != Some(true),
        expression,
    })
}

fn searched(kind: &'static str, query: &str) -> Result<Vec<Clause>, String> {
    let query = query.split_once('?').map_or(query, |(_, query)| query);
    let clauses = parse_clauses(kind, query, &Options::default()).map_err(|e| e.to_string())?;
    if clauses.iter().all(Clause::stands_alone) {
        Ok(clauses)
    } else {
        Err("queryCriteria that need other resources cannot be served".to_owned())
    }
}

fn kind_of(text: &str) -> Option<&'static str> {
    let name = text.rsplit('/').next()?;
    types().resource(name).map(|t| t.name)
}

fn nested<'a>(extensions: &'a [Value], url: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let url = url.to_owned();
    extensions
        .iter()
        .filter(move |e| e.str_at("url") == Some(&url))
}

/// The value of an extension, when it is a text.
fn text(extension: &Value) -> Option<&str> {
    let members = extension.as_object()?;
    members
        .iter()
        .find(|(name, _)| name.starts_with("value"))?
        .1
        .as_str()
}

#[cfg(test)]
mod tests {
    use aceso_base::Instant;

    use super::*;
    use crate::json;

    fn basic(trigger: &str) -> Value {
        let text = format!(
            r#"{{"resourceType":"Basic","code":{{"coding":[{{"system":"{SYSTEM}","code":"SubscriptionTopic"}}]}},
            "modifierExtension":[{{"url":"{EXTENSION}status","valueCode":"active"}}],
            "extension":[{{"url":"{EXTENSION}url","valueUri":"http://a.example/t"}},
            {{"url":"{EXTENSION}resourceTrigger","extension":[{trigger}]}}]}}"#
        );
        json::read(text.as_bytes()).unwrap()
    }

    const RESOURCE: &str =
        r#"{"url":"resource","valueUri":"http://hl7.org/fhir/StructureDefinition/Encounter"}"#;

    fn check(more: &str, before: Option<&str>, after: &str, expected: bool) {
        let topic = Topic::from_basic(&basic(&format!("{RESOURCE}{more}"))).unwrap();
        let read = |status: &str| {
            let text = format!(r#"{{"resourceType":"Encounter","status":"{status}"}}"#);
            json::read(text.as_bytes()).unwrap()
        };
        let fires = topic.triggers[0].fires(
            before.map(read).as_ref(),
            &read(after),
            Instant::from_millis(0),
        );
        assert_eq!(fires, expected, "{more} {before:?} {after:?}");
    }

    #[test]
    fn a_topic_is_read_from_a_basic() {
        let create = r#",{"url":"supportedInteraction","valueCode":"create"}"#;
        check(create, None, "planned", true);
        check(create, Some("planned"), "planned", false);
        let query = |parts: &str| format!(r#",{{"url":"queryCriteria","extension":[{parts}]}}"#);
        let both = query(
            r#"{"url":"previous","valueString":"status:not=finished"},{"url":"resultForCreate","valueCode":"test-fails"},
            {"url":"current","valueString":"status=finished"},{"url":"requireBoth","valueBoolean":true}"#,
        );
        check(&both, Some("planned"), "finished", true);
        check(&both, Some("finished"), "finished", false);
        check(&both, None, "finished", false);
        let path = r#",{"url":"fhirPathCriteria","valueString":"%previous.empty() and %current.status = 'planned'"}"#;
        check(path, None, "planned", true);
        check(path, Some("planned"), "planned", false);
    }

    #[test]
    fn a_topic_that_cannot_be_served_is_refused() {
        for bad in [
            "",
            r#"{"url":"resource","valueUri":"Nonsense"}"#,
            &format!(r#"{RESOURCE},{{"url":"supportedInteraction","valueCode":"delete"}}"#),
            &format!(r#"{RESOURCE},{{"url":"fhirPathCriteria","valueString":"("}}"#),
            &format!(
                r#"{RESOURCE},{{"url":"queryCriteria","extension":[{{"url":"current","valueString":"subject:Patient.name=a"}}]}}"#
            ),
        ] {
            assert!(Topic::from_basic(&basic(bad)).is_err(), "{bad}");
        }
    }
}
