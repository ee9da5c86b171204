//! What may be asked of the log, and what it answers, over a real store.

use std::sync::Arc;

use aceso_base::{Instant, ManualClock};
use aceso_fhir::json;
use aceso_policy::{ApiClient, Caller, Origin, Purpose, Role, Scopes, Strength};
use aceso_vault::RootKey;

use crate::engine::{AUDIT, connect};
use crate::people::{Enrol, NewAccount, UserName};
use crate::{
    AuditKind, AuditOutcome, AuditQuery, AuditReport, AuditSort, AuditUse, PeopleError, ReadError,
    Settings, Store,
};

const WEEK: i64 = 7 * 86_400_000;

struct Clinic {
    dir: std::path::PathBuf,
    clock: Arc<ManualClock>,
    store: Store,
}

impl Drop for Clinic {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Clinic {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("aceso-query-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let root = RootKey::create_file(&dir.join("key")).unwrap();
        // A Sunday.
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_305_600_000)));
        let settings = Settings::new(dir.join("data"));
        let store = Store::open(settings, &root, clock.clone()).unwrap();
        Self { dir, clock, store }
    }

    async fn person(&self, name: &str, role: Role) -> Caller {
        let new = NewAccount {
            user_name: UserName::parse(name).unwrap(),
            display: format!("{name} Example"),
            email: None,
            fhir_user: None,
            roles: vec![role],
            facilities: Vec::new(),
            patients: Vec::new(),
            not_after: None,
            enrol: Enrol::No,
        };
        let operator = Caller::operator();
        let id = self.store.add_account(&operator, new).await.unwrap();
        self.store.activate_account(&operator, &id).await.ok();
        let account = self.store.live_account(&id).await.unwrap();
        let account = account.unwrap_or_else(|| panic!("{name} is not active"));
        let origin = Origin {
            address: Some([10, 0, 0, 7].into()),
            request: "00000000000000ff".into(),
        };
        let mut person = account.person(Strength::Two);
        person.session.stepped_up_until = Some(self.store.now().plus_millis(600_000));
        Caller::person(Arc::new(person), origin)
    }

    fn app(&self, scopes: &str) -> Caller {
        let client = ApiClient {
            id: "warehouse".into(),
            scopes: Scopes::parse(scopes).unwrap(),
            patient: None,
            person: None,
        };
        Caller::client(Arc::new(client), Origin::default())
    }

    async fn put(&self, id: &str, text: &str) {
        self.clock.advance_millis(1000);
        let document = json::read(text.as_bytes()).unwrap();
        let mut tx = self.store.write(&Caller::operator(), Purpose::Treatment);
        tx.update(id, document, None).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn patient(&self, id: &str, name: &str) {
        let text = format!(
            r#"{{"resourceType":"Patient","id":"{id}","name":[{{"given":["{name}"],"family":"Test"}}]}}"#
        );
        self.put(id, &text).await;
    }

    async fn observation(&self, id: &str, patient: &str) {
        let text = format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"text":"x"}},"subject":{{"reference":"Patient/{patient}"}}}}"#
        );
        self.put(id, &text).await;
    }

    async fn ask(&self, query: AuditQuery) -> crate::AuditPage {
        let query = AuditQuery {
            count: 1000,
            ..query
        };
        let operator = Caller::operator();
        let asked = self.store.audit(&operator, query, AuditUse::View);
        asked.await.unwrap()
    }

    async fn about(&self, patient: &str) -> Vec<(String, String)> {
        let query = AuditQuery {
            patient: Some(patient.into()),
            ..AuditQuery::default()
        };
        let page = self.ask(query).await;
        let mut all: Vec<(String, String)> = page
            .lines
            .into_iter()
            .filter(|line| line.kind() != AuditKind::Audit)
            .map(|line| (line.said.act, line.said.on.join(" ")))
            .collect();
        all.reverse();
        all
    }
}

#[tokio::test]
async fn b4_every_access_to_a_patient_is_found_also_when_the_thing_is_deleted_or_was_anothers() {
    let clinic = Clinic::new("b4");
    clinic.patient("ana", "Ana").await;
    clinic.patient("ben", "Ben").await;
    clinic.observation("o1", "ana").await;
    clinic.observation("o2", "ben").await;
    let operator = Caller::operator();
    let reading = clinic.store.read(&operator, Purpose::Treatment);
    reading.fetch("Observation", "o1").await.unwrap();
    reading.fetch("Observation", "o2").await.unwrap();
    // It was Ana's and is now Ben's: both are told, and who looks at the old version sees Ana's.
    clinic.observation("o1", "ben").await;
    reading.fetch_version("Observation", "o1", 1).await.unwrap();
    reading.fetch("Observation", "o1").await.unwrap();
    let mut tx = clinic.store.write(&operator, Purpose::Treatment);
    tx.delete("Observation", "o1", None).await.unwrap();
    tx.commit().await.unwrap();
    reading.fetch_version("Observation", "o1", 1).await.unwrap();
    let of = |act: &str, on: &str| (act.to_owned(), on.to_owned());
    assert_eq!(
        clinic.about("ana").await,
        [
            of("create", "Patient/ana/1"),
            of("create", "Observation/o1/1"),
            of("read", "Observation/o1/1"),
            of("update", "Observation/o1/2"),
            of("vread", "Observation/o1/1"),
            of("vread", "Observation/o1/1"),
        ]
    );
    let ben = clinic.about("ben").await;
    for wanted in [
        of("read", "Observation/o2/1"),
        of("update", "Observation/o1/2"),
        of("read", "Observation/o1/2"),
        of("delete", "Observation/o1/3"),
    ] {
        assert!(ben.contains(&wanted), "{wanted:?}: {ben:?}");
    }
    assert_eq!(clinic.store.verify_audit(&[]).unwrap().findings, []);
}

#[tokio::test]
async fn h6_o_d3_reports_name_people_and_patients_and_are_sorted_by_each_field() {
    let clinic = Clinic::new("sorted");
    clinic.patient("ana", "Ana").await;
    clinic.patient("ben", "Ben").await;
    let zoe = clinic.person("zoe", Role::CLINICIAN).await;
    for id in ["ben", "ana"] {
        clinic.clock.advance_millis(1000);
        let reading = clinic.store.read(&zoe, Purpose::Treatment);
        let _ = reading.fetch("Patient", id).await;
    }
    for sort in AuditSort::ALL {
        let query = AuditQuery {
            sort,
            ..AuditQuery::default()
        };
        let lines = clinic.ask(query).await.lines;
        assert!(lines.len() >= 5, "{sort:?}");
        let keys: Vec<String> = lines
            .iter()
            .map(|line| match sort {
                AuditSort::Newest => format!("{:020}", u64::MAX - line.seq),
                AuditSort::Oldest => format!("{:020}", line.seq),
                AuditSort::Person => line.who().to_lowercase(),
                AuditSort::Patient => line.patient_names().join(", ").to_lowercase(),
                AuditSort::Act => line.said.act.clone(),
                AuditSort::Purpose => line.said.purpose.clone(),
                AuditSort::Outcome => line.said.outcome.name().to_owned(),
                AuditSort::Address => line.said.address.map(|a| a.to_string()).unwrap_or_default(),
            })
            .collect();
        assert!(keys.is_sorted(), "{sort:?}: {keys:?}");
    }
    let query = AuditQuery {
        person: Some("zoe".into()),
        kinds: vec![AuditKind::Read],
        ..AuditQuery::default()
    };
    let lines = clinic.ask(query.clone()).await.lines;
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].who(), "zoe Example");
    assert_eq!(lines[0].patient_names(), ["Ana Test"]);
    // Paged by a mark: nothing twice, nothing left out.
    let mut seen = Vec::new();
    let mut mark = None;
    loop {
        let query = AuditQuery {
            count: 1,
            mark,
            ..query.clone()
        };
        let operator = Caller::operator();
        let page = clinic.store.audit(&operator, query, AuditUse::View).await;
        let page = page.unwrap();
        seen.extend(page.lines.into_iter().map(|l| l.seq));
        mark = page.next;
        if mark.is_none() {
            break;
        }
    }
    assert_eq!(seen, lines.iter().map(|l| l.seq).collect::<Vec<_>>());
}

#[tokio::test]
async fn o_d10_o_d11_looks_at_the_log_its_prints_and_exports_are_logged_and_disclosures_are_accounted_for()
 {
    let clinic = Clinic::new("disclosed");
    clinic.patient("ana", "Ana").await;
    let app = clinic.app("system/*.rs");
    let reading = clinic.store.read(&app, Purpose::Operations);
    reading.fetch("Patient", "ana").await.unwrap();
    let operator = Caller::operator();
    let all = AuditReport::All.query(&clinic.store.people_rule().hours);
    for what_for in [AuditUse::View, AuditUse::Print, AuditUse::Export] {
        let asked = clinic.store.audit(&operator, all.clone(), what_for);
        asked.await.unwrap();
    }
    let kinds = |kind| AuditQuery {
        kinds: vec![kind],
        ..AuditQuery::default()
    };
    assert_eq!(clinic.ask(kinds(AuditKind::Print)).await.lines.len(), 1);
    let looks = clinic.ask(kinds(AuditKind::Audit)).await.lines;
    let count = |act: &str| looks.iter().filter(|l| l.said.act == act).count();
    assert_eq!((count("audit export"), count("audit read")), (1, 2));
    let report = AuditReport::Disclosures.query(&clinic.store.people_rule().hours);
    let disclosed = clinic.ask(report).await.lines;
    let acts: Vec<&str> = disclosed.iter().map(|l| l.said.act.as_str()).collect();
    assert_eq!(acts, ["print", "read"]);
    assert_eq!(disclosed[1].patient_names(), ["Ana Test"]);
    assert_eq!(disclosed[1].who(), "the app warehouse");
}

#[tokio::test]
async fn i6_who_may_not_read_the_log_learns_nothing_and_that_is_logged() {
    let clinic = Clinic::new("refused");
    let nurse = clinic.person("nora", Role::NURSE).await;
    let officer = clinic.person("olga", Role::AUDITOR).await;
    let all = AuditQuery::default();
    for caller in [&nurse, &clinic.app("system/Patient.rs")] {
        let asked = clinic
            .store
            .audit(caller, all.clone(), AuditUse::View)
            .await;
        assert!(matches!(asked, Err(PeopleError::Forbidden)), "{asked:?}");
    }
    for caller in [&officer, &clinic.app("system/AuditEvent.rs")] {
        let asked = clinic
            .store
            .audit(caller, all.clone(), AuditUse::View)
            .await;
        assert!(asked.is_ok(), "{asked:?}");
    }
    let refused = AuditQuery {
        kinds: vec![AuditKind::Audit],
        outcome: Some(AuditOutcome::Denied),
        ..AuditQuery::default()
    };
    assert_eq!(clinic.ask(refused).await.lines.len(), 2);
}

#[tokio::test]
async fn ha1_a_week_waits_for_its_review_is_overdue_after_another_and_is_signed_off_once() {
    let clinic = Clinic::new("reviews");
    let officer = clinic.person("olga", Role::AUDITOR).await;
    assert_eq!(clinic.store.audit_reviews(&officer).await.unwrap(), []);
    clinic.clock.advance_millis(WEEK);
    let weeks = clinic.store.audit_reviews(&officer).await.unwrap();
    assert_eq!(weeks.len(), 1);
    assert!(!weeks[0].is_overdue(clinic.store.now()));
    clinic.clock.advance_millis(WEEK);
    let weeks = clinic.store.audit_reviews(&officer).await.unwrap();
    let overdue = |w: &crate::AuditReview| w.is_overdue(clinic.store.now());
    assert_eq!(weeks.iter().map(overdue).collect::<Vec<_>>(), [false, true]);
    let sign = |note: &'static str| {
        let (store, officer, week) = (&clinic.store, &officer, weeks[1].week);
        async move { store.sign_audit_review(officer, week, note).await }
    };
    assert!(matches!(sign(" ").await, Err(PeopleError::Refused(_))));
    sign("Nothing unusual").await.unwrap();
    assert!(matches!(sign("again").await, Err(PeopleError::Refused(_))));
    let weeks = clinic.store.audit_reviews(&officer).await.unwrap();
    let signed = weeks[1].signed.clone().unwrap();
    assert_eq!(
        (signed.1.as_str(), signed.2.as_str()),
        ("person/olga", "Nothing unusual")
    );
    assert!(!weeks[1].is_overdue(clinic.store.now()));
    let now = clinic
        .store
        .sign_audit_review(&officer, weeks[0].ends, "too early")
        .await;
    assert!(matches!(now, Err(PeopleError::Unknown)), "{now:?}");
}

#[tokio::test]
async fn a_log_that_cannot_be_written_lets_nothing_be_seen() {
    let clinic = Clinic::new("unwritable");
    clinic.patient("ana", "Ana").await;
    let operator = Caller::operator();
    let reading = clinic.store.read(&operator, Purpose::Treatment);
    reading.fetch("Patient", "ana").await.unwrap();
    let inner = &clinic.store.0;
    let log = connect(&inner.settings.dir, &AUDIT, &inner.keyring, 1024).unwrap();
    log.execute_batch("alter table audit_log rename to elsewhere")
        .unwrap();
    // What is shown before that is noticed is in the journal.
    let mut shown = 1;
    let refused = loop {
        let fetched = reading.fetch("Patient", "ana").await;
        if fetched.is_err() {
            break fetched;
        }
        shown += 1;
        assert!(shown < 1_000_000, "it is never noticed");
    };
    assert!(matches!(refused, Err(ReadError::Store(_))), "{refused:?}");
    let again = reading.fetch("Patient", "ana").await;
    assert!(matches!(again, Err(ReadError::Store(_))), "{again:?}");
    let asked = clinic
        .store
        .audit(&operator, AuditQuery::default(), AuditUse::View);
    assert!(matches!(asked.await, Err(PeopleError::Store(_))));
    log.execute_batch("alter table elsewhere rename to audit_log")
        .unwrap();
    reading.fetch("Patient", "ana").await.unwrap();
    assert_eq!(clinic.store.verify_audit(&[]).unwrap().findings, []);
    let reads: i64 = log
        .query_row("select count(*) from audit_log", [], |row| row.get(0))
        .unwrap();
    // What was shown, the patient that was added, and the last look.
    assert!(reads >= shown + 2, "{reads} entries, {shown} shown");
}

#[tokio::test]
async fn bg2_in_an_emergency_one_chart_is_seen_while_the_log_cannot_be_written_and_nothing_else() {
    let clinic = Clinic::new("aside");
    for (patient, observation) in [("ana", "a1"), ("ben", "b1")] {
        clinic.patient(patient, patient).await;
        clinic.observation(observation, patient).await;
    }
    let (cleo, dora) = (
        clinic.person("cleo", Role::CLINICIAN).await,
        clinic.person("dora", Role::CLINICIAN).await,
    );
    let store = &clinic.store;
    let inner = &store.0;
    let connected = |of| connect(&inner.settings.dir, of, &inner.keyring, 1024).unwrap();
    let (log, record) = (connected(&AUDIT), connected(&crate::engine::RECORD));
    log.execute_batch("alter table audit_log rename to elsewhere")
        .unwrap();
    // The record cannot take the emergency access either.
    record
        .execute_batch("alter table audit_out rename to elsewhere")
        .unwrap();
    let read = |who: &Caller, kind, id: &'static str| {
        let reading = store.read(who, Purpose::Treatment);
        async move { reading.fetch(kind, id).await.is_ok() }
    };
    while read(&cleo, "Patient", "ana").await {}
    assert!(store.is_log_down());
    let new = |patient: &str| crate::NewBreak {
        patient: patient.into(),
        reason: crate::BreakReason::Emergency,
        detail: "Unconscious in the waiting room".into(),
        minutes: None,
    };
    assert!(matches!(
        store.break_glass(&cleo, new("nobody")).await,
        Err(PeopleError::Unknown)
    ));
    let opened = store.break_glass(&cleo, new("ana")).await.unwrap();
    assert_eq!(
        store.open_breaks(&cleo).await.unwrap(),
        std::slice::from_ref(&opened)
    );
    assert!(read(&cleo, "Patient", "ana").await);
    assert!(read(&cleo, "Observation", "a1").await);
    for (who, kind, id) in [
        (&cleo, "Patient", "ben"),
        (&cleo, "Observation", "b1"),
        (&dora, "Patient", "ana"),
        (&dora, "Observation", "a1"),
        (&Caller::operator(), "Patient", "ana"),
    ] {
        assert!(!read(who, kind, id).await, "{kind}/{id}");
    }
    let standing = store.spool_standing(&Caller::operator()).await.unwrap();
    assert_eq!((standing.entries, standing.is_log_down), (3, true));
    // It ends as every emergency access does.
    clinic.clock.advance_millis(4 * 3_600_000);
    assert!(!read(&cleo, "Patient", "ana").await);

    record
        .execute_batch("alter table elsewhere rename to audit_out")
        .unwrap();
    log.execute_batch("alter table elsewhere rename to audit_log")
        .unwrap();
    assert!(read(&Caller::operator(), "Patient", "ana").await);
    let standing = store.spool_standing(&Caller::operator()).await.unwrap();
    assert_eq!((standing.entries, standing.is_log_down), (0, false));
    let lines = clinic.ask(AuditQuery::default()).await.lines;
    let mut late: Vec<_> = lines.iter().filter(|line| line.said.is_late).collect();
    late.reverse();
    let acts: Vec<&str> = late.iter().map(|line| line.said.act.as_str()).collect();
    assert_eq!(acts, ["break-glass", "read", "read"]);
    assert!(late.iter().all(|line| line.said.patients == ["ana"]));
    assert!(late.iter().all(|line| line.said.roles == ["clinician"]));
    assert!(late.iter().all(|line| line.at < store.now()));
    // The record knows of it now: once, to be reviewed.
    let officer = clinic.person("olga", Role::SECURITY_OFFICER).await;
    let breaks = store.breaks(&officer, crate::BreakList::Unreviewed).await;
    assert_eq!(breaks.unwrap(), [opened]);
    assert_eq!(store.verify_audit(&[]).unwrap().findings, []);
}

#[tokio::test]
async fn h6_a_report_is_made_for_each_week_that_is_over_and_says_what_the_log_said_then() {
    let clinic = Clinic::new("plans");
    let officer = clinic.person("olga", Role::AUDITOR).await;
    let cleo = clinic.person("cleo", Role::CLINICIAN).await;
    let (store, watch) = (&clinic.store, Caller::job(aceso_policy::Job::Watch));
    clinic.patient("ana", "Ana").await;
    let asked = |patient: Option<&str>| crate::ReportAsked {
        report: AuditReport::Patient,
        patient: patient.map(str::to_owned),
        person: None,
        facility: None,
    };
    let every = crate::ReportEvery::Week;
    let lacking = store.plan_report(&officer, asked(None), every).await;
    assert!(matches!(lacking, Err(PeopleError::Refused(_))));
    let refused = store.plan_report(&cleo, asked(Some("ana")), every).await;
    assert!(matches!(refused, Err(PeopleError::Forbidden)));
    store
        .plan_report(&officer, asked(Some("ana")), every)
        .await
        .unwrap();
    // The week is not over.
    assert_eq!(store.make_due_reports(&watch).await.unwrap(), 0);
    clinic.clock.advance_millis(WEEK);
    assert_eq!(store.make_due_reports(&watch).await.unwrap(), 1);
    assert_eq!(store.make_due_reports(&watch).await.unwrap(), 0, "once");
    let (plans, made) = store.planned_reports(&officer).await.unwrap();
    assert_eq!((plans.len(), made.len()), (1, 1));
    assert_eq!(made[0].from.to_fhir(), "2026-11-16T00:00:00.000Z");
    assert_eq!(made[0].until.to_fhir(), "2026-11-23T00:00:00.000Z");
    assert_eq!(made[0].entries, 1, "ana was written");
    // Whatever comes later, also of that time, is not in it.
    let taken = store
        .take_report(&officer, &made[0].id, "pdf")
        .await
        .unwrap();
    let query = taken.query(&store.people_rule().hours);
    assert_eq!(query.upto, Some(made[0].size));
    assert_eq!(clinic.ask(query).await.lines.len(), 1);
    let (_, made) = store.planned_reports(&officer).await.unwrap();
    let [(_, who, form)] = made[0].taken.as_slice() else {
        panic!("{made:?}");
    };
    assert_eq!((who.as_str(), form.as_str()), ("person/olga", "pdf"));
    store.end_report_plan(&officer, &plans[0].id).await.unwrap();
    clinic.clock.advance_millis(WEEK);
    assert_eq!(store.make_due_reports(&watch).await.unwrap(), 0);
    let refused = store.make_due_reports(&officer).await;
    assert!(matches!(refused, Err(PeopleError::Forbidden)));
}

#[tokio::test]
async fn an_order_is_of_everything_that_fits_and_goes_on_from_page_to_page() {
    let clinic = Clinic::new("order");
    for name in ["ana", "ben", "cleo", "dora", "emma"] {
        clinic.patient(name, name).await;
    }
    let all = AuditQuery {
        kinds: vec![AuditKind::Write],
        sort: AuditSort::Patient,
        ..AuditQuery::default()
    };
    let whole = clinic.ask(all.clone()).await;
    assert_eq!((whole.lines.len(), whole.next, whole.cut), (5, None, None));
    let mut pages = Vec::new();
    let mut query = AuditQuery { count: 2, ..all };
    let operator = Caller::operator();
    loop {
        let asked = clinic.store.audit(&operator, query.clone(), AuditUse::View);
        let page = asked.await.unwrap();
        pages.extend(page.lines);
        let Some(next) = page.next else { break };
        query.mark = Some(next);
    }
    assert_eq!(pages, whole.lines);
    let oldest = AuditQuery {
        sort: AuditSort::Oldest,
        ..query.clone()
    };
    let lines = clinic
        .ask(AuditQuery {
            mark: None,
            ..oldest
        })
        .await
        .lines;
    assert!(lines.is_sorted_by_key(|line| line.seq));
}

#[tokio::test]
async fn whom_a_report_is_about_is_found_by_who_may_read_the_log_and_that_is_logged() {
    let clinic = Clinic::new("find");
    clinic.patient("ana", "Ana").await;
    let officer = clinic.person("olga", Role::AUDITOR).await;
    let cleo = clinic.person("cleo", Role::CLINICIAN).await;
    let query = |kind: &'static str| {
        let pairs = [("name".to_owned(), "Ana".to_owned())];
        let options = aceso_fhir::search::Options::default();
        aceso_fhir::search::parse_pairs(Some(kind), &pairs, &options).unwrap()
    };
    let found = clinic
        .store
        .find_for_audit(&officer, query("Patient"))
        .await;
    assert_eq!(found.unwrap().len(), 1);
    assert!(
        clinic
            .about("ana")
            .await
            .iter()
            .any(|(act, _)| act == "search")
    );
    let other = clinic
        .store
        .find_for_audit(&officer, query("Practitioner"))
        .await;
    assert!(matches!(other, Err(PeopleError::Refused(_))));
    let refused = clinic.store.find_for_audit(&cleo, query("Patient")).await;
    assert!(matches!(refused, Err(PeopleError::Forbidden)));
}

#[test]
fn o_d2_no_statement_of_the_program_changes_or_deletes_what_is_in_the_log() {
    for (file, sql) in crate::statements::ALL {
        let kept = ["audit_log", "audit_tile", "audit_head", "audit_span"];
        let touches = kept.iter().any(|t| {
            sql.contains(&format!("update {t}")) || sql.contains(&format!("delete from {t}"))
        });
        assert!(!touches, "{file}");
    }
}
