//! Requests, exactly as they go out but for the secret.
//!
//! Sources: GitHub REST API 2022-11-28, "Repository security advisories"; CVE Services OpenAPI 2.x (`/cve-id`, `/cve/{id}/cna`) with
//! the CNA container of CVE JSON 5; Discourse API, "Creates a new topic" and "Authentication", and what its `TopicCreator` takes
//! beside that (`tags`, and how long an `external_id` is); Mailchimp Marketing API 3.0, "Add campaign", "Set campaign content", "Send
//! campaign"; Mastodon API, "Post a new status". `cargo xtask judges elsewhere` holds each request to their own descriptions.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{CveServices, Errand, Forum, Github, List, Places, Service, System};
use crate::When;
use crate::advisory::feed::Site;
use crate::advisory::{Advisory, Cna, cut, cve, github, letter, page, post};

/// So many characters a status has at most, where a server says nothing else.
const POST: usize = 500;
/// A topic's title has at most so many, where a forum says nothing else.
const TITLE: usize = 255;
/// A post of a topic has at most so many, where a forum says nothing else.
const RAW: usize = 32_000;
/// What a topic is known by elsewhere has at most so many.
const EXTERNAL: usize = 50;
/// A subject that a mailing service takes.
const SUBJECT: usize = 150;
/// What a mail is called at the mailing service.
const MAIL: usize = 100;

/// The verb of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
}

impl Method {
    /// As it goes out.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
        }
    }
}

/// How the secret proves who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// `Authorization: Bearer SECRET`
    Bearer,
    /// `Authorization: Basic`, with this user name.
    Basic(&'static str),
    /// A header of its own.
    Header(&'static str),
}

/// What a request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON.
    Json(Value),
}

/// A request without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Its verb.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Headers beside those of every request.
    pub headers: Vec<(&'static str, String)>,
    /// Where the secret goes.
    pub proof: Proof,
    /// What it carries.
    pub body: Body,
}

/// What a request is made of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What is sent once: the same key for every try.
    pub key: &'a str,
    /// When.
    pub at: When,
    /// Where the desk's advisories are.
    pub site: &'a Site,
    /// The text, where the errand takes one.
    pub advisory: Option<&'a Advisory>,
    /// Where else the case is known.
    pub kept: &'a BTreeMap<System, String>,
}

/// Why there is no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lacks {
    /// The configuration names no such service.
    #[error("the configuration names no place for {}: write the id in by hand", .0.name())]
    Place(Service),
    /// There is no text.
    #[error("there is no text to send")]
    Text,
    /// What it goes on from is not known.
    #[error("{0}")]
    Id(&'static str),
    /// The text has no CVE id, or not that of the case.
    #[error(
        "the text names the CVE id {text:?}, the case {case:?}: write the case's into the text, and publish that"
    )]
    OtherCve {
        /// The text's.
        text: String,
        /// The case's.
        case: String,
    },
    /// The text makes no CVE record.
    #[error("{0}")]
    Record(#[from] cve::CveError),
}

/// The request of an errand.
pub fn compose(errand: Errand, places: &Places, facts: Facts<'_>) -> Result<Prepared, Lacks> {
    let missing = Lacks::Place(errand.service());
    let github = places.github.as_ref().ok_or(missing.clone());
    let cve = places.cve.as_ref().ok_or(missing.clone());
    let list = places.list.as_ref().ok_or(missing.clone());
    match errand {
        Errand::GithubDraft => {
            let body = Body::Json(github::write(facts.text()?));
            let place = github?;
            Ok(to_github(Method::Post, advisories(place), body))
        }
        Errand::GithubCve => {
            let url = format!("{}/cve", draft(github?, facts)?);
            Ok(to_github(Method::Post, url, Body::Empty))
        }
        Errand::GithubPublish => {
            let body = Body::Json(now_public(facts.text()?));
            Ok(to_github(Method::Patch, draft(github?, facts)?, body))
        }
        Errand::CveReserve => Ok(reserve(cve?, facts.at)),
        Errand::CvePublish => record(cve?, Method::Post, facts),
        Errand::CveUpdate => record(cve?, Method::Put, facts),
        Errand::Topic => topic(places.forum.as_ref().ok_or(missing)?, facts),
        Errand::Campaign => campaign(list?, facts),
        Errand::CampaignText => {
            let body = json!({"plain_text": letter(facts.site, facts.text()?).body});
            let url = format!("{}/content", mail(list?, facts)?);
            Ok(to_list(Method::Put, url, Body::Json(body)))
        }
        Errand::CampaignSend => {
            let url = format!("{}/actions/send", mail(list?, facts)?);
            Ok(to_list(Method::Post, url, Body::Empty))
        }
        Errand::Post => short_post(&places.social.as_ref().ok_or(missing)?.base, facts),
    }
}

impl<'a> Facts<'a> {
    fn text(self) -> Result<&'a Advisory, Lacks> {
        self.advisory.ok_or(Lacks::Text)
    }

    fn id(self, system: System, lacks: &'static str) -> Result<&'a str, Lacks> {
        let found = self.kept.get(&system).map(String::as_str);
        found.ok_or(Lacks::Id(lacks))
    }
}

fn to_github(method: Method, url: String, body: Body) -> Prepared {
    Prepared {
        method,
        url,
        headers: vec![
            ("Accept", "application/vnd.github+json".to_owned()),
            ("X-GitHub-Api-Version", "2022-11-28".to_owned()),
        ],
        proof: Proof::Bearer,
        body,
    }
}

fn advisories(place: &Github) -> String {
    let Github { base, repository } = place;
    format!("{base}/repos/{repository}/security-advisories")
}

fn draft(place: &Github, facts: Facts<'_>) -> Result<String, Lacks> {
    let lacks = "there is no draft at GitHub yet: ask for one, or write its GHSA id in";
    let id = facts.id(System::Ghsa, lacks)?;
    Ok(format!("{}/{id}", advisories(place)))
}

/// The draft as it becomes public. Who is credited was asked by GitHub when it was made.
fn now_public(advisory: &Advisory) -> Value {
    let mut body = github::write(advisory);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("state".to_owned(), json!("published"));
        fields.remove("credits");
    }
    body
}

fn to_cve(place: &CveServices, method: Method, path: &str, body: Body) -> Prepared {
    Prepared {
        method,
        url: format!("{}/{path}", place.base),
        headers: vec![
            ("CVE-API-ORG", place.organisation.clone()),
            ("CVE-API-USER", place.user.clone()),
        ],
        proof: Proof::Header("CVE-API-KEY"),
        body,
    }
}

fn reserve(place: &CveServices, at: When) -> Prepared {
    let year: String = at.date().chars().take(4).collect();
    let path = format!(
        "cve-id?amount=1&cve_year={year}&short_name={}",
        place.organisation
    );
    to_cve(place, Method::Post, &path, Body::Empty)
}

/// The CNA container alone: the services write what is around it.
fn record(place: &CveServices, method: Method, facts: Facts<'_>) -> Result<Prepared, Lacks> {
    let advisory = facts.text()?;
    // The record names who is asked, whatever the text does.
    let cna = Cna {
        org_id: place.org_id.clone(),
        short_name: place.organisation.clone(),
    };
    let container = cve::container(advisory, 0, &cna)?;
    let text = advisory.vulnerabilities.first();
    let text = text.and_then(|v| v.cve.as_deref()).unwrap_or_default();
    if !System::Cve.takes(text) {
        return Err(Lacks::Id(
            "what the text names is no CVE id: CVE-2026-12345",
        ));
    }
    if let Some(case) = facts.kept.get(&System::Cve).filter(|case| *case != text) {
        return Err(Lacks::OtherCve {
            text: text.to_owned(),
            case: case.clone(),
        });
    }
    let body = json!({"cnaContainer": container});
    let path = format!("cve/{text}/cna");
    Ok(to_cve(place, method, &path, Body::Json(body)))
}

fn topic(place: &Forum, facts: Facts<'_>) -> Result<Prepared, Lacks> {
    let advisory = facts.text()?;
    let letter = letter(facts.site, advisory);
    let page = facts.site.page(advisory);
    let whole = format!("{page}\n\n{}", page::markdown(advisory));
    let rest = format!("\n\nThe text goes on at {page}");
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("title", json!(cut(&letter.subject, TITLE, "…")));
    put("raw", json!(cut(&whole, RAW, &rest)));
    put("tags", json!([tag(place)]));
    if let Some(category) = place.category {
        put("category", json!(category));
    }
    if let Some(id) = external(advisory) {
        put("external_id", json!(id));
    }
    Ok(Prepared {
        method: Method::Post,
        url: format!("{}/posts.json", place.base),
        headers: vec![("Api-Username", place.user.clone())],
        proof: Proof::Header("Api-Key"),
        body: Body::Json(Value::Object(fields)),
    })
}

/// By its name, as forums up to 2026.6 take it; with its number, as those from 2026.1 on do.
fn tag(place: &Forum) -> Value {
    match place.tag_id {
        Some(id) => json!({"id": id, "name": place.tag}),
        None => json!(place.tag),
    }
}

/// The advisory's number, where a forum takes it: letters, digits, `-` and `_`.
fn external(advisory: &Advisory) -> Option<String> {
    let id = advisory.id.to_lowercase();
    let plain = id
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    (plain && (1..=EXTERNAL).contains(&id.len())).then_some(id)
}

fn to_list(method: Method, url: String, body: Body) -> Prepared {
    Prepared {
        method,
        url,
        headers: Vec::new(),
        proof: Proof::Basic("aceso"),
        body,
    }
}

fn mail(place: &List, facts: Facts<'_>) -> Result<String, Lacks> {
    let lacks = "the mail was not made at the mailing service yet";
    let id = facts.id(System::Campaign, lacks)?;
    Ok(format!("{}/3.0/campaigns/{id}", place.base))
}

fn campaign(place: &List, facts: Facts<'_>) -> Result<Prepared, Lacks> {
    let advisory = facts.text()?;
    let letter = letter(facts.site, advisory);
    let mut to = json!({"list_id": place.list});
    if let (Some(segment), Some(fields)) = (place.segment, to.as_object_mut()) {
        let only = json!({"saved_segment_id": segment});
        fields.insert("segment_opts".to_owned(), only);
    }
    let name = format!("{}: {}", advisory.id, advisory.title);
    let body = json!({
        "type": "plaintext",
        "recipients": to,
        "settings": {
            "subject_line": cut(&letter.subject, SUBJECT, "…"),
            "title": cut(&name, MAIL, "…"),
            "from_name": place.from,
            "reply_to": place.reply_to,
        },
    });
    let url = format!("{}/3.0/campaigns", place.base);
    Ok(to_list(Method::Post, url, Body::Json(body)))
}

fn short_post(base: &str, facts: Facts<'_>) -> Result<Prepared, Lacks> {
    let advisory = facts.text()?;
    let mut status = post(facts.site, advisory, POST);
    // R36: the post leads to the topic, where there is one.
    if let Some(topic) = facts.kept.get(&System::Topic) {
        let more = format!(" Discussion: {topic}");
        if status.chars().count() + more.chars().count() <= POST {
            status.push_str(&more);
        }
    }
    let language: String = advisory.lang.chars().take_while(|c| *c != '-').collect();
    Ok(Prepared {
        method: Method::Post,
        url: format!("{base}/api/v1/statuses"),
        headers: vec![("Idempotency-Key", facts.key.to_owned())],
        proof: Proof::Bearer,
        body: Body::Json(json!({
            "status": status,
            "visibility": "public",
            "language": language,
        })),
    })
}
