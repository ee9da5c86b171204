mod forgot;
mod kit;
mod outside;
mod sessions;
mod signing_in;

use aceso_testkit::html::problems;
use aceso_web::page::{Frame, Language, View, speaking};

use crate::pages::*;

fn check_samples<V: View>(name: &str) {
    let samples = V::samples();
    assert!(!samples.is_empty(), "{name} has no sample");
    let languages = Language::ALL.into_iter();
    for (view, language) in samples
        .iter()
        .flat_map(|v| languages.clone().map(move |l| (v, l)))
    {
        let frame = Frame::sample();
        let html = speaking(language, || {
            frame.around(&view.page(&frame.csrf)).into_string()
        });
        assert_eq!(problems(&html), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_page_keeps_the_rules() {
    check_samples::<sign_in::SignIn>("sign-in");
    check_samples::<challenge::Challenge>("challenge");
    check_samples::<second::Recovery>("recovery code");
    check_samples::<super::forgot::Forgot>("forgot");
    check_samples::<set_up::SetUp>("set-up");
    check_samples::<invitation::Invitation>("invitation");
    check_samples::<reset::Reset>("reset");
    check_samples::<demo::DemoSignIn>("demo");
    check_samples::<enrol::Choose>("enrol");
    check_samples::<add_passkey::AddPasskey>("add passkey");
    check_samples::<add_app::AddApp>("add app");
    check_samples::<recovery::Sheet>("recovery codes");
    check_samples::<recovery::Left>("recovery codes left");
    check_samples::<shares::Shares>("shares");
    check_samples::<account::Overview>("account");
    check_samples::<account::Change>("credential");
    check_samples::<password::NewPassword>("password");
    check_samples::<crate::pages::sessions::Overview>("sessions");
    check_samples::<approval::Number>("approval number");
    check_samples::<approval::Approvals>("approvals");
    check_samples::<crate::pages::outside::Leaving>("leaving");
    check_samples::<identities::Remove>("outside identity");
    check_samples::<draft::Unfinished>("draft");
    check_samples::<notices::Notices>("notices");
    check_samples::<look::Choose>("look");
}
