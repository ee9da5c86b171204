//! Rules about how somebody went about it: D9 to D15. All but D11 look at what is unexplained; outside working time what a link
//! of some days off explains is unexplained, too, and from strange places all that no link names.

use std::collections::BTreeSet;

use aceso_base::Instant;

use super::Rule;
use super::case::{Reason, Week, is_left};
use super::explain::{Hold, Why};
use super::facts::{Shift, Touch, What};
use super::near::{distance, network};
use crate::filled::filled;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Somebody may begin so much earlier, and stay so much longer.
const GRACE: i64 = 60;
/// Fewer days than this before say nothing of what is usual.
const KNOWN_DAYS: usize = 5;
/// Faster than an airliner, in metres a second (900 km/h).
const FAST: f64 = 250.0;
/// The next number is at most so much higher: numbers have gaps, and many end with a check digit.
const NEXT: u64 = 20;

/// The reasons that the way of a week's accesses gives.
pub(super) fn reasons(week: &Week<'_>) -> Vec<Reason> {
    let all = [
        after_shift(week),
        new_place(week),
        travel(week),
        volume(week),
        one_after_the_other(week),
        taken_out(week),
        browsing(week),
    ];
    all.into_iter().flatten().collect()
}

/// How many patients these are.
fn patients<'a>(touches: &[&'a Touch]) -> BTreeSet<&'a str> {
    let patient = |t: &&'a Touch| match &t.what {
        What::Opened(patient, _) | What::TakenOut(patient) => Some(patient.as_str()),
        What::Listed(_) | What::Present => None,
    };
    touches.iter().filter_map(patient).collect()
}

/// The more patients, the surer.
fn by_patients(count: usize) -> u8 {
    match count {
        0 => 0,
        1 => 15,
        2 => 30,
        3 | 4 => 45,
        _ => 55,
    }
}

/// D9.
fn after_shift(week: &Week<'_>) -> Option<Reason> {
    let shifts = &week.facts.workers.get(week.worker)?.shifts;
    let usual = if shifts.is_empty() {
        Some(usual_hours(week)?)
    } else {
        None
    };
    let off = |t: &&&Touch| match &usual {
        Some(hours) => !hours.contains(&hour(week, t.at)),
        None => !on_shift(week, shifts, t.at),
    };
    let late: Vec<&Touch> = week.loose.iter().filter(off).copied().collect();
    let count = patients(&late).len();
    (count > 0).then(|| {
        let text = filled(
            "opened {0} unexplained records outside their working time",
            &[&count],
        );
        Reason::new(Rule::D9, by_patients(count), text, late)
    })
}

fn on_shift(week: &Week<'_>, shifts: &[Shift], at: Instant) -> bool {
    let now = week.facts.zone.wall_millis(at);
    let day = (now.div_euclid(DAY) + 3).rem_euclid(7);
    let minute = now.rem_euclid(DAY) / MINUTE;
    shifts.iter().any(|shift| {
        // Also a shift that began the day before, or will begin tomorrow.
        [-1, 0, 1].into_iter().any(|ago: i64| {
            let began = (day - ago).rem_euclid(7) == i64::from(shift.day);
            let minute = minute + ago * 1440;
            let (from, to) = (i64::from(shift.from) - GRACE, i64::from(shift.to) + GRACE);
            began && from <= minute && minute <= to
        })
    })
}

/// The hour of the day, and whether it is a weekend's.
fn hour(week: &Week<'_>, at: Instant) -> (bool, i64) {
    let now = week.facts.zone.wall_millis(at);
    let day = (now.div_euclid(DAY) + 3).rem_euclid(7);
    (day > 4, now.rem_euclid(DAY) / HOUR)
}

/// The hours in which somebody is usually here, with one more on each side; none when too little is known.
fn usual_hours(week: &Week<'_>) -> Option<BTreeSet<(bool, i64)>> {
    let days: BTreeSet<i64> = week.before.iter().map(|t| week.day(t.at)).collect();
    if days.len() < KNOWN_DAYS {
        return None;
    }
    let mut hours = BTreeSet::new();
    for touch in &week.before {
        let (weekend, at) = hour(week, touch.at);
        hours.extend([-1, 0, 1].map(|near| (weekend, (at + near).rem_euclid(24))));
    }
    Some(hours)
}

/// D10.
fn new_place(week: &Week<'_>) -> Option<Reason> {
    let days: BTreeSet<i64> = week.before.iter().map(|t| week.day(t.at)).collect();
    let worker = week.facts.workers.get(week.worker)?;
    let known: BTreeSet<String> = week
        .before
        .iter()
        .filter_map(|t| t.from)
        .map(network)
        .collect();
    let own = |address| week.facts.own_networks.iter().any(|n| n.holds(address));
    let elsewhere = |t: &Touch| {
        let strange = |address| !own(address) && !known.contains(&network(address));
        days.len() >= KNOWN_DAYS && t.from.is_some_and(strange)
    };
    let fresh = |t: &Touch| {
        let just = |seen: &Instant| *seen <= t.at && t.at < seen.plus_millis(12 * HOUR);
        days.len() >= KNOWN_DAYS && worker.browsers.iter().any(just)
    };
    let odd: Vec<&Touch> = week
        .unnamed
        .iter()
        .filter(|t| elsewhere(t) || fresh(t))
        .copied()
        .collect();
    let count = patients(&odd).len();
    (count > 0).then(|| {
        let text = filled(
            "opened {0} unexplained records from a network or browser not seen of them before",
            &[&count],
        );
        Reason::new(Rule::D10, by_patients(count), text, odd)
    })
}

/// D11: needs to know where networks are.
fn travel(week: &Week<'_>) -> Option<Reason> {
    let place = |t: &Touch| {
        let from = t.from?;
        week.facts.places.iter().find(|p| p.network.holds(from))
    };
    let seen: Vec<_> = week
        .all
        .iter()
        .filter_map(|t| Some((*t, place(t)?)))
        .collect();
    seen.windows(2).find_map(|pair| {
        let [(a, from), (b, to)] = pair else {
            return None;
        };
        let metres = distance(from.point, to.point);
        let millis = u32::try_from(b.at.millis() - a.at.millis()).ok()?;
        let seconds = f64::from(millis) / 1000.0;
        (metres > 100_000.0 && metres > seconds * FAST).then(|| {
            let text = filled(
                "was active from {0} and {1} minutes later from {2}, {3} km away",
                &[
                    &from.name,
                    &(i64::from(millis) / MINUTE),
                    &to.name,
                    &format!("{:.0}", metres / 1000.0),
                ],
            );
            Reason::new(Rule::D11, 60, text, [*a, *b])
        })
    })
}

/// D12: a day with far more unexplained records than the person's days before, and than others of the same role.
fn volume(week: &Week<'_>) -> Option<Reason> {
    let counts = &week.days.counts;
    let own = counts.get(&week.worker)?;
    let (first, last) = (week.day(week.from), week.day(week.to.plus_millis(-1)));
    let (day, most) = own.range(first..=last).max_by_key(|(_, count)| **count)?;
    let before: Vec<usize> = own.range(..first).map(|(_, count)| *count).collect();
    let roles = &week.facts.workers.get(week.worker)?.roles;
    let peers = counts.iter().filter(|(other, _)| {
        let theirs = week.facts.workers.get(**other).map(|w| &w.roles);
        **other != week.worker && theirs.is_some_and(|t| t.iter().any(|r| roles.contains(r)))
    });
    let peers: Vec<usize> = peers.flat_map(|(_, days)| days.values().copied()).collect();
    let bar = high(before).max(high(peers));
    (*most >= 8 && *most > 2 * bar).then(|| {
        let text = filled(
            "opened {0} unexplained records on one day; their own and their colleagues' days rarely reach {1}",
            &[most, &bar],
        );
        let of_day = week.bare.iter().filter(|t| week.day(t.at) == *day).copied();
        let weight = if *most > 4 * bar { 70 } else { 55 };
        Reason::new(Rule::D12, weight, text, of_day)
    })
}

/// What 95 of 100 days stay below.
fn high(mut counts: Vec<usize>) -> usize {
    counts.sort_unstable();
    let place = counts.len() * 95 / 100;
    counts
        .get(place)
        .or_else(|| counts.last())
        .copied()
        .unwrap_or(0)
}

/// D13.
fn one_after_the_other(week: &Week<'_>) -> Option<Reason> {
    let numbered = |t: &&Touch| match &t.what {
        What::Opened(patient, _) => week.facts.charts.get(patient).and_then(|c| c.number),
        What::TakenOut(_) | What::Listed(_) | What::Present => None,
    };
    let rises = |a: &&Touch, b: &&Touch| match (numbered(a), numbered(b)) {
        (Some(a), Some(b)) => b > a && b - a <= NEXT,
        _ => false,
    };
    let mut opened: Vec<&Touch> = week.loose.clone();
    opened.dedup_by(|b, a| a.what == b.what || numbered(a).is_some() && numbered(a) == numbered(b));
    let runs = [
        longest_run(&opened, 5, rises),
        longest_run(&opened, 5, |a, b| rises(b, a)),
    ];
    if let Some(run) = runs.into_iter().flatten().max_by_key(|run| run.len()) {
        let text = filled(
            "opened {0} records whose numbers follow one another",
            &[&run.len()],
        );
        return Some(Reason::new(Rule::D13, 65, text, run.iter().copied()));
    }
    let initial = |t: &&Touch| match &t.what {
        What::Listed(Some(prefix)) => prefix.chars().next(),
        What::Listed(None) | What::Opened(..) | What::TakenOut(_) | What::Present => None,
    };
    let mut searches: Vec<&Touch> = week
        .all
        .iter()
        .filter(|t| initial(t).is_some())
        .copied()
        .collect();
    searches.dedup_by_key(|t| initial(t));
    let next = |a: &&Touch, b: &&Touch| match (initial(a), initial(b)) {
        (Some(a), Some(b)) => u32::from(b) == u32::from(a) + 1,
        _ => false,
    };
    let run = longest_run(&searches, 6, next)?;
    let text = filled(
        "searched for names through {0} letters of the alphabet in order",
        &[&run.len()],
    );
    Some(Reason::new(Rule::D13, 60, text, run.iter().copied()))
}

/// The longest run of at least so many in which each follows the one before within a quarter of an hour.
fn longest_run<'a, 'b>(
    touches: &'b [&'a Touch],
    least: usize,
    follows: impl Fn(&&Touch, &&Touch) -> bool,
) -> Option<&'b [&'a Touch]> {
    let soon = |a: &&Touch, b: &&Touch| b.at.millis() - a.at.millis() <= 15 * MINUTE;
    let runs = touches.chunk_by(|a, b| soon(a, b) && follows(a, b));
    runs.max_by_key(|run| run.len())
        .filter(|run| run.len() >= least)
}

/// D14.
fn taken_out(week: &Week<'_>) -> Option<Reason> {
    // Papers of the day's patients are work; a bill needs no record to be taken out.
    let left = |t: &Touch| match &t.what {
        What::TakenOut(patient) => {
            let why = week.explained.why(t.worker, patient, t.at);
            why == Some(Why::Bill) || is_left(week.explained, t, Some(Hold::Around))
        }
        What::Opened(..) | What::Listed(_) | What::Present => false,
    };
    let out: Vec<&Touch> = week.unnamed.iter().copied().filter(|t| left(t)).collect();
    let most = busiest_hour(&out)
        .into_iter()
        .max_by_key(|hour| patients(hour).len())?;
    let count = patients(&most).len();
    let weight = match count {
        0..=3 => return None,
        4..=9 => 60,
        _ => 75,
    };
    let text = filled(
        "printed or exported the unexplained records of {0} patients within an hour",
        &[&count],
    );
    Some(Reason::new(Rule::D14, weight, text, most))
}

/// What happened within an hour from each of them.
fn busiest_hour<'a>(touches: &[&'a Touch]) -> Vec<Vec<&'a Touch>> {
    let from = |first: &&'a Touch| {
        let near = |t: &&&'a Touch| (0..HOUR).contains(&(t.at.millis() - first.at.millis()));
        touches.iter().filter(near).copied().collect()
    };
    touches.iter().map(from).collect()
}

/// D15: short beginnings of names that lead to nothing that they have to do with.
fn browsing(week: &Week<'_>) -> Option<Reason> {
    let leads = |search: &Touch| {
        let soon = |t: &&&Touch| (0..5 * MINUTE).contains(&(t.at.millis() - search.at.millis()));
        week.all.iter().filter(soon).any(|t| match &t.what {
            What::Opened(patient, _) | What::TakenOut(patient) => {
                week.explained.why(week.worker, patient, t.at).is_some()
            }
            What::Listed(_) | What::Present => false,
        })
    };
    let idle = |t: &&&Touch| match &t.what {
        What::Listed(Some(prefix)) => prefix.chars().count() <= 3 && !leads(t),
        What::Listed(None) | What::Opened(..) | What::TakenOut(_) | What::Present => false,
    };
    let searches: Vec<&Touch> = week.all.iter().filter(idle).copied().collect();
    let most = busiest_hour(&searches).into_iter().max_by_key(Vec::len)?;
    let weight = match most.len() {
        0..=5 => return None,
        6..=9 => 50,
        _ => 60,
    };
    let text = filled(
        "searched {0} times within an hour by the first letters of names, without opening anything that is explained",
        &[&most.len()],
    );
    Some(Reason::new(Rule::D15, weight, text, most))
}
