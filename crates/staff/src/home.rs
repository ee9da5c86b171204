//! `/`: what waits for whoever is signed in, as far as their role sees it, and where they can go from here.

use aceso_clinic::schedule::{AppointmentStatus, Span, Stage, Wait, WaitBands, Zone};
use aceso_policy::Action;
use aceso_web::page::{
    Banner, Card, Csrf, Empty, Entries, Entry, Group, Page, Tag, Tone, View, counted, say, words,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Render, html};

use crate::Staff;
use crate::admin::overview;
use crate::board::show::{minutes, today, wait_tag};
use crate::chart::{concept, note};
use crate::fault::fault;
use crate::inbox::counts::{Counts, counts};
use crate::patient::record::{Found, Wanted, searches};
use crate::patient::save::{may, signer};
use crate::schedule::appointment::Booking;
use crate::schedule::setting::is_patients;
use crate::schedule::show::status_tag;
use crate::schedule::wish::{List, wishes};
use crate::words::ago;

/// The page's address.
pub(crate) const HERE: &str = "/";
/// So many lines of a list are shown.
const SHOWN: usize = 10;
/// So many days ahead somebody is called who has not confirmed.
const CONFIRM_DAYS: i64 = 2;
const DAY: i64 = 86_400_000;

/// The page.
pub(crate) struct Home {
    name: String,
    role: String,
    cards: Vec<Card>,
    groups: Vec<Group>,
    unseen: u64,
    /// Critical results that were sent on to the reader.
    sent_on: usize,
}

/// `GET /`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let who = ask.person()?;
    let account = who.caller.as_person().map(|p| p.account.clone());
    let unseen = match account {
        Some(account) => {
            let notices = staff.store().unseen_notices(&who.caller, &account);
            notices.await.map_err(fault)?
        }
        None => 0,
    };
    let mut cards = day(&staff, &ask).await?;
    let counts = match is_patients(&ask)? {
        true => None,
        false => counts(&staff, &ask).await?,
    };
    cards.extend(counts.map(inbox));
    cards.extend(administration(&staff, &ask).await?);
    let page = Home {
        name: who.badge.name.clone(),
        role: who.badge.role(),
        cards,
        groups: ask.places.clone(),
        unseen,
        sent_on: counts.map_or(0, |c| c.sent_on),
    };
    Ok(Reply::page(&ask, &page))
}

/// What the day's lists are made with.
struct Lists {
    zone: Zone,
    bands: WaitBands,
    now: i64,
    today: Vec<Booking>,
}

/// What the reader does with the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Receives patients.
    Desk,
    /// Brings them into rooms.
    Nurse,
    /// Sees them.
    Clinician,
    /// Asks for the money.
    Biller,
    /// None of these.
    Other,
}

fn part(staff: &Staff, ask: &Ask) -> Result<Part, PageFault> {
    let may = |action, kind| may(staff, ask, action, kind);
    // Patients, and those who act for them, have a portal: this is the clinic's own day.
    if is_patients(ask)? {
        return Ok(Part::Other);
    }
    Ok(if may(Action::Create, "Condition")? {
        Part::Clinician
    } else if may(Action::Create, "Observation")? && may(Action::Update, "Appointment")? {
        Part::Nurse
    } else if may(Action::Create, "Appointment")? {
        Part::Desk
    } else if may(Action::Create, "Claim")? {
        Part::Biller
    } else {
        Part::Other
    })
}

/// The cards of the clinic's day.
async fn day(staff: &Staff, ask: &Ask) -> Result<Vec<Card>, PageFault> {
    let part = part(staff, ask)?;
    let (zone, now) = (staff.settings().zone.clone(), staff.store().now().millis());
    let day = zone.date(now).and_then(|date| Span::of_day(&zone, date));
    let day = day.ok_or(PageFault::Missing)?;
    let between = |kind, from: i64, to: i64| {
        let span = Span::new(from, to).unwrap_or(day);
        Wanted::new(kind).with("date", span.utc_days().join(","))
    };
    let me = signer(ask)?.and_then(|me| me.str_at("reference").map(str::to_owned));
    let wanted = match (part, &me) {
        (Part::Other, _) | (Part::Clinician, None) => return Ok(Vec::new()),
        (Part::Nurse, _) => Vec::new(),
        (Part::Desk, _) => vec![
            between("Appointment", day.end(), day.end() + CONFIRM_DAYS * DAY)
                .with("part-status", "needs-action")
                .with("_sort", "date")
                .most(100),
        ],
        (Part::Clinician, Some(me)) => vec![
            Wanted::new("Composition")
                .with("status", "preliminary")
                .with("author", me)
                .with("_sort", "-date")
                .with("_include", "Composition:patient")
                .most(50),
        ],
        (Part::Biller, _) => vec![
            between("Encounter", day.start() - 7 * DAY, day.end())
                .with("status", "finished")
                .with("_sort", "-date")
                .with("_include", "Encounter:patient")
                .most(200),
        ],
    };
    let first = match wanted.is_empty() {
        true => None,
        false => searches(staff, ask, wanted)
            .await?
            .into_iter()
            .flatten()
            .next(),
    };
    let first = first.unwrap_or_default();
    let of = me.as_deref().filter(|_| part == Part::Clinician);
    let today = match part {
        Part::Biller | Part::Other => Vec::new(),
        Part::Desk | Part::Nurse | Part::Clinician => today(staff, ask, (&zone, now), of).await?,
    };
    let lists = Lists {
        today: today.into_iter().map(|(booking, _)| booking).collect(),
        zone,
        bands: staff.settings().bands,
        now,
    };
    let written = crate::words::field_day(staff.store().now());
    Ok(match part {
        Part::Desk => vec![
            lists.expected(),
            lists.waiting(),
            lists.unconfirmed(&first),
            to_book(staff, ask, &written).await?,
        ],
        Part::Nurse => vec![lists.waiting(), lists.rooms(), lists.expected()],
        Part::Clinician => vec![lists.own(), drafts(&first, &written)],
        Part::Biller => vec![visits(&first, &written)],
        Part::Other => Vec::new(),
    })
}

impl Lists {
    fn clock(&self, at: i64) -> String {
        let local = self.zone.local(at);
        local.map_or_else(String::new, |l| l.strftime("%H:%M").to_string())
    }

    fn line(&self, booking: &Booking) -> Entry {
        let more: Vec<&str> = std::iter::once(booking.what.as_str())
            .chain(booking.with())
            .collect();
        let entry = Entry::new(booking.who().into_owned())
            .more(more.join(" · "))
            .end(self.clock(booking.span.start()));
        match booking.path() {
            Some(path) => entry.to(path),
            None => entry,
        }
    }

    /// Who comes next, the late ones first.
    fn expected(&self) -> Card {
        let all: Vec<&Booking> = self.today.iter().filter(|b| b.status.moves()).collect();
        let lines = all.iter().map(|b| {
            let late = minutes(b.span.start(), self.now);
            let line = self.line(b);
            if late > 0 {
                line.tag(Tag::new(Tone::Warning, say("{0} min late", &[&late])))
            } else if b.confirmed {
                line
            } else {
                line.tag(Tag::plain("not confirmed"))
            }
        });
        list(
            "Still to come today",
            lines.collect(),
            "Nobody else is expected today.",
        )
        .act("Calendar", "of today", crate::schedule::HERE)
    }

    fn at(&self, stages: &[Stage]) -> Vec<Entry> {
        let inside = |b: &&Booking| {
            matches!(
                b.status,
                AppointmentStatus::Arrived | AppointmentStatus::CheckedIn
            )
        };
        let all = self.today.iter().filter(inside);
        let mut all: Vec<_> = all
            .filter_map(|b| Some((b, b.progress?)))
            .filter(|(_, p)| stages.contains(&p.stage))
            .collect();
        all.sort_by_key(|(_, p)| p.since);
        let bands = self.bands;
        let line = |(booking, progress): (&Booking, crate::schedule::appointment::Progress)| {
            let wait = minutes(progress.since, self.now);
            let band: Wait = bands.band(progress.stage, wait);
            let line = self.line(booking).tag(wait_tag(band, wait));
            if stages.len() > 1 {
                line.tag(Tag::plain(progress.stage.name()))
            } else {
                line
            }
        };
        all.into_iter().map(line).collect()
    }

    /// Who waits, the longest first.
    fn waiting(&self) -> Card {
        let lines = self.at(&[Stage::Arrived]);
        list("Waiting", lines, "Nobody waits.").act("Board", "of who is here", crate::board::HERE)
    }

    fn rooms(&self) -> Card {
        let lines = self.at(&[Stage::InRoom, Stage::WithClinician]);
        list("In rooms", lines, "All rooms are free.")
    }

    /// One's own day.
    fn own(&self) -> Card {
        let shown = self
            .today
            .iter()
            .filter(|b| b.status != AppointmentStatus::Cancelled);
        let lines = shown.map(|b| match b.progress {
            Some(p) if b.status != AppointmentStatus::Fulfilled => {
                let wait = minutes(p.since, self.now);
                let band = self.bands.band(p.stage, wait);
                let tag = Tag::new(Tone::Info, p.stage.name());
                self.line(b).tag(tag).tag(wait_tag(band, wait))
            }
            Some(_) | None => self.line(b).tag(status_tag(b.status)),
        });
        let card = Card::new(
            "My day",
            lines_or(lines.collect(), "You have no appointments today."),
        );
        card.act("Calendar", "of today", crate::schedule::HERE).act(
            "Board",
            "of who is here",
            crate::board::HERE,
        )
    }

    /// Those of the next days who have not said that they will come, and those of today.
    fn unconfirmed(&self, next: &Found) -> Card {
        let today = self.today.iter().filter(|b| b.span.start() > self.now);
        let later = next.matches.iter().filter_map(Booking::of);
        let known = |b: &Booking| self.today.iter().any(|t| t.id == b.id);
        let later: Vec<Booking> = later.filter(|b| !known(b)).collect();
        let all = today
            .chain(&later)
            .filter(|b| b.status.moves() && !b.confirmed);
        let lines = all.map(|b| {
            let day = self.zone.local(b.span.start());
            let when = day.map_or_else(String::new, |l| {
                maud::dated(&l.strftime("%a %-d %b, %H:%M").to_string())
            });
            self.line(b).end(when)
        });
        list(
            "Not confirmed yet",
            lines.collect(),
            "Everybody has confirmed.",
        )
    }
}

/// Who is to be called, and who waits for a time.
async fn to_book(staff: &Staff, ask: &Ask, today: &str) -> Result<Card, PageFault> {
    let recalls = wishes(staff, ask, List::Recalls).await?.unwrap_or_default();
    let due = recalls.iter().filter(|w| w.from.as_str() <= today).count();
    let waiting = wishes(staff, ask, List::Waiting).await?.unwrap_or_default();
    let line = |count: usize, what: &'static str, list: List| {
        (count > 0).then(|| {
            Entry::new(words(what).to_string())
                .end(count.to_string())
                .to(list.path())
        })
    };
    let lines = [
        line(due, "Recalls that are due", List::Recalls),
        line(waiting.len(), "Wait for a time", List::Waiting),
    ];
    let lines = lines.into_iter().flatten().collect();
    let body = lines_or(
        lines,
        "Nobody is to be called, and nobody waits for a time.",
    );
    Ok(Card::new("To be booked", body))
}

/// Notes that wait for the signature of who began them.
fn drafts(found: &Found, today: &str) -> Card {
    let open = found
        .matches
        .iter()
        .filter(|d| note::state(d) == note::State::Draft);
    let lines = open.map(|d| {
        let patient = found.target(d.get("subject"));
        let title = concept(d.get("type")).or_else(|| d.str_at("title").map(str::to_owned));
        let entry = Entry::new(patient.map_or_else(
            || words("A patient").to_string(),
            crate::chart::person::name,
        ))
        .more(title.unwrap_or_default())
        .end(ago(d.str_at("date").unwrap_or_default(), today));
        match (patient.and_then(|p| p.id()), d.id()) {
            (Some(patient), Some(id)) => {
                entry.to([&crate::patient::path(patient), "/notes/", id, "/edit"].concat())
            }
            _ => entry,
        }
    });
    list(
        "My notes to sign",
        lines.collect(),
        "No notes wait for your signature.",
    )
}

/// Visits that have ended: what is to be charged.
fn visits(found: &Found, today: &str) -> Card {
    let lines = found.matches.iter().map(|d| {
        let patient = found.target(d.get("subject"));
        let what = d.items_at("type").first();
        let at = d.get("period").and_then(|p| p.str_at("end"));
        Entry::new(patient.map_or_else(
            || words("A patient").to_string(),
            crate::chart::person::name,
        ))
        .more(concept(what).unwrap_or_default())
        .end(ago(at.unwrap_or_default(), today))
    });
    list(
        "Visits of the last week",
        lines.collect(),
        "No visit has ended in the last week.",
    )
}

fn lines_or(lines: Vec<Entry>, none: &'static str) -> maud::Markup {
    if lines.is_empty() {
        html! { p.soft { (words(none)) } }
    } else {
        Entries::new(lines).render()
    }
}

/// A list that is cut, with how many there are.
fn list(title: &'static str, mut lines: Vec<Entry>, none: &'static str) -> Card {
    let count = lines.len();
    lines.truncate(SHOWN);
    let card = Card::new(title, lines_or(lines, none));
    match count {
        0 => card,
        count if count > SHOWN => card.note(say("{0} of {1}", &[&SHOWN, &count])),
        count => card.note(count.to_string()),
    }
}

/// What waits in the inbox of whoever has one.
fn inbox(counts: Counts) -> Card {
    let line = |count: usize, what: &'static str, marks: [(usize, Tone, &'static str); 2]| {
        let entry = Entry::new(words(what))
            .end(count.to_string())
            .to(crate::inbox::HERE);
        marks
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .fold(entry, |entry, (count, tone, word)| {
                entry.tag(Tag::new(tone, say(word, &[&count])))
            })
    };
    let results = [
        (counts.late, Tone::Danger, "{0} late"),
        (counts.critical, Tone::Danger, "{0} critical"),
    ];
    let tasks = [
        (counts.overdue, Tone::Warning, "{0} overdue"),
        (0, Tone::Info, ""),
    ];
    let mut lines = Vec::new();
    if counts.results > 0 {
        lines.push(line(
            counts.results,
            "Results and documents to look at",
            results,
        ));
    }
    if counts.tasks > 0 {
        lines.push(line(counts.tasks, "Tasks", tasks));
    }
    let body = lines_or(lines, "Nothing waits in your inbox.");
    Card::new("Inbox", body).act("Open", "the inbox", crate::inbox::HERE)
}

/// What a person is told to whom critical results were sent on.
fn sent_on(some: usize) -> Banner {
    let title = counted(
        u64::try_from(some).unwrap_or(u64::MAX),
        "A critical result was sent on to you",
        "{0} critical results were sent on to you",
        &[],
    );
    let body = html! { p { "Nobody looked within an hour, and you cover. " a href=(crate::inbox::TASKS) { "Look at your tasks" } } };
    Banner::new(Tone::Danger, title).body(body)
}

/// What of the administration waits for the reader.
async fn administration(staff: &Staff, ask: &Ask) -> Result<Option<Card>, PageFault> {
    let lines = overview::waiting(staff, ask).await?.into_iter();
    let lines = lines.map(|(title, to, todo)| {
        let entry = Entry::new(title).to(to);
        todo.into_iter()
            .fold(entry, |entry, (tone, text)| entry.tag(Tag::new(tone, text)))
    });
    let lines: Vec<Entry> = lines.collect();
    Ok((!lines.is_empty()).then(|| Card::new("Needs attention", Entries::new(lines).render())))
}

impl View for Home {
    fn page(&self, _: &Csrf) -> Page {
        let elsewhere = |path: &str| path != HERE;
        let places: Vec<_> = self
            .groups
            .iter()
            .filter(|g| g.items.iter().any(|i| elsewhere(&i.path)))
            .collect();
        let body = html! {
            @if !self.cards.is_empty() { div.sections { @for card in &self.cards { (card) } } }
            @for group in &places {
                section.stack {
                    @if !group.label.is_empty() { h2 { (group.label) } }
                    ul.tiles {
                        @for item in group.items.iter().filter(|i| elsewhere(&i.path)) {
                            li { a href=(item.path) { strong { (item.label) } span.soft { (item.about) } } }
                        }
                    }
                }
            }
            @if places.is_empty() { (Empty::new("Nothing to do here", "Your role has no pages of its own.")) }
        };
        let page = Page::new(say("Welcome, {0}", &[&self.name]), body)
            .here(HERE)
            .lead(&self.role);
        let page = match self.sent_on {
            0 => page,
            some => page.notice(sent_on(some)),
        };
        let title = match self.unseen {
            0 => return page,
            some => counted(
                some,
                "One new notice about your account",
                "{0} new notices about your account",
                &[],
            ),
        };
        let look = html! { p { a href="/account/notices" { "Look at them" } } };
        page.notice(Banner::new(Tone::Info, title).body(look))
    }

    fn samples() -> Vec<Self> {
        let lists = Lists {
            zone: Zone::utc(),
            bands: WaitBands::default(),
            now: 1_772_625_600_000,
            today: [AppointmentStatus::Booked, AppointmentStatus::Arrived]
                .into_iter()
                .filter_map(crate::schedule::appointment::sample)
                .collect(),
        };
        let view = |cards, groups, unseen| Self {
            name: "Ann Example".into(),
            role: "Clinician".into(),
            cards,
            groups,
            unseen,
            sent_on: usize::from(unseen > 0),
        };
        let groups = aceso_web::page::Frame::sample().groups;
        let cards = vec![
            lists.expected(),
            lists.waiting(),
            lists.rooms(),
            lists.own(),
            lists.unconfirmed(&Found::default()),
        ];
        vec![view(cards, groups, 1), view(Vec::new(), Vec::new(), 0)]
    }
}
