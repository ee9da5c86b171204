//! Every page renders with each of its samples and keeps the rules of pages; every row decides who may come in.

use aceso_policy::{Role, Strength};
use aceso_testkit::{english, html};
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

/// Data of the samples that read like texts of ours.
const STAYS: &[&str] = &["Clinician", "High"];

fn check<V: View>(name: &str) {
    let samples = V::samples();
    assert!(!samples.is_empty(), "{name} has no samples");
    for view in samples {
        let page = view.page(&Csrf::new("the-token"));
        let text = Frame::sample().around(&page).into_string();
        assert_eq!(html::problems(&text), Vec::<String>::new(), "{name}");
    }
}

/// The same for what strangers read, which speaks their language.
fn check_public<V: View>(name: &str) {
    check::<V>(name);
    for view in V::samples() {
        let csrf = Csrf::new("the-token");
        let left = english::left(STAYS, || {
            Frame::sample().around(&view.page(&csrf)).into_string()
        });
        assert!(left.is_empty(), "{name}: {left:#?}");
    }
}

#[test]
fn every_page_renders_labels_its_inputs_and_carries_its_token() {
    check_public::<Home>("home");
    check_public::<ReportForm>("report");
    check_public::<Status>("status");
    check_public::<NotHere>("not here");
    check_public::<Advisories>("advisories");
    check_public::<One>("advisory");
    check::<Cases>("cases");
    check::<Reports>("reports");
    check::<Duties>("duties");
    check::<Bills>("bills");
    check::<Figures>("figures");
    check::<Year>("year");
    check::<RequestPage>("request");
    check::<Contacts>("contacts");
    check::<Adoptions>("adoption");
    check::<Adopted>("adoption of one");
    check::<Installations>("installations");
    check_public::<Notice>("notice");
    check_public::<Asked>("asked");
    check_public::<Thanks>("thanks");
    check::<CasePage>("case");
    check::<Editor>("editor");
    check::<Preview>("preview");
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
