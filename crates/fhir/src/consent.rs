//! What a Consent says about records of substance use (42 CFR part 2, as amended at 89 FR 12472): what it lets leave the
//! clinic, for what, to whom and until when; and that one for proceedings stands alone.

use crate::Value;
use crate::outcome::{Code, Issue};
use crate::search::{BEGINNING, END, date_span};

/// The system of our own codes for what a consent says (`Consent.category`).
pub const SYSTEM: &str = "urn:aceso:consent";
/// Our code of a consent for proceedings.
pub const PROCEEDINGS: &str = "proceedings";
/// The extension of a Consent that names the proceeding, as text.
pub const PROCEEDING: &str = "urn:aceso:consent-proceeding";
/// The regulation's code in v3 ActCode: as a label, and as the policy that a consent is given under.
pub const PART2: &str = "42CFRPart2";
/// The statement that goes with what is disclosed, as 42 CFR 2.32(a)(2) words it.
pub const NOTICE: &str = "42 CFR part 2 prohibits unauthorized use or disclosure of these records.";
/// Codes that name information about substance use.
pub const SUBSTANCE_USE: [&str; 5] = ["ETH", "ETHUD", "OPIOIDUD", "SUD", PART2];
/// Purposes of use that are proceedings.
const LEGAL: [&str; 1] = ["HLEGAL"];
/// What narrows a provision in a way that nobody here compares: then it lets nothing leave.
const NARROWS: [&str; 4] = ["class", "code", "data", "dataPeriod"];
const DEEPEST: usize = 8;

/// What a patient agreed to, as far as all is there that 42 CFR 2.31(a) asks of a written consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// For what (HL7 v3 PurposeOfUse).
    pub purposes: Vec<String>,
    /// To whom.
    pub recipients: Vec<Recipient>,
    /// From then on, in milliseconds since 1970.
    pub since: i64,
    /// Until then.
    pub until: i64,
    /// When it was signed, as FHIR writes it.
    pub signed: String,
    /// The day it ends, as FHIR writes it; none: when the patient takes it back.
    pub ends: Option<String>,
    /// The proceeding that it is for.
    pub proceeding: Option<String>,
}

/// Who may receive something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Somebody in particular: `Device/app`. None: whom the words designate.
    pub reference: Option<String>,
    /// In words.
    pub display: Option<String>,
}

/// What a Consent lets leave of records about substance use; none when it lets nothing leave, or lacks what a written
/// consent needs (42 CFR 2.31(a)): a doubt never opens anything.
pub fn agreement(consent: &Value) -> Option<Agreement> {
    let provision = consent.get("provision")?;
    let legal = for_proceedings(consent);
    let counts = consent.resource_type() == Some("Consent")
        && consent.str_at("status") == Some("active")
        && provision.str_at("type") == Some("permit")
        && consent.get("patient").is_some()
        && !consent.items_at("organization").is_empty()
        && is_signed(consent)
        && under_part2(consent)
        && says_substance_use(provision)
        && concerns_disclosure(provision)
        && NARROWS.iter().all(|name| provision.get(name).is_none())
        && refused(consent).is_none();
    let purposes = codes(provision, "purpose");
    let recipients: Vec<Recipient> = recipients(provision)?;
    if !counts || purposes.is_empty() || recipients.is_empty() {
        return None;
    }
    let period = provision.get("period");
    let bound = |name| period.and_then(|p| p.str_at(name));
    // A day that cannot be read is not one that never comes.
    let end = bound("end").map(date_span);
    Some(Agreement {
        purposes: purposes.into_iter().map(str::to_owned).collect(),
        recipients,
        since: bound("start").map_or(Some(BEGINNING), |s| date_span(s).map(|(lo, _)| lo))?,
        until: end.map_or(Some(END), |span| span.map(|(_, hi)| hi))?,
        signed: consent.str_at("dateTime")?.to_owned(),
        ends: bound("end").map(str::to_owned),
        proceeding: proceeding(consent).filter(|_| legal).map(str::to_owned),
    })
}

/// Why a Consent is refused: one for civil, criminal, administrative or legislative proceedings cannot be combined with
/// one for anything else (42 CFR 2.31(d)), and names the proceeding. With the member that is wrong.
pub fn refused(consent: &Value) -> Option<(&'static str, Issue)> {
    if !for_proceedings(consent) {
        return None;
    }
    let mut asked = Vec::new();
    if let Some(provision) = consent.get("provision") {
        permitted(provision, &[], 0, &mut asked);
    }
    let one =
        |purposes: &Vec<&str>| !purposes.is_empty() && purposes.iter().all(|p| LEGAL.contains(p));
    if asked.is_empty() || !asked.iter().all(one) {
        return Some((
            "provision",
            mixed("Give its provisions the one purpose HLEGAL."),
        ));
    }
    if own_categories(consent).any(|code| code != PROCEEDINGS) {
        return Some(("category", mixed("Leave the other category out.")));
    }
    let scope = consent
        .get("scope")
        .map_or(&[][..], |s| s.items_at("coding"));
    let privacy = |c: &Value| c.str_at("code") == Some("patient-privacy");
    if !scope.iter().all(privacy) {
        return Some(("scope", mixed("Make its scope 'patient-privacy'.")));
    }
    if proceeding(consent).is_none_or(str::is_empty) {
        let text = "A consent for proceedings names the proceeding";
        let fix = "Add the extension urn:aceso:consent-proceeding with a valueString.";
        let issue = Issue::error(Code::Required, text).fix(fix);
        return Some(("extension", issue.rule("42 CFR 2.31(d)")));
    }
    None
}

fn mixed(fix: &str) -> Issue {
    let text = "Consent to use in civil, criminal, administrative or legislative proceedings cannot be combined with consent to anything else";
    let fix = [fix, " Record the other consent as a Consent of its own."].concat();
    Issue::error(Code::BusinessRule, text)
        .fix(fix)
        .rule("42 CFR 2.31(d)")
}

/// What kind of consent of ours it is.
pub fn kind(consent: &Value) -> Option<&str> {
    own_categories(consent).next()
}

/// The proceeding that a Consent names.
pub fn proceeding(consent: &Value) -> Option<&str> {
    let mut extensions = consent.items_at("extension").iter();
    extensions
        .find(|e| e.str_at("url") == Some(PROCEEDING))?
        .str_at("valueString")
        .map(str::trim)
}

/// Whether a Consent is, also, for proceedings.
fn for_proceedings(consent: &Value) -> bool {
    let mut asked = Vec::new();
    if let Some(provision) = consent.get("provision") {
        permitted(provision, &[], 0, &mut asked);
    }
    let legal = |purposes: &Vec<&str>| purposes.iter().any(|p| LEGAL.contains(p));
    asked.iter().any(legal) || own_categories(consent).any(|code| code == PROCEEDINGS)
}

/// The purposes of each provision that permits, at any depth; an inner one has those of the outer when it names none.
fn permitted<'v>(
    provision: &'v Value,
    outer: &[&'v str],
    depth: usize,
    found: &mut Vec<Vec<&'v str>>,
) {
    let own = codes(provision, "purpose");
    let purposes = if own.is_empty() { outer.to_vec() } else { own };
    if depth < DEEPEST {
        for inner in provision.items_at("provision") {
            permitted(inner, &purposes, depth + 1, found);
        }
    }
    if provision.str_at("type") == Some("permit") {
        found.push(purposes);
    }
}

fn own_categories(consent: &Value) -> impl Iterator<Item = &str> {
    let categories = consent.items_at("category").iter();
    let codings = categories.flat_map(|c| c.items_at("coding"));
    let own = codings.filter(|c| c.str_at("system") == Some(SYSTEM));
    own.filter_map(|c| c.str_at("code"))
}

fn codes<'v>(provision: &'v Value, name: &str) -> Vec<&'v str> {
    let all = provision.items_at(name).iter();
    all.filter_map(|c| c.str_at("code")).collect()
}

/// 42 CFR 2.31(a)(8) and (9): the signature, and its day.
fn is_signed(consent: &Value) -> bool {
    let mut seen = consent.items_at("verification").iter();
    let verified = |v: &Value| v.get("verified") == Some(&Value::Bool(true));
    consent.str_at("dateTime").is_some() && seen.any(verified)
}

fn under_part2(consent: &Value) -> bool {
    let rule = consent.get("policyRule");
    let codings = rule.map_or(&[][..], |r| r.items_at("coding"));
    codings.iter().any(|c| c.str_at("code") == Some(PART2))
}

/// 42 CFR 2.31(a)(3): what is to be disclosed, in a specific and meaningful fashion.
fn says_substance_use(provision: &Value) -> bool {
    let labels = codes(provision, "securityLabel");
    labels.iter().any(|code| SUBSTANCE_USE.contains(code))
}

fn concerns_disclosure(provision: &Value) -> bool {
    let actions = provision.items_at("action").iter();
    let mut codes = actions.flat_map(|a| a.items_at("coding"));
    provision.items_at("action").is_empty() || codes.any(|c| c.str_at("code") == Some("disclose"))
}

/// 42 CFR 2.31(a)(4); none when somebody is meant whom nobody could tell.
fn recipients(provision: &Value) -> Option<Vec<Recipient>> {
    let actors = provision.items_at("actor").iter();
    let one = |actor: &Value| {
        let who = actor.get("reference")?;
        let text = |name: &str| who.str_at(name).map(str::to_owned);
        let one = Recipient {
            reference: text("reference"),
            display: text("display"),
        };
        (one.reference.is_some() || one.display.is_some()).then_some(one)
    };
    actors.map(one).collect()
}

impl Agreement {
    /// Whether it is for proceedings.
    pub const fn is_for_proceedings(&self) -> bool {
        self.proceeding.is_some()
    }

    /// Its recipients in words.
    pub fn to_whom(&self) -> String {
        let names = self.recipients.iter();
        let names = names.filter_map(|r| r.display.as_deref().or(r.reference.as_deref()));
        names.collect::<Vec<_>>().join("; ")
    }

    /// Its scope (42 CFR 2.32(b)), in one sentence.
    pub fn scope(&self) -> String {
        let purposes = self.purposes.iter().map(|p| match p.as_str() {
            "TREAT" => "treatment",
            "HPAYMT" => "payment",
            "HOPERAT" => "health care operations",
            "HLEGAL" => "proceedings",
            other => other,
        });
        let purposes: Vec<&str> = purposes.collect();
        let ends = match &self.ends {
            Some(day) => format!("it ends on {day}"),
            None => "it ends when the patient revokes it".to_owned(),
        };
        let proceeding = self.proceeding.as_ref();
        let proceeding = proceeding.map_or_else(String::new, |p| format!(" ({p})"));
        format!(
            "The patient consented in writing on {} to disclosure of records about substance use for {}{proceeding}, to: {}; {ends}.",
            self.signed,
            purposes.join(", "),
            self.to_whom(),
        )
    }
}

#[cfg(test)]
#[path = "consent_test.rs"]
mod consent_test;
