//! Every page, for everybody: nobody, each role, each session. The tables of routes say what must come.

use std::collections::BTreeMap;
use std::sync::Arc;

use aceso_base::Instant;
use aceso_policy::{
    BuiltIn, Caller, Origin, Person, Policies, Purpose, Session, Side, Strength, Task, Verdict,
};
use aceso_web::site::{Admit, Verb};

use super::{is_in, path};
use crate::browser::{Browser, Page};
use crate::stage::{Server, Stage};

/// A row of any room's table.
#[derive(Clone, Copy, Debug)]
struct Row {
    verb: Verb,
    path: &'static str,
    admit: Admit,
}

/// What has no end to read up to; the staff's own tests listen to it.
const STREAM: &str = "/board/live";

/// Every row of every room.
fn rows() -> Vec<Row> {
    let login = aceso_login::pages::ROUTES.iter().map(|r| Row {
        verb: r.verb,
        path: r.path,
        admit: r.admit,
    });
    let staff = aceso_staff::ROUTES.iter().map(|r| Row {
        verb: r.verb,
        path: r.path,
        admit: r.admit,
    });
    let all = login.chain(staff);
    all.filter(|row| row.path != STREAM).collect()
}

/// A path with something in each placeholder that is nobody's.
fn filled(pattern: &str) -> String {
    let parts = pattern.split('/').map(|part| match part.starts_with('{') {
        true => "nobodys",
        false => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// A demonstration, and one browser for each role, signed in.
fn people() -> (Stage, Server, BTreeMap<BuiltIn, Browser>) {
    let stage = Stage::new();
    let (server, said) = stage.serve_saying(&["--demo"], "Stop with");
    let mut people = BTreeMap::new();
    for role in BuiltIn::ALL {
        if role.side() == Side::Program {
            continue;
        }
        let title = format!("  {} (", role.title());
        let line = said.lines().find(|l| l.starts_with(&title)).unwrap();
        let link = path(line.split_whitespace().last().unwrap());
        let mut browser = Browser::new(&server.address);
        let page = browser.open(link).expect(200, "the demonstration's link");
        let page = browser.submit(&page, link, &[]);
        browser.follow(page).expect(200, "home");
        people.insert(role, browser);
    }
    (stage, server, people)
}

/// What the policies say of a role and a task, for a session of two factors that was not stepped up.
fn verdict(role: BuiltIn, task: Task) -> Verdict {
    let person = Person {
        account: "a".to_owned(),
        name: "a".to_owned(),
        roles: vec![role.role()],
        user: None,
        patients: Vec::new(),
        facilities: Vec::new(),
        session: Session::new(Strength::Two, Purpose::Operations),
    };
    let caller = Caller::person(Arc::new(person), Origin::default());
    let policies = Policies::builtin().unwrap();
    policies.may(&caller, task, Instant::from_millis(0))
}

/// The token that the forms of a browser's session carry.
fn token(browser: &mut Browser) -> String {
    let page = browser.open("/account");
    let (_, rest) = page.body.split_once("name=\"csrf\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn h1_asvs_8_2_1_every_page_is_there_for_those_who_may_and_for_nobody_else() {
    let (_stage, server, mut people) = people();
    let mut looked_at = 0;
    for row in rows() {
        let at = filled(row.path);
        let whole = !row.path.contains('{');
        let mut nobody = Browser::new(&server.address);
        if row.verb == Verb::Get {
            let page = nobody.get(&at);
            check_nobody(row, whole, &page);
        }
        for (role, browser) in &mut people {
            looked_at += 1;
            let what = format!("{role:?} {row:?}");
            let answer = match (row.verb, row.admit) {
                (Verb::Get, _) => browser.get(&at),
                // What would change the session itself is not part of the walk; the form's token is checked below.
                (Verb::Post, Admit::Task(task)) if verdict(*role, task) == Verdict::Deny => {
                    let token = token(browser);
                    browser.post(&at, &[("csrf", &token)])
                }
                (Verb::Post, _) => continue,
            };
            let Admit::Task(task) = row.admit else {
                let shown = match is_theirs(row.path, *role) {
                    true => matches!(answer.status, 200 | 303) || (!whole && answer.status == 404),
                    false => answer.status == 404,
                };
                assert!(shown, "{what}: {}", answer.head);
                continue;
            };
            match verdict(*role, task) {
                Verdict::Deny => {
                    assert_eq!(answer.status, 404, "{what}");
                    let missing = browser.get("/no-such-page");
                    assert_eq!(
                        answer.without_chance(&at),
                        missing.without_chance("/no-such-page").replace(&at, "HERE"),
                        "{what}"
                    );
                }
                Verdict::NeedsStepUp | Verdict::NeedsSecondFactor => {
                    assert_eq!(answer.status, 303, "{what}");
                    assert!(answer.location().starts_with("/step-up"), "{what}");
                }
                Verdict::Allow => {
                    // A page may ask for a fresh proof where the task alone does not.
                    let fresh = answer.status == 303 && answer.location().starts_with("/step-up");
                    let right = answer.status == 200 || fresh || (!whole && answer.status == 404);
                    assert!(right, "{what}: {}", answer.head);
                }
            }
        }
    }
    assert!(people.values().all(is_in), "the walk signed nobody out");
    assert!(looked_at > 500, "{looked_at}");
}

/// Whether a page that no task guards is there for a role: who looked into my record, for those who have one; the day's
/// appointments, for those who work with them.
fn is_theirs(path: &str, role: BuiltIn) -> bool {
    use BuiltIn::{Biller, Clinician, FrontDesk, Nurse, Patient};
    match path {
        "/account/access" => role == Patient,
        "/schedule" => matches!(role, Biller | Clinician | FrontDesk | Nurse),
        "/schedule/away" | "/schedule/new" | "/schedule/waitlist" | "/schedule/recalls"
        | "/board" | "/board/watch" => {
            matches!(role, Clinician | FrontDesk | Nurse)
        }
        "/lists/measures"
        | "/lists/measures/counted"
        | "/lists/measures/csv"
        | "/lists/measures/pdf" => {
            matches!(role, Clinician | Nurse)
        }
        _ => true,
    }
}

fn check_nobody(row: Row, whole: bool, page: &Page) {
    match row.admit {
        Admit::Anybody => {
            let shown = matches!(page.status, 200 | 303) || (!whole && page.status == 404);
            assert!(shown, "{row:?}: {}", page.head);
        }
        Admit::AnySession | Admit::Enrolling | Admit::SignedIn | Admit::Task(_) => {
            assert_eq!(page.status, 303, "{row:?}: {}", page.head);
            assert!(page.location().starts_with("/sign-in"), "{row:?}");
        }
    }
}

#[test]
fn asvs_3_5_1_no_form_is_taken_without_the_token_of_its_own_session() {
    let (_stage, server, people) = people();
    let foreign = token(&mut people[&BuiltIn::Nurse].clone());
    for row in rows().into_iter().filter(|r| r.verb == Verb::Post) {
        let at = filled(row.path);
        let mut nobody = Browser::new(&server.address);
        nobody.get("/sign-in");
        for token in ["", foreign.as_str()] {
            let fields = [("csrf", token)];
            for browser in [&mut nobody, &mut people[&BuiltIn::Administrator].clone()] {
                let page = browser.post(&at, &fields);
                assert!((400..500).contains(&page.status), "{row:?}: {}", page.head);
            }
        }
    }
    assert!(people.values().all(is_in));
}

#[test]
fn asvs_3_5_8_no_form_is_taken_from_another_site() {
    let (_stage, _server, people) = people();
    let mut admin = people[&BuiltIn::Administrator].clone();
    let token = token(&mut admin);
    admin.site = "cross-site";
    for row in rows().into_iter().filter(|r| r.verb == Verb::Post) {
        let page = admin.post(&filled(row.path), &[("csrf", &token)]);
        assert!((400..500).contains(&page.status), "{row:?}: {}", page.head);
    }
    assert!(is_in(&people[&BuiltIn::Administrator]));
}

#[test]
fn asvs_3_4_every_page_carries_the_headers_that_bind_a_browser() {
    let (_stage, _server, people) = people();
    let mut admin = people[&BuiltIn::Administrator].clone();
    for row in rows().into_iter().filter(|r| r.verb == Verb::Get) {
        let page = admin.get(&filled(row.path));
        let has = |name: &str, part: &str| {
            let lines = page.lines(name);
            assert!(
                lines.iter().any(|l| l.contains(part)),
                "{row:?} {name}: {}",
                page.head
            );
        };
        has("x-content-type-options", "nosniff");
        has("cache-control", "no-store");
        has("referrer-policy", "");
        if page.status == 200 {
            has("content-security-policy", "frame-ancestors 'none'");
            let policy = page.lines("content-security-policy").join(" ");
            assert!(!policy.contains("unsafe"), "{row:?}: {policy}");
        }
    }
}
