//! Writes a busy clinic's calendar as NDJSON to the standard output, for `aceso import`: 20 people with a room each, 30
//! appointments a day for each of them, 90 days from the given one on: 54,000 appointments of 3,000 patients, with their
//! Slots. Of the first day the morning is done, and a dozen patients are in the house. The same on every run.
//!
//! `cargo run -p aceso-staff --example busy_clinic -- 2026-11-22 > busy.ndjson`. How the calendar and the board are measured
//! with it is in `docs/performance.md`.
#![allow(clippy::print_stdout, reason = "what it writes is its purpose")]

use std::fmt::Write as _;
use std::io::Write as _;

use jiff::ToSpan;
use jiff::civil::Date;

const PEOPLE: u32 = 20;
const A_DAY: u32 = 30;
const DAYS: u32 = 90;
const PATIENTS: u32 = 3000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let first: Date = std::env::args()
        .nth(1)
        .ok_or("give the first day: 2026-11-22")?
        .parse()?;
    let mut out = String::new();
    for n in 0..PATIENTS {
        let _ = writeln!(
            out,
            r#"{{"resourceType":"Patient","id":"busy-p{n}","name":[{{"family":"Busy{n}","given":["Pat"]}}],"birthDate":"19{:02}-05-05","identifier":[{{"value":"B{n:05}"}}]}}"#,
            n % 100
        );
    }
    for n in 0..PEOPLE {
        person(&mut out, n);
    }
    for day in 0..DAYS {
        let date = first.checked_add(i64::from(day).days())?;
        for who in 0..PEOPLE {
            for turn in 0..A_DAY {
                appointment(&mut out, &date, day, who, turn);
            }
        }
        std::io::stdout().write_all(out.as_bytes())?;
        out.clear();
    }
    Ok(())
}

fn person(out: &mut String, n: u32) {
    let hours = r#""availableTime":[{"daysOfWeek":["mon","tue","wed","thu","fri","sat","sun"],"availableStartTime":"08:00:00","availableEndTime":"18:00:00"}]"#;
    let _ = write!(
        out,
        r#"{{"resourceType":"Practitioner","id":"busy-d{n}","name":[{{"family":"Doctor{n:02}","prefix":["Dr."]}}]}}
{{"resourceType":"PractitionerRole","id":"busy-r{n}","active":true,"practitioner":{{"reference":"Practitioner/busy-d{n}"}},{hours}}}
{{"resourceType":"Location","id":"busy-l{n}","status":"active","name":"Room {n:02}"}}
{{"resourceType":"Schedule","id":"busy-sd{n}","active":true,"actor":[{{"reference":"Practitioner/busy-d{n}"}}]}}
{{"resourceType":"Schedule","id":"busy-sl{n}","active":true,"actor":[{{"reference":"Location/busy-l{n}"}}]}}
"#
    );
}

fn appointment(out: &mut String, date: &Date, day: u32, who: u32, turn: u32) {
    let minute = 8 * 60 + turn * 20;
    let time = |m: u32| format!("{date}T{:02}:{:02}:00Z", m / 60, m % 60);
    let (start, end) = (time(minute), time(minute + 20));
    let id = format!("busy-{day}-{who}-{turn}");
    let patient = (day * 7 + who * A_DAY + turn) % PATIENTS;
    let status = match (day, turn) {
        (0, 0..12) => "fulfilled",
        (0, 12) => "arrived",
        _ => "booked",
    };
    let stage = if status == "arrived" {
        format!(
            r#","extension":[{{"url":"urn:aceso:stage","extension":[{{"url":"stage","valueCode":"arrived"}},{{"url":"since","valueInstant":"{start}"}},{{"url":"arrived","valueInstant":"{start}"}}]}}]"#
        )
    } else {
        String::new()
    };
    let one = |kind: &str, id: &str, name: &str| {
        format!(
            r#"{{"actor":{{"reference":"{kind}/{id}","display":"{name}"}},"required":"required","status":"accepted"}}"#
        )
    };
    let all = [
        one(
            "Patient",
            &format!("busy-p{patient}"),
            &format!("Pat Busy{patient}"),
        ),
        one(
            "Practitioner",
            &format!("busy-d{who}"),
            &format!("Dr. Doctor{who:02}"),
        ),
        one(
            "Location",
            &format!("busy-l{who}"),
            &format!("Room {who:02}"),
        ),
    ]
    .join(",");
    for part in ["d", "l"] {
        let _ = writeln!(
            out,
            r#"{{"resourceType":"Slot","id":"{id}-{part}","status":"busy","schedule":{{"reference":"Schedule/busy-s{part}{who}"}},"start":"{start}","end":"{end}"}}"#
        );
    }
    let _ = writeln!(
        out,
        r#"{{"resourceType":"Appointment","id":"{id}","status":"{status}","serviceType":[{{"text":"Check-up"}}],"reasonCode":[{{"text":"Cough"}}],"start":"{start}","end":"{end}","minutesDuration":20,"slot":[{{"reference":"Slot/{id}-d"}},{{"reference":"Slot/{id}-l"}}],"participant":[{all}]{stage}}}"#
    );
}
