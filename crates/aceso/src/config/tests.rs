//! The configuration file.

use super::*;

#[test]
fn what_explain_prints_is_a_file_that_states_the_defaults() {
    assert_eq!(Config::parse(&explain()).unwrap(), Config::default());
}

#[test]
fn every_section_is_explained() {
    let text = explain();
    let names = |text: &str| toml::from_str::<toml::Table>(text).unwrap().len();
    // The destructuring fails to compile when a section is added; count it in `sections` then.
    let Config {
        listen: _,
        hours: _,
        language: _,
        board: _,
        administration: _,
        limits: _,
        tokens: _,
        sessions: _,
        sign_in: _,
        root_key: _,
        record: _,
        egress: _,
        audit: _,
        insiders: _,
        mail: _,
        backup: _,
        update: _,
        shield: _,
        telemetry: _,
        advisories: _,
        desk: _,
        services: _,
        log: _,
    } = Config::default();
    assert_eq!(names(&text), 23);
    assert!(
        sections()
            .iter()
            .all(|(_, keys)| keys.iter().all(|k| !k.meaning.is_empty()))
    );
}

fn check_refused(text: &str, why: &str) {
    let error = format!("{:#}", Config::parse(text).unwrap_err());
    assert!(error.contains(why), "{text}: {error}");
}

#[test]
fn a_provider_is_reachable_named_by_a_fit_claim_and_gives_no_administrators() {
    let text = |change: &str| {
        let lines = [
            "id = 'hospital'",
            "name = 'Hospital'",
            "issuer = 'https://idp.example'",
            "client = 'aceso'",
            "secret_file = 'secret'",
        ];
        let key = change.split(' ').next().unwrap_or_default();
        let kept = lines
            .iter()
            .filter(|l| !l.starts_with(key) || key.is_empty());
        let kept: Vec<&str> = kept.copied().chain([change]).collect();
        let egress = "[egress]\nendpoints = ['https://idp.example/']\n";
        format!("{egress}[[sign_in.provider]]\n{}\n", kept.join("\n"))
    };
    Config::parse(&text("")).unwrap();
    for (change, why) in [
        ("id = 'A B'", "small letters"),
        ("name = ''", "must be there"),
        ("issuer = 'https://other.example'", "egress.endpoints"),
        ("claim = 'email'", "does not tell people apart"),
        ("key_file = 'key'", "one of"),
        ("scopes = 'profile'", "openid"),
        ("new_accounts = ['administrator']", "administrator"),
        ("isuer = 'x'", "isuer"),
    ] {
        check_refused(&text(change), why);
    }
}

#[test]
fn a_wrong_key_is_refused_by_name() {
    check_refused("[listen]\nadress = 'x'\n", "adress");
    check_refused("[lissen]\n", "lissen");
    check_refused("[limits]\npage = 'x'\n", "page");
    check_refused("[limits]\npage = 0\n", "limits.page");
    check_refused("[listen]\ncertificate = 'a.pem'\n", "go together");
    check_refused("[tokens]\nbackend_seconds = 0\n", "backend_seconds");
    check_refused("[tokens]\nscript_hours = 25\n", "script_hours");
    let networks = "[administration]\nnetworks = ['10.0.0.1/8']\n";
    check_refused(networks, "administration.networks");
    check_refused("[hours]\nopen = ['9 to 5']\n", "mon-fri 07:00-19:00");
    check_refused("[hours]\ntime_zone = 'Here'\n", "time zone");
    check_refused("[language]\ndefault = 'de'\n", "language.default");
    check_refused("[board]\nlong_wait_minutes = 40\n", "too_long_wait_minutes");
    check_refused("[sessions]\nidle_minutes = 61\n", "idle_minutes");
    check_refused("[sessions]\ntrusted_networks = ['x']\n", "trusted_networks");
    check_refused("[sign_in]\nfailures = 101\n", "sign_in.failures");
    check_refused("[sign_in]\none_factor_roles = ['A b']\n", "one_factor");
    let endpoints = "[egress]\nendpoints = ['http://a.example/']\n";
    check_refused(endpoints, "egress.endpoints");
    check_refused("[root_key]\nsource = 'hsm'\n", "root_key.source");
    check_refused("[log]\nlevel = 'loud'\n", "log.level");
    check_refused("[[audit.send]]\nto = 'x'\nas = 'cef'\n", "audit.send");
    check_refused(
        "[audit]\nwitnesses = ['https://a.example/w']\n",
        "audit.witnesses",
    );
    check_refused("[audit]\nwitness_for = ['x']\n", "audit.witness_for");
    check_refused("[[audit.send]]\nto = 'file:///a'\n", "missing field `as`");
    check_refused("[insiders]\nhour = 24\n", "insiders.hour");
    check_refused("[mail]\nserver = 'smtp://10.0.0.1'\n", "mail.server");
    check_refused("[mail]\nserver = 'smtps://m.example'\n", "mail.from");
    check_refused("[mail]\nfrom = 'a@m.example'\n", "mail.server is not named");
    let user = "[mail]\nserver = 'smtps://m.example'\nfrom = 'a@m.example'\nuser = 'a'\n";
    check_refused(user, "go together");
    check_refused("[backup]\nevery_hours = 72\n", "backup.every_hours");
    check_refused("[shield]\nseconds = 1\n", "shield.seconds");
    check_refused("[shield]\nnever = ['10.0.0.1/8']\n", "shield.never");
    check_refused(
        "[services]\ngithub_repository = 'aceso'\ngithub_token_file = 'a'\n",
        "owner/name",
    );
    check_refused(
        "[services]\nforum_address = 'https://talk.example'\n",
        "the forum is not named",
    );
    check_refused(
        "[services]\nsocial_address = 'http://social.example'\nsocial_token_file = 'a'\n",
        "services",
    );
    let user = "[services]\ncve_organisation = 'aceso'\ncve_key_file = 'a'\n";
    check_refused(user, "services.cve_user");
    check_refused("[update]\nevery_hours = 0\n", "update.every_hours");
    check_refused("[update]\nfrom = '/a'\n", "update.root");
    let update = "[update]\nfrom = '/a'\nroot = '/b'\n";
    check_refused(&format!("{update}policy = 'x'\n"), "update.policy");
    check_refused("[update]\nquiet = ['at night']\n", "update.quiet");
    let twice = "[[audit.send]]\nto = 'file:///a'\nas = 'ecs'\n".repeat(2);
    check_refused(&twice, "there twice");
}
