mod devices;
mod forgot;
mod kit;
mod outside;
mod sessions;
mod signing_in;

use aceso_testkit::english::English;
use aceso_testkit::html::problems;
use aceso_web::page::{Frame, Language, View, speaking};

use crate::pages::*;

/// Data of the samples that read like texts of ours: roles, what credentials were called when they were added, a language.
const STAYS: &[&str] = &[
    "Administrator",
    "Authenticator app",
    "Clinician",
    "English",
    "Password",
];

fn whole<V: View>(view: &V) -> String {
    let frame = Frame::sample();
    frame.around(&view.page(&frame.csrf)).into_string()
}

fn check_samples<V: View>(english: &mut English, name: &str) {
    let samples = V::samples();
    assert!(!samples.is_empty(), "{name} has no sample");
    let languages = Language::ALL.into_iter();
    for (view, language) in samples
        .iter()
        .flat_map(|v| languages.clone().map(move |l| (v, l)))
    {
        let html = speaking(language, || whole(view));
        assert_eq!(problems(&html), Vec::<String>::new(), "{name}");
    }
    english.look(name, STAYS, || V::samples().iter().map(whole).collect());
}

#[test]
fn every_page_keeps_the_rules_and_says_nothing_in_english_to_who_reads_another_language() {
    let mut all = English::default();
    let english = &mut all;
    check_samples::<sign_in::SignIn>(english, "sign-in");
    check_samples::<challenge::Challenge>(english, "challenge");
    check_samples::<second::Recovery>(english, "recovery code");
    check_samples::<super::forgot::Forgot>(english, "forgot");
    check_samples::<set_up::SetUp>(english, "set-up");
    check_samples::<invitation::Invitation>(english, "invitation");
    check_samples::<reset::Reset>(english, "reset");
    check_samples::<demo::DemoSignIn>(english, "demo");
    check_samples::<enrol::Choose>(english, "enrol");
    check_samples::<add_passkey::AddPasskey>(english, "add passkey");
    check_samples::<add_app::AddApp>(english, "add app");
    check_samples::<recovery::Sheet>(english, "recovery codes");
    check_samples::<recovery::Left>(english, "recovery codes left");
    check_samples::<shares::Shares>(english, "shares");
    check_samples::<account::Overview>(english, "account");
    check_samples::<account::Change>(english, "credential");
    check_samples::<password::NewPassword>(english, "password");
    check_samples::<crate::pages::sessions::Overview>(english, "sessions");
    check_samples::<approval::Number>(english, "approval number");
    check_samples::<approval::Approvals>(english, "approvals");
    check_samples::<crate::pages::outside::Leaving>(english, "leaving");
    check_samples::<identities::Remove>(english, "outside identity");
    check_samples::<draft::Unfinished>(english, "draft");
    check_samples::<notices::Notices>(english, "notices");
    check_samples::<look::Choose>(english, "look");
    all.end();
}
