//! Pieces that several of these pages show.

use aceso_policy::Role;
pub(super) use aceso_web::page::time::when;
use aceso_web::page::{Button, Csrf, Form, Icon, Passkey, Text, said, say};
use aceso_web::site::Kept;
use maud::html;

use super::Pages;
use super::ceremony::Offer;
use crate::outside::Provider;

/// What people call a role, in the page's language where it is one of ours.
pub(super) fn role_text(role: &Role) -> Text {
    role.built_in()
        .map_or_else(|| said(role.as_str()), |b| b.title().into())
}

/// What a browser is, in few words: `Chrome on Windows`.
pub(super) fn browser(agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let program = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => aceso_web::page::known("Unknown browser"),
    }
}

/// Where a page leads on to: a place, and perhaps a form that waits.
#[derive(Clone, Debug, Default)]
pub(super) struct Onward {
    pub(super) to: String,
    pub(super) kept: Option<Kept>,
}

impl Onward {
    /// The hidden fields.
    pub(super) fn carry(&self, form: Form) -> Form {
        match &self.kept {
            Some(kept) => form.keep("to", kept.to.as_str()).keep("kept", kept.write()),
            None => form.keep("to", self.to.as_str()),
        }
    }
}

/// A form of one button that asks a passkey.
pub(super) fn passkey_form(
    csrf: &Csrf,
    action: &str,
    what: Passkey,
    offer: &Offer,
    label: &'static str,
) -> Form {
    let button = Button::primary(label).icon(Icon::Key).whole();
    Form::post(csrf, action, html! { (button) })
        .passkey(what, offer.options.as_str())
        .keep("state", offer.state.as_str())
}

/// An outside provider, as a button.
#[derive(Clone, Debug)]
pub(super) struct Other {
    id: String,
    name: String,
}

impl Other {
    pub(super) fn of(provider: &Provider) -> Self {
        Self {
            id: provider.id.clone(),
            name: provider.name.clone(),
        }
    }

    /// The button, below an address.
    pub(super) fn form(&self, csrf: &Csrf, below: &str) -> Form {
        let label = say("Go on with {0}", &[&self.name]);
        let button = Button::secondary(label).whole();
        Form::post(
            csrf,
            format!("{below}/with/{}", self.id),
            html! { (button) },
        )
    }

    /// For samples.
    pub(super) fn sample() -> Self {
        Self {
            id: "hospital".into(),
            name: "Riverside Hospital".into(),
        }
    }
}

/// The installation's outside providers.
pub(super) fn others(pages: &Pages) -> Vec<Other> {
    pages.0.settings.providers.all().map(Other::of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_in_few_words() {
        let check = |agent: &str, expected: &str| assert_eq!(browser(agent), expected);
        check(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36",
            "Chrome on Linux",
        );
        check(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
            "Safari on iPhone",
        );
        check(
            "Mozilla/5.0 (Windows NT 10.0) Chrome/150.0 Safari/537.36 Edg/150.0",
            "Edge on Windows",
        );
        check("", "Unknown browser");
    }
}
