//! Requests, exactly as they go out but for the secret.
//!
//! Sources: GitHub REST API 2022-11-28, "Repository security advisories"; CVE Services OpenAPI 2.x (`/cve-id`, `/cve/{id}/cna`) with
//! the CNA container of CVE JSON 5; Discourse API, "Creates a new topic" and "Authentication"; Mailchimp Marketing API 3.0, "Add
//! campaign", "Set campaign content", "Send campaign"; Mastodon API, "Post a new status".

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{CveServices, Errand, Forum, Github, List, Places, Service, System};
use crate::When;
use crate::advisory::feed::Site;
use crate::advisory::{Advisory, cve, github, letter, page, post};

/// So many characters a status has at most, where a server says nothing else.
const POST: usize = 500;
/// A topic's title has at most so many, where a forum says nothing else.
const TITLE: usize = 255;
/// A subject that a mailing service takes.
const SUBJECT: usize = 150;

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
    let record = cve::write(facts.text()?, 0)?;
    let text = record.pointer("/cveMetadata/cveId").and_then(Value::as_str);
    let text = text.unwrap_or_default();
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
    let container = record.pointer("/containers/cna").cloned();
    let body = json!({"cnaContainer": container.unwrap_or_default()});
    let path = format!("cve/{text}/cna");
    Ok(to_cve(place, method, &path, Body::Json(body)))
}

fn topic(place: &Forum, facts: Facts<'_>) -> Result<Prepared, Lacks> {
    let advisory = facts.text()?;
    let letter = letter(facts.site, advisory);
    let mut body = json!({
        "title": cut(&letter.subject, TITLE),
        "raw": format!("{}\n\n{}", facts.site.page(advisory), page::markdown(advisory)),
        "tags": [place.tag],
        "external_id": advisory.id.to_lowercase(),
    });
    if let (Some(category), Some(fields)) = (place.category, body.as_object_mut()) {
        fields.insert("category".to_owned(), json!(category));
    }
    Ok(Prepared {
        method: Method::Post,
        url: format!("{}/posts.json", place.base),
        headers: vec![("Api-Username", place.user.clone())],
        proof: Proof::Header("Api-Key"),
        body: Body::Json(body),
    })
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
    let letter = letter(facts.site, facts.text()?);
    let mut to = json!({"list_id": place.list});
    if let (Some(segment), Some(fields)) = (place.segment, to.as_object_mut()) {
        let only = json!({"saved_segment_id": segment});
        fields.insert("segment_opts".to_owned(), only);
    }
    let subject = cut(&letter.subject, SUBJECT);
    let body = json!({
        "type": "plaintext",
        "recipients": to,
        "settings": {
            "subject_line": subject,
            "title": subject,
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

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
