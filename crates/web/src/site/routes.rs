//! The table of pages, as data: dispatch and the generated tests read the same rows.

use std::pin::Pin;
use std::sync::Arc;

use aceso_policy::Task;

use super::{Ask, Outcome};

/// What a browser's page can send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Shows; changes nothing. Answers `HEAD` too.
    Get,
    /// Changes something; carries a form of ours.
    Post,
}

/// Who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admit {
    /// Anybody, signed in or not.
    Anybody,
    /// Whoever has a session, be it locked or not yet fully enrolled: unlocking, signing out.
    AnySession,
    /// Whoever is signed in but perhaps has yet to enrol a second factor: the enrolment.
    Enrolling,
    /// Whoever is signed in, with an open session.
    SignedIn,
    /// Whoever is signed in and may do this task.
    Task(Task),
}

/// What a handler gives, in time.
pub type Future = Pin<Box<dyn std::future::Future<Output = Outcome> + Send>>;

/// What answers a row.
pub type Handler<S> = fn(S, Ask) -> Future;

/// Who asks for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A person: their session lives on by it.
    Person,
    /// A page that keeps itself up to date: a session that nobody uses is locked all the same.
    Nobody,
}

/// What a form brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// Fields.
    Fields,
    /// Fields and, in a form that says so, files.
    Files,
}

/// One row: `PageRoute::get("/account", Admit::SignedIn, |pages, ask| Box::pin(account::show(pages, ask)))`.
#[derive(Clone, Copy, Debug)]
pub struct PageRoute<S> {
    /// What it answers to.
    pub verb: Verb,
    /// The path; `{name}` stands for one segment, which [`Ask::param`] gives.
    pub path: &'static str,
    /// Who may.
    pub admit: Admit,
    /// Who asks.
    pub presence: Presence,
    /// What its form brings.
    pub carries: Carries,
    /// What answers.
    pub handler: Handler<S>,
}

impl<S> PageRoute<S> {
    /// A page that shows something.
    pub const fn get(path: &'static str, admit: Admit, handler: Handler<S>) -> Self {
        Self {
            verb: Verb::Get,
            path,
            admit,
            presence: Presence::Person,
            carries: Carries::Fields,
            handler,
        }
    }

    /// Whose form may bring files.
    #[must_use]
    pub const fn with_files(self) -> Self {
        Self {
            carries: Carries::Files,
            ..self
        }
    }

    /// Asked for by a page that keeps itself up to date.
    #[must_use]
    pub const fn unattended(self) -> Self {
        Self {
            presence: Presence::Nobody,
            ..self
        }
    }

    /// A form that changes something.
    pub const fn post(path: &'static str, admit: Admit, handler: Handler<S>) -> Self {
        Self {
            verb: Verb::Post,
            path,
            admit,
            presence: Presence::Person,
            carries: Carries::Fields,
            handler,
        }
    }
}

/// A row without its handler, for whoever walks the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it answers to.
    pub verb: Verb,
    /// The path with its placeholders.
    pub path: &'static str,
    /// Who may.
    pub admit: Admit,
}

pub(super) type Bound = Arc<dyn Fn(Ask) -> Future + Send + Sync>;

/// A row with its state bound to it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) row: Row,
    pub(super) presence: Presence,
    pub(super) carries: Carries,
    pub(super) handler: Bound,
}

impl Entry {
    pub(super) fn bind<S: Clone + Send + Sync + 'static>(route: &PageRoute<S>, state: S) -> Self {
        let handler = route.handler;
        Self {
            row: Row {
                verb: route.verb,
                path: route.path,
                admit: route.admit,
            },
            presence: route.presence,
            carries: route.carries,
            handler: Arc::new(move |ask| handler(state.clone(), ask)),
        }
    }
}

/// The values of a pattern's placeholders, when the path fits it.
pub(super) fn fit(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut values = Vec::new();
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(values),
            (Some(want), Some(have)) => {
                match want.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
                    // Ids and tokens only: nothing in our addresses needs an escape.
                    Some(name) if plain(have) => values.push((name, have.to_owned())),
                    Some(_) => return None,
                    None if want == have => {}
                    None => return None,
                }
            }
            (None, Some(_)) | (Some(_), None) => return None,
        }
    }
}

fn plain(segment: &str) -> bool {
    (1..=128).contains(&segment.len())
        && segment != "."
        && segment != ".."
        && segment
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_segment_by_segment() {
        let check = |pattern, path, expected: Option<&[(&str, &str)]>| {
            let found = fit(pattern, path);
            let found = found
                .as_ref()
                .map(|v| v.iter().map(|(n, t)| (*n, t.as_str())).collect::<Vec<_>>());
            assert_eq!(found.as_deref(), expected, "{pattern} {path}");
        };
        check("/", "/", Some(&[]));
        check("/people/{id}", "/people/7", Some(&[("id", "7")]));
        check(
            "/people/{id}/end",
            "/people/a-b_c.d/end",
            Some(&[("id", "a-b_c.d")]),
        );
        for bad in [
            "/people",
            "/people/",
            "/people/..",
            "/people/a%2fb",
            "/people/a/b",
            "//people/7",
        ] {
            check("/people/{id}", bad, None);
        }
    }
}
