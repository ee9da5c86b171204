//! `aceso user`, the first run, the demonstration's people.

use crate::stage::Stage;

/// The last line of what a command printed.
fn last(said: &str) -> &str {
    said.lines().last().unwrap()
}

#[test]
fn asvs_6_3_2_a_fresh_install_has_no_account_and_offers_its_set_up_until_there_is_an_administrator()
{
    let stage = Stage::new();
    let mut links = Vec::new();
    for _ in 0..2 {
        let (server, said) = stage.serve_saying(&[], "/set-up/");
        assert_eq!(stage.json(&["user", "list"], 0), serde_json::json!([]));
        links.push(last(&said).trim().to_owned());
        assert_eq!(server.stop("-TERM"), Some(0));
    }
    assert_ne!(links[0], links[1]);
    assert!(
        links
            .iter()
            .all(|l| l.len() > "http://127.0.0.1:1/set-up/".len() + 42)
    );
}

#[test]
fn an_invitation_is_a_link_and_never_a_password_and_works_beside_a_running_server() {
    let stage = Stage::new();
    let _server = stage.serve();
    let said = stage.expect(&["user", "add", "Ana", "--role", "nurse"], 0);
    let link = last(&said);
    assert!(
        link.starts_with("https://127.0.0.1:8443/invitation/"),
        "{link}"
    );
    assert!(!said.to_lowercase().contains("password"), "{said}");
    let added = stage.json(&["user", "add", "ben", "--role", "biller"], 0);
    assert!(added["link"].as_str().unwrap().contains("/invitation/"));
    let list = stage.json(&["user", "list"], 0);
    assert_eq!(list[0]["user"], "ana");
    assert_eq!(list[0]["state"], "invited");
    assert_eq!(list[1]["roles"], serde_json::json!(["biller"]));
    // Another link makes the first one void, and is no password either.
    let again = stage.expect(&["user", "reset", "ana"], 0);
    assert!(last(&again).contains("/invitation/"));
    assert_ne!(last(&again), link);
    stage.expect(&["user", "role", "ana", "nurse", "laboratory"], 0);
    stage.expect(&["user", "disable", "ANA"], 0);
    let list = stage.json(&["user", "list"], 0);
    assert_eq!(list[0]["state"], "disabled");
    assert_eq!(list[0]["roles"], serde_json::json!(["laboratory", "nurse"]));
    stage.expect(&["user", "reset", "ana"], 1);
    stage.expect(&["user", "enable", "ana"], 0);
    stage.expect(&["user", "unlock", "ana"], 0);
    assert_eq!(stage.json(&["user", "list"], 0)[0]["state"], "invited");
}

#[test]
fn an_account_that_cannot_be_right_is_refused() {
    let stage = Stage::new();
    stage.expect(&["user", "add", "ana", "--role", "nurse"], 0);
    let check = |args: &[&str], why: &str| {
        let args = [&["user"], args].concat();
        stage.complains(&args, 1, why);
    };
    check(&["add", "\u{ff21}na", "--role", "nurse"], "taken");
    check(&["add", "bob", "--role", "king"], "there is no role king");
    let bad = ["add", "bob", "--role", "nurse", "--email", "x"];
    check(&bad, "e-mail");
    check(&["role", "nobody", "nurse"], "there is no account");
    check(&["disable", "nobody"], "there is no account");
    stage.expect(&["user", "add", "bob"], 2);
    let list = stage.json(&["user", "list"], 0);
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[test]
fn a_demonstration_has_a_person_for_each_role_and_new_links_at_each_start() {
    let stage = Stage::new();
    let mut links = Vec::new();
    let mut people = Vec::new();
    for _ in 0..2 {
        let (server, said) = stage.serve_saying(&["--demo"], "Stop with");
        let found: Vec<String> = said
            .split_whitespace()
            .filter(|word| word.contains("/demo/sign-in/"))
            .map(str::to_owned)
            .collect();
        assert_eq!(found.len(), 11, "{said}");
        links.push(found);
        let list = stage.json(&["user", "list"], 0);
        people.push(list);
        assert_eq!(server.stop("-TERM"), Some(0));
    }
    assert_eq!(people[0], people[1], "the people stay");
    assert!(links[0].iter().all(|l| !links[1].contains(l)));
    let list = people[0].as_array().unwrap();
    let of = |user: &str| list.iter().find(|p| p["user"] == user).unwrap();
    assert!(
        of("clinician")["fhirUser"]
            .as_str()
            .unwrap()
            .starts_with("Practitioner/")
    );
    let patient = of("patient");
    let own = patient["patients"][0].as_str().unwrap();
    assert_eq!(patient["fhirUser"], format!("Patient/{own}"));
    assert_eq!(of("proxy")["fhirUser"], "RelatedPerson/demo-parent");
}
