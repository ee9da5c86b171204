//! Which documents a role has to do with: policies tell them apart by where they are filed.

use aceso_policy::{Action, Decision, Grant, Purpose, Reach, decide};
use aceso_web::site::{Ask, PageFault};

use super::document::SYSTEM;
use crate::Staff;

/// What the reader's role does this to among documents.
pub(crate) struct Filing(Decision);

impl Filing {
    pub(crate) fn of(staff: &Staff, ask: &Ask, action: Action) -> Result<Self, PageFault> {
        let store = staff.store();
        let (policies, now) = (store.policies(), store.now());
        let kind = "DocumentReference";
        let purpose = Purpose::Treatment;
        let decision = decide(&policies, ask.caller()?, action, kind, purpose, now);
        Ok(Self(decision))
    }

    /// Whether documents of this category are among them.
    pub(crate) fn has(&self, category: &str) -> bool {
        match &self.0 {
            Decision::Deny => false,
            Decision::Allow(Reach::All) => true,
            Decision::Allow(Reach::Only(grants)) => grants.iter().any(|g| covers(g, category)),
        }
    }
}

fn covers(grant: &Grant, category: &str) -> bool {
    let Some(arguments) = &grant.arguments else {
        return true;
    };
    arguments
        .split(['=', ',', '&'])
        .filter_map(|value| value.strip_prefix(SYSTEM)?.strip_prefix('|'))
        .any(|one| one == category)
}

/// A form for a document of this category is not there for those whose role files none.
pub(crate) fn must_file(staff: &Staff, ask: &Ask, category: &str) -> Result<(), PageFault> {
    match Filing::of(staff, ask, Action::Create)?.has(category) {
        true => Ok(()),
        false => Err(PageFault::Missing),
    }
}
