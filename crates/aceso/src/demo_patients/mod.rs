//! The demonstration's own patients, beside those of the carried clinic: people with histories that could be, made by chance
//! that is the same each time, told up to the day of the first start. A few have a problem that somebody should find.

mod chance;
mod course;
mod illness;
mod person;
mod planted;
mod write;

use aceso_fhir::search::{Options, parse};
use aceso_policy::{Caller, Purpose};
use aceso_store::Store;
use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use self::chance::Chance;
use self::course::Course;
use self::person::Person;
use self::write::Chart;
use crate::demo::bring;
use crate::import::Loader;

/// With the twelve of the carried clinic, two hundred.
const COUNT: u32 = 188;

/// Makes them, unless they are there; answers how many resources came in.
pub(crate) async fn fill(store: &Store, loader: &Loader, clinician: &str) -> Result<usize> {
    let reading = store.read(&Caller::operator(), Purpose::Operations);
    let last = format!("_id=demo-{:03}", COUNT - 1);
    let query = parse(Some("Patient"), &last, &Options::default())?;
    if !reading.search(query).await?.matches.is_empty() {
        return Ok(0);
    }
    let now = jiff::Timestamp::from_millisecond(store.now().millis()).context("the clock")?;
    let today = TimeZone::UTC.to_datetime(now).date();
    let physicians = [clinician.to_owned(), "demo-physician".to_owned()];
    let mut count = bring(loader, "demo patients", vec![planted::physician()]).await?;
    for number in 0..COUNT {
        count += bring(loader, "demo patients", one(number, today, &physicians)).await?;
    }
    Ok(count)
}

/// What is on record about a patient.
fn one(number: u32, today: Date, physicians: &[String]) -> Vec<Value> {
    let mut chance = Chance::of(number);
    let person = planted::person(Person::of(number, today, physicians, &mut chance), today);
    let document = person.document(&mut chance);
    let mut chart = Chart::of(document, &person);
    let mut course = Course {
        person: &person,
        today,
        chance: &mut chance,
        chart: &mut chart,
    };
    course.tell();
    planted::problem(&person, today, &mut chart);
    chart.resources()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn physicians() -> [String; 2] {
        ["a".to_owned(), "b".to_owned()]
    }

    #[test]
    fn they_are_the_same_each_time_and_no_two_are_alike() {
        let today = jiff::civil::date(2026, 3, 1);
        let all: Vec<_> = (0..COUNT).map(|n| one(n, today, &physicians())).collect();
        let again: Vec<_> = (0..COUNT).map(|n| one(n, today, &physicians())).collect();
        assert_eq!(all, again);
        let texts = all.iter().map(|chart| format!("{chart:?}"));
        let different: std::collections::BTreeSet<_> = texts.collect();
        assert_eq!(different.len(), all.len());
    }

    #[test]
    fn every_age_is_there_and_the_old_have_more_than_the_young() {
        let today = jiff::civil::date(2026, 3, 1);
        let count = |chart: &[Value], kind: &str| {
            let kinds = chart.iter().filter_map(|one| one.get("resourceType"));
            kinds.filter(|k| k.as_str() == Some(kind)).count()
        };
        let (mut young, mut old) = (Vec::new(), Vec::new());
        for n in 0..COUNT {
            let mut chance = Chance::of(n);
            let person = Person::of(n, today, &physicians(), &mut chance);
            let drugs = count(&one(n, today, &physicians()), "MedicationRequest");
            match person.years(today) {
                0..18 => young.push(drugs),
                65.. => old.push(drugs),
                _ => {}
            }
        }
        assert!(
            young.len() > 15 && old.len() > 30,
            "{} {}",
            young.len(),
            old.len()
        );
        let mean = |all: &[usize]| all.iter().sum::<usize>() * 100 / all.len();
        assert!(
            mean(&old) > 3 * mean(&young),
            "{} {}",
            mean(&old),
            mean(&young)
        );
    }
}
