//! Who finds themselves in the text: it is compared with the bills of materials that the desk looks after, the program's own among
//! them. A text that names no part of any bill tells no installation that it is affected.

use aceso_desk::advisory::Advisory;
use aceso_desk::matching::{Facts, Matcher, Sbom, State, read_lockfile};
use aceso_web::page::{Banner, Tone};
use maud::{Markup, html, say, words};

/// What a text finds.
#[derive(Default)]
pub(super) struct Finds {
    /// By bill and component; the configuration decides the rest.
    found: Vec<(String, String, State)>,
    /// Parts of the same name under another package URL.
    namesakes: Vec<(String, String)>,
    bills: usize,
}

impl Finds {
    pub(super) fn of(advisory: &Advisory, bills: &[(String, String)]) -> Self {
        let texts = std::slice::from_ref(advisory);
        let matcher = Matcher::new(texts);
        let mut finds = Self {
            bills: bills.len(),
            ..Self::default()
        };
        for (name, text) in bills {
            let Ok(bill) = read_lockfile(text).or_else(|_| Sbom::read(text.as_bytes())) else {
                continue;
            };
            for one in matcher.find(&bill, &Facts::default()) {
                finds.found.push((name.clone(), one.said, one.state));
            }
            let called = |named: &str| {
                let products = advisory.products.iter();
                products
                    .map(|p| p.product())
                    .any(|p| p.eq_ignore_ascii_case(named))
            };
            for part in bill.components.iter().filter(|c| called(&c.name)) {
                let purl = part.purl.as_ref().map(ToString::to_string);
                finds
                    .namesakes
                    .push((name.clone(), purl.unwrap_or_else(|| part.said())));
            }
        }
        finds
    }

    pub(super) fn show(&self) -> Markup {
        if self.bills == 0 {
            return html! {};
        }
        if self.found.is_empty() {
            let list = html! {
                p { "An installation finds itself by the package URL, else by vendor and product. No bill of materials that is looked after here has such a part." }
                @if !self.namesakes.is_empty() {
                    ul { @for (bill, part) in &self.namesakes { li { (say("{0} has {1}", &[bill, part])) } } }
                }
            };
            return html! { (Banner::new(Tone::Warning, "Nobody would find themselves in it").body(list)) };
        }
        let list = html! { ul { @for (bill, part, state) in &self.found {
            li { (bill) ": " (part) ", " (words(stands(*state))) }
        } } };
        html! { (Banner::new(Tone::Info, "Who finds themselves in it, by the bills of materials here").body(list)) }
    }
}

const fn stands(state: State) -> &'static str {
    match state {
        State::Affected => "affected",
        State::UnderInvestigation => "affected or not, as its configuration is",
        State::Fixed => "has the fix",
        State::NotAffected => "not affected",
    }
}
