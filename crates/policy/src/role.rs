//! Roles: what a person is at the clinic.

use std::borrow::Cow;
use std::fmt;

const MOST_LETTERS: usize = 40;

/// A role's id: 1 to 40 small letters, digits and single hyphens, a letter first. Built-in ones are constants here;
/// a clinic makes others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(Cow<'static, str>);

/// A text that cannot be a role's id.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no role id: 1 to 40 small letters, digits and single hyphens, beginning with a letter"
)]
pub struct RoleError(pub String);

/// The roles that come with the program. Closed, so that a new one does not compile until every table has decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BuiltIn {
    /// Accounts, roles, clients, configuration; no charts.
    Administrator,
    /// Physicians and others who treat: charts of those in their care.
    Clinician,
    /// Nursing: charts of those in their care.
    Nurse,
    /// Reception: demographics, appointments, coverage.
    FrontDesk,
    /// Claims and payments, with coded diagnoses and procedures.
    Biller,
    /// Orders, specimens, laboratory results.
    Laboratory,
    /// Medications and allergies.
    Pharmacist,
    /// The audit log; no charts.
    Auditor,
    /// The audit log, sessions, reviews of emergency access.
    SecurityOfficer,
    /// A patient, for their own record.
    Patient,
    /// Somebody who acts for a patient.
    Proxy,
    /// A program with an access token; its scopes say what it may.
    ApiClient,
}

impl BuiltIn {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Administrator,
        Self::Clinician,
        Self::Nurse,
        Self::FrontDesk,
        Self::Biller,
        Self::Laboratory,
        Self::Pharmacist,
        Self::Auditor,
        Self::SecurityOfficer,
        Self::Patient,
        Self::Proxy,
        Self::ApiClient,
    ];

    /// The role.
    pub const fn role(self) -> Role {
        match self {
            Self::Administrator => Role::ADMINISTRATOR,
            Self::Clinician => Role::CLINICIAN,
            Self::Nurse => Role::NURSE,
            Self::FrontDesk => Role::FRONT_DESK,
            Self::Biller => Role::BILLER,
            Self::Laboratory => Role::LABORATORY,
            Self::Pharmacist => Role::PHARMACIST,
            Self::Auditor => Role::AUDITOR,
            Self::SecurityOfficer => Role::SECURITY_OFFICER,
            Self::Patient => Role::PATIENT,
            Self::Proxy => Role::PROXY,
            Self::ApiClient => Role::API_CLIENT,
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator",
            Self::Clinician => "Clinician",
            Self::Nurse => "Nurse",
            Self::FrontDesk => "Front desk",
            Self::Biller => "Biller",
            Self::Laboratory => "Laboratory",
            Self::Pharmacist => "Pharmacist",
            Self::Auditor => "Auditor",
            Self::SecurityOfficer => "Security officer",
            Self::Patient => "Patient",
            Self::Proxy => "Patient's proxy",
            Self::ApiClient => "API client",
        }
    }

    /// What it is for, in one sentence.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Administrator => "Accounts, roles, apps and settings; no charts.",
            Self::Clinician => "Charts of the patients in their care; orders and prescriptions.",
            Self::Nurse => "Charts of the patients in their care; observations and tasks.",
            Self::FrontDesk => "Demographics, appointments and coverage; no clinical notes.",
            Self::Biller => "Claims and payments, with coded diagnoses and procedures.",
            Self::Laboratory => "Orders, specimens and laboratory results.",
            Self::Pharmacist => "Medications and allergies.",
            Self::Auditor => "The audit log; no charts.",
            Self::SecurityOfficer => "The audit log, sessions, reviews of emergency access.",
            Self::Patient => "Their own record.",
            Self::Proxy => "The records of the patients they act for.",
            Self::ApiClient => "A program; its scopes say what it may do.",
        }
    }

    /// Whose account has it: a member of staff's, a patient's (or their proxy's), or a program's.
    pub const fn side(self) -> Side {
        match self {
            Self::Administrator
            | Self::Clinician
            | Self::Nurse
            | Self::FrontDesk
            | Self::Biller
            | Self::Laboratory
            | Self::Pharmacist
            | Self::Auditor
            | Self::SecurityOfficer => Side::Staff,
            Self::Patient | Self::Proxy => Side::Portal,
            Self::ApiClient => Side::Program,
        }
    }
}

/// Whose account a role is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Staff of the clinic.
    Staff,
    /// Patients and those who act for them.
    Portal,
    /// Programs.
    Program,
}

impl Role {
    /// `administrator`
    pub const ADMINISTRATOR: Self = Self(Cow::Borrowed("administrator"));
    /// `clinician`
    pub const CLINICIAN: Self = Self(Cow::Borrowed("clinician"));
    /// `nurse`
    pub const NURSE: Self = Self(Cow::Borrowed("nurse"));
    /// `front-desk`
    pub const FRONT_DESK: Self = Self(Cow::Borrowed("front-desk"));
    /// `biller`
    pub const BILLER: Self = Self(Cow::Borrowed("biller"));
    /// `laboratory`
    pub const LABORATORY: Self = Self(Cow::Borrowed("laboratory"));
    /// `pharmacist`
    pub const PHARMACIST: Self = Self(Cow::Borrowed("pharmacist"));
    /// `auditor`
    pub const AUDITOR: Self = Self(Cow::Borrowed("auditor"));
    /// `security-officer`
    pub const SECURITY_OFFICER: Self = Self(Cow::Borrowed("security-officer"));
    /// `patient`
    pub const PATIENT: Self = Self(Cow::Borrowed("patient"));
    /// `proxy`
    pub const PROXY: Self = Self(Cow::Borrowed("proxy"));
    /// `api-client`
    pub const API_CLIENT: Self = Self(Cow::Borrowed("api-client"));

    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, RoleError> {
        let good = (1..=MOST_LETTERS).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('-')
            && !text.contains("--")
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !good {
            return Err(RoleError(text.chars().take(60).collect()));
        }
        let known = BuiltIn::ALL
            .iter()
            .map(|b| b.role())
            .find(|r| r.as_str() == text);
        Ok(known.unwrap_or_else(|| Self(Cow::Owned(text.to_owned()))))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which of the built-in roles it is; none for a clinic's own.
    pub fn built_in(&self) -> Option<BuiltIn> {
        BuiltIn::ALL.into_iter().find(|b| b.role() == *self)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_id_is_short_and_plain() {
        for good in ["clinician", "front-desk", "vip-desk", "x9"] {
            assert_eq!(Role::parse(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(41);
        for bad in ["", "-a", "a-", "a--b", "A", "9a", "a b", "a\"", &long] {
            assert!(Role::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_built_in_role_is_found_by_its_id() {
        for one in BuiltIn::ALL {
            assert_eq!(
                Role::parse(one.role().as_str()).unwrap().built_in(),
                Some(one)
            );
        }
        assert_eq!(Role::parse("counsellor").unwrap().built_in(), None);
    }
}
