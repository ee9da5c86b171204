//! Lists are searched, narrowed and turned over, and show nobody what is not theirs.

use std::collections::BTreeSet;

use super::kit::{Bench, Browser, GOOD};

/// The numbers that a page links to, in its order.
fn numbers(page: &str, of: &str) -> Vec<String> {
    let from = format!("href=\"/{of}/");
    let all = page.split(from.as_str()).skip(1);
    let ids = all.filter_map(|rest| rest.split(['"', '/', '?']).next());
    ids.map(str::to_owned).collect()
}

/// A report of its own: other words, another reporter.
async fn report(bench: &Bench, number: usize, product: &str) {
    let name = format!("Reporter {number}");
    let subject = format!("Number{number} of the things that somebody found");
    let text = format!(
        "In page {} I saw item {} of user {}, and wrote {} to it.",
        number * 7,
        number * 3,
        number * 5,
        number * 11
    );
    let steps = format!("1. GET /page{number}/item HTTP/1.1");
    let mut fields: Vec<(&str, &str)> = GOOD.to_vec();
    for (name_of, value) in [
        ("product", product),
        ("subject", subject.as_str()),
        ("text", text.as_str()),
        ("steps", steps.as_str()),
        ("credit_name", name.as_str()),
    ] {
        for field in fields.iter_mut().filter(|f| f.0 == name_of) {
            field.1 = value;
        }
    }
    // So that no reporter is slowed down.
    bench.hours(1);
    bench.report(&fields).await;
}

async fn cases(bench: &Bench, who: &Browser, query: &str) -> Vec<String> {
    let page = bench.page(who, &format!("/cases?{query}")).await;
    numbers(&page, "cases")
}

#[tokio::test]
async fn n19_a_case_is_found_by_number_title_product_and_by_how_it_stands() {
    let bench = Bench::new();
    for number in 1..=4 {
        report(&bench, number, "Aceso").await;
    }
    let mara = bench.member("mara").await;
    assert_eq!(cases(&bench, &mara, "q=c-2026-0003").await, ["C-2026-0003"]);
    assert_eq!(
        cases(&bench, &mara, "q=NUMBER2+things").await,
        ["C-2026-0002"]
    );
    assert_eq!(cases(&bench, &mara, "q=aceso").await.len(), 4);
    assert_eq!(
        cases(&bench, &mara, "q=%25").await,
        [""; 0],
        "a sign of patterns is a sign"
    );
    assert_eq!(cases(&bench, &mara, "sort=opened").await[0], "C-2026-0004");
    assert_eq!(cases(&bench, &mara, "sort=idle").await[0], "C-2026-0001");
    assert_eq!(cases(&bench, &mara, "severity=none").await.len(), 4);
    assert_eq!(cases(&bench, &mara, "severity=High").await, [""; 0]);
    assert_eq!(cases(&bench, &mara, "stage=fix").await, [""; 0]);
    assert_eq!(cases(&bench, &mara, "clock=over").await, [""; 0]);
    assert_eq!(cases(&bench, &mara, "whose=mine").await, [""; 0]);
    bench.post(&mara, "/cases/C-2026-0002/take", &[]).await;
    assert_eq!(cases(&bench, &mara, "whose=mine").await, ["C-2026-0002"]);
    assert_eq!(cases(&bench, &mara, "whose=new").await.len(), 3);
    // Two business days later the first clock of each has run out.
    bench.hours(24 * 7);
    let nora = bench.member("nora").await;
    assert_eq!(cases(&bench, &nora, "clock=over").await.len(), 3);
    let odd = cases(&bench, &nora, "stage=%3Cscript%3E&sort=x&after=y&clock=").await;
    assert_eq!(odd.len(), 3, "what is not known is not asked");
}

#[tokio::test]
async fn a_list_is_turned_over_without_a_gap_although_cases_come_in_meanwhile() {
    let bench = Bench::new();
    for number in 1..=53 {
        report(&bench, number, "Aceso").await;
    }
    let mara = bench.member("mara").await;
    let first = bench.page(&mara, "/cases?sort=opened").await;
    let mut seen = numbers(&first, "cases");
    seen.retain(|id| id.starts_with("C-"));
    assert_eq!(seen.len(), 50);
    let next = first.split("after=").nth(1).unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    report(&bench, 54, "Aceso").await;
    // So long afterwards that one signs in anew.
    let nora = bench.member("nora").await;
    let second = cases(&bench, &nora, &format!("sort=opened&after={next}")).await;
    assert_eq!(second, ["C-2026-0003", "C-2026-0002", "C-2026-0001"]);
    seen.extend(second);
    let all: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(all.len(), 53, "each once");
    assert!(first.contains("53 in all"), "{first}");
}

#[tokio::test]
async fn reports_are_found_by_their_reporter_and_only_by_who_may_see_their_case() {
    let bench = Bench::new();
    for number in 1..=3 {
        report(&bench, number, "Aceso").await;
    }
    let (mara, owen) = (bench.member("mara").await, bench.member("owen").await);
    let found = |who: Browser, query: &'static str| {
        let bench = &bench;
        async move {
            let page = bench.page(&who, &format!("/reports?{query}")).await;
            page.matches(">R-2026-").count()
        }
    };
    assert_eq!(found(owen.clone(), "q=number2").await, 1);
    assert_eq!(found(owen.clone(), "verdict=open").await, 3);
    bench.post(&mara, "/cases/C-2026-0002/take", &[]).await;
    assert_eq!(found(owen.clone(), "q=number2").await, 0);
    assert_eq!(found(mara.clone(), "q=R-2026-0002").await, 1);
    assert_eq!(cases(&bench, &owen, "stage=any").await.len(), 2);
    // Who has a conflict sees the case's title no more, in no list.
    let declared = [("choice", "declare"), ("conflict", "works there")];
    bench
        .done(&mara, "C-2026-0002", "team", "conflict", &declared)
        .await;
    assert_eq!(found(mara.clone(), "q=number2").await, 0);
    assert_eq!(cases(&bench, &mara, "q=number2").await, [""; 0]);
}
