//! FHIR R4 REST under `/fhir`: one table of routes ([`ROUTES`]), one file for each endpoint.
//!
//! Deliberately absent: SQL, tokens (a function that [`aceso_web::Tokens`] wraps knows them), and anything that knows a single
//! resource type beyond what an operation's definition says.

mod answer;
mod apply;
mod ask;
mod audit;
mod audit_event;
mod batch;
mod booked;
mod bundle;
mod create;
mod criteria;
mod date;
mod delete;
mod everything;
mod export;
mod form;
mod history;
mod lastn;
mod message;
mod meta;
mod metadata;
mod negotiate;
mod notice;
mod parameters;
mod patch;
mod problem;
mod query;
mod read;
mod routes;
mod search;
mod subscription;
mod terminology;
mod tries;
mod update;
mod validate;

use std::pin::Pin;
use std::sync::Arc;

use aceso_store::Store;
use aceso_web::{Row, Tokens, Visit, collect};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::any;
use http::{Method, Request};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::answer::Answer;
use crate::ask::{Ask, Input};
pub use crate::audit_event::audit_event;
use crate::negotiate::Show;
use crate::problem::{Answered, Problem};
use crate::routes::Found;
pub use crate::routes::{Act, COMPARTMENTS, ROUTES, Route};

/// Where the API is.
pub const BASE: &str = "/fhir";

/// The FHIR API over a store; cheap to clone.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    store: Store,
    tokens: Tokens,
    settings: Settings,
    statements: metadata::Statements,
    started: aceso_base::Instant,
    room: Semaphore,
}

/// So many bytes of long bodies are worked on at a time: a document in memory takes a multiple of its text.
const LONG_BODIES: u64 = 48 * 1024 * 1024;
/// The unit of that; shorter bodies do not count.
const PLACE: u64 = 128 * 1024;

/// The API's settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The program's version, for the CapabilityStatement.
    pub version: String,
    /// How many matches a page has when the client does not say.
    pub page: u32,
    /// The most matches a page may have.
    pub page_limit: u32,
    /// The longest body of a batch or transaction, in bytes; the floor's own limit must not be less.
    pub bundle_limit: u64,
    /// The longest body of any other request, in bytes.
    pub body_limit: u64,
    /// Whether a conditional delete may delete several resources.
    pub multiple_delete: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            page: 50,
            page_limit: 1000,
            bundle_limit: 32 * 1024 * 1024,
            body_limit: 8 * 1024 * 1024,
            multiple_delete: false,
        }
    }
}

impl Api {
    /// Over this store; `tokens` knows who holds a token.
    pub fn new(store: Store, tokens: Tokens, settings: Settings) -> Self {
        let started = store.now();
        Self(Arc::new(Inner {
            store,
            tokens,
            settings,
            statements: metadata::Statements::default(),
            started,
            room: Semaphore::new(usize::try_from(LONG_BODIES / PLACE).unwrap_or(1)),
        }))
    }

    /// The routes, to be put on an [`aceso_web::Floor`].
    pub fn router(self) -> Router {
        Router::new()
            .route(BASE, any(serve))
            .route("/fhir/", any(serve))
            .route("/fhir/{*path}", any(serve))
            .with_state(self)
    }
}

async fn serve(State(api): State<Api>, request: Request<Body>) -> Response {
    let visit = request.extensions().get::<Visit>().cloned();
    let visit = visit.unwrap_or_else(|| Visit {
        id: String::new(),
        peer: None,
        base: String::new(),
        administration: aceso_web::Entrance::Open,
    });
    let base = [&visit.base, BASE].concat();
    // An export's status and files are no resources: they come in one form, whatever is accepted.
    let path = request.uri().path();
    let shown = if path.starts_with("/fhir/$export-") {
        Ok(Show::default())
    } else {
        Show::of(request.headers(), request.uri().query().unwrap_or_default())
    };
    let found = routes::find(
        request.method(),
        path.strip_prefix(BASE).unwrap_or_default(),
    );
    let row = match &found {
        Found::Route(route, _) => Some(Row {
            base: BASE,
            path: route.path,
        }),
        Found::Method(_) | Found::Nothing(_) => None,
    };
    let (show, answered) = match shown {
        Ok(show) => {
            let answered = api
                .answer(request, found, visit.clone(), show.clone())
                .await;
            (show, answered)
        }
        Err(problem) => (Show::default(), Err(problem)),
    };
    let answer = answered.unwrap_or_else(|problem| problem.answer(&visit));
    let mut response = answer.respond(&base, &show).unwrap_or_else(|problem| {
        let plain = problem.answer(&visit).respond(&base, &Show::default());
        plain.unwrap_or_default()
    });
    if let Some(row) = row {
        response.extensions_mut().insert(row);
    }
    response
}

impl Api {
    /// Room for a body of this size and what is made of it; waits until others have gone.
    async fn room(&self, size: u64) -> Option<SemaphorePermit<'_>> {
        let places = u32::try_from(size.min(LONG_BODIES) / PLACE).unwrap_or(u32::MAX);
        if places == 0 {
            return None;
        }
        self.0.room.acquire_many(places).await.ok()
    }

    async fn answer(
        &self,
        request: Request<Body>,
        found: Found,
        visit: Visit,
        show: Show,
    ) -> Answered {
        let (parts, body) = request.into_parts();
        if let Found::Route(route, _) = &found
            && route.open
        {
            return metadata::get(self, &visit);
        }
        let (method, whole) = (&parts.method, parts.uri.path());
        let tokens = &self.0.tokens;
        let caller = tokens.caller(method, whole, &parts.headers, &visit).await?;
        let (route, place) = match found {
            Found::Route(route, place) => (route, place),
            Found::Method(methods) => return Err(problem::method(&methods)),
            Found::Nothing(why) => return Err(problem::nothing(why)),
        };
        let limit = match route.act {
            Act::Bundle | Act::Message => self.0.settings.bundle_limit,
            _ => self.0.settings.body_limit,
        };
        let (bytes, _room) = match parts.method {
            Method::GET | Method::HEAD | Method::DELETE => (bytes::Bytes::new(), None),
            _ => {
                let size = http_body::Body::size_hint(&body).upper();
                let room = self.room(size.unwrap_or(limit).min(limit)).await;
                (collect(body, limit).await?, room)
            }
        };
        let ask = Ask {
            api: self.clone(),
            visit,
            caller,
            method: parts.method,
            place,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            show,
            input: Input::Bytes(bytes),
            mark: None,
        };
        act(route.act, ask).await
    }
}

/// The same for an entry of a batch or transaction, which itself came from a row of the table.
fn act_within(row: Act, ask: Ask) -> Pin<Box<dyn Future<Output = Answered> + Send>> {
    Box::pin(act(row, ask))
}

/// From a row of the table to its file.
async fn act(act: Act, ask: Ask) -> Answered<Answer> {
    if audit::is_ours(act, ask.place.kind) {
        return audit::serve(act, ask).await;
    }
    match act {
        Act::Metadata => Err(Problem::not_found()),
        Act::Read => read::get(ask).await,
        Act::Vread => read::version(ask).await,
        Act::Create => create::post(ask).await,
        Act::Update => update::put(ask).await,
        Act::UpdateBy => update::put_by(ask).await,
        Act::Delete => delete::delete(ask).await,
        Act::DeleteBy => delete::delete_by(ask).await,
        Act::History => history::get(ask).await,
        Act::Search => search::get(ask).await,
        Act::Compartment => search::compartment(ask).await,
        Act::Bundle => batch::post(ask).await,
        Act::Patch => patch::patch(ask).await,
        Act::PatchBy => patch::patch_by(ask).await,
        Act::Validate => validate::post(ask).await,
        Act::Everything => everything::get(ask).await,
        Act::Lastn => lastn::get(ask).await,
        Act::Meta => meta::get(ask).await,
        Act::MetaAdd => meta::add(ask).await,
        Act::MetaDelete => meta::delete(ask).await,
        Act::Message => message::post(ask).await,
        Act::Export => export::begin(ask).await,
        Act::ExportStatus => export::status(ask).await,
        Act::ExportFile => export::file(ask).await,
        Act::SubscriptionStatus => subscription::status(ask).await,
        Act::SubscriptionEvents => subscription::events(ask).await,
        Act::Topics => subscription::topics(ask).await,
        Act::Expand => terminology::expand(ask).await,
        Act::ValidateInValueSet => terminology::in_value_set(ask).await,
        Act::Lookup => terminology::lookup(ask).await,
        Act::ValidateInCodeSystem => terminology::in_code_system(ask).await,
        Act::Subsumes => terminology::subsumes(ask).await,
        Act::Translate => terminology::translate(ask).await,
    }
}
