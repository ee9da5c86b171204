//! Advisories as feeds: Atom (RFC 4287) and JSON Feed 1.1.

use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::json::{Object, each};
use super::page;
use super::record::Advisory;

/// Where a desk publishes.
#[derive(Clone, Debug)]
pub struct Site {
    /// What the feed is called.
    pub title: String,
    /// The address of the desk, without a slash at the end.
    pub base: String,
}

impl Site {
    /// The address of an advisory's page.
    pub fn page(&self, advisory: &Advisory) -> String {
        format!("{}/advisories/{}", self.base, advisory.id)
    }
}

/// As Atom, the newest first. An entry's id stays the same whatever changes in it.
pub fn atom(site: &Site, advisories: &[Advisory]) -> String {
    let sorted = newest_first(advisories);
    let updated = sorted
        .first()
        .map(|a| a.current.to_string())
        .unwrap_or_default();
    let feed = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"))
        feed xmlns="http://www.w3.org/2005/Atom" {
            title { (site.title) }
            id { (site.base) "/advisories.atom" }
            (PreEscaped(link("self", &format!("{}/advisories.atom", site.base))))
            (PreEscaped(link("alternate", &format!("{}/advisories", site.base))))
            updated { (updated) }
            @for advisory in sorted { (entry(site, advisory)) }
        }
    };
    feed.into_string()
}

/// XML closes what is empty; HTML would not.
fn link(rel: &str, href: &str) -> String {
    let href = href
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;");
    format!("<link rel=\"{rel}\" href=\"{href}\"/>")
}

fn entry(site: &Site, advisory: &Advisory) -> Markup {
    let content = page::markup(advisory).into_string();
    html! {
        entry {
            title { (page::printable(&advisory.title)) }
            id { (site.page(advisory)) }
            (PreEscaped(link("alternate", &site.page(advisory))))
            published { (advisory.initial) }
            updated { (advisory.current) }
            author { name { (advisory.publisher.name) } }
            @if let Some(summary) = advisory.summary() { summary { (summary) } }
            content type="html" { (content) }
        }
    }
}

/// As JSON Feed 1.1.
pub fn json_feed(site: &Site, advisories: &[Advisory]) -> Value {
    let item = |advisory: &&Advisory| {
        Object::new()
            .put("id", site.page(advisory))
            .put("url", site.page(advisory))
            .put("title", advisory.title.as_str())
            .put("summary", advisory.summary())
            .put("content_html", page::markup(advisory).into_string())
            .put("date_published", advisory.initial.to_string())
            .put("date_modified", advisory.current.to_string())
            .put("authors", json!([{"name": advisory.publisher.name}]))
            .put("language", advisory.lang.as_str())
            .done()
    };
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.title,
        "home_page_url": format!("{}/advisories", site.base),
        "feed_url": format!("{}/advisories.json", site.base),
        "items": each(&newest_first(advisories), item),
    })
}

fn newest_first(advisories: &[Advisory]) -> Vec<&Advisory> {
    let mut sorted: Vec<&Advisory> = advisories.iter().collect();
    sorted.sort_by(|a, b| b.current.cmp(&a.current).then_with(|| a.id.cmp(&b.id)));
    sorted
}
