//! Signing out, and people who leave.

use std::time::{Duration, Instant};

use super::{Clinic, PASSWORD, is_in, sign_in};

/// Waits until it is so; answers how long that took.
#[track_caller]
fn until(what: &str, mut so: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !so() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{what}: not within 60 s"
        );
        std::thread::yield_now();
    }
    start.elapsed()
}

#[test]
fn hn5_when_a_person_leaves_every_session_ends_within_sixty_seconds_and_no_proof_is_good_any_more()
{
    let clinic = Clinic::new();
    let (ana, app) = clinic.person("ana", "nurse", &[]);
    let app = app.expect("a nurse enrols a second factor");
    let mut second = ana.clone();
    second.cookies.remove("__Host-aceso");
    sign_in(&mut second, "ana", PASSWORD, Some(&app));
    assert!(is_in(&ana) && is_in(&second));
    let link = clinic.stage.expect(&["user", "reset", "ana"], 0);
    let link = super::path(link.lines().last().unwrap()).to_owned();
    clinic.stage.expect(&["user", "disable", "ana"], 0);
    let took = until("sessions", || !is_in(&ana) && !is_in(&second));
    assert!(took < Duration::from_secs(5), "{took:?}");
    let mut again = ana.clone();
    again.cookies.remove("__Host-aceso");
    let page = sign_in(&mut again, "ana", PASSWORD, Some(&app));
    assert!(page.form("/sign-in").is_some(), "{}", page.body);
    assert!(!is_in(&again));
    assert_eq!(again.get(&link).status, 404, "the reset link is void");
    // Enabled again, the old sessions stay dead.
    clinic.stage.expect(&["user", "enable", "ana"], 0);
    std::thread::sleep(Duration::from_secs(3));
    assert!(!is_in(&ana));
}

#[test]
fn asvs_7_4_1_signing_out_ends_the_session_at_the_server() {
    let clinic = Clinic::new();
    let kept = clinic.root.clone();
    let mut root = clinic.root.clone();
    let page = root.open("/account");
    let page = root.submit(&page, "/sign-out", &[]);
    let cleared = page.lines("clear-site-data");
    root.follow(page.clone()).expect(200, "signed out");
    assert!(!cleared.is_empty(), "{}", page.head);
    assert!(!is_in(&kept), "the old cookie is dead");
}
