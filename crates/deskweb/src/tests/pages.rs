//! Every page renders with each of its samples keeps the rules of pages, and says nothing in English to who reads another
//! language; every row decides who may come in.

use aceso_policy::{Role, Strength};
use aceso_testkit::english::English;
use aceso_testkit::html;
use aceso_web::page::{Csrf, Frame, View};
use aceso_web::site::{Admit, Verb};
use http::StatusCode;

use super::kit::{Bench, GOOD};
use crate::ROUTES;
use crate::adopt::installations::Installations;
use crate::adopt::list::Adoptions;
use crate::adopt::show::Adopted;
use crate::inside::bills::Bills;
use crate::inside::case::CasePage;
use crate::inside::cases::Cases;
use crate::inside::contacts::Contacts;
use crate::inside::duties::Duties;
use crate::inside::figures::{Figures, Year};
use crate::inside::reports::Reports;
use crate::inside::request::RequestPage;
use crate::inside::text::{Editor, Preview};
use crate::public::advisories::{Advisories, One};
use crate::public::home::Home;
use crate::public::not_here::NotHere;
use crate::public::notice::{Asked, Notice, Thanks};
use crate::public::report::ReportForm;
use crate::public::status::Status;

/// Data of the samples that read like texts of ours, and values of SSVC, which are the same in every language.
const STAYS: &[&str] = &["Clinician", "High", "active", "none"];

fn whole<V: View>(view: &V) -> String {
    let page = view.page(&Csrf::new("the-token"));
    Frame::sample().around(&page).into_string()
}

fn check<V: View>(english: &mut English, name: &str) {
    let samples = V::samples();
    assert!(!samples.is_empty(), "{name} has no samples");
    for view in samples {
        let text = whole(&view);
        assert_eq!(html::problems(&text), Vec::<String>::new(), "{name}");
    }
    english.look(name, STAYS, || V::samples().iter().map(whole).collect());
}

#[test]
fn every_page_renders_labels_its_inputs_and_carries_its_token() {
    let mut all = English::default();
    let english = &mut all;
    check::<Home>(english, "home");
    check::<ReportForm>(english, "report");
    check::<Status>(english, "status");
    check::<NotHere>(english, "not here");
    check::<Advisories>(english, "advisories");
    check::<One>(english, "advisory");
    check::<Cases>(english, "cases");
    check::<Reports>(english, "reports");
    check::<Duties>(english, "duties");
    check::<Bills>(english, "bills");
    check::<Figures>(english, "figures");
    check::<Year>(english, "year");
    check::<RequestPage>(english, "request");
    check::<Contacts>(english, "contacts");
    check::<Adoptions>(english, "adoption");
    check::<Adopted>(english, "adoption of one");
    check::<Installations>(english, "installations");
    check::<Notice>(english, "notice");
    check::<Asked>(english, "asked");
    check::<Thanks>(english, "thanks");
    check::<CasePage>(english, "case");
    check::<Editor>(english, "editor");
    check::<Preview>(english, "preview");
    all.end();
}

#[tokio::test]
async fn who_is_not_of_the_group_comes_to_no_page_of_it() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let clinician = bench
        .signed_in("clara", Role::CLINICIAN, Strength::Two)
        .await;
    let weak = bench
        .signed_in("wim", Role::SECURITY_OFFICER, Strength::One)
        .await;
    let stranger = bench.stranger();
    let names = [
        ("{case}", "C-2026-0001"),
        ("{part}", "reports"),
        ("{contact}", "contact-1"),
        ("{advisory}", "ACESO-SA-2026-0001"),
        ("{installation}", "00"),
        ("{form}", "csaf"),
        ("{report}", "R-2026-0001"),
        ("{number}", "1"),
        ("{errand}", "topic"),
        ("{year}", "2026"),
        ("{duty}", "d1"),
    ];
    for route in ROUTES.iter().filter(|r| r.admit != Admit::Anybody) {
        let path = names
            .iter()
            .fold(route.path.to_owned(), |path, (from, to)| {
                path.replace(from, to)
            });
        for (who, browser, wanted) in [
            ("nobody", &stranger, "/sign-in"),
            ("another role", &clinician, ""),
            ("one factor", &weak, "/step-up"),
        ] {
            let answer = match route.verb {
                Verb::Get => bench.get(browser, &path).await,
                Verb::Post => bench.post(browser, &path, &[]).await,
            };
            let refused = match wanted {
                "" => answer.status == StatusCode::NOT_FOUND,
                place => answer.place.starts_with(place) || answer.status == StatusCode::NOT_FOUND,
            };
            assert!(refused, "{who}: {path}: {} {}", answer.status, answer.place);
        }
    }
}
