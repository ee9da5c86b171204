use aceso_testkit::english::English;
use maud::{Render, html};

use super::*;
use crate::site::{FormRefused, Missing, Refused};

/// Data of the samples that read like texts of ours.
const STAYS: &[&str] = &["Clinician"];

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
        assert_eq!(
            aceso_testkit::html::problems(&html),
            Vec::<String>::new(),
            "{name}"
        );
    }
}

/// The same, and it says nothing in English to who reads another language. The style guide does: its parts are samples.
fn check_said<V: View>(english: &mut English, name: &str) {
    check_samples::<V>(name);
    let samples = V::samples();
    for view in &samples {
        let frame = Frame::sample();
        english.look(name, STAYS, || {
            frame.around(&view.page(&frame.csrf)).into_string()
        });
    }
}

#[test]
fn every_page_keeps_the_rules() {
    let mut english = English::default();
    check_samples::<Styleguide>("Styleguide");
    check_said::<Missing>(&mut english, "Missing");
    check_said::<FormRefused>(&mut english, "FormRefused");
    check_said::<Refused>(&mut english, "Refused");
    english.end();
}

#[test]
fn every_part_is_in_the_style_guide() {
    let shown = Styleguide.page(&Csrf::new("t")).main().into_string();
    let parts = [
        all(&Banner::samples()),
        all(&Button::samples()),
        all(&Link::samples()),
        all(&Field::samples()),
        all(&Select::samples()),
        all(&Choices::samples()),
        all(&Table::samples()),
        all(&Tabs::samples()),
        all(&Steps::samples()),
        all(&Tag::samples()),
        all(&Facts::samples()),
        all(&Pager::samples()),
        all(&Empty::samples()),
        all(&Errors::samples()),
        all(&Icon::samples()),
        all(&Card::samples()),
        all(&Entries::samples()),
        all(&Readings::samples()),
        all(&Spark::samples()),
        all(&Plot::samples()),
        all(&Toast::samples()),
        all(&Panel::samples()),
    ];
    for part in parts.into_iter().flatten() {
        assert!(shown.contains(&part), "{part}");
    }
}

fn all<T: Render>(parts: &[T]) -> Vec<String> {
    parts
        .iter()
        .map(|part| part.render().into_string())
        .collect()
}

#[test]
fn asvs_1_2_1_titles_names_and_messages_are_escaped() {
    let bad = "<img src=x onerror=alert(1)>\"'";
    let page = Page::new(
        bad,
        html! { (Tag::plain(bad)) (Banner::new(Tone::Danger, bad).text(bad)) },
    )
    .lead(bad)
    .crumbs(vec![Crumb::new(bad, bad)])
    .notice(Banner::new(Tone::Info, bad));
    let mut frame = Frame::sample();
    frame.clinic = bad.into();
    frame.ribbon = Some(said(bad));
    frame.badge = Some(Badge {
        name: bad.into(),
        roles: vec![said(bad)],
    });
    let html = frame.around(&page).into_string();
    assert!(!html.contains("<img"));
    assert!(!html.contains("\"'"));
}

#[test]
fn a_patients_form_says_whose_it_is() {
    let form = Form::post(&Csrf::new("t"), "/patients/7/notes", html! {}).of_patient("7");
    assert!(
        form.render()
            .into_string()
            .contains("name=\"patient\" value=\"7\"")
    );
}
