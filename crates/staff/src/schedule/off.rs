//! Time in which somebody is away, as they noted it themselves: busy Slots of their own calendar, one for each day, that say
//! why, and who covers for them.

use aceso_clinic::schedule::{Span, Zone};
use aceso_fhir::{Object, Value};
use jiff::ToSpan;
use jiff::civil::{Date, Time};

use super::claim::{busy, slot};
use crate::chart::write::{one, reference};
use crate::inbox::escalate::{COVERED_BY, cover};

/// The status of a Slot in which nobody is there to be booked.
pub(crate) const OFF: &str = "busy-unavailable";
/// The system of the number that the days of one absence share.
const SYSTEM: &str = "urn:aceso:absence";
/// A day of 25 hours that began before now is not over.
const LONGEST_DAY_MILLIS: i64 = 25 * 3_600_000;

/// An absence: its days in order, never none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Off {
    pub(crate) id: String,
    /// From its first moment to its last.
    pub(crate) span: Span,
    pub(crate) why: String,
    /// Who covers: `Practitioner/x`.
    pub(crate) cover: Option<String>,
    /// Ids and versions of its Slots.
    pub(crate) slots: Vec<(String, u64)>,
}

/// From when to when, by the clinic's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Between {
    pub(crate) from: Date,
    pub(crate) until: Date,
    /// When the first day's absence begins; midnight where nothing is said.
    pub(crate) begins: Option<Time>,
    /// When the last day's ends.
    pub(crate) ends: Option<Time>,
}

impl Between {
    /// The days' spans; none where it ends before it begins.
    pub(crate) fn days(&self, zone: &Zone) -> Vec<Span> {
        let count = (self.until - self.from).get_days();
        let days = (0..=count).filter_map(|n| self.from.checked_add(n.days()).ok());
        let of = |date: Date| {
            let day = Span::of_day(zone, date)?;
            let at = |time: Option<Time>| zone.moment_or_after(date, time?).ok();
            let begins = self.begins.filter(|_| date == self.from);
            let ends = self.ends.filter(|_| date == self.until);
            Span::new(
                at(begins).unwrap_or(day.start()),
                at(ends).unwrap_or(day.end()),
            )
        };
        days.filter_map(of).collect()
    }
}

/// The Slots of an absence.
pub(crate) fn slots(
    zone: &Zone,
    schedule: &str,
    (id, days): (&str, &[Span]),
    (why, cover): (&str, Option<(&str, &str)>),
) -> Vec<Object> {
    let made = days.iter().map(|day| {
        let mut slot = slot(zone, schedule, day);
        slot.set("status", OFF);
        let number = [("system", Value::from(SYSTEM)), ("value", Value::from(id))];
        slot.set("identifier", one(Value::from(number)));
        if !why.is_empty() {
            slot.set("comment", why);
        }
        if let Some((who, name)) = cover {
            let mut to = reference(who);
            if let Some(to) = to.as_object_mut() {
                to.set("display", name);
            }
            let told = [("url", Value::from(COVERED_BY)), ("valueReference", to)];
            slot.set("extension", one(Value::from(told)));
        }
        slot
    });
    made.collect()
}

/// The absences that these Slots are the days of, in order.
pub(crate) fn absences(found: &[Value]) -> Vec<Off> {
    let mut all: Vec<Off> = Vec::new();
    for slot in found {
        let version = slot
            .get("meta")
            .and_then(|m| m.str_at("versionId")?.parse().ok());
        let (Some((_, span)), Some(id), Some(version)) = (busy(slot), slot.id(), version) else {
            continue;
        };
        let mut numbers = slot.items_at("identifier").iter();
        let number = numbers.find(|n| n.str_at("system") == Some(SYSTEM));
        let number = number.and_then(|n| n.str_at("value")).unwrap_or(id);
        let own = (id.to_owned(), version);
        match all.iter_mut().find(|off| off.id == number) {
            Some(off) => {
                let start = off.span.start().min(span.start());
                let whole = Span::new(start, off.span.end().max(span.end()));
                off.span = whole.unwrap_or(off.span);
                off.slots.push(own);
            }
            None => all.push(Off {
                id: number.to_owned(),
                span,
                why: slot.str_at("comment").unwrap_or_default().to_owned(),
                cover: cover(slot).map(str::to_owned),
                slots: vec![own],
            }),
        }
    }
    all.sort_by_key(|off| off.span);
    all
}

/// What a search for the Slots asks for in which somebody is away now.
pub(crate) fn now(at: i64) -> [(&'static str, String); 2] {
    let around = Span::new(at - LONGEST_DAY_MILLIS, at + 1);
    let days = around.map(|span| span.utc_days().join(","));
    [
        ("status", OFF.to_owned()),
        ("start", days.unwrap_or_default()),
    ]
}

/// Whether somebody is away at a moment by this Slot.
pub(crate) fn holds(slot: &Value, at: i64) -> bool {
    busy(slot).is_some_and(|(_, span)| span.start() <= at && at < span.end())
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    #[test]
    fn an_absence_is_a_slot_for_each_of_its_days_and_is_read_back_as_one() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        // The clocks change in the night to the 29th.
        let between = Between {
            from: date(2026, 3, 27),
            until: date(2026, 3, 30),
            begins: Some(time(14, 0, 0, 0)),
            ends: None,
        };
        let days = between.days(&zone);
        let hours: Vec<i64> = days.iter().map(|d| d.minutes() / 60).collect();
        assert_eq!(hours, [10, 24, 23, 24]);
        let cover = Some(("Practitioner/zoe", "Dr. Zoe"));
        let made = slots(&zone, "s-doc", ("away-1", &days), ("Holiday", cover));
        let stored: Vec<Value> = made
            .into_iter()
            .enumerate()
            .map(|(n, mut slot)| {
                let sound = crate::patient::save::checked(slot.clone());
                assert!(sound.is_ok(), "{sound:?}");
                slot.set("id", format!("slot-{n}"));
                slot.set("meta", Value::from([("versionId", Value::from("1"))]));
                Value::from(slot)
            })
            .collect();
        let [off] = absences(&stored).try_into().unwrap();
        assert_eq!(off.slots.len(), 4);
        assert_eq!(
            (off.why.as_str(), off.cover.as_deref()),
            ("Holiday", Some("Practitioner/zoe"))
        );
        assert_eq!(off.span, Span::new(days[0].start(), days[3].end()).unwrap());
        let away = |at: i64| stored.iter().any(|slot| holds(slot, at));
        assert!(away(days[0].start()) && away(days[3].end() - 1));
        assert!(!away(days[0].start() - 1) && !away(days[3].end()));
    }

    #[test]
    fn what_ends_before_it_begins_is_no_absence() {
        let zone = Zone::utc();
        let day = date(2026, 3, 5);
        let between = |until, begins, ends| Between {
            from: day,
            until,
            begins,
            ends,
        };
        let at = |hour| Some(time(hour, 0, 0, 0));
        assert!(between(day, at(14), at(13)).days(&zone).is_empty());
        assert!(between(date(2026, 3, 4), None, None).days(&zone).is_empty());
        assert_eq!(between(day, at(13), at(14)).days(&zone).len(), 1);
    }
}
