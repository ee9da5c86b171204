//! What the rules are given.

use std::collections::BTreeMap;
use std::net::IpAddr;

use aceso_base::{Instant, Zone};

use super::explain::{Hold, Why};
use super::near::Net;

/// All facts of a review. Places in `workers` stand for the people in everything else.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Those who work here.
    pub workers: Vec<Worker>,
    /// The patients whose records were touched, by logical id.
    pub charts: BTreeMap<String, Chart>,
    /// How many patients there are in all.
    pub patients: usize,
    /// How many patients bear a surname (as [`super::plain_name`] writes it): at least those of workers.
    pub surnames: BTreeMap<String, usize>,
    /// What links a worker and a patient for some time.
    pub links: Vec<Link>,
    /// What happened, in the order of time; also of some weeks before, so that there is something to compare with.
    pub touches: Vec<Touch>,
    /// Uses of planted tokens.
    pub tokens: Vec<TokenUse>,
    /// Networks whose place on the earth is known.
    pub places: Vec<Place>,
    /// The clinic's own networks.
    pub own_networks: Vec<Net>,
    /// The clinic's clocks.
    pub zone: Zone,
}

/// Somebody who works here.
#[derive(Clone, Debug, Default)]
pub struct Worker {
    /// The account's id.
    pub account: String,
    /// The name they sign in with.
    pub name: String,
    /// Ids of roles.
    pub roles: Vec<String>,
    /// Surname, as [`super::plain_name`] writes it; empty when unknown.
    pub family: String,
    /// Given name, the same.
    pub given: String,
    /// Day of birth (`1974-03-01`); empty when unknown.
    pub birth: String,
    /// Telephone numbers, as [`super::digits`] writes them.
    pub phones: Vec<String>,
    /// Where they live.
    pub addresses: Vec<Address>,
    /// When they work; empty: not known, so what they usually do is looked at.
    pub shifts: Vec<Shift>,
    /// The patients that they themselves are, by their account.
    pub own: Vec<String>,
    /// When browsers of theirs were first seen.
    pub browsers: Vec<Instant>,
}

/// A patient.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// Surname, as [`super::plain_name`] writes it.
    pub family: String,
    /// Given name, the same.
    pub given: String,
    /// Day of birth.
    pub birth: String,
    /// Telephone numbers of the patient and of contacts.
    pub phones: Vec<String>,
    /// Surname and given name of contacts.
    pub contacts: Vec<(String, String)>,
    /// Where the patient lives.
    pub addresses: Vec<Address>,
    /// When the patient died; the beginning of time when only that is known.
    pub died: Option<Instant>,
    /// When the last stay ended, when there is none now.
    pub discharged: Option<Instant>,
    /// Labelled as well-known.
    pub known: bool,
    /// Labelled as a colleague.
    pub employee: bool,
    /// Planted: nobody has reason to open it.
    pub planted: bool,
    /// The number that the clinic gave, when it is one.
    pub number: Option<u64>,
}

/// An address, made comparable.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Address {
    /// Street and house number, as [`super::street`] writes them; empty when unknown.
    pub line: String,
    /// Postal code; empty when unknown.
    pub postcode: String,
    /// Where it is, when the record says so.
    pub point: Option<Point>,
}

/// A point on the earth, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

/// A time that somebody works: minutes of a day of the week (0: Monday), by the clinic's clocks. It may end after
/// midnight: then `to` is above 1440.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// 0 to 6.
    pub day: u8,
    /// From this minute.
    pub from: u16,
    /// To this one.
    pub to: u16,
}

/// A link.
#[derive(Clone, Debug)]
pub struct Link {
    /// Whose.
    pub worker: usize,
    /// Which patient.
    pub patient: String,
    /// From then.
    pub since: Instant,
    /// Until then.
    pub until: Instant,
    /// What it is.
    pub why: Why,
    /// How far it explains.
    pub hold: Hold,
}

/// Something that somebody did with patients' records, or tried to.
#[derive(Clone, Debug)]
pub struct Touch {
    /// The number of the log's entry.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// Who.
    pub worker: usize,
    /// What.
    pub what: What,
    /// From where.
    pub from: Option<IpAddr>,
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Opened something of one patient, or tried to: the patient, and the types of resource.
    Opened(String, Vec<String>),
    /// Looked through a list of patients; by these first letters of a name.
    Listed(Option<String>),
    /// Printed or exported what is of one patient.
    TakenOut(String),
    /// Something that touches no patient: it says where the person was.
    Present,
}

/// The use of a planted token.
#[derive(Clone, Debug)]
pub struct TokenUse {
    /// The number of the log's entry.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// From where.
    pub from: Option<IpAddr>,
    /// The client that the token was planted as.
    pub client: String,
    /// Whose it is thought to be, when an address tells.
    pub worker: Option<usize>,
}

/// A network and where it is.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Its addresses.
    pub network: Net,
    /// Where.
    pub point: Point,
}
