//! `/schedule`: the calendar, a day of all people or rooms side by side, or a week of one.

use aceso_clinic::schedule::{AppointmentStatus, Span};
use aceso_policy::Action;
use aceso_web::page::{
    Banner, Button, Choice, Csrf, Empty, Errors, Field, Link, Page, Select, Tab, Tabs, Tone, View,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

use super::HERE;
use super::appointment::Booking;
use super::away::AWAY;
use super::claim::{BLOCKED, busy};
use super::grid::{Block, Column, Grid, What};
use super::hue::Hue;
use super::setting::{Calendar as Diary, Kind, Setting, setting};
use super::wish::List;
use crate::Staff;
use crate::patient::record::{Found, Wanted, searches};
use crate::patient::save::{may, signer};

/// So many appointments are shown.
const MOST: u32 = 1000;
/// What began so long before the first day may still go on: no appointment takes longer.
const BEFORE_MILLIS: i64 = 8 * 3_600_000;

/// The page.
pub(crate) struct Calendar {
    grid: Grid,
    date: String,
    title: String,
    before: String,
    after: String,
    today: String,
    look: Look,
    diaries: Vec<(String, String)>,
    errors: Errors,
    all: All,
    books: bool,
    /// Whether the reader has a calendar of their own.
    own: bool,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Look {
    /// A day of all people.
    People,
    /// A day of all rooms.
    Rooms,
    /// A week of one of them: the Schedule's id.
    Week(String),
}

/// Whether all that there is is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum All {
    Shown,
    Cut,
}

impl Look {
    /// The query that shows it on a day.
    fn query(&self, day: Date) -> String {
        match self {
            Self::People => format!("{HERE}?day={day}"),
            Self::Rooms => format!("{HERE}?day={day}&of=rooms"),
            Self::Week(id) => format!("{HERE}?day={day}&of={id}"),
        }
    }
}

/// `GET /schedule`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let setting = setting(&staff, &ask).await?;
    let now = staff.store().now().millis();
    let today = setting.zone.date(now).ok_or(PageFault::Missing)?;
    let mut errors = Errors::none();
    let date = match ask.query("day") {
        None | Some("") => today,
        Some(text) => text.parse().unwrap_or_else(|_| {
            errors.add("day", "Enter the day as year-month-day: 2026-11-30");
            today
        }),
    };
    let look = match ask.query("of") {
        None | Some("" | "people") => Look::People,
        Some("rooms") => Look::Rooms,
        Some(id) if setting.calendar(id).is_some() => Look::Week(id.to_owned()),
        Some(_) => return Err(PageFault::Missing),
    };
    let books = may(&staff, &ask, Action::Create, "Slot")?;
    let (dates, diaries) = columns(&setting, &look, date)?;
    let (taken, all) = taken(&staff, &ask, &setting, &diaries, &dates).await?;
    let step = if dates.len() > 1 { 7 } else { 1 };
    let go = |days: i64| look.query(date.checked_add(days.days()).unwrap_or(date));
    let each = dates
        .iter()
        .flat_map(|d| diaries.iter().map(move |c| (*d, *c)));
    let columns = each.map(|(date, diary)| column(&setting, &look, (date, diary), &taken, books));
    let title = match (&look, dates.first(), dates.last()) {
        (Look::Week(_), Some(first), Some(last)) => format!(
            "{} – {}",
            maud::dated(&first.strftime("%-d %b").to_string()),
            maud::dated(&last.strftime("%-d %b %Y").to_string())
        ),
        _ => maud::dated(&date.strftime("%A, %-d %B %Y").to_string()),
    };
    let me = signer(&ask)?;
    let me = me.as_ref().and_then(|me| me.str_at("reference"));
    let own = books
        && setting
            .of(Kind::Person)
            .any(|c| me == Some(c.actor.as_str()));
    let page = Calendar {
        grid: Grid {
            zone: setting.zone.clone(),
            columns: columns.collect(),
            now,
            caption: crate::words::say("Calendar, {0}", &[&title]),
            hues: hues(&setting),
        },
        date: date.to_string(),
        title,
        before: go(-step),
        after: go(step),
        today: look.query(today),
        diaries: setting
            .calendars
            .iter()
            .map(|c| (c.id.clone(), c.name.clone()))
            .collect(),
        look,
        errors,
        all,
        books,
        own,
    };
    if page.errors.is_empty() {
        Ok(Reply::page(&ask, &page))
    } else {
        Ok(Reply::wrong(&ask, &page))
    }
}

/// The days and whose time; of a week those of its days.
fn columns<'a>(
    setting: &'a Setting,
    look: &Look,
    date: Date,
) -> Result<(Vec<Date>, Vec<&'a Diary>), PageFault> {
    Ok(match look {
        Look::People => (vec![date], setting.of(Kind::Person).collect()),
        Look::Rooms => (vec![date], setting.of(Kind::Room).collect()),
        Look::Week(id) => {
            let one = setting.calendar(id).ok_or(PageFault::Missing)?;
            let back = i64::from(date.weekday().to_monday_zero_offset());
            let days = (0..7).filter_map(|d| date.checked_add((d - back).days()).ok());
            // Days on which nothing is open are shown when something is booked there: all of the week is asked for.
            (days.collect(), vec![one])
        }
    })
}

/// What is booked and busy on these days, by the ids of the calendars.
async fn taken(
    staff: &Staff,
    ask: &Ask,
    setting: &Setting,
    diaries: &[&Diary],
    dates: &[Date],
) -> Result<(Vec<(String, Block)>, All), PageFault> {
    let day = |date: Option<&Date>| Span::of_day(&setting.zone, *date?);
    let (Some(first), Some(last)) = (day(dates.first()), day(dates.last())) else {
        return Err(PageFault::Missing);
    };
    if diaries.is_empty() {
        return Ok((Vec::new(), All::Shown));
    }
    let wanted = wanted(setting, diaries, dates, (&first, &last));
    let lists = searches(staff, ask, wanted).await?;
    let found: Vec<Found> = lists.into_iter().flatten().collect();
    let cut = found.iter().any(|f| f.next.is_some());
    let all_of = |kind| {
        let all = found.iter().flat_map(|f| &f.matches);
        all.filter(move |d| d.resource_type() == Some(kind))
    };
    let mut all: Vec<(String, Block)> = Vec::new();
    let shown = |b: &Booking| b.status.takes_time() || b.status == AppointmentStatus::NoShow;
    for booking in all_of("Appointment").filter_map(Booking::of) {
        if !shown(&booking) {
            continue;
        }
        for diary in diaries {
            if booking
                .actors
                .iter()
                .any(|(actor, _)| *actor == diary.actor)
            {
                let (span, what) = (booking.span, What::Booked(Box::new(booking.clone())));
                all.push((diary.id.clone(), Block { span, what }));
            }
        }
    }
    let mut known: Vec<(String, Span)> = all.iter().map(|(id, b)| (id.clone(), b.span)).collect();
    known.sort_unstable();
    for (id, span) in all_of("Slot").filter_map(busy) {
        // The Slot of an appointment that is there already.
        if known.binary_search(&(id.clone(), span)).is_err() {
            let what = What::Busy;
            all.push((id, Block { span, what }));
        }
    }
    Ok((all, if cut { All::Cut } else { All::Shown }))
}

/// The searches for these days, one for each day (UTC): so that none is cut while a day has a thousand appointments.
fn wanted(
    setting: &Setting,
    diaries: &[&Diary],
    dates: &[Date],
    (first, last): (&Span, &Span),
) -> Vec<Wanted> {
    let eve = dates.first().and_then(|d| d.yesterday().ok());
    let night = |d: &&Diary| {
        let open = eve.map(|eve| d.week.open_on(&setting.zone, eve));
        open.into_iter()
            .flatten()
            .any(|span| span.end() > first.start())
    };
    // The evening before matters where work goes on past midnight, and costs little for one calendar.
    let early = match diaries {
        [_] => BEFORE_MILLIS,
        all if all.iter().any(night) => BEFORE_MILLIS,
        _ => 0,
    };
    let days = Span::new(first.start() - early, last.end()).map(|span| span.utc_days());
    let days = days.unwrap_or_default();
    if let [one] = diaries {
        let days = days.join(",");
        let schedule = ["Schedule/", &one.id].concat();
        return vec![
            Wanted::new("Appointment")
                .with("date", &days)
                .with("actor", &one.actor)
                .most(MOST),
            Wanted::new("Slot")
                .with("start", &days)
                .with("schedule", schedule)
                .most(MOST),
        ];
    }
    // Of all, what is booked says itself whose time it takes: beside it only time that is blocked is asked for.
    days.iter()
        .flat_map(|day| {
            [
                Wanted::new("Appointment").with("date", day).most(MOST),
                Wanted::new("Slot")
                    .with("start", day)
                    .with("status", BLOCKED)
                    .most(MOST),
            ]
        })
        .collect()
}

/// The colours of the kinds of visits.
fn hues(setting: &Setting) -> Vec<(String, Hue)> {
    let all = setting.types.iter();
    all.map(|kind| (kind.id.clone(), kind.hue)).collect()
}

fn column(
    setting: &Setting,
    look: &Look,
    (date, diary): (Date, &Diary),
    taken: &[(String, Block)],
    books: bool,
) -> Column {
    let own = taken.iter().filter(|(id, _)| *id == diary.id);
    let (name, to) = match look {
        Look::Week(_) => {
            let day = format!("{HERE}?day={date}");
            (maud::dated(&date.strftime("%a %-d %b").to_string()), day)
        }
        Look::People | Look::Rooms => {
            (diary.name.clone(), Look::Week(diary.id.clone()).query(date))
        }
    };
    let part = match diary.kind {
        Kind::Person => "person",
        Kind::Room => "room",
    };
    Column {
        name,
        to,
        date,
        taken: own.map(|(_, block)| block.clone()).collect(),
        open: diary.week.open_on(&setting.zone, date),
        book: books.then(|| format!("{HERE}/new?{part}={}", diary.id)),
    }
}

impl Calendar {
    fn choose(&self) -> Markup {
        let chosen = match &self.look {
            Look::People => "people",
            Look::Rooms => "rooms",
            Look::Week(id) => id,
        };
        let mut choices = vec![
            Choice::new("people", "A day, everybody"),
            Choice::new("rooms", "A day, all rooms"),
        ];
        let weeks = self.diaries.iter();
        choices.extend(
            weeks.map(|(id, name)| Choice::new(id, crate::words::say("A week, {0}", &[&name]))),
        );
        html! {
            form.filter.no-print method="get" action=(HERE) {
                (Field::date("day", "Day").value(&self.date).errors(&self.errors))
                (Select::new("of", "Show", choices).chosen(chosen))
                (Button::secondary("Show"))
            }
        }
    }
}

impl View for Calendar {
    fn page(&self, _: &Csrf) -> Page {
        let day = self.date.parse::<Date>();
        let tab = |look: Look, name: &'static str| {
            Tab::new(
                name,
                day.as_ref()
                    .map_or_else(|_| HERE.to_owned(), |d| look.query(*d)),
            )
        };
        let here = day
            .as_ref()
            .map_or_else(|_| HERE.to_owned(), |d| self.look.query(*d));
        let tabs = vec![tab(Look::People, "People"), tab(Look::Rooms, "Rooms")];
        let body = html! {
            (self.errors)
            div.no-print { (Tabs::new("Whose calendar", tabs, here)) }
            div.row.apart {
                h2 { (self.title) }
                nav.row.no-print aria-label="Other days" {
                    (Link::secondary("Earlier", &self.before).small())
                    (Link::secondary("Today", &self.today).small())
                    (Link::secondary("Later", &self.after).small())
                }
            }
            @if self.grid.columns.is_empty() {
                (Empty::new("Nothing to show", "A person or a room has a calendar once an administrator opens one, under Administration, Calendars."))
            } @else { (self.grid) }
            (self.choose())
        };
        let acts = html! {
            @if self.books {
                (Link::primary("Book an appointment", [HERE, "/new"].concat()))
                (Link::secondary("Waiting list", List::Waiting.path()))
                (Link::secondary("Recalls", List::Recalls.path()))
            }
            @if self.own { (Link::secondary("When I am away", AWAY)) }
        };
        let page = Page::new("Calendar", body).here(HERE).acts(acts);
        match self.all {
            All::Shown => page,
            All::Cut => page.notice(Banner::new(
                Tone::Warning,
                crate::words::say(
                    "Only the first {0} appointments are shown: look at fewer",
                    &[&MOST],
                ),
            )),
        }
    }

    fn samples() -> Vec<Self> {
        let setting = super::setting::sample();
        let date = jiff::civil::date(2026, 3, 4);
        let sample = |look: Look, errors| {
            let booked =
                super::appointment::sample(aceso_clinic::schedule::AppointmentStatus::Arrived);
            let taken: Vec<(String, Block)> = booked
                .into_iter()
                .map(|b| {
                    let (span, what) = (b.span, What::Booked(Box::new(b)));
                    ("doc".to_owned(), Block { span, what })
                })
                .collect();
            let (dates, diaries) = columns(&setting, &look, date).unwrap_or_default();
            let each = dates
                .iter()
                .flat_map(|d| diaries.iter().map(move |c| (*d, *c)));
            Self {
                grid: Grid {
                    zone: setting.zone.clone(),
                    columns: each
                        .map(|one| column(&setting, &look, one, &taken, true))
                        .collect(),
                    now: 1_772_625_600_000,
                    caption: "2026-03-04".into(),
                    hues: vec![("check".into(), Hue::Green)],
                },
                date: date.to_string(),
                title: "Wednesday, 4 March 2026".into(),
                before: HERE.into(),
                after: HERE.into(),
                today: HERE.into(),
                look,
                diaries: vec![("doc".into(), "Dr. Doc".into())],
                errors,
                all: All::Shown,
                books: true,
                own: true,
            }
        };
        let mut empty = sample(Look::Rooms, Errors::none());
        empty.grid.columns.clear();
        empty.all = All::Cut;
        vec![
            sample(Look::People, Errors::none()),
            sample(Look::Week("doc".into()), Errors::none()),
            sample(
                Look::People,
                Errors::one("day", "Enter the day as year-month-day"),
            ),
            empty,
        ]
    }
}
