//! The route table: what the server answers, as data. Dispatch, the CapabilityStatement and the generated tests all
//! read this one table.

use aceso_fhir::definitions::types;
use http::Method;

use crate::query::{Plus, decode};

/// What a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// The CapabilityStatement.
    Metadata,
    /// A batch or transaction.
    Bundle,
    /// Read a resource.
    Read,
    /// Read one version of a resource.
    Vread,
    /// Create, perhaps conditionally.
    Create,
    /// Update or create at an id.
    Update,
    /// Update what a search finds.
    UpdateBy,
    /// Patch a resource.
    Patch,
    /// Patch what a search finds.
    PatchBy,
    /// Delete a resource.
    Delete,
    /// Delete what a search finds.
    DeleteBy,
    /// The versions of a resource, of a type, or of all.
    History,
    /// Search a type, or all types.
    Search,
    /// Search a compartment.
    Compartment,
    /// `$validate`.
    Validate,
    /// `$everything`.
    Everything,
    /// `$lastn`.
    Lastn,
    /// `$meta`.
    Meta,
    /// `$meta-add`.
    MetaAdd,
    /// `$meta-delete`.
    MetaDelete,
    /// `$process-message`.
    Message,
    /// `$export`.
    Export,
    /// How far an export is, and its end.
    ExportStatus,
    /// A file of an export.
    ExportFile,
    /// `Subscription/$status`.
    SubscriptionStatus,
    /// `Subscription/$events`.
    SubscriptionEvents,
    /// `Subscription/$topic-list`.
    Topics,
    /// `ValueSet/$expand`.
    Expand,
    /// `ValueSet/$validate-code`.
    ValidateInValueSet,
    /// `CodeSystem/$lookup`.
    Lookup,
    /// `CodeSystem/$validate-code`.
    ValidateInCodeSystem,
    /// `CodeSystem/$subsumes`.
    Subsumes,
    /// `ConceptMap/$translate`.
    Translate,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The HTTP method; `GET` answers `HEAD` too.
    pub method: &'static str,
    /// The path below the base. `{type}` is any resource type, `{id}` and `{vid}` a logical or version id,
    /// `{compartment}` a type that has a compartment, `{inner}` a type in it or `*`.
    pub path: &'static str,
    /// What it does.
    pub act: Act,
    /// Whether it is answered without a token.
    pub open: bool,
}

const fn route(method: &'static str, path: &'static str, act: Act) -> Route {
    Route {
        method,
        path,
        act,
        open: false,
    }
}

/// All routes below the base, the most used first.
pub static ROUTES: &[Route] = &[
    route("GET", "/{type}/{id}", Act::Read),
    route("GET", "/{type}", Act::Search),
    route("POST", "/{type}", Act::Create),
    route("PUT", "/{type}/{id}", Act::Update),
    route("PUT", "/{type}", Act::UpdateBy),
    route("PATCH", "/{type}/{id}", Act::Patch),
    route("PATCH", "/{type}", Act::PatchBy),
    route("DELETE", "/{type}/{id}", Act::Delete),
    route("DELETE", "/{type}", Act::DeleteBy),
    route("POST", "", Act::Bundle),
    route("GET", "/{type}/{id}/_history", Act::History),
    route("GET", "/{type}/{id}/_history/{vid}", Act::Vread),
    route("GET", "/{type}/_history", Act::History),
    route("GET", "/_history", Act::History),
    route("POST", "/{type}/_search", Act::Search),
    route("GET", "", Act::Search),
    route("POST", "/_search", Act::Search),
    route("GET", "/{compartment}/{id}/{inner}", Act::Compartment),
    route(
        "POST",
        "/{compartment}/{id}/{inner}/_search",
        Act::Compartment,
    ),
    Route {
        method: "GET",
        path: "/metadata",
        act: Act::Metadata,
        open: true,
    },
    route("POST", "/{type}/$validate", Act::Validate),
    route("GET", "/{type}/{id}/$validate", Act::Validate),
    route("POST", "/{type}/{id}/$validate", Act::Validate),
    route("GET", "/Patient/{id}/$everything", Act::Everything),
    route("POST", "/Patient/{id}/$everything", Act::Everything),
    route("GET", "/Observation/$lastn", Act::Lastn),
    route("POST", "/Observation/$lastn", Act::Lastn),
    route("GET", "/{type}/{id}/$meta", Act::Meta),
    route("POST", "/{type}/{id}/$meta", Act::Meta),
    route("POST", "/{type}/{id}/$meta-add", Act::MetaAdd),
    route("POST", "/{type}/{id}/$meta-delete", Act::MetaDelete),
    route("POST", "/$process-message", Act::Message),
    route("GET", "/$export", Act::Export),
    route("POST", "/$export", Act::Export),
    route("GET", "/Patient/$export", Act::Export),
    route("POST", "/Patient/$export", Act::Export),
    route("GET", "/Group/{id}/$export", Act::Export),
    route("POST", "/Group/{id}/$export", Act::Export),
    route("GET", "/$export-status/{id}", Act::ExportStatus),
    route("DELETE", "/$export-status/{id}", Act::ExportStatus),
    route("GET", "/$export-file/{id}/{vid}", Act::ExportFile),
    route("GET", "/Subscription/$status", Act::SubscriptionStatus),
    route("POST", "/Subscription/$status", Act::SubscriptionStatus),
    route("GET", "/Subscription/{id}/$status", Act::SubscriptionStatus),
    route(
        "POST",
        "/Subscription/{id}/$status",
        Act::SubscriptionStatus,
    ),
    route("GET", "/Subscription/{id}/$events", Act::SubscriptionEvents),
    route(
        "POST",
        "/Subscription/{id}/$events",
        Act::SubscriptionEvents,
    ),
    route("GET", "/Subscription/$topic-list", Act::Topics),
    route("GET", "/ValueSet/$expand", Act::Expand),
    route("POST", "/ValueSet/$expand", Act::Expand),
    route("GET", "/ValueSet/{id}/$expand", Act::Expand),
    route("POST", "/ValueSet/{id}/$expand", Act::Expand),
    route("GET", "/ValueSet/$validate-code", Act::ValidateInValueSet),
    route("POST", "/ValueSet/$validate-code", Act::ValidateInValueSet),
    route(
        "GET",
        "/ValueSet/{id}/$validate-code",
        Act::ValidateInValueSet,
    ),
    route(
        "POST",
        "/ValueSet/{id}/$validate-code",
        Act::ValidateInValueSet,
    ),
    route("GET", "/CodeSystem/$lookup", Act::Lookup),
    route("POST", "/CodeSystem/$lookup", Act::Lookup),
    route(
        "GET",
        "/CodeSystem/$validate-code",
        Act::ValidateInCodeSystem,
    ),
    route(
        "POST",
        "/CodeSystem/$validate-code",
        Act::ValidateInCodeSystem,
    ),
    route(
        "GET",
        "/CodeSystem/{id}/$validate-code",
        Act::ValidateInCodeSystem,
    ),
    route(
        "POST",
        "/CodeSystem/{id}/$validate-code",
        Act::ValidateInCodeSystem,
    ),
    route("GET", "/CodeSystem/$subsumes", Act::Subsumes),
    route("POST", "/CodeSystem/$subsumes", Act::Subsumes),
    route("GET", "/ConceptMap/$translate", Act::Translate),
    route("POST", "/ConceptMap/$translate", Act::Translate),
    route("GET", "/ConceptMap/{id}/$translate", Act::Translate),
    route("POST", "/ConceptMap/{id}/$translate", Act::Translate),
];

/// The resource types that have a compartment.
pub static COMPARTMENTS: [&str; 5] = [
    "Patient",
    "Encounter",
    "Practitioner",
    "RelatedPerson",
    "Device",
];

/// What a path names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The resource type, or the compartment's.
    pub(crate) kind: Option<&'static str>,
    /// The logical id.
    pub(crate) id: Option<String>,
    /// The version id.
    pub(crate) version: Option<String>,
    /// In a compartment: the type wanted; none for `*`.
    pub(crate) inner: Option<&'static str>,
}

/// What a method and path lead to.
#[derive(Debug)]
pub(crate) enum Found {
    Route(&'static Route, Place),
    /// The path is known, the method is not: the methods that are.
    Method(Vec<&'static str>),
    /// The path is not known; the text says why.
    Nothing(String),
}

/// Finds the route of a path below the base; `path` is empty or begins with `/`.
pub(crate) fn find(method: &Method, path: &str) -> Found {
    let path = path.strip_suffix('/').unwrap_or(path);
    if !path.contains('%') {
        return find_decoded(method, path);
    }
    let parts: Vec<String> = path
        .split('/')
        .map(|part| decode(part, Plus::Literal))
        .collect();
    if parts.iter().any(|part| part.contains('/')) {
        return Found::Nothing(why(path));
    }
    find_decoded(method, &parts.join("/"))
}

fn find_decoded(method: &Method, path: &str) -> Found {
    let method = if method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    let mut others = Vec::new();
    for route in ROUTES {
        let other = route.method != method;
        if other && others.contains(&route.method) {
            continue;
        }
        let Some(place) = fit(route.path, path) else {
            continue;
        };
        if !other {
            return Found::Route(route, place);
        }
        others.push(route.method);
    }
    if others.is_empty() {
        Found::Nothing(why(path))
    } else {
        Found::Method(others)
    }
}

fn why(path: &str) -> String {
    let first = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    let plain = first.chars().all(|c| c.is_ascii_alphanumeric()) && first.len() <= 64;
    if plain && !first.is_empty() && types().resource(first).is_none() {
        format!("{first} is not a resource type of FHIR R4")
    } else {
        "There is nothing at this address".to_owned()
    }
}

fn fit(pattern: &str, path: &str) -> Option<Place> {
    let mut place = Place::default();
    let mut given = path.split('/');
    for want in pattern.split('/') {
        let got = given.next()?;
        match want {
            "{type}" => place.kind = Some(types().resource(got)?.name),
            "{compartment}" => place.kind = Some(COMPARTMENTS.iter().find(|k| **k == got)?),
            "{inner}" if got == "*" => {}
            "{inner}" => place.inner = Some(types().resource(got)?.name),
            "{id}" if got.starts_with(['_', '$', '*']) || got.is_empty() => return None,
            "{id}" => place.id = Some(got.to_owned()),
            "{vid}" => place.version = Some(got.to_owned()),
            literal if literal == got => {
                if let Some(known) = types().resource(literal) {
                    place.kind = Some(known.name);
                }
            }
            _ => return None,
        }
    }
    given.next().is_none().then_some(place)
}

/// Whether a text can be a logical or version id (R4, section 2.24.0.1). `.` and `..` cannot be addressed: every client
/// takes them for steps in a path (RFC 3986, section 5.2.4).
pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text != "."
        && text != ".."
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, path: &str, expected: Act) {
        match find(&method, path) {
            Found::Route(route, _) => assert_eq!(route.act, expected, "{method} {path}"),
            other => panic!("{method} {path}: {other:?}"),
        }
    }

    #[test]
    fn each_address_leads_to_its_act() {
        check(Method::GET, "/Patient/1", Act::Read);
        check(Method::HEAD, "/Patient/1", Act::Read);
        check(Method::GET, "/Patient/_history", Act::History);
        check(Method::GET, "/Patient/1/_history/2", Act::Vread);
        check(Method::POST, "/Patient/_search", Act::Search);
        check(Method::GET, "/Patient/1/Observation", Act::Compartment);
        check(Method::GET, "/Patient/1/*", Act::Compartment);
        check(Method::GET, "/ValueSet/$expand", Act::Expand);
        check(Method::GET, "/ValueSet/%24expand", Act::Expand);
        check(Method::GET, "/Patient/1/$everything", Act::Everything);
        check(Method::POST, "", Act::Bundle);
        check(Method::POST, "/", Act::Bundle);
        check(Method::GET, "/metadata", Act::Metadata);
    }

    #[test]
    fn a_known_path_with_another_method_names_the_methods_that_are_allowed() {
        let Found::Method(methods) = find(&Method::DELETE, "/metadata") else {
            panic!()
        };
        assert_eq!(methods, ["GET"]);
        let Found::Method(methods) = find(&Method::POST, "/Patient/1") else {
            panic!()
        };
        assert_eq!(methods, ["GET", "PUT", "PATCH", "DELETE"]);
    }

    #[test]
    fn what_is_not_in_the_table_is_nothing() {
        for path in [
            "/Foo",
            "/Patient/1/2",
            "/Group/1/Observation",
            "/Patient/1/_history/2/3",
            "//Patient",
            "/patient/1",
            "/Resource",
        ] {
            assert!(
                matches!(find(&Method::GET, path), Found::Nothing(_)),
                "{path}"
            );
        }
    }
}
