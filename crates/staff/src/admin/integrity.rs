//! `GET /admin/integrity`: what checks of the store found, and when they were made.

use aceso_base::Instant;
use aceso_store::{Checked, Finding, Found, SpoolStanding};
use aceso_web::page::{Banner, Column, Csrf, Facts, Page, Table, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Markup, html};

use crate::Staff;
use crate::fault::fault;
use crate::words::when;

/// The page's address.
pub(crate) const HERE: &str = "/admin/integrity";

/// A round of the scrub that is older than this is overdue.
const WEEK_MILLIS: i64 = 7 * 86_400_000;

/// A backup must not be older: two days.
const BACKUP_MILLIS: i64 = 2 * 86_400_000;

/// What was found.
pub(crate) struct Integrity {
    found: Found,
    spool: SpoolStanding,
    now: Instant,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (store, caller) = (staff.store(), ask.caller()?);
    let found = store.checks(caller).await.map_err(fault)?;
    let spool = store.spool_standing(caller).await.map_err(fault)?;
    let now = store.now();
    Ok(Reply::page(&ask, &Integrity { found, spool, now }))
}

/// What needs attention, for the overview.
pub(crate) fn todo(found: &Found, spool: &SpoolStanding, now: Instant) -> Vec<(Tone, String)> {
    let mut todo = Vec::new();
    if spool.is_log_down {
        todo.push((
            Tone::Danger,
            crate::words::say("the audit log cannot be written", &[]),
        ));
    }
    if spool.entries > 0 {
        let text = crate::words::say("{0} entries wait for the audit log", &[&spool.entries]);
        todo.push((Tone::Danger, text));
    }
    match found.findings.len() {
        0 => {}
        n => todo.push((Tone::Danger, crate::words::say("{0} found wrong", &[&n]))),
    }
    if found
        .scrub
        .as_ref()
        .is_some_and(|last| last.at.plus_millis(WEEK_MILLIS) < now)
    {
        todo.push((
            Tone::Warning,
            crate::words::say("not checked for a week", &[]),
        ));
    }
    let is_wrong = |checked: &Option<Checked>| checked.as_ref().is_some_and(|c| c.wrong > 0);
    if is_wrong(&found.backup) || is_wrong(&found.attempt) {
        todo.push((
            Tone::Danger,
            crate::words::say("something is wrong with backups", &[]),
        ));
    }
    if is_wrong(&found.drill) {
        todo.push((
            Tone::Danger,
            crate::words::say("a restore that was tried out failed", &[]),
        ));
    }
    let is_old = |last: &Checked| last.at.plus_millis(BACKUP_MILLIS) < now;
    if found.backup.as_ref().is_some_and(is_old) {
        todo.push((
            Tone::Danger,
            crate::words::say("no backup for two days", &[]),
        ));
    }
    todo
}

fn last(checked: Option<&Checked>) -> Markup {
    html! {
        @match checked {
            Some(last) => { (when(last.at)) ": " (maud::recalled_all(&last.detail)) }
            None => "not yet"
        }
    }
}

fn spool(spool: &SpoolStanding) -> Markup {
    html! {
        @match (spool.since, spool.is_ready) {
            (Some(since), _) => { (spool.entries) " entries since " (when(since)) " wait for the audit log" }
            (None, true) => "empty, and its room is kept"
            (None, false) => "there is no room for it: while the log cannot be written, no chart can be opened in an emergency"
        }
    }
}

impl View for Integrity {
    fn page(&self, _: &Csrf) -> Page {
        let columns = [
            Column::text("Where"),
            Column::text("What is wrong"),
            Column::text("How to mend it"),
            Column::text("Found first"),
        ];
        let mut table = Table::new("Found wrong", &columns);
        for (finding, first) in &self.found.findings {
            table.row(vec![
                html! { span.mono { (maud::known(&finding.place)) } },
                html! { (maud::recalled(&finding.what)) },
                html! { (maud::recalled(&finding.mend)) },
                html! { (when(*first)) },
            ]);
        }
        let facts = Facts::new()
            .show(
                "Checked in slices, last whole round",
                last(self.found.scrub.as_ref()),
            )
            .show(
                "Checked at once (aceso verify)",
                last(self.found.verify.as_ref()),
            )
            .show("Backed up", last(self.found.backup.as_ref()))
            .show("Restore tried out", last(self.found.drill.as_ref()))
            .show("Emergency spool", spool(&self.spool));
        let attention: Vec<String> = (todo(&self.found, &self.spool, self.now).into_iter())
            .map(|(_, what)| what)
            .collect();
        let attention = attention.join("; ");
        let known = self.found.scrub.is_some() || self.found.verify.is_some();
        let body = html! {
            @if self.spool.is_log_down {
                (Banner::new(Tone::Danger, "The audit log cannot be written")
                    .text("No patient's data is shown meanwhile, but in an emergency to whoever opens a chart with a reason. Make room on the disk, or find out what the program's log says of it."))
            }
            @if !table.is_empty() {
                (Banner::new(Tone::Danger, "Something stored is not as the program wrote it")
                    .text("Keep a copy of the data directory before you mend anything, and find out who could write to it."))
                (table)
            } @else if known && todo(&self.found, &self.spool, self.now).is_empty() {
                (Banner::new(Tone::Good, "Nothing is found wrong"))
            } @else if known {
                (Banner::new(Tone::Warning, "Something needs attention").text(&attention))
            } @else {
                (Banner::new(Tone::Info, "Nothing was checked yet")
                    .text("The first round ends within minutes in a small clinic."))
            }
            (facts)
        };
        Page::new("Stored data", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("The server checks what it stores, a little every minute: resources, histories, indexes, accounts, the audit log.")
    }

    fn samples() -> Vec<Self> {
        let now = Instant::from_millis(1_795_314_068_000);
        let checked = Checked {
            at: now,
            wrong: 0,
            detail: "1200 resources, 340 older versions, 5210 audit entries: the whole store"
                .to_owned(),
        };
        let finding = Finding {
            place: "Patient/0Ab1Cd2Ef3G/2".to_owned(),
            what: "this version is missing from the history".to_owned(),
            mend: "restore it from a backup, then run `aceso verify` again".to_owned(),
        };
        let good = Found {
            scrub: Some(checked.clone()),
            backup: Some(Checked {
                detail: "snapshot 1a2b3c4d: 1200 resources, 12.0 MiB, 1.5 MiB of them new, 1.2 s"
                    .to_owned(),
                ..checked.clone()
            }),
            ..Found::default()
        };
        let no_drill = Found {
            drill: Some(Checked {
                wrong: 1,
                detail: "drill: 9 resources came back, and 10 were backed up".to_owned(),
                ..checked.clone()
            }),
            ..good.clone()
        };
        let bad = Found {
            verify: Some(checked),
            findings: vec![(finding, now)],
            ..Found::default()
        };
        let ready = SpoolStanding {
            is_ready: true,
            ..SpoolStanding::default()
        };
        let down = SpoolStanding {
            is_log_down: true,
            entries: 3,
            since: Some(now),
            ..ready
        };
        let none = SpoolStanding::default();
        [
            (good, ready),
            (no_drill, ready),
            (bad, down),
            (Found::default(), none),
        ]
        .into_iter()
        .map(|(found, spool)| Self { found, spool, now })
        .collect()
    }
}
