//! The desk's closed words as people read them.

use aceso_desk::case::{Bit, BranchState, Role, Scope, Stage, Step};
use aceso_desk::port::{Errand, System};
use aceso_store::DeskPerson;
use maud::say;

/// What somebody of the group, or the desk itself, is called; none of who left.
pub(crate) fn called(people: &[DeskPerson], id: &str) -> Option<String> {
    let found = people.iter().find(|person| person.id.0 == id);
    match found {
        Some(person) => Some(person.name.clone()),
        None => (id == aceso_store::CLERK).then(|| say("The desk", &[])),
    }
}

/// A stage.
pub(crate) const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Intake => "Intake",
        Stage::Triage => "Triage",
        Stage::Team => "Team",
        Stage::Plan => "Plan",
        Stage::Fix => "Fix",
        Stage::Verify => "Verify",
        Stage::Release => "Release",
        Stage::PreNotice => "Notice",
        Stage::Publish => "Publish",
        Stage::Rollout => "Rollout",
        Stage::Review => "Review",
        Stage::Closed => "Closed",
        Stage::Rejected => "Rejected",
        Stage::Merged => "Merged",
        Stage::Transferred => "Transferred",
    }
}

/// A role in a case.
pub(crate) const fn role(role: Role) -> &'static str {
    match role {
        Role::Finder => "Finder",
        Role::Reporter => "Reporter",
        Role::Manager => "Manager",
        Role::Owner => "Owner",
        Role::Developer => "Developer",
        Role::Tester => "Tester",
        Role::Coordinator => "Coordinator",
        Role::Reviewer => "Reviewer",
        Role::Publisher => "Publisher",
        Role::Expert => "Expert",
        Role::Vendor => "Vendor",
        Role::Deployer => "Deployer",
        Role::Observer => "Observer",
    }
}

/// Something that is true of the world.
pub(crate) const fn bit(bit: Bit) -> &'static str {
    match bit {
        Bit::VendorAware => "We know of it",
        Bit::FixReady => "There is a fix",
        Bit::FixDeployed => "The fix is deployed",
        Bit::PublicAware => "The public knows",
        Bit::ExploitPublic => "An exploit is public",
        Bit::AttacksSeen => "Attacks are seen",
    }
}

/// All of those.
pub(crate) const BITS: [Bit; 6] = [
    Bit::VendorAware,
    Bit::FixReady,
    Bit::FixDeployed,
    Bit::PublicAware,
    Bit::ExploitPublic,
    Bit::AttacksSeen,
];

/// A step that must be evident.
pub(crate) const fn step(step: Step) -> &'static str {
    match step {
        Step::ArtefactsSigned => "What is released is signed",
        Step::UpdatesStaged => "The updates stand ready",
        Step::SbomBuilt => "Bill of materials and VEX are built",
        Step::EnvironmentsUpdated => "Our own environments run it",
        Step::NoticeReviewed => "Answers to the notice are reviewed",
        Step::LinksResolve => "Every link of the advisory leads somewhere",
        Step::FinalReport => "The final report is written",
        Step::Lessons => "What is to be done better is written",
        Step::BacklogFiled => "What remains is in the backlog",
        Step::ReporterTold => "The reporter knows how it ended",
    }
}

/// All of those.
pub(crate) const STEPS: [Step; 10] = [
    Step::ArtefactsSigned,
    Step::UpdatesStaged,
    Step::SbomBuilt,
    Step::EnvironmentsUpdated,
    Step::NoticeReviewed,
    Step::LinksResolve,
    Step::FinalReport,
    Step::Lessons,
    Step::BacklogFiled,
    Step::ReporterTold,
];

/// What a branch has.
pub(crate) const fn branch(state: BranchState) -> &'static str {
    match state {
        BranchState::Open => "nothing yet",
        BranchState::Fixed => "a fix",
        BranchState::Workaround => "a workaround",
        BranchState::EndOfLife => "end of life, as stated",
    }
}

/// All of those.
pub(crate) const BRANCHES: [BranchState; 4] = [
    BranchState::Open,
    BranchState::Fixed,
    BranchState::Workaround,
    BranchState::EndOfLife,
];

/// Whose matter it is.
pub(crate) const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::CommunityTools => "The community's tools: forum, lists, demo",
        Scope::Implementation => "An installation that somebody runs",
        Scope::Software => "The software itself",
    }
}

/// All of those.
pub(crate) const SCOPES: [Scope; 3] = [
    Scope::Software,
    Scope::Implementation,
    Scope::CommunityTools,
];

/// What is asked of a service elsewhere.
pub(crate) const fn errand(errand: Errand) -> &'static str {
    match errand {
        Errand::GithubDraft => "Draft advisory at GitHub",
        Errand::GithubCve => "CVE id for the draft at GitHub",
        Errand::GithubPublish => "Publish the advisory at GitHub",
        Errand::CveReserve => "Reserve a CVE id",
        Errand::CvePublish => "Publish the CVE record",
        Errand::CveUpdate => "Update the CVE record",
        Errand::Topic => "Topic in the forum",
        Errand::Campaign => "Mail to the list",
        Errand::CampaignText => "Text of the mail to the list",
        Errand::CampaignSend => "Sending the mail to the list",
        Errand::Post => "Short post",
    }
}

/// Where else a case is known.
pub(crate) const fn system(system: System) -> &'static str {
    match system {
        System::Ghsa => "GitHub advisory",
        System::Cve => "CVE",
        System::Topic => "Forum topic",
        System::Campaign => "Mail to the list",
        System::Post => "Short post",
        System::Own => "Our own number",
    }
}

/// A closed word's name in forms: as its JSON has it.
pub(crate) fn key<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(_) | Err(_) => String::new(),
    }
}

/// The closed word of a form's value.
pub(crate) fn of_key<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}
