//! Recertification (45 CFR 164.308(a)(4)): every quarter somebody confirms, person by person, who may do what.

pub(crate) mod decide;
pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod show;

use aceso_base::Instant;
use aceso_policy::{Role, Task};
use aceso_store::{Recheck, RecheckDecision, RecheckItem};
use aceso_web::page::{Crumb, Tag, Tone};
use aceso_web::site::{Ask, PageFault};

use crate::Staff;
use crate::fault::fault;

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/recertification";

/// The address of a list.
pub(crate) fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

/// The pages above.
pub(crate) fn crumbs() -> Vec<Crumb> {
    vec![super::crumb(), Crumb::new("Recertification", HERE)]
}

/// The list of the address, with its accounts.
async fn of(staff: &Staff, ask: &Ask) -> Result<(Recheck, Vec<RecheckItem>), PageFault> {
    let (caller, id) = (ask.caller()?, ask.param("list"));
    let all = staff.store().rechecks(caller).await.map_err(fault)?;
    let list = all
        .into_iter()
        .find(|list| list.id == id)
        .ok_or(PageFault::Missing)?;
    let items = staff
        .store()
        .recheck_items(caller, id)
        .await
        .map_err(fault)?;
    Ok((list, items))
}

fn decision(item: &RecheckItem) -> Tag {
    match item.decision {
        RecheckDecision::Open => Tag::new(Tone::Warning, "to be decided"),
        RecheckDecision::Kept => Tag::new(Tone::Good, "kept"),
        RecheckDecision::Removed => Tag::new(Tone::Info, "roles taken away"),
    }
}

/// A task in plain words.
pub(crate) const fn task(task: Task) -> &'static str {
    match task {
        Task::ManageUsers => "manage people",
        Task::ManageRoles => "give and change roles",
        Task::ManageClients => "register apps",
        Task::ManageSessions => "see and end sessions",
        Task::ManageSettings => "change settings",
        Task::ManageKeys => "use and change keys",
        Task::ErasePatient => "erase a patient",
        Task::ReadAudit => "read the audit log",
        Task::Export => "take data out in bulk",
        Task::BreakGlass => "open a chart in an emergency",
        Task::ReviewBreakGlass => "review emergency access",
        Task::Recertify => "confirm who may do what",
        Task::ApproveClient => "let apps act for them",
        Task::PrescribeControlled => "prescribe controlled drugs",
        Task::TakeCare => "take patients into their own care",
        Task::TestPolicies => "ask what others may do",
        Task::WorkOnCases => "work on the response desk's cases",
        Task::OwnAccount => "look after their own account",
    }
}

/// A list and an account on it, for samples.
fn sample() -> (Recheck, RecheckItem) {
    let at = Instant::from_millis(1_795_314_068_000);
    let list = Recheck {
        id: "r1".into(),
        opened: at,
        due: at.plus_millis(14 * 86_400_000),
        closed: None,
        accounts: 12,
        decided: 5,
    };
    let item = RecheckItem {
        account: "a1".into(),
        user_name: "ann".into(),
        roles: vec![Role::CLINICIAN, Role::SECURITY_OFFICER],
        signed_in: Some(at),
        unused: vec![Task::PrescribeControlled],
        decision: RecheckDecision::Open,
        decided: None,
        decided_by: None,
        reason: None,
    };
    (list, item)
}
