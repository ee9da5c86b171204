//! An Appointment as the schedule sees it.

use std::borrow::Cow;

use aceso_clinic::schedule::{AppointmentStatus, Span, Stage};
use aceso_fhir::{Object, Value};

use super::book::VISIT_TYPE;
use crate::chart::concept;

/// The system of the identifiers that the appointments of a series share.
pub(crate) const SERIES: &str = "urn:aceso:series";
/// How far the visit is, since when, and when the patient came: what the board shows to whoever sees appointments.
const STAGE: &str = "urn:aceso:stage";
/// An appointment that tells no end takes so long.
const UNTOLD_MINUTES: u32 = 15;

/// How far an appointment's visit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) stage: Stage,
    /// Since when it is at this stage.
    pub(crate) since: i64,
    /// When the patient came.
    pub(crate) arrived: i64,
}

/// An appointment.
#[derive(Clone, Debug)]
pub(crate) struct Booking {
    pub(crate) id: String,
    pub(crate) status: AppointmentStatus,
    pub(crate) span: Span,
    /// Id and name of whom it is for.
    pub(crate) patient: Option<(String, String)>,
    /// Who and what else takes part: reference and name.
    pub(crate) actors: Vec<(String, String)>,
    pub(crate) what: String,
    /// The id of its kind of visit; empty for what was booked elsewhere.
    pub(crate) kind: String,
    pub(crate) reason: String,
    pub(crate) comment: String,
    /// Whether the patient has said that they will come.
    pub(crate) confirmed: bool,
    pub(crate) series: Option<String>,
    /// Ids of the Slots that it takes.
    pub(crate) slots: Vec<String>,
    pub(crate) progress: Option<Progress>,
}

/// The moment of a FHIR instant.
pub(crate) fn millis(text: &str) -> Option<i64> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(at.as_millisecond())
}

fn moment(value: &Value, member: &str) -> Option<i64> {
    value.str_at(member).and_then(millis)
}

impl Booking {
    /// From an Appointment that has a time.
    pub(crate) fn of(document: &Value) -> Option<Self> {
        let start = moment(document, "start")?;
        let told = document.get("minutesDuration").and_then(Value::as_number);
        let minutes = told.and_then(|n| u32::try_from(n.to_i64()?).ok());
        let span = moment(document, "end").and_then(|end| Span::new(start, end));
        let span = span.or_else(|| Span::of_minutes(start, minutes.unwrap_or(UNTOLD_MINUTES)));
        let mut patient = None;
        let mut actors = Vec::new();
        let mut confirmed = false;
        for one in document.items_at("participant") {
            let Some(reference) = one.get("actor").and_then(|a| a.str_at("reference")) else {
                continue;
            };
            let name = one.get("actor").and_then(|a| a.str_at("display"));
            let name = name.unwrap_or_default().to_owned();
            match reference.split_once('/') {
                Some(("Patient", id)) => {
                    confirmed = one.str_at("status") == Some("accepted");
                    patient = Some((id.to_owned(), name));
                }
                Some(_) | None => actors.push((reference.to_owned(), name)),
            }
        }
        let text = |member| concept(document.items_at(member).first());
        let described = document.str_at("description").map(str::to_owned);
        let series = document.items_at("identifier").iter();
        let slots = document.items_at("slot").iter();
        Some(Self {
            id: document.id()?.to_owned(),
            status: AppointmentStatus::parse(document.str_at("status")?)?,
            span: span?,
            patient,
            actors,
            what: text("serviceType")
                .or_else(|| concept(document.get("appointmentType")))
                .unwrap_or_else(|| crate::words::say("Visit", &[])),
            kind: kind(document),
            reason: text("reasonCode").or(described).unwrap_or_default(),
            comment: document.str_at("comment").unwrap_or_default().to_owned(),
            confirmed,
            series: series
                .filter(|i| i.str_at("system") == Some(SERIES))
                .find_map(|i| i.str_at("value").map(str::to_owned)),
            slots: slots
                .filter_map(|s| s.str_at("reference")?.strip_prefix("Slot/"))
                .map(str::to_owned)
                .collect(),
            progress: progress(document),
        })
    }

    /// Whose it is, as the schedule shows it.
    pub(crate) fn who(&self) -> Cow<'_, str> {
        self.patient
            .as_ref()
            .map(|(_, name)| name.as_str())
            .filter(|name| !name.is_empty())
            .map_or_else(|| crate::words::known("A patient").into(), Cow::Borrowed)
    }

    /// Whether it is this patient's.
    pub(crate) fn is_of(&self, patient: &str) -> bool {
        self.patient.as_ref().is_some_and(|(id, _)| id == patient)
    }

    /// The names of who and what else takes part: people, then rooms.
    pub(crate) fn with(&self) -> Vec<&str> {
        let names = |room: bool| {
            self.actors
                .iter()
                .filter(move |(a, n)| a.starts_with("Location/") == room && !n.is_empty())
                .map(|(_, name)| name.as_str())
        };
        names(false).chain(names(true)).collect()
    }

    /// The page of this appointment; none for one without a patient.
    pub(crate) fn path(&self) -> Option<String> {
        let (patient, _) = self.patient.as_ref()?;
        Some(super::path(patient, &self.id))
    }
}

/// The id of the kind of visit that an Appointment names.
pub(crate) fn kind(document: &Value) -> String {
    let types = document.items_at("serviceType").iter();
    let mut codings = types.flat_map(|t| t.items_at("coding"));
    let own = codings.find(|c| c.str_at("system") == Some(VISIT_TYPE));
    let code = own.and_then(|c| c.str_at("code"));
    code.unwrap_or_default().to_owned()
}

fn progress(document: &Value) -> Option<Progress> {
    let mut all = document.items_at("extension").iter();
    let last = all.rfind(|e| e.str_at("url") == Some(STAGE))?;
    let told = last.items_at("extension");
    let part = |name: &str| told.iter().find(|e| e.str_at("url") == Some(name));
    Some(Progress {
        stage: Stage::parse(part("stage")?.str_at("valueCode")?)?,
        since: moment(part("since")?, "valueInstant")?,
        arrived: moment(part("arrived")?, "valueInstant")?,
    })
}

/// Says in an Appointment how far its visit is; none takes it out.
pub(crate) fn set_progress(document: &mut Object, progress: Option<Progress>) {
    let kept = document
        .get("extension")
        .and_then(Value::as_array)
        .unwrap_or_default();
    let mut all: Vec<Value> = kept
        .iter()
        .filter(|e| e.str_at("url") != Some(STAGE))
        .cloned()
        .collect();
    if let Some(progress) = progress {
        let instant = |at: i64| aceso_base::Instant::from_millis(at).to_fhir();
        let part = |name: &str, member: &str, value: String| {
            Value::from([("url", Value::from(name)), (member, Value::from(value))])
        };
        let parts = vec![
            part("stage", "valueCode", progress.stage.code().to_owned()),
            part("since", "valueInstant", instant(progress.since)),
            part("arrived", "valueInstant", instant(progress.arrived)),
        ];
        all.push(Value::from([
            ("url", Value::from(STAGE)),
            ("extension", Value::from(parts)),
        ]));
    }
    if all.is_empty() {
        document.remove("extension");
    } else {
        document.set("extension", all);
    }
}

/// One for samples.
pub(crate) fn sample(status: AppointmentStatus) -> Option<Booking> {
    let start = 1_772_625_600_000;
    let progress = matches!(
        status,
        AppointmentStatus::Arrived | AppointmentStatus::CheckedIn
    );
    Some(Booking {
        id: "a1".into(),
        status,
        span: Span::of_minutes(start, 20)?,
        patient: Some(("p1".into(), "Ann Example".into())),
        actors: vec![
            ("Practitioner/doc".into(), "Dr. Doc".into()),
            ("Location/room".into(), "Room 1".into()),
        ],
        what: "Check-up".into(),
        kind: "check".into(),
        reason: "Cough".into(),
        comment: String::new(),
        confirmed: false,
        series: Some("s1".into()),
        slots: Vec::new(),
        progress: progress.then_some(Progress {
            stage: Stage::Arrived,
            since: start,
            arrived: start,
        }),
    })
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    #[test]
    fn an_appointment_tells_who_when_and_how_far() {
        let text = br#"{"resourceType":"Appointment","id":"a","status":"arrived","start":"2026-03-04T09:00:00+01:00",
            "minutesDuration":20,"serviceType":[{"text":"Check-up"}],"reasonCode":[{"text":"Cough"}],
            "identifier":[{"system":"urn:aceso:series","value":"s1"}],"slot":[{"reference":"Slot/x"}],
            "participant":[{"actor":{"reference":"Patient/p","display":"Ann"},"status":"accepted"},
            {"actor":{"reference":"Location/r","display":"Room 1"},"status":"accepted"},
            {"actor":{"reference":"Practitioner/d","display":"Dr. Doc"},"status":"accepted"}]}"#;
        let mut document = json::read(text).unwrap();
        let booking = Booking::of(&document).unwrap();
        assert_eq!(booking.span.minutes(), 20);
        assert!(booking.is_of("p") && !booking.is_of("q") && booking.confirmed);
        assert_eq!(booking.with(), ["Dr. Doc", "Room 1"]);
        assert_eq!(
            (booking.what.as_str(), booking.reason.as_str()),
            ("Check-up", "Cough")
        );
        assert_eq!(booking.slots, ["x"]);
        assert_eq!(booking.progress, None);
        let said = Progress {
            stage: Stage::InRoom,
            since: 1_772_625_600_000,
            arrived: 1_772_625_000_000,
        };
        let object = document.as_object_mut().unwrap();
        set_progress(object, Some(said));
        set_progress(object, Some(said));
        assert_eq!(
            object.get("extension").unwrap().as_array().unwrap().len(),
            1
        );
        assert_eq!(Booking::of(&document).unwrap().progress, Some(said));
        set_progress(document.as_object_mut().unwrap(), None);
        assert_eq!(Booking::of(&document).unwrap().progress, None);
    }

    #[test]
    fn an_appointment_without_a_time_is_not_in_the_calendar() {
        let text = br#"{"resourceType":"Appointment","id":"a","status":"proposed"}"#;
        assert!(Booking::of(&json::read(text).unwrap()).is_none());
    }
}
