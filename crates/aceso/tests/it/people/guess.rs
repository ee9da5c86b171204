//! Guessing passwords and names.

use std::time::Instant;

use aceso_testkit::statistics::{median, rank_sum};

use super::{Clinic, PASSWORD, is_in, sign_in};
use crate::browser::{Browser, Page};

/// One wrong attempt from an address of its own; what was answered, and how long it took.
fn attempt(clinic: &Clinic, user: &str, password: &str, from: &str) -> (Page, f64) {
    let mut browser = Browser::new(&clinic.server.address);
    browser.from = Some(from.to_owned());
    let page = browser.open("/sign-in").expect(200, "the sign-in page");
    let typed = [("user", user), ("password", password)];
    let start = Instant::now();
    let page = browser.submit(&page, "/sign-in", &typed);
    let took = start.elapsed().as_secs_f64() * 1000.0;
    assert!(!browser.cookies.contains_key("__Host-aceso"), "signed in");
    (page, took)
}

#[test]
fn n4_ten_thousand_wrong_passwords_open_nothing_and_keep_nobody_out_of_their_own_browser() {
    let clinic = Clinic::with("[listen]\ntrust_forwarded = true\n");
    let (known, app) = clinic.person("ana", "nurse", &[]);
    let mut browser = Browser::new(&clinic.server.address);
    let mut waits = 0;
    for number in 0..10_000_u32 {
        let [_, _, c, d] = number.to_be_bytes();
        browser.from = Some(format!("198.18.{c}.{d}"));
        // A fresh visit from time to time, as a tool does.
        if number % 500 == 0 {
            browser.cookies.clear();
        }
        let page = browser.open("/sign-in");
        let password = format!("wrong password {number}");
        let typed = [("user", "ana"), ("password", password.as_str())];
        let page = browser.submit(&page, "/sign-in", &typed);
        waits += u32::from(page.body.contains("Too many wrong attempts"));
        assert!(!browser.cookies.contains_key("__Host-aceso"));
    }
    // At most a hundred in a row are looked at.
    assert!(waits >= 9_900, "{waits}");
    // The right one is not looked at either, from elsewhere; from her own browser it is.
    let mut stranger = Browser::new(&clinic.server.address);
    sign_in(&mut stranger, "ana", PASSWORD, app.as_ref());
    assert!(!is_in(&stranger));
    let mut own = known;
    own.cookies.remove("__Host-aceso");
    sign_in(&mut own, "ana", PASSWORD, app.as_ref());
    assert!(is_in(&own));
    // And an administrator lifts the lock for everybody.
    clinic.stage.expect(&["user", "unlock", "ana"], 0);
    let mut stranger = Browser::new(&clinic.server.address);
    sign_in(&mut stranger, "ana", PASSWORD, app.as_ref());
    assert!(is_in(&stranger));
}

#[test]
fn asvs_6_3_8_neither_words_nor_time_tell_whether_an_account_exists() {
    let clinic = Clinic::with("[listen]\ntrust_forwarded = true\n");
    // Someone who never took the invitation up, someone disabled, someone active.
    clinic
        .stage
        .expect(&["user", "add", "zz-ivy", "--role", "nurse"], 0);
    clinic.person("zz-dan", "nurse", &[]);
    clinic.stage.expect(&["user", "disable", "zz-dan"], 0);
    for number in 0..40 {
        let name = format!("real{number}");
        clinic.person_quickly(&name);
    }
    let (mut real, mut unreal) = (Vec::new(), Vec::new());
    let mut words = std::collections::BTreeSet::new();
    for number in 0..40 {
        for (name, times) in [
            (format!("real{number}"), &mut real),
            (format!("none{number}"), &mut unreal),
        ] {
            let from = format!("198.51.100.{number}");
            let (page, took) = attempt(&clinic, &name, "a wrong password", &from);
            times.push(took);
            words.insert(page.without_chance(&name));
        }
    }
    for (number, name) in ["zz-ivy", "zz-dan"].into_iter().enumerate() {
        let from = format!("203.0.113.{number}");
        let (page, _) = attempt(&clinic, name, "a wrong password", &from);
        words.insert(page.without_chance(name));
    }
    assert_eq!(words.len(), 1, "the same words: {words:?}");
    let z = rank_sum(&real, &unreal);
    let (a, b) = (median(&real), median(&unreal));
    eprintln!(
        "sign-in: {a:.1} ms where there is an account, {b:.1} ms where there is none, z = {z:.2}"
    );
    assert!(z.abs() < 4.0, "z = {z}: {a} ms, {b} ms");
}
