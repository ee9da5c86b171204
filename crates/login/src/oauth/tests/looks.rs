//! Every page of apps keeps the rules of pages.

use aceso_testkit::english::English;
use aceso_testkit::html::problems;
use aceso_web::page::{Frame, View};

use crate::oauth::page::{AppsPage, ConsentPage, Leaving, NoWay, OpenPage, PickerPage};

fn check<V: View>(english: &mut English, name: &str) {
    let samples = V::samples();
    assert!(!samples.is_empty(), "{name} has no sample");
    for view in samples {
        let frame = Frame::sample();
        let html = frame.around(&view.page(&frame.csrf)).into_string();
        assert_eq!(problems(&html), Vec::<String>::new(), "{name}");
        let make = || frame.around(&view.page(&frame.csrf)).into_string();
        english.look(name, &["Clinician", "English"], make);
    }
}

#[test]
fn every_page_of_apps_keeps_the_rules() {
    let mut all = English::default();
    let english = &mut all;
    check::<ConsentPage>(english, "consent");
    check::<PickerPage>(english, "picker");
    check::<Leaving>(english, "leaving");
    check::<NoWay>(english, "no way");
    check::<AppsPage>(english, "apps");
    check::<OpenPage>(english, "open");
    all.end();
}
