//! `GET /admin/advisories`: what waits first, then the rest; the feed, the receipts of updates, and what the makers are told.

use std::cmp::Reverse;

use aceso_base::Instant;
use aceso_desk::deploy::Level;
use aceso_store::{FeedState, KeptFinding, KeptReceipt};
use aceso_web::page::{
    Banner, Card, Column, Csrf, Empty, Facts, Page, Table, Tag, Tone, View, words,
};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Markup, html};

use super::{HERE, path, state, urgency};
use crate::Staff;
use crate::fault::fault;
use crate::state::Makers;
use crate::words::{sentence, when, when_or};

/// The list.
pub(crate) struct Findings {
    all: Vec<KeptFinding>,
    feed: FeedState,
    receipts: Vec<KeptReceipt>,
    makers: Makers,
    key: String,
    now: Instant,
    done: Option<&'static str>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (store, caller) = (staff.store(), ask.caller()?);
    let mut all = store.findings(caller).await.map_err(fault)?;
    all.sort_by_key(|one| (Reverse(one.decision.waits()), one.due, one.decision));
    let page = Findings {
        all,
        feed: store.advisory_feed(caller).await.map_err(fault)?,
        receipts: store.receipts(caller).await.map_err(fault)?,
        makers: staff.settings().makers.clone(),
        key: store
            .installation_key()
            .map_err(aceso_web::site::PageFault::hidden)?,
        now: store.now(),
        done: ask.query("done").map(|_| "The decision is kept"),
    };
    Ok(Reply::page(&ask, &page))
}

impl Findings {
    fn findings(&self) -> Markup {
        let columns = [
            Column::text("Advisory"),
            Column::text("Part"),
            Column::text("How soon"),
            Column::text("Due"),
            Column::text("State"),
        ];
        let mut table = Table::new("Findings", &columns).under_heading();
        for one in &self.all {
            let finding = &one.about.finding;
            let why = finding.because.first().map_or("", String::as_str);
            table.row(vec![
                html! { a href=(path(&one.id)) { (one.about.title) } p.soft.small { (finding.advisory) @if finding.vulnerability != finding.advisory { " · " (finding.vulnerability) } } },
                html! { (finding.said) p.soft.small { (maud::recalled(why)) } },
                html! { @if one.decision.waits() { (urgency(&one.about.urgency.decision)) } },
                html! { @if let Some(due) = one.due.filter(|_| one.decision.waits()) { (when(due)) } },
                html! { (state(one, self.now)) },
            ]);
        }
        html! {
            @if table.is_empty() { (Empty::new("Nothing is published about this release", "What the makers publish is fetched, checked and compared with every part of this program. What concerns it stands here with the reason.")) }
            @else { (table) }
        }
    }

    fn feed(&self) -> Markup {
        let facts = Facts::new()
            .with("Response desk", self.makers.desk.as_str())
            .show("Signed by it", when_or(self.feed.signed, "never"))
            .show("Asked last", when_or(self.feed.asked, "never"));
        html! { (facts) }
    }

    fn told(&self) -> Markup {
        let (tag, text) = match self.makers.level {
            Level::Nothing => (
                Tag::plain("nothing"),
                "Nothing leaves this installation. The makers do not learn whether it is patched.",
            ),
            Level::Counters => (
                Tag::new(Tone::Info, "counters"),
                "For each advisory: whether it is patched, and the release. Without a name, a key or anything that says who it is.",
            ),
            Level::Named => (
                Tag::new(Tone::Info, "by name"),
                "The name, whom to call, the release, and for each advisory whether it is patched, signed, with the last receipt. The desk keeps it sealed, shows it to the two who lead a case, and deletes it when the case is over.",
            ),
        };
        html! {
            p { (tag) }
            p { (words(text)) }
            p.soft.small { "It is chosen in the configuration: advisories.report. Nothing of a patient is ever told." }
            @if self.makers.level == Level::Named { p.small { "The key that the desk knows it by: " span.mono { (self.key) } } }
        }
    }

    fn receipts(&self) -> Markup {
        let columns = [
            Column::number("Number"),
            Column::text("Release"),
            Column::text("When"),
            Column::text("Self-test"),
            Column::text("Settles"),
        ];
        let mut table = Table::new("Receipts of updates", &columns).under_heading();
        for kept in &self.receipts {
            let receipt = &kept.receipt;
            let (tone, said) = match receipt.self_test.passed {
                true => (Tone::Good, "passed"),
                false => (Tone::Danger, "failed"),
            };
            let digest: String = receipt.sbom.chars().take(16).collect();
            table.row(vec![
                html! { (kept.number) },
                html! { (receipt.version) p.soft.small.mono { (digest) } },
                when(Instant::from(receipt.at)),
                html! { (Tag::new(tone, said)) p.soft.small { (sentence(&maud::recalled(&receipt.self_test.said))) } },
                html! { (receipt.settled.join(", ")) },
            ]);
        }
        html! {
            @if table.is_empty() { p { "None yet. One is made when a release runs here for the first time." } }
            @else { (table) }
        }
    }

    fn answer(&self) -> Banner {
        let waiting = self.all.iter().filter(|one| one.decision.waits()).count();
        let overdue = self.all.iter().filter(|one| one.is_overdue(self.now));
        if let Some(trouble) = &self.feed.trouble {
            return Banner::new(
                Tone::Danger,
                "The makers' advisories cannot be relied on now",
            )
            .text(sentence(trouble));
        }
        if self.makers.desk.is_empty() {
            return Banner::new(Tone::Warning, "No response desk is configured")
                .text("Set desk and key in the section advisories of the configuration.");
        }
        match (waiting, overdue.count()) {
            (0, _) => Banner::new(Tone::Good, "Nothing waits for a decision"),
            (some, 0) => Banner::new(
                Tone::Warning,
                crate::words::say("{0} to be decided", &[&some]),
            ),
            (some, late) => Banner::new(
                Tone::Danger,
                crate::words::say("{0} to be decided, {1} of them overdue", &[&some, &late]),
            ),
        }
    }
}

impl View for Findings {
    fn page(&self, _: &Csrf) -> Page {
        let body = html! {
            div.stack {
                (self.answer())
                (Card::new("Findings", self.findings()))
                (Card::new("Receipts of updates", self.receipts()))
                (Card::new("The feed", self.feed()))
                (Card::new("What the makers are told", self.told()))
            }
        };
        let page = Page::new("Advisories", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("What the makers published about this program, and what of it concerns this installation.");
        match self.done {
            Some(done) => page.notice(Banner::new(Tone::Good, done)),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        use aceso_desk::deploy::{Receipt, SelfTest, Signed};
        use aceso_store::Decision;
        let at = Instant::from_millis(1_772_409_600_000);
        let receipt = KeptReceipt {
            number: 2,
            receipt: Receipt {
                before: Some("0.9.0".into()),
                version: "0.9.1".into(),
                sbom: "ab".repeat(32),
                at: at.into(),
                self_test: SelfTest {
                    passed: true,
                    said: "400 audit entries verified, 4 charts drawn".into(),
                },
                settled: vec!["ACESO-2025-0007".into()],
            },
            signed: Signed {
                key: String::new(),
                text: String::new(),
                signature: String::new(),
            },
        };
        let feed = |trouble: Option<&str>| FeedState {
            signed: Some(at),
            asked: Some(at),
            trouble: trouble.map(str::to_owned),
            ..FeedState::default()
        };
        let sample = |all, feed, receipts, level, desk: &str| Self {
            all,
            feed,
            receipts,
            makers: Makers {
                desk: desk.to_owned(),
                level,
                ..Makers::default()
            },
            key: "11qYAYKxCrfVS".into(),
            now: at,
            done: Some("The decision is kept"),
        };
        let findings = Decision::ALL.map(super::sample).to_vec();
        let desk = "https://security.example.org";
        vec![
            sample(findings, feed(None), vec![receipt], Level::Named, desk),
            sample(
                Vec::new(),
                feed(Some("the feed was rolled back")),
                Vec::new(),
                Level::Counters,
                desk,
            ),
            sample(Vec::new(), feed(None), Vec::new(), Level::Nothing, ""),
        ]
    }
}
