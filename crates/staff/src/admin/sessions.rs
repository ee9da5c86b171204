//! `/admin/sessions`: who is signed in now. Ending a session, or all of a person's.

use std::collections::HashMap;

use aceso_base::Instant;
use aceso_policy::Task;
use aceso_store::{PeopleError, Session, SessionState};
use aceso_web::page::{
    Banner, Button, Column, Crumb, Csrf, Empty, Facts, Form, Layout, Link, Page, Table, Tag, Tone,
    View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::people::path;
use crate::Staff;
use crate::fault::fault;
use crate::words::{browser, strength, when};

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/sessions";
/// So many are shown at a time.
const PAGE: usize = 200;

/// Who is signed in.
pub(crate) struct Sessions {
    rows: Vec<SessionRow>,
    names: Names,
    next: Option<String>,
    done: Option<&'static str>,
}

/// Whether names lead to the pages of people.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Linked,
    Plain,
}

/// One session with its person's name.
#[derive(Clone)]
pub(crate) struct SessionRow {
    pub(crate) session: Session,
    pub(crate) name: String,
    /// Whether it is the session that looks.
    pub(crate) mark: Mark,
}

/// Whose session it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The one that looks at the page.
    This,
    /// Another one.
    Other,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let caller = ask.caller()?;
    let after = ask.query("after").unwrap_or_default();
    let sessions = staff.store().sessions(caller, after).await.map_err(fault)?;
    let next = (sessions.len() == PAGE)
        .then(|| sessions.last().map(|s| s.id.clone()))
        .flatten();
    let names = names(&staff, &ask, &sessions).await?;
    let here = ask.person()?.session.as_str();
    let rows = sessions.into_iter().map(|session| SessionRow {
        name: names.get(&session.account).cloned().unwrap_or_default(),
        mark: if session.id == here {
            Mark::This
        } else {
            Mark::Other
        },
        session,
    });
    let mut rows: Vec<SessionRow> = rows.collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.session.seen));
    let page = Sessions {
        rows,
        names: if staff.offers(caller, Task::ManageUsers) {
            Names::Linked
        } else {
            Names::Plain
        },
        next,
        done: match ask.query("done") {
            Some("ended") => Some("The session has ended"),
            Some(_) | None => None,
        },
    };
    Ok(Reply::page(&ask, &page))
}

/// The display names of the accounts that these sessions belong to; who may not see accounts sees user ids.
async fn names(
    staff: &Staff,
    ask: &Ask,
    sessions: &[Session],
) -> Result<HashMap<String, String>, PageFault> {
    let mut names = HashMap::new();
    for session in sessions {
        if names.contains_key(&session.account) {
            continue;
        }
        let name = match staff
            .store()
            .live_account(&session.account)
            .await
            .map_err(PageFault::hidden)?
        {
            Some(account) => account.display.clone(),
            None => session.account.clone(),
        };
        names.insert(session.account.clone(), name);
    }
    tracing::debug!(reference = %ask.visit.id, sessions = sessions.len(), "sessions listed");
    Ok(names)
}

/// A session to be ended.
pub(crate) struct EndOne {
    row: SessionRow,
}

/// `GET /admin/sessions/{session}/end`
pub(crate) async fn ask_end(staff: Staff, ask: Ask) -> Outcome {
    let row = find(&staff, &ask).await?;
    Ok(Reply::page(&ask, &EndOne { row }))
}

/// `POST /admin/sessions/{session}/end`
pub(crate) async fn end(staff: Staff, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    // One that ended by itself in between is no error: it is over.
    match staff
        .store()
        .end_session(ask.caller()?, ask.param("session"))
        .await
    {
        Ok(()) => Ok(Reply::to(Local::with(HERE, &[("done", "ended")]))),
        Err(PeopleError::Unknown) => Ok(Reply::to(Local::with(HERE, &[("done", "ended")]))),
        Err(error) => Err(fault(error)),
    }
}

async fn find(staff: &Staff, ask: &Ask) -> Result<SessionRow, PageFault> {
    let wanted = ask.param("session");
    let mut after = String::new();
    loop {
        let sessions = staff
            .store()
            .sessions(ask.caller()?, &after)
            .await
            .map_err(fault)?;
        let Some(last) = sessions.last().map(|s| s.id.clone()) else {
            return Err(PageFault::Missing);
        };
        let names = names(staff, ask, &sessions).await?;
        if let Some(session) = sessions.into_iter().find(|s| s.id == wanted) {
            let mark = if ask.person()?.session == session.id {
                Mark::This
            } else {
                Mark::Other
            };
            let name = names.get(&session.account).cloned().unwrap_or_default();
            return Ok(SessionRow {
                session,
                name,
                mark,
            });
        }
        after = last;
    }
}

/// The state of a session as people say it.
pub(crate) fn state(row: &SessionRow) -> Markup {
    let tag = match row.session.state {
        SessionState::SecondFactor => Tag::new(Tone::Warning, "second factor awaited"),
        SessionState::Enrol => Tag::new(Tone::Warning, "enrolling"),
        SessionState::Full => Tag::new(Tone::Good, "open"),
        SessionState::Locked => Tag::plain("locked"),
    };
    html! {
        span.tags { (tag) @if row.mark == Mark::This { " " (Tag::new(Tone::Info, "this session")) } }
    }
}

/// Browser and address.
pub(crate) fn place(session: &Session) -> Markup {
    html! {
        (browser(&session.agent))
        @if let Some(address) = session.address { br; span.soft.small.mono { (address) } }
    }
}

impl View for Sessions {
    fn page(&self, _: &Csrf) -> Page {
        let columns = [
            Column::text("Person"),
            Column::text("Browser"),
            Column::text("Status"),
            Column::text("Signed in"),
            Column::text("Last request"),
            Column::acts("What you can do"),
        ];
        let mut table = Table::new("Sessions", &columns).under_heading();
        for row in &self.rows {
            let to = [HERE, "/", &row.session.id, "/end"].concat();
            table.row(vec![
                html! {
                    @match self.names {
                        Names::Linked => a href=(path(&row.session.account)) { (row.name) },
                        Names::Plain => (row.name),
                    }
                },
                place(&row.session),
                state(row),
                html! { (when(row.session.created)) br; span.soft.small { (maud::words(strength(row.session.strength))) } },
                when(row.session.seen),
                html! { (Link::secondary("End", to).small()) },
            ]);
        }
        let body = html! {
            @if table.is_empty() { (Empty::new("Nobody is signed in", "Sessions appear here as people sign in.")) } @else { (table) }
            @if let Some(next) = &self.next { (Link::secondary("More", Local::with(HERE, &[("after", next)]).to_string())) }
        };
        let mut page = Page::new("Sessions", body)
            .here(HERE)
            .crumbs(vec![super::crumb()])
            .lead("Who is signed in now, and from where. A session that is idle locks by itself.");
        if let Some(done) = self.done {
            page = page.notice(Banner::new(Tone::Good, done));
        }
        page
    }

    fn samples() -> Vec<Self> {
        let row = sample();
        let mine = SessionRow {
            mark: Mark::This,
            ..row.clone()
        };
        vec![
            Self {
                rows: vec![row, mine],
                names: Names::Linked,
                next: Some("s2".into()),
                done: Some("The session has ended"),
            },
            Self {
                rows: Vec::new(),
                names: Names::Plain,
                next: None,
                done: None,
            },
        ]
    }
}

/// A session for samples.
pub(crate) fn sample() -> SessionRow {
    let at = Instant::from_millis(1_795_314_068_000);
    SessionRow {
        session: Session {
            id: "s1".into(),
            hash: [0; 32],
            account: "a1".into(),
            created: at,
            seen: at,
            ends: at.plus_millis(3_600_000),
            state: SessionState::Full,
            strength: aceso_policy::Strength::Two,
            stepped_up: None,
            address: Some(std::net::Ipv4Addr::LOCALHOST.into()),
            agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".into(),
            device: None,
        },
        name: "Ann Example".into(),
        mark: Mark::Other,
    }
}

impl View for EndOne {
    fn page(&self, csrf: &Csrf) -> Page {
        let session = &self.row.session;
        let facts = Facts::new()
            .with("Person", &self.row.name)
            .show("Browser", place(session))
            .show("Signed in", when(session.created))
            .show("Last request", when(session.seen));
        let buttons = html! {
            div.buttons { (Button::danger("End the session")) (Link::quiet("Cancel", HERE)) }
        };
        let body = html! {
            div.card { (facts) (Form::post(csrf, [HERE, "/", &session.id, "/end"].concat(), buttons)) }
        };
        let lead = match self.row.mark {
            Mark::This => "This is your own session: you will have to sign in again.",
            Mark::Other => "The person has to sign in again. What they have not saved is lost.",
        };
        Page::new("End this session?", body)
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(vec![super::crumb(), Crumb::new("Sessions", HERE)])
            .lead(lead)
    }

    fn samples() -> Vec<Self> {
        vec![Self { row: sample() }]
    }
}
