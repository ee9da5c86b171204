//! What a Subscription asks for: R4's own criteria, or a topic with filters (Subscriptions R5 Backport 1.1).

use aceso_base::Instant;

use super::Content;
use crate::Value;
use crate::definitions::types;
use crate::search::{Clause, Options, date_span, parse_clauses};

const BACKPORT: &str =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-";
const MOST_HEADERS: usize = 20;
const MOST_FILTERS: usize = 20;
/// Events in one notification when the subscription does not say.
const USUAL_COUNT: u32 = 20;
const MOST_COUNT: u32 = 100;

/// A subscription's terms.
#[derive(Debug)]
pub struct Terms {
    /// What it waits for.
    pub wants: Wants,
    /// Where notifications go.
    pub endpoint: String,
    /// Lines `Name: value` to send along; they may be secrets.
    pub headers: Vec<String>,
    /// The media type of what is sent; none for an empty body.
    pub mime: Option<Mime>,
    /// How much is sent.
    pub content: Content,
    /// Seconds after which a sign of life is sent when nothing else was.
    pub heartbeat: Option<u32>,
    /// Seconds that the endpoint has to answer.
    pub timeout: Option<u32>,
    /// The most events in one notification.
    pub most: u32,
    /// When it ends.
    pub end: Option<Instant>,
}

/// What a subscription waits for.
#[derive(Debug)]
pub enum Wants {
    /// Versions that satisfy a search (R4).
    Search(Filter),
    /// A topic's events that pass all filters for their type.
    Topic {
        /// The topic's canonical URL.
        url: String,
        /// The filters.
        filters: Vec<Filter>,
    },
}

/// A search over one type.
#[derive(Debug)]
pub struct Filter {
    /// The type.
    pub kind: &'static str,
    /// The conditions.
    pub clauses: Vec<Clause>,
    /// The names of the parameters used.
    pub names: Vec<String>,
}

/// The media types of notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mime {
    /// `application/fhir+json`
    Json,
    /// `application/fhir+xml`
    Xml,
}

/// Terms that cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {text}")]
pub struct TermsError {
    /// The element in the way.
    pub path: &'static str,
    /// What is wrong with it.
    pub text: String,
}

fn wrong(path: &'static str, text: impl Into<String>) -> TermsError {
    TermsError {
        path,
        text: text.into(),
    }
}

impl Terms {
    /// Reads a Subscription's terms. Whether the endpoint may be called and the topic is known is not asked here.
    ///
    /// # Errors
    /// The first element that cannot be served.
    pub fn read(subscription: &Value, now: Instant) -> Result<Self, TermsError> {
        let wants = wants(subscription, now)?;
        let channel = subscription.get("channel");
        let text = |name: &str| channel.and_then(|c| c.str_at(name));
        if text("type") != Some("rest-hook") {
            let why = "only the channel rest-hook is served here";
            return Err(wrong("Subscription.channel.type", why));
        }
        let endpoint = text("endpoint");
        let endpoint = endpoint.ok_or_else(|| {
            wrong(
                "Subscription.channel.endpoint",
                "a rest-hook needs an endpoint",
            )
        })?;
        let mime = match text("payload") {
            None => None,
            Some("application/fhir+json" | "application/json") => Some(Mime::Json),
            Some("application/fhir+xml" | "application/xml") => Some(Mime::Xml),
            Some(_) => {
                let why = "the payload is application/fhir+json, application/fhir+xml or nothing";
                return Err(wrong("Subscription.channel.payload", why));
            }
        };
        let headers = channel.map_or(&[][..], |c| c.items_at("header"));
        if headers.len() > MOST_HEADERS {
            return Err(wrong(
                "Subscription.channel.header",
                "there are more than 20 headers",
            ));
        }
        let end = subscription.str_at("end").and_then(date_span);
        Ok(Self {
            content: content(channel, &wants, mime)?,
            wants,
            endpoint: endpoint.to_owned(),
            headers: headers
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            mime,
            heartbeat: number(channel, "heartbeat-period")
                .filter(|n| *n > 0)
                .map(|n| n.max(10)),
            timeout: number(channel, "timeout").filter(|n| *n > 0),
            most: number(channel, "max-count")
                .unwrap_or(USUAL_COUNT)
                .clamp(1, MOST_COUNT),
            end: end.map(|(start, _)| Instant::from_millis(start)),
        })
    }

    /// The topic's canonical URL, when it is one.
    pub fn topic(&self) -> Option<&str> {
        match &self.wants {
            Wants::Search(_) => None,
            Wants::Topic { url, .. } => Some(url),
        }
    }
}

fn wants(subscription: &Value, now: Instant) -> Result<Wants, TermsError> {
    const PATH: &str = "Subscription.criteria";
    let criteria = subscription.str_at("criteria").unwrap_or_default();
    let canonical = ["http://", "https://", "urn:"]
        .iter()
        .any(|s| criteria.starts_with(s));
    if !canonical {
        return filter(criteria, now)
            .map(Wants::Search)
            .map_err(|why| wrong(PATH, why));
    }
    let url = criteria.split('|').next().unwrap_or_default().to_owned();
    let name = [BACKPORT, "filter-criteria"].concat();
    let extensions = subscription
        .get("_criteria")
        .map_or(&[][..], |c| c.items_at("extension"));
    let given = extensions.iter().filter(|e| e.str_at("url") == Some(&name));
    let filters: Result<Vec<_>, _> = given
        .map(|e| filter(e.str_at("valueString").unwrap_or_default(), now))
        .collect();
    let filters = filters.map_err(|why| wrong("Subscription.criteria.extension", why))?;
    if filters.len() > MOST_FILTERS {
        return Err(wrong(
            "Subscription.criteria.extension",
            "there are more than 20 filters",
        ));
    }
    Ok(Wants::Topic { url, filters })
}

/// `Encounter?patient=Patient/1&status=finished`
fn filter(criteria: &str, now: Instant) -> Result<Filter, String> {
    let (kind, query) = criteria.split_once('?').unwrap_or((criteria, ""));
    let kind = types()
        .resource(kind)
        .map(|t| t.name)
        .filter(|k| *k != "Subscription");
    let kind = kind.ok_or(
        "criteria are a resource type (not Subscription) and a search: Encounter?patient=Patient/1",
    )?;
    let options = Options {
        now: now.millis(),
        ..Options::default()
    };
    let clauses = parse_clauses(kind, query, &options).map_err(|error| error.to_string())?;
    if !clauses.iter().all(Clause::stands_alone) {
        return Err(
            "criteria that need other resources (chains, _has, hierarchies) cannot be watched"
                .to_owned(),
        );
    }
    let names = query.split('&').filter(|pair| !pair.is_empty());
    let names = names.map(|pair| {
        pair.split(['=', ':', '.'])
            .next()
            .unwrap_or_default()
            .to_owned()
    });
    Ok(Filter {
        kind,
        clauses,
        names: names.collect(),
    })
}

fn content(
    channel: Option<&Value>,
    wants: &Wants,
    mime: Option<Mime>,
) -> Result<Content, TermsError> {
    let name = [BACKPORT, "payload-content"].concat();
    let payload = channel.and_then(|c| c.get("_payload"));
    let extensions = payload.map_or(&[][..], |p| p.items_at("extension"));
    let given = extensions.iter().find(|e| e.str_at("url") == Some(&name));
    let given = given.and_then(|e| e.str_at("valueCode"));
    match (wants, mime, given) {
        (Wants::Search(_), Some(_), None) => Ok(Content::FullResource),
        (_, None, None) => Ok(Content::Empty),
        (Wants::Topic { .. }, Some(_), None) => Ok(Content::IdOnly),
        (_, _, Some(code)) => Content::read(code).ok_or_else(|| {
            let why = "the content is empty, id-only or full-resource";
            wrong("Subscription.channel.payload.extension", why)
        }),
    }
}

fn number(channel: Option<&Value>, name: &str) -> Option<u32> {
    let url = [BACKPORT, name].concat();
    let extension = channel?
        .items_at("extension")
        .iter()
        .find(|e| e.str_at("url") == Some(&url))?;
    let value = extension
        .get("valueUnsignedInt")
        .or_else(|| extension.get("valuePositiveInt"))?;
    u32::try_from(value.as_number()?.to_i64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn check(criteria: &str, channel: &str, expected: Option<&str>) {
        let text = format!(
            r#"{{"resourceType":"Subscription","status":"requested",{criteria},"channel":{{{channel}}}}}"#
        );
        let document = json::read(text.as_bytes()).unwrap();
        let read = Terms::read(&document, Instant::from_millis(0));
        assert_eq!(read.err().map(|e| e.path), expected, "{text}");
    }

    const GOOD: &str = r#""type":"rest-hook","endpoint":"https://a.example/x""#;

    #[test]
    fn criteria_are_a_search_that_one_resource_can_satisfy() {
        check(
            r#""criteria":"Encounter?patient=Patient/1&status=finished""#,
            GOOD,
            None,
        );
        check(r#""criteria":"Encounter""#, GOOD, None);
        for bad in [
            "Encounter?nonsense=1",
            "Nonsense?x=1",
            "Subscription?status=active",
            "Encounter?subject:Patient.name=a",
            "Patient?_has:Observation:patient:code=1",
            "Encounter?_count=3",
            "",
        ] {
            check(
                &format!(r#""criteria":"{bad}""#),
                GOOD,
                Some("Subscription.criteria"),
            );
        }
    }

    #[test]
    fn a_topic_can_be_filtered() {
        let topic = |filter: &str| {
            format!(
                r#""criteria":"http://a.example/t","_criteria":{{"extension":[{{"url":"{BACKPORT}filter-criteria","valueString":"{filter}"}}]}}"#
            )
        };
        check(r#""criteria":"http://a.example/t|1""#, GOOD, None);
        check(&topic("Encounter?patient=Patient/1"), GOOD, None);
        check(
            &topic("Encounter?nonsense=1"),
            GOOD,
            Some("Subscription.criteria.extension"),
        );
    }

    #[test]
    fn a_channel_that_cannot_be_served_is_refused_at_its_element() {
        let bad = |channel: &str, at: &str| check(r#""criteria":"Encounter""#, channel, Some(at));
        bad(r#""type":"rest-hook""#, "Subscription.channel.endpoint");
        bad(
            r#""type":"email","endpoint":"mailto:a@a.example""#,
            "Subscription.channel.type",
        );
        bad(
            &format!(r#"{GOOD},"payload":"text/plain""#),
            "Subscription.channel.payload",
        );
        let content = format!(
            r#"{GOOD},"payload":"application/fhir+json","_payload":{{"extension":[{{"url":"{BACKPORT}payload-content","valueCode":"all"}}]}}"#
        );
        bad(&content, "Subscription.channel.payload.extension");
    }
}
