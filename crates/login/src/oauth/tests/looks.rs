//! Every page of apps keeps the rules of pages, and says nothing in English to who reads another language.

use aceso_testkit::english::English;
use aceso_testkit::html::problems;
use aceso_web::page::{Frame, View};

use crate::oauth::page::{AppsPage, ConsentPage, Leaving, NoWay, OpenPage, PickerPage};

/// Data of the samples that read like texts of ours: a role, a language.
const STAYS: &[&str] = &["Clinician", "English"];

fn whole<V: View>(view: &V) -> String {
    let frame = Frame::sample();
    frame.around(&view.page(&frame.csrf)).into_string()
}

fn check<V: View>(english: &mut English, name: &str) {
    let samples = V::samples();
    assert!(!samples.is_empty(), "{name} has no sample");
    for view in samples {
        assert_eq!(problems(&whole(&view)), Vec::<String>::new(), "{name}");
    }
    english.look(name, STAYS, || V::samples().iter().map(whole).collect());
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
