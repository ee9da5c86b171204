//! Setting up what can be booked, as an administrator does it and as the desk meets it afterwards.

use aceso_policy::Role;
use http::StatusCode;

use super::kit::{Browser, Clinic, hidden};
use super::schedule::{DAY, book, desk, fill, read};

async fn administrator(clinic: &Clinic) -> Browser {
    clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await
}

/// Sends a form of a page, with the hidden fields that the page gave it.
async fn send(
    clinic: &Clinic,
    who: &Browser,
    path: &str,
    fields: &[(&str, &str)],
) -> super::kit::Answer {
    let page = clinic.get(who, path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
    let mut all: Vec<(&str, String)> = vec![("version", hidden(&page.text, "version"))];
    if page.text.contains("name=\"form\"") {
        all.push(("form", hidden(&page.text, "form")));
    }
    let mut all: Vec<(&str, &str)> = all.iter().map(|(n, v)| (*n, v.as_str())).collect();
    all.extend(fields);
    clinic.post(who, path, &all).await
}

#[tokio::test]
async fn emr_2_1_a_room_that_an_administrator_makes_is_booked_within_its_hours() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let ada = administrator(&clinic).await;
    let fields = [
        ("name", "Treatment room"),
        ("booked", "yes"),
        ("thu", "10:00-12:00"),
    ];
    let made = send(&clinic, &ada, "/admin/calendars/rooms/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let list = clinic.get(&ada, "/admin/calendars").await;
    assert!(list.text.contains("Treatment room"), "{}", list.text);
    assert!(list.text.contains("Thu 10:00–12:00"), "{}", list.text);
    let schedules = clinic.find("Schedule", "active=true").await;
    let own = schedules.iter().find(|s| {
        let actor = s
            .items_at("actor")
            .first()
            .and_then(|a| a.str_at("display"));
        actor == Some("Treatment room")
    });
    let room = own.unwrap().id().unwrap().to_owned();
    let desk = desk(&clinic).await;
    let early = book(&clinic, &desk, "p1", "appointment-1", &[("room", &room)]).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(early.text.contains("Treatment room is not there then"));
    let more = [("room", room.as_str()), ("time", "10:30")];
    let booked = book(&clinic, &desk, "p1", "appointment-1", &more).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    // The desk sets nothing up.
    let page = clinic.get(&desk, "/admin/calendars").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn emr_2_1_absences_and_holidays_close_the_calendar() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let (ada, desk) = (administrator(&clinic).await, desk(&clinic).await);
    let person = "/admin/calendars/people/doc";
    let hours = [("act", "hours"), ("booked", "yes"), ("thu", "09:00–12:00")];
    let saved = send(&clinic, &ada, person, &hours).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let late = book(&clinic, &desk, "p1", "a-late-one", &[("time", "13:00")]).await;
    assert!(late.text.contains("is not there then"), "{}", late.text);
    let check = async |path: &str, who: &str| {
        let away = [
            ("act", "away"),
            ("from", DAY),
            ("why", "Closed for training"),
        ];
        let added = send(&clinic, &ada, path, &away).await;
        assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text);
        let taken = book(&clinic, &desk, "p1", "appointment-1", &[("person", who)]).await;
        assert!(taken.text.contains("is not there then"), "{path}");
        let page = clinic.get(&ada, path).await;
        assert!(page.text.contains("Closed for training"), "{path}");
        let out = send(&clinic, &ada, path, &[("act", "remove:0")]).await;
        assert_eq!(out.status, StatusCode::SEE_OTHER, "{}", out.text);
    };
    check(person, "s-doc").await;
    // The clinic's holidays are everybody's, also of those with hours of their own.
    check("/admin/calendars/clinic", "s-doc").await;
    check("/admin/calendars/clinic", "s-other").await;
    let booked = book(&clinic, &desk, "p1", "appointment-1", &[]).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    for (field, value, said) in [
        ("from", "soon", "first day as year-month-day"),
        ("until", "2026-03-01", "before the first day"),
        ("why", "", "Say what it is"),
    ] {
        let mut away = vec![("act", "away"), ("from", DAY), ("why", "Away")];
        away.retain(|(name, _)| *name != field);
        away.push((field, value));
        let wrong = send(&clinic, &ada, person, &away).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(wrong.text.contains(said), "{field}: {}", wrong.text);
    }
}

#[tokio::test]
async fn emr_2_1_a_kind_of_visit_has_a_length_a_colour_and_those_who_book_it() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let (ada, desk) = (administrator(&clinic).await, desk(&clinic).await);
    let visit = "/admin/calendars/visits/check";
    let fields = [
        ("name", "Check-up"),
        ("minutes", "40"),
        ("hue", "green"),
        ("booked", "yes"),
    ];
    let saved = send(&clinic, &ada, visit, &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let booked = book(&clinic, &desk, "p1", "appointment-1", &[]).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    let made = read(&clinic, "Appointment", "appointment-1").await;
    assert_eq!(made.str_at("end"), Some("2026-03-05T10:10:00+01:00"));
    let day = clinic.get(&desk, "/schedule?day=2026-03-05").await;
    assert!(day.text.contains("visit booked hue-green"), "{}", day.text);
    // Only clinicians book it from now on.
    let only = [&fields[..], &[("booker", "clinician")]].concat();
    send(&clinic, &ada, visit, &only).await;
    let refused = book(&clinic, &desk, "p2", "appointment-2", &[("time", "11:00")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Choose a kind of visit"));
    for (field, value) in [("minutes", "3"), ("hue", "pink"), ("name", "")] {
        let mut wrong = fields.to_vec();
        wrong.retain(|(name, _)| *name != field);
        wrong.push((field, value));
        let answer = send(&clinic, &ada, visit, &wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
    }
}

#[tokio::test]
async fn emr_2_1_who_waits_is_offered_the_time_of_a_cancelled_appointment() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    let booked = book(&clinic, &desk, "p1", "appointment-1", &[]).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    let wish = [
        ("patient", "p2"),
        ("form", "wish-0001"),
        ("list", "waitlist"),
        ("kind", "check"),
        ("person", "s-doc"),
        ("until", "2026-03-10"),
        ("comment", "Mornings"),
    ];
    let put = clinic.post(&desk, "/patients/p2/waitlist/new", &wish).await;
    assert_eq!(put.status, StatusCode::SEE_OTHER, "{}", put.text);
    let list = clinic.get(&desk, "/schedule/waitlist").await;
    assert!(
        list.text.contains("/patients/p2/waitlist/wish-0001"),
        "{}",
        list.text
    );
    let own = "/patients/p1/appointments/appointment-1";
    let page = clinic.get(&desk, &format!("{own}/cancel")).await;
    let version = hidden(&page.text, "version");
    let why = [("patient", "p1"), ("version", &version), ("why", "pat")];
    clinic.post(&desk, &format!("{own}/cancel"), &why).await;
    let freed = clinic.get(&desk, own).await;
    let offer = "/patients/p2/waitlist/wish-0001?at=2026-03-05T09%3A30&amp;person=s-doc";
    assert!(freed.text.contains(offer), "{}", freed.text);
    let form = clinic.get(&desk, &offer.replace("&amp;", "&")).await;
    assert!(form.text.contains("value=\"2026-03-05\""), "{}", form.text);
    let version = hidden(&form.text, "version");
    let take = [
        ("patient", "p2"),
        ("version", version.as_str()),
        ("act", "book"),
        ("kind", "check"),
        ("person", "s-doc"),
        ("day", DAY),
        ("time", "09:30"),
    ];
    let own = "/patients/p2/waitlist/wish-0001";
    let done = clinic.post(&desk, own, &take).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let made = read(&clinic, "Appointment", "wish-0001").await;
    assert_eq!(made.str_at("status"), Some("booked"));
    assert_eq!(made.str_at("start"), Some("2026-03-05T09:30:00+01:00"));
    assert_eq!(made.items_at("slot").len(), 1);
    assert!(made.get("requestedPeriod").is_none());
    let list = clinic.get(&desk, "/schedule/waitlist").await;
    assert!(
        list.text.contains("Nobody waits for a time"),
        "{}",
        list.text
    );
    // Sent twice, it is booked once; its page is the appointment's now.
    let again = clinic.post(&desk, own, &take).await;
    assert_eq!(again.place, "/patients/p2/appointments/wish-0001");
}

#[tokio::test]
async fn emr_2_5_who_is_due_is_called_and_booked() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    let recall = [
        ("patient", "p1"),
        ("form", "recall-001"),
        ("list", "recalls"),
        ("later", ""),
        ("from", "2026-03-20"),
    ];
    let to = "/patients/p1/waitlist/new";
    let made = clinic.post(&desk, to, &recall).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let due = clinic.get(&desk, "/schedule/recalls").await;
    assert!(
        due.text.contains(">due<") && due.text.contains("not yet"),
        "{}",
        due.text
    );
    let own = "/patients/p1/waitlist/recall-001";
    let page = clinic.get(&desk, own).await;
    let version = hidden(&page.text, "version");
    let call = [
        ("patient", "p1"),
        ("version", version.as_str()),
        ("act", "contact"),
        ("way", "missed"),
        ("words", "Voicemail"),
    ];
    let called = clinic.post(&desk, own, &call).await;
    assert_eq!(called.status, StatusCode::SEE_OTHER, "{}", called.text);
    let list = clinic.get(&desk, "/schedule/recalls").await;
    assert!(list.text.contains("Called: not reached"), "{}", list.text);
    // Who looks at an old page is told.
    let stale = clinic.post(&desk, own, &call).await;
    assert!(
        stale.text.contains("Somebody else changed"),
        "{}",
        stale.text
    );
    let page = clinic.get(&desk, own).await;
    let version = hidden(&page.text, "version");
    let off = [("patient", "p1"), ("version", &version), ("act", "off")];
    let gone = clinic.post(&desk, own, &off).await;
    assert_eq!(gone.place, "/schedule/recalls");
    let yearly = [
        ("patient", "p1"),
        ("form", "recall-002"),
        ("list", "recalls"),
        ("later", "12"),
    ];
    clinic.post(&desk, to, &yearly).await;
    let made = read(&clinic, "Appointment", "recall-002").await;
    let period = made.items_at("requestedPeriod").first().cloned().unwrap();
    assert_eq!(period.str_at("start"), Some("2027-03-04"));
    let past = [
        ("patient", "p1"),
        ("form", "recall-003"),
        ("list", "recalls"),
        ("from", "2026-03-01"),
    ];
    let wrong = clinic.post(&desk, to, &past).await;
    assert!(wrong.text.contains("This day has passed"), "{}", wrong.text);
}

#[tokio::test]
async fn emr_2_1_somebody_closes_their_own_time_and_names_who_covers_for_them() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let (doc, desk) = (clinic.doctor().await, desk(&clinic).await);
    let zoe = clinic.clinician("zoe", "Practitioner/other").await;
    let open = async || send_away(&clinic, &doc, &[]).await;
    let booked = book(&clinic, &desk, "p1", "appointment-1", &[]).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    for (field, value, said) in [
        ("from", "soon", "first day as year-month-day"),
        ("from", "2026-03-01", "This day is past"),
        ("until", "2026-03-04", "ends before it begins"),
        ("until", "2026-12-04", "Two months at a time"),
        ("begins", "noon", "hours and minutes"),
        (
            "cover",
            "Practitioner/nobody",
            "Choose somebody of the list",
        ),
    ] {
        let wrong = send_away(&clinic, &doc, &[(field, value)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(wrong.text.contains(said), "{field}: {}", wrong.text);
    }
    assert_eq!(open().await.place, "/schedule/away");
    let page = clinic.get(&doc, "/schedule/away").await.text;
    for said in [
        "Thu 5 Mar 2026",
        "Holiday",
        "<div>Other</div>",
        "appointment-1",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let at = |time| [("time", time)];
    let taken = book(&clinic, &desk, "p2", "appointment-2", &at("11:00")).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    // The other's time is open, and only the first can change what they closed.
    let other = [("time", "11:00"), ("person", "s-other")];
    let fine = book(&clinic, &desk, "p2", "appointment-3", &other).await;
    assert_eq!(fine.status, StatusCode::SEE_OTHER, "{}", fine.text);
    let number = page
        .split("remove:")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let remove = ["remove:", number].concat();
    let act = [("act", remove.as_str())];
    let refused = clinic.post(&zoe, "/schedule/away", &act).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let gone = clinic.post(&doc, "/schedule/away", &act).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.text);
    let free = book(&clinic, &desk, "p2", "appointment-2", &at("11:30")).await;
    assert_eq!(free.status, StatusCode::SEE_OTHER, "{}", free.text);
    // Whoever has no calendar has nothing to close.
    let nurse = clinic.clinician("nora", "Practitioner/nora").await;
    let none = clinic.get(&nurse, "/schedule/away").await.text;
    assert!(none.contains("You have no calendar"), "{none}");
}

/// Closes two days of the reader's own.
async fn send_away(clinic: &Clinic, who: &Browser, more: &[(&str, &str)]) -> super::kit::Answer {
    let usual = [
        ("from", DAY),
        ("until", "2026-03-06"),
        ("why", "Holiday"),
        ("cover", "Practitioner/other"),
        ("act", "add"),
    ];
    let page = clinic.get(who, "/schedule/away").await;
    let form = hidden(&page.text, "form");
    let told = |name: &str| more.iter().any(|(n, _)| *n == name);
    let mut all: Vec<(&str, &str)> = vec![("form", &form)];
    all.extend(usual.into_iter().filter(|(name, _)| !told(name)));
    all.extend(more);
    clinic.post(who, "/schedule/away", &all).await
}
