//! A wish for an appointment that has no time yet: an Appointment on the waiting list (status `waitlist`), or one that is
//! to be made by a day, a recall (status `proposed`). Attempts to reach the patient are kept with it.

use aceso_clinic::schedule::{AppointmentStatus, Span};
use aceso_fhir::{Object, Value};
use aceso_policy::Action;
use aceso_web::site::{Ask, PageFault};

use super::appointment::{Booking, kind, millis};
use super::setting::{Setting, is_patients};
use crate::Staff;
use crate::chart::concept;
use crate::patient::record::{Wanted, searches};
use crate::patient::save::may;

/// An attempt to reach the patient: when, how, what came of it.
const CONTACT: &str = "urn:aceso:contact";
/// So many wishes are looked at.
pub(crate) const MOST: u32 = 500;

/// Which list it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// Who waits for a time that becomes free.
    Waiting,
    /// Who is to come by a day.
    Recalls,
}

impl List {
    pub(crate) const fn status(self) -> AppointmentStatus {
        match self {
            Self::Waiting => AppointmentStatus::Waitlist,
            Self::Recalls => AppointmentStatus::Proposed,
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting list",
            Self::Recalls => "Recalls",
        }
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Waiting => "/schedule/waitlist",
            Self::Recalls => "/schedule/recalls",
        }
    }

    /// By the end of its path.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let all = [Self::Waiting, Self::Recalls].into_iter();
        let mut all = all.filter(|l| l.path().strip_prefix("/schedule/") == Some(text));
        all.next()
    }

    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waitlist",
            Self::Recalls => "recalls",
        }
    }
}

/// How somebody was reached, or not.
pub(crate) const WAYS: [(&str, &str); 5] = [
    ("reached", "Called: reached"),
    ("missed", "Called: not reached"),
    ("letter", "Wrote a letter"),
    ("message", "Sent a message"),
    ("other", "Something else"),
];

/// An attempt to reach the patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    /// As FHIR writes instants.
    pub(crate) at: String,
    /// A code of [`WAYS`].
    pub(crate) way: String,
    pub(crate) words: String,
}

impl Contact {
    pub(crate) fn said(&self) -> String {
        let known = WAYS.iter().find(|(code, _)| *code == self.way);
        known.map_or_else(|| self.way.clone(), |(_, said)| crate::words::known(said))
    }

    /// As an extension of the Appointment.
    pub(crate) fn extension(&self) -> Value {
        let part = |name: &str, member: &str, value: &str| {
            Value::from([("url", Value::from(name)), (member, Value::from(value))])
        };
        let mut parts = vec![
            part("at", "valueInstant", &self.at),
            part("way", "valueCode", &self.way),
        ];
        if !self.words.is_empty() {
            parts.push(part("words", "valueString", &self.words));
        }
        Value::from([
            ("url", Value::from(CONTACT)),
            ("extension", Value::from(parts)),
        ])
    }

    fn of(extension: &Value) -> Option<Self> {
        if extension.str_at("url") != Some(CONTACT) {
            return None;
        }
        let told = extension.items_at("extension");
        let part = |name: &str, member: &str| {
            let one = told.iter().find(|e| e.str_at("url") == Some(name));
            one.and_then(|e| e.str_at(member)).map(str::to_owned)
        };
        Some(Self {
            at: part("at", "valueInstant")?,
            way: part("way", "valueCode")?,
            words: part("words", "valueString").unwrap_or_default(),
        })
    }
}

/// A wish.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) id: String,
    pub(crate) list: List,
    /// Id and name of whom it is for.
    pub(crate) patient: (String, String),
    /// The kind of visit: its id and what people call it.
    pub(crate) kind: String,
    pub(crate) what: String,
    /// With whom: reference and name; none for anybody.
    pub(crate) with: Option<(String, String)>,
    /// The first and the last day that will do, as FHIR writes days; empty for any.
    pub(crate) from: String,
    pub(crate) until: String,
    pub(crate) since: String,
    pub(crate) comment: String,
    /// The last one last.
    pub(crate) contacts: Vec<Contact>,
}

impl Wish {
    /// From an Appointment without a time that waits for one.
    pub(crate) fn of(document: &Value) -> Option<Self> {
        let list = match AppointmentStatus::parse(document.str_at("status")?)? {
            AppointmentStatus::Waitlist => List::Waiting,
            AppointmentStatus::Proposed if document.get("start").is_none() => List::Recalls,
            AppointmentStatus::Proposed
            | AppointmentStatus::Pending
            | AppointmentStatus::Booked
            | AppointmentStatus::Arrived
            | AppointmentStatus::CheckedIn
            | AppointmentStatus::Fulfilled
            | AppointmentStatus::Cancelled
            | AppointmentStatus::NoShow
            | AppointmentStatus::EnteredInError => return None,
        };
        let (mut patient, mut with) = (None, None);
        for one in document.items_at("participant") {
            let actor = one.get("actor");
            let reference = actor
                .and_then(|a| a.str_at("reference"))
                .unwrap_or_default();
            let name = actor
                .and_then(|a| a.str_at("display"))
                .map_or_else(|| crate::words::known("A patient"), str::to_owned);
            match reference.split_once('/') {
                Some(("Patient", id)) => patient = Some((id.to_owned(), name)),
                Some(_) => with = Some((reference.to_owned(), name)),
                None => {}
            }
        }
        let period = document.items_at("requestedPeriod").first();
        let day = |name| {
            let text = period.and_then(|p| p.str_at(name)).unwrap_or_default();
            text.get(..10).unwrap_or(text).to_owned()
        };
        let text = |name| document.str_at(name).unwrap_or_default().to_owned();
        Some(Self {
            id: document.id()?.to_owned(),
            list,
            patient: patient?,
            kind: kind(document),
            what: concept(document.items_at("serviceType").first())
                .unwrap_or_else(|| crate::words::say("Visit", &[])),
            with,
            from: day("start"),
            until: day("end"),
            since: text("created"),
            comment: text("comment"),
            contacts: document
                .items_at("extension")
                .iter()
                .filter_map(Contact::of)
                .collect(),
        })
    }

    /// Whether an appointment of this time with these people would do.
    pub(crate) fn fits(&self, setting: &Setting, freed: &Booking) -> bool {
        let day = setting.zone.date(freed.span.start());
        let day = day.map_or_else(String::new, |d| d.to_string());
        let in_time = self.from.as_str() <= day.as_str()
            && (self.until.is_empty() || day.as_str() <= self.until.as_str());
        let with = self.with.as_ref();
        let with = with.is_none_or(|(who, _)| freed.actors.iter().any(|(actor, _)| actor == who));
        let kind = setting.types.iter().find(|t| t.id == self.kind);
        let long = kind.is_none_or(|k| i64::from(k.minutes) <= freed.span.minutes());
        in_time && with && long
    }

    /// Since when somebody waits, in milliseconds since 1970.
    pub(crate) fn waits_since(&self) -> i64 {
        millis(&self.since).unwrap_or(i64::MAX)
    }

    /// The page.
    pub(crate) fn path(&self) -> String {
        path(&self.patient.0, &self.id)
    }
}

/// The address of a wish's page.
pub(crate) fn path(patient: &str, wish: &str) -> String {
    [&crate::patient::path(patient), "/waitlist/", wish].concat()
}

/// Says in an Appointment from when to when it would do.
pub(crate) fn set_period(document: &mut Object, from: &str, until: &str) {
    let mut period = Object::new();
    for (name, day) in [("start", from), ("end", until)] {
        if !day.is_empty() {
            period.set(name, day);
        }
    }
    document.set("requestedPeriod", vec![Value::from(period)]);
}

/// Those of a list who wait, the one that waits longest first; of recalls, the one that is due first. None for roles that
/// book nothing.
pub(crate) async fn wishes(
    staff: &Staff,
    ask: &Ask,
    list: List,
) -> Result<Option<Vec<Wish>>, PageFault> {
    if is_patients(ask)? || !may(staff, ask, Action::Create, "Appointment")? {
        return Ok(None);
    }
    let wanted = Wanted::new("Appointment")
        .with("status", list.status().code())
        .most(MOST);
    let found = searches(staff, ask, vec![wanted]).await?;
    let Some(found) = found.into_iter().flatten().next() else {
        return Ok(None);
    };
    let all = found.matches.iter().filter_map(Wish::of);
    let mut all: Vec<Wish> = all.filter(|w| w.list == list).collect();
    match list {
        List::Waiting => all.sort_by_key(Wish::waits_since),
        List::Recalls => all.sort_by(|a, b| a.from.cmp(&b.from)),
    }
    Ok(Some(all))
}

/// Who waits for a time like one that became free, the one that waits longest first.
pub(crate) async fn waiting_for(
    staff: &Staff,
    ask: &Ask,
    setting: &Setting,
    freed: &Booking,
) -> Result<Vec<Wish>, PageFault> {
    let all = wishes(staff, ask, List::Waiting).await?.unwrap_or_default();
    let fits = all.into_iter().filter(|w| w.fits(setting, freed));
    Ok(fits.collect())
}

/// The span of an appointment as the query of a page that books it: `2026-03-05T09:30`.
pub(crate) fn at(setting: &Setting, span: &Span) -> String {
    let local = setting.zone.local(span.start());
    local.map_or_else(String::new, |l| l.strftime("%Y-%m-%dT%H:%M").to_string())
}

/// One for samples.
pub(crate) fn sample(list: List) -> Wish {
    Wish {
        id: "w1".into(),
        list,
        patient: ("p1".into(), "Ann Example".into()),
        kind: "check".into(),
        what: "Check-up".into(),
        with: Some(("Practitioner/doc".into(), "Dr. Doc".into())),
        from: "2026-03-01".into(),
        until: "2026-03-20".into(),
        since: "2026-02-20T09:00:00Z".into(),
        comment: "Mornings only".into(),
        contacts: vec![Contact {
            at: "2026-03-02T09:00:00Z".into(),
            way: "missed".into(),
            words: "Voicemail".into(),
        }],
    }
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;
    use crate::schedule::setting::sample as setting;

    #[test]
    fn a_wish_is_read_with_its_days_and_contacts() {
        let contact = Contact {
            at: "2026-03-02T09:00:00Z".into(),
            way: "missed".into(),
            words: String::new(),
        };
        let mut document = json::read(
            br#"{"resourceType":"Appointment","id":"w","status":"waitlist","created":"2026-02-20T09:00:00Z",
            "requestedPeriod":[{"start":"2026-03-01","end":"2026-03-10"}],
            "participant":[{"actor":{"reference":"Patient/p","display":"Ann"},"status":"accepted"},
            {"actor":{"reference":"Practitioner/d","display":"Dr. D"},"status":"tentative"}]}"#,
        )
        .unwrap();
        let object = document.as_object_mut().unwrap();
        object.set("extension", vec![contact.extension()]);
        let wish = Wish::of(&document).unwrap();
        assert_eq!(
            (wish.from.as_str(), wish.until.as_str()),
            ("2026-03-01", "2026-03-10")
        );
        assert_eq!(wish.contacts, [contact]);
        assert_eq!(wish.with, Some(("Practitioner/d".into(), "Dr. D".into())));
        let booked = br#"{"resourceType":"Appointment","id":"b","status":"booked"}"#;
        assert!(Wish::of(&json::read(booked).unwrap()).is_none());
    }

    #[test]
    fn a_free_time_is_for_those_whose_days_people_and_length_it_fits() {
        let booking = super::super::appointment::sample(AppointmentStatus::Cancelled).unwrap();
        let setting = setting();
        // 4 March 2026, twenty minutes, Dr. Doc; a check-up takes thirty.
        let check = |fits: bool, change: &dyn Fn(&mut Wish)| {
            let mut wish = sample(List::Waiting);
            wish.kind = String::new();
            change(&mut wish);
            assert_eq!(wish.fits(&setting, &booking), fits, "{wish:?}");
        };
        check(true, &|_| {});
        check(true, &|w| w.with = None);
        check(true, &|w| w.until = "2026-03-04".into());
        check(true, &|w| w.until = String::new());
        check(false, &|w| w.until = "2026-03-03".into());
        check(false, &|w| w.from = "2026-03-05".into());
        check(false, &|w| {
            w.with = Some(("Practitioner/other".into(), String::new()))
        });
        check(false, &|w| w.kind = "check".into());
    }
}
