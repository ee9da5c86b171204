//! `/schedule/away`: when the reader is away. They close their own time to booking and name who covers for them; nobody's
//! hours but their own can be changed here.

use aceso_clinic::schedule::{Span, Zone};
use aceso_policy::Action;
use aceso_web::page::{
    Button, Card, Choice, Column, Crumb, Csrf, Empty, Errors, Field, Form, Layout, Page, Select,
    Table, View,
};
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply, Take};
use jiff::civil::{Date, Time};
use maud::{Markup, html};

use super::HERE;
use super::appointment::Booking;
use super::off::{Between, OFF, Off, absences, slots};
use super::setting::{Kind, setting};
use crate::Staff;
use crate::patient::record::{Wanted, searches};
use crate::patient::save::{Saved, add, begin, commit, form_id, may, refused, signer};

/// The page's address.
pub(crate) const AWAY: &str = "/schedule/away";
/// An absence has so many days at most: two months.
const MOST_DAYS: i32 = 62;
/// So many days ahead are shown.
const MOST_SLOTS: u32 = 500;

/// The page.
pub(crate) struct Away {
    zone: Zone,
    now: i64,
    /// The reader's own calendar.
    schedule: Option<String>,
    /// Who may be named: reference and name.
    others: Vec<(String, String)>,
    all: Vec<(Off, Vec<Booking>)>,
    form: String,
    typed: Typed,
    errors: Errors,
}

/// What is typed.
#[derive(Clone, Debug, Default)]
struct Typed {
    from: String,
    begins: String,
    until: String,
    ends: String,
    why: String,
    cover: String,
}

const FIELDS: [&str; 8] = [
    "form", "act", "from", "begins", "until", "ends", "why", "cover",
];

/// `GET /schedule/away`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &Away::open(&staff, &ask).await?))
}

/// `POST /schedule/away`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let mut page = Away::open(&staff, &ask).await?;
    let fields = ask.fields(&FIELDS.map(Take::One))?;
    let Some(schedule) = page.schedule.clone() else {
        return Err(PageFault::Missing);
    };
    if let Some(id) = fields.one("act").strip_prefix("remove:") {
        let off = page.all.iter().find(|(off, _)| off.id == id);
        let (off, _) = off.ok_or(PageFault::Missing)?;
        let mut tx = begin(&staff, &ask)?;
        for (slot, version) in &off.slots {
            let gone = tx.delete("Slot", slot, Some(*version)).await;
            gone.map_err(refused)?;
        }
        tx.commit().await.map_err(refused)?;
        return Ok(Reply::to_path(AWAY));
    }
    page.form = form_id(&staff, fields.one("form"));
    page.typed = Typed::of(&fields);
    let days = page.days();
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let cover = page.others.iter().find(|(who, _)| *who == page.typed.cover);
    let cover = cover.map(|(who, name)| (who.as_str(), name.as_str()));
    let told = (page.typed.why.as_str(), cover);
    let made = slots(&page.zone, &schedule, (&page.form, &days), told);
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, made)?;
    match commit(&staff, &ask, tx, ("Slot", &page.form)).await? {
        Saved::Done => Ok(Reply::to_path(AWAY)),
        Saved::Overtaken => {
            let text = "It was not saved: please send it once more";
            page.errors.add("from", text);
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        let text = |name| fields.trimmed(name).to_owned();
        Self {
            from: text("from"),
            begins: text("begins"),
            until: text("until"),
            ends: text("ends"),
            why: text("why"),
            cover: text("cover"),
        }
    }

    /// What was typed as days and times.
    fn between(&self, errors: &mut Errors) -> Option<Between> {
        let day = |text: &str| text.parse::<Date>().ok();
        let from = day(&self.from);
        if from.is_none() {
            let text = "Enter the first day as year-month-day: 2026-12-24";
            errors.add("from", text);
        }
        let until = match self.until.is_empty() {
            true => from,
            false => day(&self.until),
        };
        if until.is_none() && !self.until.is_empty() {
            let text = "Enter the last day as year-month-day: 2026-12-31";
            errors.add("until", text);
        }
        let mut time = |name: &str, text: &str| match text {
            "" => None,
            text => {
                let time = text.parse::<Time>().ok();
                if time.is_none() {
                    errors.add(name, "Enter the time as hours and minutes: 09:30");
                }
                time
            }
        };
        let (begins, ends) = (time("begins", &self.begins), time("ends", &self.ends));
        Some(Between {
            from: from?,
            until: until?,
            begins,
            ends,
        })
    }
}

impl Away {
    async fn open(staff: &Staff, ask: &Ask) -> Result<Self, PageFault> {
        if !may(staff, ask, Action::Create, "Slot")? {
            return Err(PageFault::Missing);
        }
        let setting = setting(staff, ask).await?;
        let me = signer(ask)?.and_then(|me| me.str_at("reference").map(str::to_owned));
        let me = me.ok_or(PageFault::Missing)?;
        let now = staff.store().now().millis();
        let own = setting.of(Kind::Person).find(|c| c.actor == me);
        let all = match own {
            Some(own) => ahead(staff, ask, (&own.id, &me), now).await?,
            None => Vec::new(),
        };
        let others = setting.of(Kind::Person).filter(|c| c.actor != me);
        Ok(Self {
            schedule: own.map(|c| c.id.clone()),
            others: others.map(|c| (c.actor.clone(), c.name.clone())).collect(),
            zone: setting.zone.clone(),
            now,
            all,
            form: staff.store().new_id(),
            typed: Typed::default(),
            errors: Errors::none(),
        })
    }

    /// The days that were typed, if they are right.
    fn days(&mut self) -> Vec<Span> {
        let between = self.typed.between(&mut self.errors);
        let today = self.zone.date(self.now);
        if let Some(between) = between {
            if today.is_some_and(|today| between.from < today) {
                self.errors.add("from", "This day is past");
            }
            if (between.until - between.from).get_days() >= MOST_DAYS {
                let text = "Two months at a time at most";
                self.errors.add("until", text);
            }
        }
        if self.typed.why.chars().count() > 100 {
            self.errors.add("why", "At most 100 letters");
        }
        let cover = &self.typed.cover;
        if !cover.is_empty() && !self.others.iter().any(|(who, _)| who == cover) {
            self.errors.add("cover", "Choose somebody of the list");
        }
        if !self.errors.is_empty() {
            return Vec::new();
        }
        let days = between.map(|b| b.days(&self.zone)).unwrap_or_default();
        if days.is_empty() {
            self.errors.add("until", "It ends before it begins");
        }
        days
    }

    fn moment(&self, at: i64) -> String {
        let local = self.zone.local(at);
        local.map_or_else(String::new, |l| {
            let midnight = l.time() == Time::midnight();
            let shape = if midnight {
                "%a %-d %b %Y"
            } else {
                "%a %-d %b %Y, %H:%M"
            };
            maud::dated(&l.strftime(shape).to_string())
        })
    }

    /// The last day, or the moment on it at which it ends.
    fn last(&self, span: &Span) -> String {
        let ends = self.zone.local(span.end());
        match ends.is_some_and(|l| l.time() == Time::midnight()) {
            true => {
                let day = self.zone.date(span.end() - 1);
                let day = day.map(|d| d.strftime("%a %-d %b %Y").to_string());
                maud::dated(&day.unwrap_or_default())
            }
            false => self.moment(span.end()),
        }
    }

    fn table(&self) -> Table {
        let mut table = Table::new(
            "When you are away",
            &[
                Column::text("From"),
                Column::text("Until"),
                Column::text("What"),
                Column::text("Covered by"),
                Column::text("Booked in it"),
                Column::acts("What you can do"),
            ],
        )
        .under_heading();
        for (off, booked) in &self.all {
            let cover = off.cover.as_ref();
            let cover = cover.and_then(|who| self.others.iter().find(|(w, _)| w == who));
            let remove = Button::quiet("Take out")
                .of(self.moment(off.span.start()))
                .says("act", ["remove:", &off.id].concat())
                .small();
            table.row(vec![
                html! { (self.moment(off.span.start())) },
                html! { (self.last(&off.span)) },
                html! { (off.why) },
                html! { @if let Some((_, name)) = cover { (name) } },
                self.booked(booked),
                html! { (remove) },
            ]);
        }
        table
    }

    /// Appointments in an absence: they stay until somebody moves them.
    fn booked(&self, booked: &[Booking]) -> Markup {
        html! {
            @for one in booked {
                @let at = self.moment(one.span.start());
                p.small { @match one.path() { Some(path) => a href=(path) { (one.who()) }, None => (one.who()) } " " span.soft { (at) } }
            }
        }
    }

    fn fields(&self) -> Markup {
        let none = Choice::new("", "Nobody");
        let others = self.others.iter();
        let others = others.map(|(who, name)| Choice::new(who.clone(), name.clone()));
        let covers = std::iter::once(none).chain(others).collect();
        let typed = &self.typed;
        html! {
            (self.errors)
            div.pair {
                (Field::date("from", "First day").value(&typed.from).errors(&self.errors))
                (Field::time("begins", "From").value(&typed.begins).errors(&self.errors).optional())
            }
            div.pair {
                (Field::date("until", "Last day").value(&typed.until).errors(&self.errors).optional())
                (Field::time("ends", "Until").value(&typed.ends).errors(&self.errors).optional())
            }
            (Field::text("why", "What").value(&typed.why).errors(&self.errors).longest(100).optional())
            (Select::new("cover", "Covered by", covers).chosen(&typed.cover).errors(&self.errors)
                .hint("Your tasks stand with this person too, and critical results that nobody looked at are sent on to them"))
            div.buttons { (Button::primary("Close this time").says("act", "add")) }
        }
    }
}

/// What is noted from today on, each with the appointments that are booked in it.
async fn ahead(
    staff: &Staff,
    ask: &Ask,
    (schedule, me): (&str, &str),
    now: i64,
) -> Result<Vec<(Off, Vec<Booking>)>, PageFault> {
    let zone = &staff.settings().zone;
    let today = zone.date(now).and_then(|date| Span::of_day(zone, date));
    let today = today.ok_or(PageFault::Missing)?;
    let from = zone.write(today.start()).unwrap_or_default();
    let wanted = Wanted::new("Slot")
        .with("schedule", ["Schedule/", schedule].concat())
        .with("status", OFF)
        .with("start", ["ge", &from].concat())
        .with("_sort", "start")
        .most(MOST_SLOTS);
    let found = searches(staff, ask, vec![wanted]).await?;
    let found = found.into_iter().flatten().next().unwrap_or_default();
    let all = absences(&found.matches);
    let wanted = all.iter().map(|off| {
        let day = |at: i64| zone.write(at).unwrap_or_default();
        Wanted::new("Appointment")
            .with("actor", me)
            .with("date", ["ge", &day(off.span.start())].concat())
            .with("date", ["lt", &day(off.span.end())].concat())
            .with("_sort", "date")
            .most(50)
    });
    let wanted: Vec<Wanted> = wanted.collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let booked = searches(staff, ask, wanted).await?.into_iter();
    let booked = booked.map(|found| {
        let found = found.unwrap_or_default();
        let all = found.matches.iter().filter_map(Booking::of);
        all.filter(|b| b.status.takes_time()).collect()
    });
    Ok(all.into_iter().zip(booked).collect())
}

impl View for Away {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = match &self.schedule {
            None => html! {
                (Empty::new("You have no calendar", "Nobody can book you, so nothing has to be closed. An administrator opens a calendar under Administration, Calendars."))
            },
            Some(_) => {
                let table = self.table();
                let known = html! { @if table.is_empty() { p.soft { "Nothing is noted from today on." } } @else { (table) } };
                let known = Form::post(csrf, AWAY, known);
                let fresh = Form::post(csrf, AWAY, self.fields()).keep("form", &self.form);
                html! {
                    (Card::new("When you are away", html! { (known) }))
                    (Card::new("Close some time", html! { (fresh) }))
                }
            }
        };
        Page::new("When I am away", body)
            .here(HERE)
            .layout(Layout::Column)
            .crumbs(vec![Crumb::new("Calendar", HERE)])
            .lead("In this time nobody books you. Appointments that are booked already stay until somebody moves them.")
    }

    fn samples() -> Vec<Self> {
        let zone = Zone::utc();
        let span = Span::new(1_772_625_600_000, 1_772_712_000_000);
        let off = span.map(|span| Off {
            id: "away-1".into(),
            span,
            why: "Training".into(),
            cover: Some("Practitioner/other".into()),
            slots: vec![("slot-1".into(), 1)],
        });
        let booked = super::appointment::sample(aceso_clinic::schedule::AppointmentStatus::Booked);
        let booked: Vec<Booking> = booked.into_iter().collect();
        let sample = |schedule: Option<&str>, errors| Self {
            zone: zone.clone(),
            now: 1_772_625_600_000,
            schedule: schedule.map(str::to_owned),
            others: vec![("Practitioner/other".into(), "Dr. Other".into())],
            all: off
                .iter()
                .map(|off| (off.clone(), booked.clone()))
                .collect(),
            form: "f1".into(),
            typed: Typed::default(),
            errors,
        };
        vec![
            sample(Some("doc"), Errors::none()),
            sample(
                Some("doc"),
                Errors::one("until", "It ends before it begins"),
            ),
            sample(None, Errors::none()),
        ]
    }
}
