//! What may be asked of services elsewhere, and when: nothing leaves before the embargo and the consents to it allow it, and what
//! everybody is told is what is published.

use super::embargo::Embargo;
use super::event::{ContentHash, Verdict};
use super::guard::{Unmet, of};
use super::people::PartyId;
use super::state::Case;
use crate::When;
use crate::port::{Errand, Service, System, Tells};
use crate::sentence::Sentence;
use crate::severity::Severity;

/// How an errand stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrandState {
    /// It was asked for, with this text.
    Asked {
        /// When.
        at: When,
        /// By whom.
        by: PartyId,
        /// The text's digest, where it takes one.
        hash: Option<ContentHash>,
    },
    /// It was done then.
    Done(When),
    /// It was not done: why.
    Refused(When, String),
}

/// What stands against asking for an errand now; nothing, if it may be asked.
pub fn unaskable(case: &Case, errand: Errand) -> Vec<Unmet> {
    let mut missing = unsendable(case, errand);
    let mut add = |code, what: &'static str| missing.push(unmet(code, what));
    match case.errands.get(&errand) {
        Some(ErrandState::Asked { .. }) => add("waiting", "it is asked for already and waits"),
        Some(ErrandState::Done(_)) if !repeats(errand) => add("done", "it is done already"),
        Some(ErrandState::Done(_) | ErrandState::Refused(..)) | None => {}
    }
    let known = errand
        .makes()
        .is_some_and(|system| case.kept.contains_key(&system));
    if known && !repeats(errand) {
        add("known", "its id is known already");
    }
    let before = Errand::ALL
        .into_iter()
        .find(|one| one.then() == Some(errand));
    let ready =
        before.is_none_or(|one| matches!(case.errands.get(&one), Some(ErrandState::Done(_))));
    if !ready {
        add("follows", "it follows by itself on what comes before it");
    }
    missing
}

/// What stands against sending it now, whatever was so when it was asked for.
pub fn unsendable(case: &Case, errand: Errand) -> Vec<Unmet> {
    let mut missing = Vec::new();
    match errand.tells() {
        Tells::Nothing => valid(case, &mut missing),
        Tells::Before => {
            valid(case, &mut missing);
            kept_back(case, errand.service(), &mut missing);
            if case.draft.is_none() {
                missing.push(unmet("text", "there is no text: write the advisory first"));
            }
        }
        Tells::Public => public(case, &mut missing),
    }
    let takes_draft = matches!(errand, Errand::GithubCve | Errand::GithubPublish);
    if takes_draft && !case.kept.contains_key(&System::Ghsa) {
        missing.push(unmet("ghsa", "there is no draft at GitHub yet"));
    }
    if matches!(errand, Errand::CvePublish | Errand::CveUpdate)
        && !case.kept.contains_key(&System::Cve)
    {
        missing.push(unmet(
            "cve",
            "the case has no CVE id: reserve one, or write it in",
        ));
    }
    if errand == Errand::CveUpdate
        && !matches!(
            case.errands.get(&Errand::CvePublish),
            Some(ErrandState::Done(_))
        )
    {
        missing.push(unmet(
            "record",
            "the CVE record was not published from here yet",
        ));
    }
    let grave = case.severity() >= Severity::High;
    if errand == Errand::Post && !grave {
        missing.push(unmet(
            "severity",
            "the wider post is for high and critical severities",
        ));
    }
    missing
}

/// Whether the text is still the one that an errand was asked for with.
pub fn is_as_asked(case: &Case, errand: Errand) -> bool {
    match case.errands.get(&errand) {
        Some(ErrandState::Asked { hash, .. }) => *hash == text_of(case, errand),
        Some(ErrandState::Done(_) | ErrandState::Refused(..)) | None => false,
    }
}

/// The text that an errand takes: what is published for the public, else the draft.
pub fn text_of(case: &Case, errand: Errand) -> Option<ContentHash> {
    match errand.tells() {
        Tells::Nothing => None,
        Tells::Before => case.draft.as_ref().map(|state| state.draft.hash),
        Tells::Public => case.publications.last().map(|publication| publication.hash),
    }
}

/// What may be done again, because the text may be another one.
const fn repeats(errand: Errand) -> bool {
    match errand {
        Errand::CveUpdate | Errand::GithubPublish => true,
        Errand::GithubDraft
        | Errand::GithubCve
        | Errand::CveReserve
        | Errand::CvePublish
        | Errand::Topic
        | Errand::Campaign
        | Errand::CampaignText
        | Errand::CampaignSend
        | Errand::Post => false,
    }
}

fn valid(case: &Case, missing: &mut Vec<Unmet>) {
    let mut reports = case.reports.values();
    if !reports.any(|r| matches!(r.verdict, Some((Verdict::Valid, _)))) {
        missing.push(unmet("valid", "no report is judged valid"));
    }
}

/// Who agreed to terms agreed to what they say: a service that is to know before the public stands in them.
fn kept_back(case: &Case, service: Service, missing: &mut Vec<Unmet>) {
    match &case.embargo {
        Embargo::Undecided | Embargo::Proposed { .. } => missing.push(unmet(
            "embargo",
            "the embargo is not decided: activate the one proposed, or record that there is none",
        )),
        Embargo::Active { terms, .. } | Embargo::Revise { terms, .. } => {
            let named = terms
                .text
                .to_lowercase()
                .contains(&service.name().to_lowercase());
            if !named {
                let what = of(
                    "the terms of the embargo do not name {0}: propose other terms, and have everybody agree",
                    service.name(),
                );
                missing.push(unmet("consent", what));
            }
        }
        Embargo::None { .. } | Embargo::Exited { .. } => {}
    }
}

fn public(case: &Case, missing: &mut Vec<Unmet>) {
    if case.publications.is_empty() {
        missing.push(unmet("published", "nothing is published yet"));
    }
    if case.withdrawn {
        missing.push(unmet("withdrawn", "what was published is withdrawn"));
    }
    if !case.publications.is_empty() && case.embargo.holds() && case.embargo.end().is_some() {
        missing.push(unmet("embargo", "the embargo is in force"));
    }
}

fn unmet(code: &'static str, what: impl Into<Sentence>) -> Unmet {
    Unmet {
        code,
        what: what.into(),
    }
}
