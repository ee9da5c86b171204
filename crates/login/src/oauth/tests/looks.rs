//! Every page of apps keeps the rules of pages.

use aceso_testkit::html::problems;
use aceso_web::page::{Frame, View};

use crate::oauth::page::{AppsPage, ConsentPage, Leaving, NoWay, OpenPage, PickerPage};

fn check<V: View>(name: &str) {
    let samples = V::samples();
    assert!(!samples.is_empty(), "{name} has no sample");
    for view in samples {
        let frame = Frame::sample();
        let html = frame.around(&view.page(&frame.csrf)).into_string();
        assert_eq!(problems(&html), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_page_of_apps_keeps_the_rules() {
    check::<ConsentPage>("consent");
    check::<PickerPage>("picker");
    check::<Leaving>("leaving");
    check::<NoWay>("no way");
    check::<AppsPage>("apps");
    check::<OpenPage>("open");
}
