//! Checks of people and their rights.

use aceso_policy::Role;
use aceso_store::{AccountStanding, DutyGap, DutyKind, duty_gaps};

use super::Verdict;
use super::facts::Facts;
use crate::duty;

const DAY: i64 = 86_400_000;
/// Roles whose people can change or see what is not a patient's.
const SPECIAL: [Role; 3] = [Role::ADMINISTRATOR, Role::SECURITY_OFFICER, Role::AUDITOR];
/// Roles of those who are no staff.
const PATIENTS: [Role; 2] = [Role::PATIENT, Role::PROXY];

fn is_special(account: &AccountStanding) -> bool {
    account.roles.iter().any(|role| SPECIAL.contains(role))
}

fn is_staff(account: &AccountStanding) -> bool {
    account.roles.iter().any(|role| !PATIENTS.contains(role))
}

const fn has_factor(account: &AccountStanding) -> bool {
    account.passkeys + account.apps > 0
}

fn names<'a>(accounts: impl Iterator<Item = &'a AccountStanding>) -> Vec<&'a str> {
    accounts.map(|a| a.user_name.as_str()).collect()
}

/// Some names, and how many more.
fn some(names: &[&str]) -> String {
    let shown: Vec<&str> = names.iter().take(5).copied().collect();
    match names.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn factor(facts: &Facts, among: fn(&AccountStanding) -> bool) -> Verdict {
    let all: Vec<&AccountStanding> = facts
        .standing
        .accounts
        .iter()
        .filter(|a| among(a))
        .collect();
    let without = names(all.iter().copied().filter(|a| !has_factor(a)));
    match without.first() {
        None => Verdict::met(format!("{} accounts", all.len())),
        Some(first) => Verdict::failed(
            format!(
                "{} of {} have none: {}",
                without.len(),
                all.len(),
                some(&without)
            ),
            format!("aceso user reset {first} --factors: the next sign-in asks for a new one"),
        ),
    }
}

pub(super) fn privileged_factor(facts: &Facts) -> Verdict {
    factor(facts, is_special)
}

pub(super) fn staff_factor(facts: &Facts) -> Verdict {
    factor(facts, is_staff)
}

pub(super) fn one_factor_roles(facts: &Facts) -> Verdict {
    let roles = &facts.config.sign_in.one_factor_roles;
    let staff: Vec<&str> = roles
        .iter()
        .filter(|id| !PATIENTS.iter().any(|role| role.as_str() == id.as_str()))
        .map(String::as_str)
        .collect();
    if staff.is_empty() {
        return Verdict::met(roles.join(", "));
    }
    Verdict::failed(
        format!("one factor is enough for {}", staff.join(", ")),
        "sign_in.one_factor_roles = [\"patient\", \"proxy\"]",
    )
}

pub(super) fn privileged_passkey(facts: &Facts) -> Verdict {
    let accounts = facts.standing.accounts.iter().filter(|a| is_special(a));
    let without = names(accounts.filter(|a| a.passkeys == 0));
    if without.is_empty() {
        return Verdict::met("all have one");
    }
    Verdict::failed(
        format!("without: {}", some(&without)),
        "each adds one under Your account, Passkeys",
    )
}

pub(super) fn listed_devices(facts: &Facts) -> Verdict {
    let models = &facts.config.sign_in.devices;
    if models.is_empty() {
        return Verdict::Open(
            "any device may make an administrator's passkey: name models in sign_in.devices, and who vouches for them in sign_in.device_authorities"
                .to_owned(),
        );
    }
    match facts.config.listed_devices() {
        Ok(_) => Verdict::met(format!("{} models are listed", models.len())),
        Err(error) => Verdict::failed(
            format!("{error:#}"),
            "put the maker's certificate where sign_in.device_authorities says",
        ),
    }
}

pub(super) fn administrators(facts: &Facts) -> Verdict {
    let accounts = &facts.standing.accounts;
    let admins = names(
        accounts
            .iter()
            .filter(|a| a.roles.contains(&Role::ADMINISTRATOR)),
    );
    let staff = accounts.iter().filter(|a| is_staff(a)).count();
    match admins.len() {
        0 => Verdict::failed("there is none", "aceso user add NAME --role administrator"),
        1 => Verdict::failed(
            "there is one: nobody can take over, and nobody can check their own rights",
            "aceso user add NAME --role administrator",
        ),
        n if n > 5 && n * 4 > staff => Verdict::failed(
            format!("{n} of {staff} people of the staff are administrators"),
            "aceso user role NAME ROLE…: give each the roles of their work",
        ),
        n => Verdict::met(n.to_string()),
    }
}

pub(super) fn unused_accounts(facts: &Facts) -> Verdict {
    let old = facts.now.plus_millis(-90 * DAY);
    let unused = |a: &&AccountStanding| a.signed_in.unwrap_or(a.created) < old;
    let unused = names(facts.standing.accounts.iter().filter(unused));
    match unused.first() {
        None => Verdict::met(format!("{} accounts in use", facts.standing.accounts.len())),
        Some(first) => Verdict::failed(some(&unused), format!("aceso user disable {first}")),
    }
}

pub(super) fn session_limits(facts: &Facts) -> Verdict {
    let sessions = &facts.config.sessions;
    let found = format!(
        "locked after {} minutes, over after {} hours",
        sessions.idle_minutes, sessions.absolute_hours
    );
    if sessions.idle_minutes <= 15 && sessions.absolute_hours <= 12 {
        return Verdict::met(found);
    }
    Verdict::failed(
        found,
        "sessions.idle_minutes = 15, sessions.absolute_hours = 12",
    )
}

pub(super) fn token_lifetime(facts: &Facts) -> Verdict {
    let seconds = facts.config.tokens.backend_seconds;
    if seconds <= 300 {
        return Verdict::met(format!("{seconds} seconds"));
    }
    Verdict::failed(format!("{seconds} seconds"), "tokens.backend_seconds = 300")
}

pub(super) fn password_cost(facts: &Facts) -> Verdict {
    let cost = &facts.config.sign_in;
    let found = format!(
        "Argon2id, {} MiB, {} passes",
        cost.hash_memory_mib, cost.hash_passes
    );
    if cost.hash_memory_mib >= 19 && cost.hash_passes >= 2 {
        return Verdict::met(found);
    }
    Verdict::failed(
        found,
        "sign_in.hash_memory_mib = 19, sign_in.hash_passes = 2",
    )
}

pub(super) fn reviews(facts: &Facts) -> Verdict {
    let (breaks, rechecks) = (
        facts.standing.breaks_overdue,
        facts.standing.rechecks_overdue,
    );
    if breaks + rechecks == 0 {
        return Verdict::met("none is overdue");
    }
    Verdict::failed(
        format!("{breaks} emergency accesses, {rechecks} recertifications"),
        "a security officer opens Administration, Emergency access and Recertification",
    )
}

pub(super) fn associates(facts: &Facts) -> Verdict {
    let fix = "make a new agreement, then: aceso duty add business-associate NAME --until DAY; or: aceso duty end ID";
    kept_up(facts, &[DutyKind::BusinessAssociate], fix)
}

pub(super) fn weakness_tests(facts: &Facts) -> Verdict {
    let kinds = [DutyKind::VulnerabilityScan, DutyKind::PenetrationTest];
    kept_up(
        facts,
        &kinds,
        "have it done, then: aceso duty add KIND NAME --document REPORT",
    )
}

pub(super) fn yearly_reviews(facts: &Facts) -> Verdict {
    let kinds = [
        DutyKind::ComplianceAudit,
        DutyKind::RiskAnalysis,
        DutyKind::IncidentExercise,
    ];
    kept_up(
        facts,
        &kinds,
        "do it in writing, then: aceso duty add KIND NAME --document FILE",
    )
}

pub(super) fn tellings(facts: &Facts) -> Verdict {
    match facts.tellings {
        (open, 0) => Verdict::met(format!("{open} are to be told, none past their day")),
        (_, overdue) => Verdict::failed(
            format!("{overdue} were not told in time"),
            "tell them, and say so on the page Whom to tell of the administration",
        ),
    }
}

/// What of these kinds is over fails; what was never noted is not set up.
fn kept_up(facts: &Facts, kinds: &[DutyKind], fix: &str) -> Verdict {
    let gaps = duty_gaps(&facts.duties, facts.now);
    let (mut over, mut never) = (Vec::new(), Vec::new());
    for gap in gaps {
        match &gap {
            DutyGap::Over(one) if kinds.contains(&one.kind) => over.push(duty::gap(&gap)),
            DutyGap::Never(kind) if kinds.contains(kind) => never.push(duty::gap(&gap)),
            DutyGap::Over(_) | DutyGap::Never(_) => {}
        }
    }
    let live = facts.duties.iter();
    let live = live
        .filter(|d| kinds.contains(&d.kind) && d.ended.is_none())
        .count();
    if !over.is_empty() {
        Verdict::failed(over.join("; "), fix)
    } else if !never.is_empty() {
        Verdict::Open(format!("{}; aceso duty add", never.join("; ")))
    } else if live == 0 {
        Verdict::Open("no business associate is on record; aceso duty add".to_owned())
    } else {
        Verdict::met(format!("{live} on record"))
    }
}
