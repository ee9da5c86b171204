//! Guards as SQL.

use aceso_fhir::definitions::parameters;
use aceso_fhir::search::Outside;
use aceso_policy::Label;
use rusqlite::{Connection, params_from_iter};

use super::guard::{
    ABOUT, CARE, CONSENT, EMERGENCY, FACILITY, Facts, NOBODY, RELEASED, TREATED, WITHOUT, managing,
};
use super::release::LETS_LEAVE;
use crate::StoreError;
use crate::index::column;
use crate::key::kind_code;
use crate::translate::{Bound, Fragment};

/// The purpose of use that an open emergency access has.
const EMERGENCY_PURPOSE: i64 = 2;

/// What a guard is asked about.
enum Of<'a> {
    /// A stored resource; its key as an SQL expression.
    Row(&'a str),
    Facts(&'a Facts),
}

fn bound(number: i64) -> Bound {
    Bound::Int(number)
}

/// Numbers as a list of parameters; an empty list matches nothing.
fn list(numbers: &[i64]) -> Fragment {
    let mut all = Fragment::text("(");
    for (i, number) in numbers.iter().enumerate() {
        all = all.then(Fragment::new(
            if i == 0 { "?" } else { ", ?" },
            [bound(*number)],
        ));
    }
    all.say(if numbers.is_empty() { "null)" } else { ")" })
}

impl Of<'_> {
    /// There is a row of `table` whose patient is one that this is about, such that `rest`.
    fn patient_in(&self, table: &str, alias: &str, rest: Fragment) -> Fragment {
        match self {
            Self::Row(key) => Fragment::text(&format!(
                "exists (select 1 from part gp cross join {table} {alias} where gp.key = {key} and gp.patient <> 0 and {alias}.patient = gp.patient and "
            ))
            .then(rest)
            .say(")"),
            Self::Facts(facts) => Fragment::text(&format!(
                "exists (select 1 from {table} {alias} where {alias}.patient in "
            ))
            .then(list(&facts.patients))
            .say(" and ")
            .then(rest)
            .say(")"),
        }
    }

    /// It has the label that the expression names.
    fn labelled(&self, expression: &str) -> Fragment {
        match self {
            Self::Row(key) => Fragment::text(&format!(
                "exists (select 1 from label gl where gl.label = {expression} and gl.key = {key})"
            )),
            Self::Facts(facts) => {
                Fragment::text(&format!("{expression} in ")).then(list(&facts.labels))
            }
        }
    }

    fn item(&self) -> Fragment {
        match self {
            Self::Row(key) => Fragment::text(key),
            Self::Facts(facts) => Fragment::new("cast(? as bigint)", [bound(facts.key)]),
        }
    }
}

/// A guard as a condition on a stored resource of type `kind` whose key is the expression `key`.
pub(crate) fn on_row(outside: &Outside, kind: &str, key: &str) -> Fragment {
    let of = Of::Row(key);
    match (outside.rule, outside.numbers.as_slice()) {
        (CARE, [actor, now]) => {
            let rest = Fragment::text("gc.actor in ")
                .then(actors(*actor))
                .then(Fragment::new(
                    " and gc.since <= ? and gc.until > ?",
                    [bound(*now), bound(*now)],
                ));
            of.patient_in("care", "gc", rest)
        }
        (TREATED, [now, actors @ ..]) => {
            let rest = Fragment::text("gc.actor in ")
                .then(list(actors))
                .then(Fragment::new(
                    " and gc.since <= ? and gc.until > ?",
                    [bound(*now), bound(*now)],
                ));
            of.patient_in("care", "gc", rest)
        }
        (EMERGENCY, [person, now]) => about(key, open_for(*person, *now)),
        (EMERGENCY, [person, now, late @ ..]) => Fragment::text("(")
            .then(about(key, open_for(*person, *now)))
            .say(" or ")
            .then(about(key, list(late)))
            .say(")"),
        (ABOUT, patients) => about(key, list(patients)),
        (NOBODY, _) => Fragment::text(&format!(
            "not exists (select 1 from part gp where gp.key = {key})"
        )),
        (WITHOUT, labels) => without(key, labels),
        (CONSENT, [now, purpose, person, who @ ..]) => {
            denied(&of, kind, (*now, *purpose, *person), who)
        }
        (FACILITY, organizations) => facility_sql(&of, organizations),
        (RELEASED, [purpose, recipient, now]) => released(key, (*purpose, *recipient, *now)),
        _ => Fragment::text("1 = 0"),
    }
}

/// A denial or a facility, asked of what is known: true or false.
pub(super) fn on_facts(
    connection: &Connection,
    outside: &Outside,
    facts: &Facts,
) -> Result<bool, StoreError> {
    let of = Of::Facts(facts);
    let condition = match (outside.rule, outside.numbers.as_slice()) {
        (CONSENT, [now, purpose, person, who @ ..]) => {
            denied(&of, facts.kind, (*now, *purpose, *person), who)
        }
        (FACILITY, organizations) => facility_sql(&of, organizations),
        _ => return Ok(false),
    };
    let sql = Fragment::text("select count(*) from (select 1 as one where ")
        .then(condition)
        .say(") n");
    let (text, values) = sql.finish();
    let found: i64 = connection
        .prepare_cached(&text)?
        .query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(found > 0)
}

/// It is about one of the patients that a list or an inner select names.
fn about(key: &str, patients: Fragment) -> Fragment {
    Fragment::text(&format!(
        "exists (select 1 from part gp where gp.key = {key} and gp.patient in "
    ))
    .then(patients)
    .say(")")
}

/// It has none of these labels, nor has a patient whom it is about one that covers everything.
fn without(key: &str, numbers: &[i64]) -> Fragment {
    let own = Fragment::text("(not exists (select 1 from label gl where gl.label in ")
        .then(list(numbers))
        .say(&format!(" and gl.key = {key})"));
    let covering = covering(numbers);
    if covering.is_empty() {
        return own.say(")");
    }
    own.say(&format!(
        " and not exists (select 1 from part gp cross join label gv where gp.key = {key} and gv.key = gp.patient and gv.label in "
    ))
    .then(list(&covering))
    .say("))")
}

/// Those of the labels that, on a Patient, cover everything about the patient.
pub(super) fn covering(numbers: &[i64]) -> Vec<i64> {
    let covers = |n: &i64| {
        let mut labels = Label::ALL.into_iter();
        labels.any(|l| i64::from(l.number()) == *n && l.covers_compartment())
    };
    numbers.iter().copied().filter(covers).collect()
}

/// A person's own key and those of their roles.
fn actors(actor: i64) -> Fragment {
    let param = parameters().find("PractitionerRole", "practitioner");
    let branches: Vec<i64> = param.map_or(Vec::new(), |p| {
        p.uses.iter().map(|u| column(u.branch)).collect()
    });
    Fragment::new(
        "(select cast(? as bigint) as actor union all select ga.key from iref ga where ga.v = ? and ga.branch in ",
        [bound(actor), bound(actor)],
    )
    .then(list(&branches))
    .say(")")
}

/// It is about patients, and each of them lets it leave. Nobody speaks for a patient who is not known.
fn released(key: &str, (purpose, recipient, now): (i64, i64, i64)) -> Fragment {
    Fragment::text(&format!(
        "(exists (select 1 from part gp where gp.key = {key}) and not exists (select 1 from part gp where gp.key = {key} and not exists (select 1 from deny gl where gl.patient = gp.patient and gl.permit = {LETS_LEAVE} and "
    ))
    .then(Fragment::new(
        "gl.purpose = ? and gl.actor in (0, ?) and gl.since <= ? and gl.until > ?)))",
        [bound(purpose), bound(recipient), bound(now), bound(now)],
    ))
}

fn open_for(person: i64, now: i64) -> Fragment {
    Fragment::new(
        "(select gb.patient from break_glass gb where gb.person = ? and gb.opened <= ? and gb.ends > ?)",
        [bound(person), bound(now), bound(now)],
    )
}

fn denied(
    of: &Of<'_>,
    kind: &str,
    (now, purpose, person): (i64, i64, i64),
    who: &[i64],
) -> Fragment {
    let kind = kind_code(kind).map_or(-2, i64::from);
    let fits = |alias: &str| {
        let mut all = vec![0];
        all.extend_from_slice(who);
        let emergency = Fragment::text(&format!("{alias}.patient in ")).then(open_for(person, now));
        Fragment::text(&format!("{alias}.actor in "))
            .then(list(&all))
            .then(Fragment::new(
                &format!(
                    " and {alias}.kind in (-1, ?) and {alias}.since <= ? and {alias}.until > ?"
                ),
                [bound(kind), bound(now), bound(now)],
            ))
            .say(&format!(" and {alias}.item in (0, "))
            .then(of.item())
            .then(Fragment::new(
                &format!(") and ({alias}.purpose = 0 or ({alias}.purpose = ? and not "),
                [bound(purpose)],
            ))
            .then(emergency.clone())
            .then(Fragment::new(
                &format!(") or ({alias}.purpose = ? and "),
                [bound(EMERGENCY_PURPOSE)],
            ))
            .then(emergency)
            .say(&format!(")) and ({alias}.label = 0 or "))
            .then(of.labelled(&format!("{alias}.label")))
            .say(")")
    };
    let excepted = Fragment::text(
        " and not exists (select 1 from deny ge where ge.patient = gd.patient and ge.permit = 1 and ge.source = gd.source and ge.parent = gd.rule and ",
    )
    .then(fits("ge"))
    .say(")");
    let rest = Fragment::text("gd.permit = 0 and ")
        .then(fits("gd"))
        .then(excepted);
    Fragment::text("not ").then(of.patient_in("deny", "gd", rest))
}

fn facility_sql(of: &Of<'_>, organizations: &[i64]) -> Fragment {
    let branches = managing();
    let stored = |patients: Fragment| {
        Fragment::text("select 1 from res gr cross join iref gi where gr.key ")
            .then(patients)
            .say(" and gi.v in ")
            .then(list(organizations))
            .say(" and gi.branch in ")
            .then(list(&branches))
            .say(" and gi.ord = gr.ord and gi.key = gr.key")
    };
    match of {
        Of::Row(key) => {
            let mine = Fragment::text(&format!(
                "(not exists (select 1 from part gp where gp.key = {key}) or exists (select 1 from part gp where gp.key = {key} and exists ("
            ));
            mine.then(stored(Fragment::text("= gp.patient"))).say(")))")
        }
        Of::Facts(facts) if facts.patients.is_empty() => Fragment::text("1 = 1"),
        Of::Facts(facts)
            if facts
                .organizations
                .iter()
                .any(|o| organizations.contains(o)) =>
        {
            Fragment::text("1 = 1")
        }
        Of::Facts(facts) => Fragment::text("exists (")
            .then(stored(Fragment::text("in ").then(list(&facts.patients))))
            .say(")"),
    }
}
