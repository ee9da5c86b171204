use aceso_testkit::device::{Device, MODEL_NAME, Maker, PRESENT_ONLY, SITE};
use serde_json::Value;

use super::*;

const HANDLE: Handle = [9; 16];

/// A site that lists this model of a maker.
fn site_of(maker: &Maker, model: &str) -> Passkeys {
    let devices = Devices::new(std::slice::from_ref(&maker.authority), &[model.to_owned()]);
    let site = Passkeys::new(SITE, "Northgate").unwrap();
    site.with_devices(Some(devices.unwrap()))
}

fn registered(device: &Device) -> (Passkeys, Passkey) {
    let site = Passkeys::new(SITE, "Northgate").unwrap();
    let begun = site
        .begin_registration(HANDLE, ("ada", "Ada"), &[], Makers::Any)
        .unwrap();
    let key = site
        .finish_registration(&begun.state, &device.register(&begun.options))
        .unwrap();
    (site, key)
}

#[test]
fn a_passkey_registers_and_signs_in() {
    let mut device = Device::new();
    let (site, key) = registered(&device);
    assert_eq!(key.id(), b"key1");
    let mut key = Passkey::from_text(&key.to_text().unwrap()).unwrap();
    let begun = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    let answer = device.sign_in(&begun.options, None);
    assert!(
        site.finish_sign_in(&begun.state, &answer, &mut key)
            .unwrap(),
        "its counter moved"
    );
    let again = site.finish_sign_in(&begun.state, &answer, &mut key);
    assert!(again.is_ok(), "the caller throws the state away: {again:?}");
}

#[test]
fn a_passkey_signs_in_whoever_has_it() {
    let mut device = Device::new();
    let (site, mut key) = registered(&device);
    for asking in [Asking::InTheField, Asking::ByButton] {
        let begun = site.begin_discoverable(asking).unwrap();
        assert_eq!(
            begun.options.contains("conditional"),
            asking == Asking::InTheField
        );
        assert!(
            begun.options.contains("\"userVerification\":\"required\""),
            "{}",
            begun.options
        );
        let answer = device.sign_in(&begun.options, Some(HANDLE));
        assert_eq!(site.identify(&answer).unwrap(), (HANDLE, b"key1".to_vec()));
        assert!(
            site.finish_discoverable(&begun.state, &answer, &mut key)
                .unwrap()
        );
    }
}

fn check_refused(change: impl FnOnce(&mut Device)) {
    let mut device = Device::new();
    let (site, mut key) = registered(&device);
    change(&mut device);
    let begun = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    let answer = device.sign_in(&begun.options, None);
    let got = site.finish_sign_in(&begun.state, &answer, &mut key);
    assert!(matches!(got, Err(PasskeyError::Refused(_))), "{got:?}");
    let begun = site.begin_discoverable(Asking::ByButton).unwrap();
    let answer = device.sign_in(&begun.options, Some(HANDLE));
    let got = site.finish_discoverable(&begun.state, &answer, &mut key);
    assert!(matches!(got, Err(PasskeyError::Refused(_))), "{got:?}");
}

#[test]
fn n6_a_look_alike_site_gets_nothing_from_a_passkey() {
    check_refused(|d| d.origin = "https://clinic.example.evil.example");
    check_refused(|d| d.origin = "http://clinic.example");
    check_refused(|d| d.origin = "https://clinic.example:444");
}

#[test]
fn another_key_an_unverified_person_and_a_copied_key_are_refused() {
    check_refused(|d| d.pair = Device::new().pair);
    check_refused(|d| d.flags = PRESENT_ONLY);
    let mut device = Device::new();
    let (site, mut key) = registered(&device);
    device.counter = 40;
    let begun = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    site.finish_sign_in(
        &begun.state,
        &device.sign_in(&begun.options, None),
        &mut key,
    )
    .unwrap();
    device.counter = 20;
    let begun = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    let got = site.finish_sign_in(
        &begun.state,
        &device.sign_in(&begun.options, None),
        &mut key,
    );
    assert!(got.is_err(), "a counter that goes back is a copy: {got:?}");
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let mut device = Device::new();
    let (site, mut key) = registered(&device);
    let one = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    let two = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    let answer = device.sign_in(&one.options, None);
    assert!(site.finish_sign_in(&two.state, &answer, &mut key).is_err());
    for bad in ["", "{}", "[]", "null"] {
        assert!(matches!(
            site.finish_sign_in(&one.state, bad, &mut key),
            Err(PasskeyError::Form)
        ));
        assert!(matches!(
            site.finish_sign_in(bad, &answer, &mut key),
            Err(PasskeyError::Form)
        ));
        assert!(site.identify(bad).is_err());
    }
}

#[test]
fn passkeys_live_at_host_names() {
    for good in [
        "https://clinic.example",
        "https://localhost:8443",
        "http://localhost:8080",
    ] {
        assert!(Passkeys::new(good, "x").is_ok(), "{good}");
    }
    for ip in ["https://127.0.0.1:8443", "https://[::1]:8443"] {
        let error = Passkeys::new(ip, "x").unwrap_err();
        assert!(matches!(error, PasskeySetupError::IpAddress(_)), "{error}");
    }
    let error = Passkeys::new("http://clinic.example", "x").unwrap_err();
    assert!(matches!(error, PasskeySetupError::Insecure(_)), "{error}");
    assert!(Passkeys::new("clinic", "x").is_err());
}

fn begun(site: &Passkeys, makers: Makers) -> Ceremony {
    site.begin_registration(HANDLE, ("ada", "Ada"), &[], makers)
        .unwrap()
}

#[test]
fn n7_where_devices_are_listed_only_a_key_of_theirs_is_taken_and_known_again() {
    let (maker, device) = (Maker::new(), Device::new());
    let site = site_of(&maker, MODEL_NAME);
    let ceremony = begun(&site, Makers::Listed);
    let options: Value = serde_json::from_str(&ceremony.options).unwrap();
    assert_eq!(options["publicKey"]["attestation"], "direct");
    let answer = device.register_vouched(&ceremony.options, &maker);
    let key = site.finish_registration(&ceremony.state, &answer).unwrap();
    let mut key = Passkey::from_text(&key.to_text().unwrap()).unwrap();
    assert!(site.accepts(&key, Makers::Listed));
    let mut device = device;
    let asked = site.begin_sign_in(std::slice::from_ref(&key)).unwrap();
    let answer = device.sign_in(&asked.options, None);
    site.finish_sign_in(&asked.state, &answer, &mut key)
        .unwrap();
    assert!(site.accepts(&key, Makers::Listed), "after it was used");
    // Another model, another maker, nobody who vouches.
    let other = site_of(&maker, "11111111-1111-1111-1111-111111111111");
    assert!(!other.accepts(&key, Makers::Listed));
    assert!(!site_of(&Maker::new(), MODEL_NAME).accepts(&key, Makers::Listed));
    for (site, by) in [(&other, &maker), (&site, &Maker::new())] {
        let ceremony = begun(site, Makers::Listed);
        let answer = device.register_vouched(&ceremony.options, by);
        assert!(site.finish_registration(&ceremony.state, &answer).is_err());
    }
    let ceremony = begun(&site, Makers::Listed);
    let plain = device.register(&ceremony.options);
    assert!(site.finish_registration(&ceremony.state, &plain).is_err());
    // Whoever may use any device does.
    let ceremony = begun(&site, Makers::Any);
    let plain = device.register(&ceremony.options);
    let plain = site.finish_registration(&ceremony.state, &plain).unwrap();
    assert!(site.accepts(&plain, Makers::Any) && !site.accepts(&plain, Makers::Listed));
    // A key whose maker spoke unasked is none of the list's by that alone.
    let ceremony = begun(&site, Makers::Any);
    let forged = Maker::new();
    let answer = device.register_vouched(&ceremony.options, &forged);
    let taken = site.finish_registration(&ceremony.state, &answer).unwrap();
    assert!(!site.accepts(&taken, Makers::Listed));
}

#[test]
fn a_list_of_devices_names_models_and_who_vouches_for_them() {
    let maker = Maker::new();
    let authorities = [maker.authority.clone()];
    let model = MODEL_NAME.to_owned();
    for (authorities, models, why) in [
        (&[][..], &[model.clone()][..], DevicesError::Incomplete),
        (&authorities, &[], DevicesError::Incomplete),
        (
            &authorities,
            &["key".to_owned()],
            DevicesError::Model("key".to_owned()),
        ),
        (&[b"x".to_vec()], &[model], DevicesError::Authority),
    ] {
        assert_eq!(Devices::new(authorities, models).unwrap_err(), why);
    }
}
