//! What a patient's Consent lets leave the clinic of records about substance use, as rows of `deny` that deny nothing
//! (`permit` 2): one for each recipient and purpose.

use aceso_fhir::Value;
use aceso_fhir::consent::agreement;
use aceso_policy::Label;

use super::Deny;
use super::consent::{OTHER_PURPOSE, purpose_number};
use super::part::UNKNOWN;
use crate::key::Keys;

/// A row that lets something leave.
pub(super) const LETS_LEAVE: i64 = 2;
/// Whom words designate, and nobody in particular.
const ANYBODY: i64 = 0;
/// More of them than this, and it lets nothing leave.
const MOST_ROWS: usize = 256;

/// The rows that a resource gives.
pub(crate) fn release(
    keys: &Keys,
    kind: &str,
    key: i64,
    document: &Value,
    patients: &[i64],
) -> Vec<Deny> {
    if kind != "Consent" {
        return Vec::new();
    }
    let Some(agreed) = agreement(document) else {
        return Vec::new();
    };
    let label = i64::from(Label::SubstanceUse.number());
    let mut rows = Vec::new();
    for patient in patients.iter().copied().filter(|p| *p != UNKNOWN) {
        for recipient in &agreed.recipients {
            let named = recipient.reference.as_deref();
            let actor = match named.map(|text| text.split_once('/')) {
                None => ANYBODY,
                Some(Some((kind, id))) => keys.of(kind, id),
                Some(None) => continue,
            };
            for purpose in agreed.purposes.iter().map(|p| purpose_number(p)) {
                if purpose != OTHER_PURPOSE {
                    let (since, until) = (agreed.since, agreed.until);
                    rows.push([
                        patient, LETS_LEAVE, key, 0, 0, actor, -1, label, purpose, 0, since, until,
                    ]);
                }
            }
        }
    }
    if rows.len() > MOST_ROWS {
        return Vec::new();
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}
