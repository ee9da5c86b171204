//! The dispatcher: decides before any handler runs, and puts the frame around what the handler gives.

use std::fmt;
use std::sync::Arc;

use aceso_base::Zone;
use aceso_policy::{Task, Verdict};
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{Method, Request, StatusCode, header};
use jiff::tz::TimeZone;

use super::answer::{self, Around};
use super::cookie::sent_look;
use super::origin::ours;
use super::routes::{Bound, Entry as Bind, fit};
use super::{
    Admit, Ask, Carries, Cookie, Entry, FormProblem, Kept, Life, Local, Outcome, PageFault,
    PageRoute, Presence, Reply, Rights, Row, Sessions, SignedIn, Stamp, State, Verb, body,
    urlencoded,
};
use crate::page::time::in_zone;
use crate::page::{
    Csrf, Frame, Group, Item, Language, PATIENT, Palette, Styleguide, Text, in_language,
};
use crate::{Entrance, Visit, asset, traffic};

/// The longest form, in bytes.
pub(crate) const LONGEST_FORM: u64 = 512 * 1024;
/// The most that the files of a form have together, in bytes.
pub const LARGEST_FILE: u32 = 20_000_000;
/// The row that unlocks a session, and the one that steps it up: they get the form that has to wait.
const LOCK: &str = "/lock";
const STEP_UP: &str = "/step-up";
const SIGN_IN: &str = "/sign-in";
const ENROL: &str = "/account/enrol";

/// What the pages need to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The clinic's name.
    pub clinic: String,
    /// What a ribbon says on every page; none for a clinic's own record.
    pub ribbon: Option<Text>,
    /// The navigation, in order.
    pub entries: Vec<Entry>,
}

#[derive(Clone)]
struct Parts {
    settings: Settings,
    sessions: Sessions,
    rights: Rights,
    stamp: Stamp,
    rows: Vec<Bind>,
    zone: TimeZone,
    language: Option<Language>,
}

/// The pages of all rooms, put together by the binary.
#[derive(Clone)]
pub struct Site(Arc<Parts>);

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("rows", &self.0.rows.len())
            .finish()
    }
}

/// A request on its way to its row.
struct Way {
    row: Row,
    carries: Carries,
    handler: Bound,
    ask: Ask,
    visitor: Option<Cookie>,
}

impl Site {
    /// Without pages yet. `stamp` makes the tokens of forms.
    pub fn new(settings: Settings, sessions: Sessions, rights: Rights, stamp: Stamp) -> Self {
        Self(Arc::new(Parts {
            settings,
            sessions,
            rights,
            stamp,
            rows: Vec::new(),
            zone: TimeZone::UTC,
            language: None,
        }))
    }

    /// With a room's rows.
    #[must_use]
    pub fn with<S: Clone + Send + Sync + 'static>(
        self,
        state: &S,
        routes: &[PageRoute<S>],
    ) -> Self {
        let mut parts = Parts::clone(&self.0);
        let rows = routes.iter().map(|route| Bind::bind(route, state.clone()));
        parts.rows.extend(rows);
        Self(Arc::new(parts))
    }

    /// With times in this zone; without it they are in UTC.
    #[must_use]
    pub fn in_zone(self, zone: &Zone) -> Self {
        let mut parts = Parts::clone(&self.0);
        parts.zone = zone.time_zone().clone();
        Self(Arc::new(parts))
    }

    /// In this language, where a person chose none; without it in the one that their browser asks for.
    #[must_use]
    pub fn in_language(self, language: Language) -> Self {
        let mut parts = Parts::clone(&self.0);
        parts.language = Some(language);
        Self(Arc::new(parts))
    }

    /// With the style guide: for a demonstration.
    #[must_use]
    pub fn with_styleguide(self) -> Self {
        const ROUTES: &[PageRoute<()>] =
            &[PageRoute::get("/styleguide", Admit::Anybody, |(), ask| {
                Box::pin(async move { Ok(Reply::page(&ask, &Styleguide)) })
            })];
        self.with(&(), ROUTES)
    }

    /// All rows, for whoever walks the table.
    pub fn rows(&self) -> Vec<Row> {
        self.0.rows.iter().map(|entry| entry.row).collect()
    }

    /// A router that answers whatever no other router does.
    pub fn router(&self) -> Router {
        let site = self.clone();
        Router::new().fallback(move |request: Request<Body>| {
            let site = site.clone();
            async move { site.answer(request).await }
        })
    }

    /// The token for the forms of a session, or of a visit before sign-in.
    fn csrf(&self, of: &str) -> Csrf {
        Csrf::new(answer::base64(&self.0.stamp.of(of)))
    }

    async fn answer(&self, request: Request<Body>) -> Response {
        let path = request.uri().path();
        if let Some(file) = Some(path)
            .filter(|p| p.starts_with("/assets/"))
            .and_then(asset::find)
        {
            return file;
        }
        let (head, body) = request.into_parts();
        let verb = match head.method {
            Method::GET | Method::HEAD => Verb::Get,
            Method::POST => Verb::Post,
            _ => {
                return (
                    StatusCode::METHOD_NOT_ALLOWED,
                    [(header::ALLOW, "GET, HEAD, POST")],
                )
                    .into_response();
            }
        };
        let Some(visit) = head.extensions.get::<Visit>().cloned() else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let at = head
            .uri
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str);
        // The frame names the address that was asked for, whether it is there, hidden, or nowhere: the answers are one.
        let asked = Local::parse(at);
        let found = asked.as_ref().and_then(|at| self.find(verb, at));
        let mut ask = Ask {
            visit,
            at: asked.unwrap_or_else(Local::home),
            who: None,
            csrf: Csrf::new(""),
            kept: None,
            places: Vec::new(),
            look: sent_look(&head.headers, None).unwrap_or_default(),
            agent: agent(&head.headers),
            params: found
                .as_ref()
                .map(|(_, params)| params.clone())
                .unwrap_or_default(),
            query: head
                .uri
                .query()
                .and_then(|q| urlencoded::parse(q.as_bytes()))
                .unwrap_or_default(),
            form: Vec::new(),
            files: Vec::new(),
            headers: head.headers,
        };
        let presence = found
            .as_ref()
            .map_or(Presence::Person, |(entry, _)| entry.presence);
        let recognized = self.recognize(&mut ask, presence).await;
        let entry = found.map(|(entry, _)| entry);
        let path = entry.as_ref().map(|entry| entry.row.path);
        let language = self.language(&ask);
        let answering = self.recognized(ask, recognized, entry, body);
        let mut response = in_language(language, answering).await;
        if let Some(path) = path {
            response
                .extensions_mut()
                .insert(traffic::Row { base: "", path });
        }
        response
    }

    /// The person's own language, else the installation's, else the one that the browser asks for.
    fn language(&self, ask: &Ask) -> Language {
        let asked = || {
            let header = ask.headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
            Language::accepted(header)
        };
        let chosen = ask.look.language.or(self.0.language);
        chosen.or_else(asked).unwrap_or_default()
    }

    async fn recognized(
        &self,
        ask: Ask,
        visitor: Result<Option<Cookie>, PageFault>,
        entry: Option<Bind>,
        body: Body,
    ) -> Response {
        let visitor = match visitor {
            Ok(visitor) => visitor,
            Err(fault) => return answer::fault(self.around(&ask, None), fault),
        };
        let Some(entry) = entry else {
            return answer::fault(self.around(&ask, visitor), PageFault::Missing);
        };
        let way = Way {
            row: entry.row,
            carries: entry.carries,
            handler: entry.handler,
            ask,
            visitor,
        };
        self.through(way, body).await
    }

    /// The row for an address: one without placeholders before one with.
    fn find(&self, verb: Verb, at: &Local) -> Option<(Bind, Vec<(&'static str, String)>)> {
        let rows = self.0.rows.iter().filter(|e| e.row.verb == verb);
        let mut fitting: Vec<_> = rows
            .filter_map(|e| fit(e.row.path, at.path()).map(|values| (e, values)))
            .collect();
        fitting.sort_by_key(|(_, values)| values.len());
        fitting
            .into_iter()
            .next()
            .map(|(entry, values)| (entry.clone(), values))
    }

    /// Finds out who is signed in, and which token the forms carry. A browser without a session gets a cookie for its
    /// visit, so that nobody can sign it in to an account of theirs (login CSRF).
    async fn recognize(
        &self,
        ask: &mut Ask,
        presence: Presence,
    ) -> Result<Option<Cookie>, PageFault> {
        if let Some(token) = ask.cookie(Cookie::SESSION) {
            ask.who = self
                .0
                .sessions
                .look_up(presence, token, ask.origin())
                .await
                .map_err(PageFault::Hidden)?;
        }
        if let Some(own) = sent_look(&ask.headers, ask.account()) {
            ask.look = own;
        }
        if let Some(who) = &ask.who {
            ask.csrf = self.csrf(&["session ", &who.session].concat());
            ask.places = self.groups(who, ask.visit.administration);
            return Ok(None);
        }
        let (visit, cookie) = match ask.cookie(Cookie::VISIT) {
            Some(visit) => (visit, None),
            None => {
                let fresh = aceso_vault::random::<32>().map_err(PageFault::hidden)?;
                let visit = answer::base64(&fresh);
                (
                    visit.clone(),
                    Some(Cookie::new(Cookie::VISIT, visit, Life::Session)),
                )
            }
        };
        ask.csrf = self.csrf(&["visit ", &visit].concat());
        Ok(cookie)
    }

    async fn through(&self, mut way: Way, body: Body) -> Response {
        if way.row.verb == Verb::Post
            && let Err(problem) = self.take(&mut way.ask, way.carries, body).await
        {
            tracing::warn!(reference = %way.ask.visit.id, path = way.row.path, %problem, "form refused");
            let around = self.around(&way.ask, way.visitor);
            return answer::fault(around, problem.into());
        }
        let outcome = self.carry_out(&way.row, &way.handler, &mut way.ask).await;
        let around = self.around(&way.ask, way.visitor);
        match outcome {
            Ok(reply) => match reply.kept() {
                Some(_) => self.go_on(way.ask, reply).await,
                None => answer::reply(around, reply),
            },
            Err(fault) => answer::fault(around, fault),
        }
    }

    /// Reads a form and checks that it is ours.
    async fn take(&self, ask: &mut Ask, carries: Carries, body: Body) -> Result<(), FormProblem> {
        if !ours(&ask.headers, &ask.visit.base) {
            return Err(FormProblem::Foreign);
        }
        body::read(ask, carries, body).await?;
        let mut said = ask.form.iter().filter(|(name, _)| name == Csrf::FIELD);
        let token = said.next().map_or("", |(_, value)| value.as_str());
        if said.next().is_some() {
            return Err(FormProblem::Twice);
        }
        if aceso_vault::equal(token.as_bytes(), ask.csrf.token().as_bytes()) {
            Ok(())
        } else {
            Err(FormProblem::Token)
        }
    }

    /// Whether the person may, then the handler; a session that has to be unlocked or stepped up first gets the page for
    /// that instead, with the form to go on with.
    async fn carry_out(&self, row: &Row, handler: &Bound, ask: &mut Ask) -> Outcome {
        let outcome = match self.admit(row.admit, ask.who.as_ref(), ask.visit.administration) {
            Ok(()) => {
                // The handler consumes what it is asked; what the frame needs stays.
                let own = ask.clone();
                in_zone(self.0.zone.clone(), handler(own)).await
            }
            Err(stop) => {
                self.note(row, ask.who.as_ref(), &stop).await?;
                Err(stop)
            }
        };
        match outcome {
            Err(PageFault::Locked) => self.interrupt(row, ask, LOCK).await,
            Err(PageFault::StepUp) => self.interrupt(row, ask, STEP_UP).await,
            Err(PageFault::Enrol) => Ok(Reply::to_path(ENROL)),
            Err(PageFault::SignIn) => {
                let to = if row.verb == Verb::Get {
                    ask.at.as_str()
                } else {
                    "/"
                };
                Ok(Reply::to(match to {
                    "/" => Local::with(SIGN_IN, &[]),
                    to => Local::with(SIGN_IN, &[("to", to)]),
                }))
            }
            other => other,
        }
    }

    /// Writes down that a person was refused a row's task.
    async fn note(
        &self,
        row: &Row,
        who: Option<&SignedIn>,
        stop: &PageFault,
    ) -> Result<(), PageFault> {
        if let (Admit::Task(task), Some(who), PageFault::Missing) = (row.admit, who, stop) {
            let note = self.0.rights.note(who.caller.clone(), task, row.path);
            note.await.map_err(PageFault::Hidden)?;
        }
        Ok(())
    }

    fn admit(
        &self,
        admit: Admit,
        who: Option<&SignedIn>,
        entrance: Entrance,
    ) -> Result<(), PageFault> {
        if admit == Admit::Anybody {
            return Ok(());
        }
        let who = who.ok_or(PageFault::SignIn)?;
        match (admit, who.state) {
            (Admit::Anybody | Admit::AnySession, _)
            | (Admit::Enrolling | Admit::SignedIn, State::Open) => Ok(()),
            (Admit::Enrolling, State::MustEnrol) => Ok(()),
            (Admit::Task(task), State::Open) if administers(task) && entrance == Entrance::Shut => {
                Err(PageFault::Missing)
            }
            (Admit::Task(task), State::Open) => match self.0.rights.may(&who.caller, task) {
                Verdict::Allow => Ok(()),
                Verdict::Deny => Err(PageFault::Missing),
                Verdict::NeedsStepUp | Verdict::NeedsSecondFactor => Err(PageFault::StepUp),
            },
            (Admit::Enrolling | Admit::SignedIn | Admit::Task(_), State::Locked) => {
                Err(PageFault::Locked)
            }
            (Admit::SignedIn | Admit::Task(_), State::MustEnrol) => Err(PageFault::Enrol),
        }
    }

    /// Shows the page that unlocks or steps up: after a `GET` by a redirect, after a `POST` at once, with the form kept.
    async fn interrupt(&self, row: &Row, ask: &mut Ask, path: &'static str) -> Outcome {
        if row.verb == Verb::Get {
            return Ok(Reply::to(Local::with(path, &[("to", ask.at.as_str())])));
        }
        let place = Local::with(path, &[]);
        let (entry, _) = self.find(Verb::Get, &place).ok_or(PageFault::Missing)?;
        let mut inner = ask.clone();
        inner.kept = Some(Kept::of(ask.at.clone(), &ask.form));
        inner.form = Vec::new();
        inner.files = Vec::new();
        inner.params = Vec::new();
        inner.query = Vec::new();
        inner.at = place;
        in_zone(self.0.zone.clone(), (entry.handler)(inner)).await
    }

    /// Goes on with a form that waited, in the session that the reply's cookie opens.
    async fn go_on(&self, mut ask: Ask, reply: Reply) -> Response {
        let (kept, mut cookies) = match reply.into_kept() {
            Ok(parts) => parts,
            Err(reply) => return answer::reply(self.around(&ask, None), reply),
        };
        if let Some(cookie) = cookies.iter().find(|c| c.is_new_session()) {
            match self
                .0
                .sessions
                .look_up(Presence::Person, cookie.value().to_owned(), ask.origin())
                .await
            {
                Ok(who) => ask.who = who,
                Err(error) => {
                    return answer::fault(self.around(&ask, None), PageFault::Hidden(error));
                }
            }
        }
        let Some((entry, params)) = self.find(Verb::Post, &kept.to) else {
            return answer::fault(self.around(&ask, None), PageFault::Missing);
        };
        if let Some(who) = &ask.who {
            ask.csrf = self.csrf(&["session ", &who.session].concat());
            ask.places = self.groups(who, ask.visit.administration);
        }
        (ask.at, ask.params, ask.form) = (kept.to, params, kept.fields);
        ask.files = Vec::new();
        let outcome = Box::pin(self.carry_out(&entry.row, &entry.handler, &mut ask)).await;
        let around = self.around(&ask, None);
        match outcome {
            // It cannot wait a second time within one request.
            Ok(reply) if reply.kept().is_some() => answer::fault(around, PageFault::Missing),
            Ok(mut reply) => {
                cookies.append(&mut reply.cookies);
                reply.cookies = cookies;
                answer::reply(around, reply)
            }
            Err(fault) => {
                let mut response = answer::fault(around, fault);
                answer::set(&mut response, &cookies);
                response
            }
        }
    }

    fn around(&self, ask: &Ask, visitor: Option<Cookie>) -> Around {
        let who = ask.who.as_ref().filter(|w| w.state == State::Open);
        let is_there = |path: &str| {
            let row = |row: &Row| row.path == path && row.verb == Verb::Get;
            self.0.rows.iter().any(|entry| row(&entry.row))
        };
        let palette = who.filter(|_| is_there(Palette::AT)).map(|_| Palette {
            patient: Some(ask.param(PATIENT).to_owned()).filter(|id| !id.is_empty()),
        });
        Around {
            palette,
            problem: who
                .filter(|_| is_there(Frame::PROBLEM))
                .map(|_| Frame::PROBLEM),
            clinic: self.0.settings.clinic.clone(),
            ribbon: self.0.settings.ribbon.clone(),
            badge: who.map(|w| w.badge.clone()),
            account: who.and(ask.account()).map(str::to_owned),
            groups: who.map(|_| ask.places.clone()).unwrap_or_default(),
            csrf: ask.csrf.clone(),
            at: ask.at.clone(),
            look: ask.look,
            visit: ask.visit.clone(),
            visitor,
        }
    }

    /// The navigation of a person: what they may go to, also what needs a fresh proof first.
    fn groups(&self, who: &SignedIn, entrance: Entrance) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for entry in &self.0.settings.entries {
            let row = self
                .0
                .rows
                .iter()
                .find(|e| e.row.path == entry.path && e.row.verb == Verb::Get);
            let shown = row.is_some_and(|e| match self.admit(e.row.admit, Some(who), entrance) {
                Ok(()) | Err(PageFault::StepUp) => true,
                Err(_) => false,
            });
            let useful = entry
                .needs
                .is_none_or(|(act, kind)| self.0.rights.may_ever(&who.caller, act, kind));
            if !shown || !useful {
                continue;
            }
            let item = Item {
                label: entry.label.into(),
                about: entry.about.into(),
                path: entry.path.to_owned(),
            };
            match groups
                .iter_mut()
                .find(|g| g.label == Text::from(entry.group))
            {
                Some(group) => group.items.push(item),
                None => groups.push(Group {
                    label: entry.group.into(),
                    items: vec![item],
                }),
            }
        }
        groups
    }
}

/// Whether a task belongs to the administration area, which may have a gate of its own.
const fn administers(task: Task) -> bool {
    match task {
        Task::ManageUsers
        | Task::ManageRoles
        | Task::ManageClients
        | Task::ManageSessions
        | Task::ManageSettings
        | Task::ManageKeys
        | Task::ErasePatient
        | Task::Recertify => true,
        Task::ReadAudit
        | Task::Export
        | Task::BreakGlass
        | Task::ReviewBreakGlass
        | Task::ApproveClient
        | Task::PrescribeControlled
        | Task::TakeCare
        | Task::TestPolicies
        | Task::WorkOnCases
        | Task::OwnAccount => false,
    }
}

fn agent(headers: &http::HeaderMap) -> String {
    let text = headers
        .get(header::USER_AGENT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    text.chars().take(256).collect()
}
