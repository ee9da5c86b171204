//! `GET /admin`: what of the administration needs attention, each only for those who may see to it.

use aceso_policy::Task;
use aceso_shield::alert::Severity;
use aceso_store::{AlertList, Attention, BreakList, CaseList};
use aceso_web::Entrance;
use aceso_web::page::{Csrf, Empty, Page, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::html;

use super::{
    advisories, alerts, breaks, cases, clients, erasure, incidents, integrity, people, proposals,
    recheck, reports, roles, sessions, tellings,
};
use crate::Staff;
use crate::fault::fault;

/// The page's address.
pub(crate) const HERE: &str = "/admin";

/// The overview.
pub(crate) struct Overview {
    tiles: Vec<Tile>,
}

/// One part of the area.
struct Tile {
    title: &'static str,
    to: &'static str,
    about: String,
    /// What is to be done there.
    todo: Vec<(Tone, String)>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let tiles = tiles(&staff, &ask).await?;
    // Whoever may see to nothing here has no such page.
    if tiles.is_empty() {
        return Err(PageFault::Missing);
    }
    Ok(Reply::page(&ask, &Overview { tiles }))
}

/// What waits for the reader in the area: name, address, and what is to be done.
pub(crate) async fn waiting(
    staff: &Staff,
    ask: &Ask,
) -> Result<Vec<(&'static str, &'static str, Vec<(Tone, String)>)>, PageFault> {
    if ask.visit.administration == Entrance::Shut {
        return Ok(Vec::new());
    }
    let tiles = tiles(staff, ask).await?.into_iter();
    let busy = tiles.filter(|tile| !tile.todo.is_empty());
    Ok(busy.map(|t| (t.title, t.to, t.todo)).collect())
}

async fn tiles(staff: &Staff, ask: &Ask) -> Result<Vec<Tile>, PageFault> {
    let (store, caller) = (staff.store(), ask.caller()?);
    let offers = |task| staff.offers(caller, task);
    let mut tiles = Vec::new();
    if offers(Task::ManageUsers) {
        let counts = store.people_attention(caller).await.map_err(fault)?;
        tiles.push(Tile::new(
            "People",
            people::HERE,
            "Who can sign in, and with which roles",
            of_people(counts),
        ));
    }
    if offers(Task::ManageUsers) {
        let waiting = store.proposals_waiting(caller).await.map_err(fault)?;
        let mut todo = Vec::new();
        let waiting = usize::try_from(waiting).unwrap_or(usize::MAX);
        some(&mut todo, Tone::Warning, waiting, "to be agreed to: {0}");
        tiles.push(Tile::new(
            "A second administrator",
            proposals::HERE,
            "Roles that two have to agree on",
            todo,
        ));
    }
    if offers(Task::ReviewBreakGlass) {
        let waiting = store
            .breaks(caller, BreakList::Unreviewed)
            .await
            .map_err(fault)?;
        let overdue = waiting
            .iter()
            .filter(|one| one.is_overdue(store.now()))
            .count();
        let mut todo = Vec::new();
        some(&mut todo, Tone::Danger, overdue, "{0} overdue");
        some(
            &mut todo,
            Tone::Warning,
            waiting.len() - overdue,
            "{0} to be reviewed",
        );
        tiles.push(Tile::new(
            "Emergency access",
            breaks::HERE,
            "Charts that were opened with a reason",
            todo,
        ));
    }
    if offers(Task::ReviewBreakGlass) {
        let open = store.insider_cases(caller, CaseList::Open).await;
        let mut todo = Vec::new();
        let open = open.map_err(fault)?.len();
        some(&mut todo, Tone::Warning, open, "{0} to be reviewed");
        tiles.push(Tile::new(
            "Unexplained access",
            cases::HERE,
            "Who looked at records that nothing gave them reason to",
            todo,
        ));
    }
    if offers(Task::ReviewBreakGlass) || offers(Task::ManageSettings) {
        tiles.push(of_advisories(staff, ask).await?);
    }
    if offers(Task::ReviewBreakGlass) {
        tiles.extend(of_alerts(staff, ask).await?);
    }
    if offers(Task::Recertify) {
        let due = store.recheck_is_due().await.map_err(PageFault::hidden)?;
        let lists = store.rechecks(caller).await.map_err(fault)?;
        let open = lists.iter().find(|list| list.closed.is_none());
        let mut todo = Vec::new();
        if let Some(list) = open {
            let tone = if list.due < store.now() {
                Tone::Danger
            } else {
                Tone::Warning
            };
            todo.push((
                tone,
                crate::words::say("{0} of {1} decided", &[&list.decided, &list.accounts]),
            ));
        } else if due {
            todo.push((Tone::Warning, crate::words::say("a new list is due", &[])));
        }
        tiles.push(Tile::new(
            "Recertification",
            recheck::HERE,
            "Confirm, every quarter, who may do what",
            todo,
        ));
    }
    if offers(Task::ReadAudit) {
        let weeks = store.audit_reviews(caller).await.map_err(fault)?;
        let overdue = weeks.iter().filter(|w| w.is_overdue(store.now())).count();
        let open = weeks.iter().filter(|w| w.signed.is_none()).count();
        let mut todo = Vec::new();
        some(
            &mut todo,
            Tone::Danger,
            overdue,
            "weekly reviews overdue: {0}",
        );
        some(
            &mut todo,
            Tone::Warning,
            open - overdue,
            "{0} to be reviewed",
        );
        tiles.push(Tile::new(
            "Reports",
            reports::HERE,
            "Who saw whom: the audit log, and its weekly review",
            todo,
        ));
    }
    // Only a fresh proof shows what waits there.
    if offers(Task::ErasePatient) {
        tiles.push(Tile::new(
            "Erasure",
            erasure::HERE,
            "A patient's data that are to be erased, and holds",
            Vec::new(),
        ));
    }
    if offers(Task::TestPolicies) {
        tiles.push(Tile::new(
            "Roles",
            roles::HERE,
            "What each role may do; may somebody do this, and why",
            Vec::new(),
        ));
    }
    if offers(Task::ManageClients) {
        tiles.push(Tile::new(
            "Apps",
            clients::HERE,
            "What may call with a token",
            Vec::new(),
        ));
    }
    if offers(Task::ManageSessions) {
        tiles.push(Tile::new(
            "Sessions",
            sessions::HERE,
            "Who is signed in now, and from where",
            Vec::new(),
        ));
    }
    if offers(Task::ManageSettings) {
        let found = store.checks(caller).await.map_err(fault)?;
        let spool = store.spool_standing(caller).await.map_err(fault)?;
        tiles.push(Tile::new(
            "Stored data",
            integrity::HERE,
            "Is what is stored as it was written",
            integrity::todo(&found, &spool, store.now()),
        ));
        tiles.push(of_tellings(staff, ask).await?);
    }
    Ok(tiles)
}

async fn of_advisories(staff: &Staff, ask: &Ask) -> Result<Tile, PageFault> {
    let waiting = staff.store().findings_waiting(ask.caller()?).await;
    let (waiting, overdue) = waiting.map_err(fault)?;
    let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let mut todo = Vec::new();
    some(&mut todo, Tone::Danger, size(overdue), "{0} overdue");
    let rest = size(waiting.saturating_sub(overdue));
    some(&mut todo, Tone::Warning, rest, "{0} to be decided");
    let about = "What was published about this program, and what to do";
    Ok(Tile::new("Advisories", advisories::HERE, about, todo))
}

async fn of_tellings(staff: &Staff, ask: &Ask) -> Result<Tile, PageFault> {
    let open = staff.store().tellings_open(ask.caller()?).await;
    let (open, overdue) = open.map_err(fault)?;
    let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let mut todo = Vec::new();
    some(&mut todo, Tone::Danger, size(overdue), "{0} overdue");
    let rest = size(open.saturating_sub(overdue));
    some(&mut todo, Tone::Warning, rest, "{0} to be told");
    let about = "Of an access that ended, an emergency, a correction, an erasure";
    Ok(Tile::new("Whom to tell", tellings::HERE, about, todo))
}

async fn of_alerts(staff: &Staff, ask: &Ask) -> Result<[Tile; 2], PageFault> {
    let (store, caller) = (staff.store(), ask.caller()?);
    let open = store.alerts(caller, AlertList::Open).await;
    let open = open.map_err(fault)?;
    let urgent = open.iter().filter(|a| a.kind.severity() >= Severity::High);
    let urgent = urgent.count();
    let mut todo = Vec::new();
    some(&mut todo, Tone::Danger, urgent, "that cannot wait: {0}");
    let rest = open.len() - urgent;
    some(&mut todo, Tone::Warning, rest, "{0} to be looked at");
    let about = "What happens now and may be an attack";
    let alerts = Tile::new("Alerts", alerts::HERE, about, todo);
    let kept = store.incidents(caller).await.map_err(fault)?;
    let open = kept.iter().filter(|one| one.closed.is_none()).count();
    let mut todo = Vec::new();
    some(&mut todo, Tone::Warning, open, "{0} open");
    let about = "Whom something concerns, and who has to be told by when";
    let incidents = Tile::new("Incidents", incidents::HERE, about, todo);
    Ok([alerts, incidents])
}

fn of_people(counts: Attention) -> Vec<(Tone, String)> {
    let mut todo = Vec::new();
    let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    some(&mut todo, Tone::Danger, size(counts.locked), "locked: {0}");
    some(
        &mut todo,
        Tone::Warning,
        size(counts.without_factor),
        "without a second factor: {0}",
    );
    some(
        &mut todo,
        Tone::Warning,
        size(counts.leaving),
        "leaving within 30 days: {0}",
    );
    some(&mut todo, Tone::Info, size(counts.invited), "invited: {0}");
    todo
}

fn some(todo: &mut Vec<(Tone, String)>, tone: Tone, count: usize, what: &'static str) {
    if count > 0 {
        todo.push((tone, crate::words::say(what, &[&count])));
    }
}

impl Tile {
    fn new(
        title: &'static str,
        to: &'static str,
        about: &'static str,
        todo: Vec<(Tone, String)>,
    ) -> Self {
        let about = crate::words::known(about);
        Self {
            title,
            to,
            about,
            todo,
        }
    }
}

impl View for Overview {
    fn page(&self, _: &Csrf) -> Page {
        let quiet = self.tiles.iter().all(|tile| tile.todo.is_empty());
        let body = html! {
            @if quiet { (Empty::new("Nothing needs attention", "What waits for somebody here is shown on its tile.")) }
            ul.tiles {
                @for tile in &self.tiles {
                    li {
                        a href=(tile.to) {
                            strong { (maud::words(tile.title)) }
                            span.soft { (tile.about) }
                            @if !tile.todo.is_empty() {
                                span.tags { @for (tone, text) in &tile.todo { (Tag::new(*tone, text)) " " } }
                            }
                        }
                    }
                }
            }
        };
        Page::new("Administration", body).here(HERE)
    }

    fn samples() -> Vec<Self> {
        let counts = Attention {
            locked: 1,
            without_factor: 2,
            invited: 3,
            leaving: 4,
        };
        let busy = Self {
            tiles: vec![Tile::new(
                "People",
                people::HERE,
                "Who can sign in",
                of_people(counts),
            )],
        };
        let quiet = Self {
            tiles: vec![Tile::new(
                "Sessions",
                sessions::HERE,
                "Who is signed in now",
                Vec::new(),
            )],
        };
        vec![busy, quiet]
    }
}
