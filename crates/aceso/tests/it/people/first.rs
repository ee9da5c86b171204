//! The first run, and the ways in.

use super::{Clinic, PASSWORD, is_in, path, sign_in};
use crate::browser::Browser;
use crate::stage::Stage;

#[test]
fn the_first_administrator_comes_in_by_the_link_and_with_a_second_factor_and_nobody_else_does() {
    let clinic = Clinic::new();
    assert!(is_in(&clinic.root));
    let list = clinic.stage.json(&["user", "list"], 0);
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["roles"], serde_json::json!(["administrator"]));
    // Set up once, there is no link any more, and the console says so at the next start.
    clinic.stage.expect(&["user", "disable", "root"], 1);
    clinic.stage.expect(&["user", "role", "root", "nurse"], 1);
}

#[test]
fn hn1_a_password_alone_opens_nothing_where_the_role_asks_for_two_factors() {
    let clinic = Clinic::new();
    let mut other = Browser::new(&clinic.server.address);
    let page = sign_in(&mut other, "root", PASSWORD, None);
    assert!(page.form("/sign-in/second").is_some(), "{}", page.body);
    for path in ["/", "/account", "/account/enrol", "/account/app"] {
        let page = other.get(path);
        assert_ne!(page.status, 200, "{path}: {}", page.body);
    }
    // The session that waits is not the one that follows (ASVS 7.2.4).
    let before = other.cookies["__Host-aceso"].clone();
    let page = other.open("/sign-in/second");
    let code = clinic.app.fresh_code();
    let page = other.submit(&page, "/sign-in/second", &[("code", &code)]);
    other.follow(page).expect(200, "home");
    assert_ne!(other.cookies["__Host-aceso"], before);
    assert!(is_in(&other));
    let mut stale = Browser::new(&clinic.server.address);
    stale.cookies.insert("__Host-aceso".to_owned(), before);
    assert!(!is_in(&stale));
    // And the code was good once (ASVS 6.5.1).
    let mut third = Browser::new(&clinic.server.address);
    let page = sign_in(&mut third, "root", PASSWORD, None);
    let page = third.submit(&page, "/sign-in/second", &[("code", &code)]);
    third.follow(page);
    assert!(!is_in(&third));
}

#[test]
fn asvs_7_2_4_a_cookie_that_somebody_planted_never_becomes_a_session() {
    let clinic = Clinic::new();
    let planted = "A".repeat(43);
    let mut victim = Browser::new(&clinic.server.address);
    victim
        .cookies
        .insert("__Host-aceso".to_owned(), planted.clone());
    sign_in(&mut victim, "root", PASSWORD, Some(&clinic.app));
    assert!(is_in(&victim));
    assert_ne!(victim.cookies["__Host-aceso"], planted);
    let mut attacker = Browser::new(&clinic.server.address);
    attacker.cookies.insert("__Host-aceso".to_owned(), planted);
    assert!(!is_in(&attacker));
}

#[test]
fn asvs_3_3_1_the_cookie_is_bound_to_the_host_and_hidden_from_scripts() {
    let clinic = Clinic::new();
    let mut other = Browser::new(&clinic.server.address);
    let page = other.open("/sign-in");
    let typed = [("user", "root"), ("password", PASSWORD)];
    let page = other.submit(&page, "/sign-in", &typed);
    let set = page.lines("set-cookie");
    assert!(
        set.iter().any(|c| c.starts_with("__Host-aceso=")),
        "{set:?}"
    );
    for cookie in set {
        for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

#[test]
fn a_demonstrations_link_works_in_the_demonstration_only() {
    let stage = Stage::new();
    let (server, said) = stage.serve_saying(&["--demo"], "Stop with");
    let link = said
        .split_whitespace()
        .find(|w| w.contains("/demo/sign-in/"))
        .unwrap()
        .to_owned();
    let link = path(&link);
    let enter = |address: &str| {
        let mut browser = Browser::new(address);
        let page = browser.open(link);
        if page.form(link).is_some() {
            let page = browser.submit(&page, link, &[]);
            browser.follow(page);
        }
        is_in(&browser)
    };
    assert!(enter(&server.address));
    assert!(enter(&server.address), "usable until it ends");
    drop(server);
    // The same data, served as a clinic's own.
    let server = stage.serve();
    assert!(!enter(&server.address));
}
