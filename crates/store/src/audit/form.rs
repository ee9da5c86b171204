//! The form of an entry's body: a version byte and fields of few bytes, so that ten million entries stay small. It says
//! everything itself: nothing else is needed to read an entry that was proven. Bodies of before are JSON and begin with `{`.
//!
//! `1`, flags, purpose and flags, act (code, or 0 and text), who (1 person, 2 client, 3 operator, 4 job; then its name),
//! address (4 or 16 bytes after their number), request (8 bytes, or text), the token's patient, the person an app acted
//! for, the person's roles (their number, then code, or 0 and text), detail, items (their bytes' number first), the consents that it rested on (their number, then text), and then the patients that
//! the items are about. Text and numbers: a
//! length or number of 7 bits a byte, the lowest first.

use std::net::IpAddr;

use aceso_policy::{Purpose, Role};

use super::item::{self, Last};
use super::kind::{AuditKind, act_code, act_name};
use super::old;

const VERSION: u8 = 1;
const OUTCOME: u8 = 0b11;
const ADDRESS: u8 = 1 << 2;
const SHORT_REQUEST: u8 = 1 << 3;
const LONG_REQUEST: u8 = 1 << 4;
const CONTEXT: u8 = 1 << 5;
const BY: u8 = 1 << 6;
const DETAIL: u8 = 1 << 7;
const PURPOSE: u8 = 0b111;
/// Among the items are names that are no resources: `account/x`.
const NAMES: u8 = 1 << 3;

/// It was kept in the emergency spool while the log could not be written.
const LATE: u8 = 1 << 4;
/// The person's roles are told.
const ROLES: u8 = 1 << 5;
/// Behind the items stand the consents that it rested on.
const RESTS: u8 = 1 << 6;

/// Roles that bodies name by a code, from 1. A code is never given to another role: bodies keep it.
const ROLE_CODES: [Role; 12] = [
    Role::ADMINISTRATOR,
    Role::CLINICIAN,
    Role::NURSE,
    Role::FRONT_DESK,
    Role::BILLER,
    Role::LABORATORY,
    Role::PHARMACIST,
    Role::AUDITOR,
    Role::SECURITY_OFFICER,
    Role::PATIENT,
    Role::PROXY,
    Role::API_CLIENT,
];

/// How an act ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditOutcome {
    /// It was done.
    #[default]
    Done,
    /// There is no such thing.
    Unknown,
    /// It was refused.
    Denied,
}

/// What an entry of the audit log says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Who, as the log names them: `person/ann`, `client/app`, `operator`, `job/sign-in`.
    pub who: String,
    /// The purpose of use (HL7 v3 code).
    pub purpose: String,
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// The request's id; empty at the console.
    pub request: String,
    /// The patient that the app's token is limited to (logical id).
    pub context: Option<String>,
    /// The person that an app acted for: `person/ann`.
    pub by: Option<String>,
    /// The roles of that person, or of who did it, at that time.
    pub roles: Vec<String>,
    /// What was done: `read`, `sign-in`.
    pub act: String,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// More: a search's query, why it was refused.
    pub detail: String,
    /// What it was done to: `Observation/1/2`, `account/x`.
    pub on: Vec<String>,
    /// The consents that it rested on, each as it was then: `Consent/x/2`.
    pub rests: Vec<String>,
    /// The patients that this is about (logical ids), in no order.
    pub patients: Vec<String>,
    /// Whether it was kept in the emergency spool at first, since the log could not be written.
    pub is_late: bool,
    /// Whether it is of before entries named all their patients.
    pub is_old: bool,
}

impl AuditOutcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Done, Self::Unknown, Self::Denied];

    /// Its number in bodies and in the index.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Unknown => 1,
            Self::Denied => 2,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Done),
            1 => Some(Self::Unknown),
            2 => Some(Self::Denied),
            _ => None,
        }
    }

    /// One word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unknown => "unknown",
            Self::Denied => "denied",
        }
    }

    /// The outcome that a word names.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.name() == name)
    }
}

/// All but the items' patients, which may follow.
pub(super) fn write(said: &Said) -> Vec<u8> {
    let mut out = Vec::with_capacity(96);
    let request = short(&said.request);
    let mut items = Vec::new();
    let mut names = 0;
    let mut last = Last::default();
    for name in &said.on {
        if item::write(&mut items, name, &mut last) == item::Form::Name {
            names = NAMES;
        }
    }
    let set = |is: bool, flag: u8| if is { flag } else { 0 };
    out.push(VERSION);
    out.push(
        said.outcome.code()
            | set(said.address.is_some(), ADDRESS)
            | set(request.is_some(), SHORT_REQUEST)
            | set(request.is_none() && !said.request.is_empty(), LONG_REQUEST)
            | set(said.context.is_some(), CONTEXT)
            | set(said.by.is_some(), BY)
            | set(!said.detail.is_empty(), DETAIL),
    );
    out.push(
        purpose_code(&said.purpose)
            | names
            | set(said.is_late, LATE)
            | set(!said.roles.is_empty(), ROLES)
            | set(!said.rests.is_empty(), RESTS),
    );
    let code = act_code(&said.act);
    out.push(code);
    if code == 0 {
        put_text(&mut out, &said.act);
    }
    put_who(&mut out, &said.who);
    match said.address {
        Some(IpAddr::V4(address)) => put_bytes(&mut out, &address.octets()),
        Some(IpAddr::V6(address)) => put_bytes(&mut out, &address.octets()),
        None => {}
    }
    match request {
        Some(number) => out.extend_from_slice(&number.to_be_bytes()),
        None if said.request.is_empty() => {}
        None => put_text(&mut out, &said.request),
    }
    if let Some(context) = &said.context {
        put_text(&mut out, context);
    }
    if let Some(by) = &said.by {
        put_who(&mut out, by);
    }
    put_roles(&mut out, &said.roles);
    if !said.detail.is_empty() {
        put_text(&mut out, &said.detail);
    }
    put_number(&mut out, items.len());
    out.extend_from_slice(&items);
    put_rests(&mut out, &said.rests);
    out
}

fn put_rests(out: &mut Vec<u8>, rests: &[String]) {
    if !rests.is_empty() {
        put_number(out, rests.len());
        rests.iter().for_each(|one| put_text(out, one));
    }
}

/// A body without patients, and on which consents it rests.
pub(super) fn resting(mut body: Vec<u8>, rests: &[String]) -> Vec<u8> {
    if !rests.is_empty()
        && let [VERSION, _, second, ..] = body.as_mut_slice()
    {
        *second |= RESTS;
        put_rests(&mut body, rests);
    }
    body
}

/// A body, marked as one that was kept in the emergency spool at first.
pub(super) fn late(mut body: Vec<u8>) -> Vec<u8> {
    if let [VERSION, _, second, ..] = body.as_mut_slice() {
        *second |= LATE;
    }
    body
}

/// Writes a patient behind a body.
pub(super) fn write_patient(out: &mut Vec<u8>, id: &str) {
    item::write_id(out, id);
}

/// What a body says; none when it is in no form that is known.
pub(crate) fn read(body: &[u8]) -> Option<Said> {
    match body.first()? {
        b'{' => old::read(body),
        &VERSION => read_new(body),
        _ => None,
    }
}

/// What the indexes need of a body.
pub(super) struct Lean {
    pub(super) kind: AuditKind,
    pub(super) outcome: AuditOutcome,
    /// Who, for whom an app did it, and whose account it was done to.
    pub(super) who: Vec<String>,
    pub(super) patients: Vec<String>,
}

fn read_new(body: &[u8]) -> Option<Said> {
    let mut rest = Rest(body.get(1..)?);
    let (flags, second) = (rest.byte()?, rest.byte()?);
    let act = match rest.byte()? {
        0 => rest.text()?,
        code => act_name(code)?.to_owned(),
    };
    let who = rest.who()?;
    let address = match flags & ADDRESS {
        0 => None,
        _ => Some(rest.address()?),
    };
    let request = if flags & SHORT_REQUEST != 0 {
        let eight: [u8; 8] = rest.take(8)?.try_into().ok()?;
        format!("{:016x}", u64::from_be_bytes(eight))
    } else if flags & LONG_REQUEST != 0 {
        rest.text()?
    } else {
        String::new()
    };
    let context = (flags & CONTEXT != 0).then(|| rest.text());
    let by = (flags & BY != 0).then(|| rest.who());
    let roles = match second & ROLES {
        0 => Vec::new(),
        _ => rest.roles()?,
    };
    let detail = (flags & DETAIL != 0).then(|| rest.text());
    let length = rest.number()?;
    let on = item::read_all(rest.take(length)?)?;
    let rests = match second & RESTS {
        0 => Vec::new(),
        _ => rest.texts()?,
    };
    let mut patients = Vec::new();
    while !rest.0.is_empty() {
        patients.push(item::read_id(&mut rest)?);
    }
    for item in &on {
        patients.extend(patient_of(item).map(str::to_owned));
    }
    patients.sort_unstable();
    patients.dedup();
    Some(Said {
        who,
        purpose: purpose_name(second & PURPOSE).to_owned(),
        address,
        request,
        context: some(context)?,
        by: some(by)?,
        act,
        outcome: AuditOutcome::from_code(flags & OUTCOME)?,
        detail: some(detail)?.unwrap_or_default(),
        on,
        rests,
        patients,
        roles,
        is_late: second & LATE != 0,
        is_old: false,
    })
}

/// What is there must be readable.
fn some(field: Option<Option<String>>) -> Option<Option<String>> {
    match field {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}

/// The patient that an item is.
pub(super) fn patient_of(item: &str) -> Option<&str> {
    let rest = item.strip_prefix("Patient/")?;
    Some(rest.split('/').next().unwrap_or(rest)).filter(|id| !id.is_empty())
}

/// What the indexes need, of a body in any form.
pub(super) fn lean(body: &[u8]) -> Option<Lean> {
    let said = read(body)?;
    let accounts = said.on.into_iter().filter(|i| i.starts_with("account/"));
    let mut who: Vec<String> = [said.who]
        .into_iter()
        .chain(said.by)
        .chain(accounts)
        .collect();
    who.sort_unstable();
    who.dedup();
    Some(Lean {
        kind: AuditKind::of(&said.act),
        outcome: said.outcome,
        who,
        patients: said.patients,
    })
}

/// What is left of a body.
pub(super) struct Rest<'a>(pub(super) &'a [u8]);

impl<'a> Rest<'a> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn number(&mut self) -> Option<usize> {
        usize::try_from(self.long()?).ok()
    }

    pub(super) fn long(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn text(&mut self) -> Option<String> {
        let length = self.number()?;
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }

    /// Texts, their number first.
    fn texts(&mut self) -> Option<Vec<String>> {
        let count = self.number()?;
        (0..count).map(|_| self.text()).collect()
    }

    fn who(&mut self) -> Option<String> {
        let prefix = match self.byte()? {
            0 => return self.text(),
            1 => "person/",
            2 => "client/",
            3 => return Some("operator".to_owned()),
            4 => "job/",
            _ => return None,
        };
        let length = self.number()?;
        let name = std::str::from_utf8(self.take(length)?).ok()?;
        Some([prefix, name].concat())
    }

    fn roles(&mut self) -> Option<Vec<String>> {
        let count = self.number()?;
        let mut roles = Vec::new();
        for _ in 0..count {
            let code = usize::from(self.byte()?);
            roles.push(match code.checked_sub(1) {
                None => self.text()?,
                Some(at) => ROLE_CODES.get(at)?.as_str().to_owned(),
            });
        }
        Some(roles)
    }

    fn address(&mut self) -> Option<IpAddr> {
        let length = self.number()?;
        let bytes = self.take(length)?;
        match length {
            4 => Some(IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?)),
            16 => Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?)),
            _ => None,
        }
    }
}

pub(super) fn put_number(out: &mut Vec<u8>, number: usize) {
    put_long(out, u64::try_from(number).unwrap_or(u64::MAX));
}

pub(super) fn put_long(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_bytes(out, text.as_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn put_who(out: &mut Vec<u8>, who: &str) {
    let (tag, name) = match who.split_once('/') {
        Some(("person", name)) => (1, name),
        Some(("client", name)) => (2, name),
        Some(("job", name)) => (4, name),
        None if who == "operator" => {
            out.push(3);
            return;
        }
        Some(_) | None => (0, who),
    };
    out.push(tag);
    put_text(out, name);
}

fn put_roles(out: &mut Vec<u8>, roles: &[String]) {
    if roles.is_empty() {
        return;
    }
    put_number(out, roles.len());
    for role in roles {
        let mut codes = (1_u8..).zip(&ROLE_CODES);
        match codes.find(|(_, known)| known.as_str() == role) {
            Some((code, _)) => out.push(code),
            None => {
                out.push(0);
                put_text(out, role);
            }
        }
    }
}

/// A request's id of the server's own form: 16 hexadecimal digits.
fn short(request: &str) -> Option<u64> {
    let plain = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (request.len() == 16 && request.bytes().all(plain))
        .then(|| u64::from_str_radix(request, 16).ok())
        .flatten()
}

const PURPOSES: [Purpose; 7] = [
    Purpose::Treatment,
    Purpose::Emergency,
    Purpose::Payment,
    Purpose::Operations,
    Purpose::PatientRequest,
    Purpose::Administration,
    Purpose::Legal,
];

fn purpose_code(code: &str) -> u8 {
    let mut all = (0_u8..).zip(PURPOSES);
    all.find(|(_, p)| p.code() == code).map_or(7, |(n, _)| n)
}

fn purpose_name(code: u8) -> &'static str {
    PURPOSES.get(usize::from(code)).map_or("", |p| p.code())
}

#[cfg(test)]
#[path = "form_test.rs"]
mod form_test;
