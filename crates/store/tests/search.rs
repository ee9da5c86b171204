//! Searching through the store: what SQL finds is what the documents themselves say.
#![cfg(test)]

#[path = "search/asking.rs"]
mod asking;
#[path = "search/brute.rs"]
mod brute;
#[path = "search/making.rs"]
mod making;
#[path = "search/shapes.rs"]
mod shapes;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use aceso_base::SystemClock;
use aceso_fhir::search::{Options, Query, parse, parse_pairs};
use aceso_fhir::{Value, json};
use aceso_policy::{ApiClient, Caller, Origin, Purpose, Scopes};
use aceso_store::{SearchPage, Settings, Store};
use aceso_testkit::shared;
use aceso_vault::RootKey;

use asking::{own_queries, random_query};
use brute::Brute;
use making::{Chance, documents};

struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("aceso-search-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn open(dir: &Dir) -> Store {
    let root = RootKey::create_file(&dir.0.join("key")).unwrap();
    let settings = Settings {
        allow_dangling: true,
        ..Settings::new(dir.0.join("data"))
    };
    Store::open(settings, &root, Arc::new(SystemClock)).unwrap()
}

/// Stores documents at their own ids and gives them back as stored.
async fn fill(store: &Store, documents: Vec<Value>) -> Vec<Value> {
    let mut stored = Vec::new();
    for group in documents.chunks(100) {
        let mut tx = store.write(&Caller::operator(), Purpose::Treatment);
        let mut group_stored = Vec::new();
        for document in group {
            let id = document.id().unwrap().to_owned();
            let saved = tx.update(&id, document.clone(), None).await.unwrap();
            group_stored.push(json::read(&saved.body).unwrap());
        }
        tx.commit().await.unwrap();
        stored.append(&mut group_stored);
    }
    stored
}

fn options() -> Options<'static> {
    Options {
        now: 1_780_000_000_000,
        ..Options::default()
    }
}

/// `kind` is empty for a search over all types.
fn query(kind: &str, text: &str) -> Query {
    let over = Some(kind).filter(|k| !k.is_empty());
    parse(over, text, &options()).unwrap_or_else(|e| panic!("{kind}?{text}: {e}"))
}

async fn page(store: &Store, query: Query) -> SearchPage {
    let shown = format!("{:?}?{}", query.kind, query.self_link);
    let reading = store.read(&Caller::operator(), Purpose::Treatment);
    reading
        .search(query)
        .await
        .unwrap_or_else(|e| panic!("{shown}: {e}"))
}

/// All matches, page by page, as `Type/id`.
async fn all(store: &Store, query: &Query, count: u32) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = Query {
        count: Some(count),
        ..query.clone()
    };
    loop {
        let got = page(store, next.clone()).await;
        assert!(got.matches.len() <= usize::try_from(count).unwrap());
        found.extend(got.matches.iter().map(|s| format!("{}/{}", s.kind, s.id)));
        assert!(
            found.len() < 100_000,
            "paging does not end: {}",
            query.self_link
        );
        match got.next {
            Some(mark) => next.cursor = Some(mark),
            None => return found,
        }
    }
}

/// The store finds what the documents say, each once, in the order asked for, whatever the page size.
async fn check(store: &Store, brute: &Brute<'_>, query: &Query) -> Result<usize, String> {
    let expected = brute.find(query);
    let whole = all(store, query, 1000).await;
    let set: BTreeSet<String> = whole.iter().cloned().collect();
    let shown = format!("{}?{}", query.kind.unwrap_or_default(), query.self_link);
    if set.len() != whole.len() {
        return Err(format!("{shown}: found twice: {whole:?}"));
    }
    if set != expected {
        let missed: Vec<_> = expected.difference(&set).take(5).collect();
        let extra: Vec<_> = set.difference(&expected).take(5).collect();
        return Err(format!(
            "{shown}: missed {missed:?}, extra {extra:?} ({} wanted)\n    {:?}",
            expected.len(),
            query.clauses
        ));
    }
    if let Some(wrong) = brute.out_of_order(query, &whole) {
        return Err(format!("{shown}: out of order: {wrong}"));
    }
    if whole.len() > 3 {
        let by_pages = all(store, query, 3).await;
        if by_pages != whole {
            return Err(format!(
                "{shown}: pages of 3 differ\n    {by_pages:?}\n    {whole:?}"
            ));
        }
    }
    let counted = Query {
        count: Some(1),
        total: Some(aceso_fhir::search::Total::Accurate),
        ..query.clone()
    };
    let total = page(store, counted).await.total;
    let right = u64::try_from(expected.len()).ok();
    if total != right {
        return Err(format!("{shown}: total {total:?}, should be {right:?}"));
    }
    Ok(expected.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sql_finds_what_the_documents_say() {
    let dir = Dir::new("random");
    let store = open(&dir);
    let mut chance = Chance::new(7);
    let stored = fill(&store, documents(&mut chance, 40)).await;
    let brute = Brute::new(&stored);
    let (mut tried, mut hits, mut wrong) = (0, 0, Vec::new());
    while tried < 500 {
        let (kind, text) = random_query(&mut chance, &stored);
        let Ok(query) = parse_pairs(Some(kind), &text, &options()) else {
            continue;
        };
        tried += 1;
        match check(&store, &brute, &query).await {
            Ok(found) => hits += usize::from(found > 0),
            Err(error) => wrong.push(error),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {tried} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(30)].join("\n")
    );
    assert!(
        hits * 3 > tried,
        "only {hits} of {tried} queries found anything"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_of_every_shape_agree() {
    let dir = Dir::new("shapes");
    let store = open(&dir);
    let mut chance = Chance::new(11);
    let stored = fill(&store, documents(&mut chance, 25)).await;
    let brute = Brute::new(&stored);
    let mut wrong = Vec::new();
    for (kind, text) in shapes::SHAPES {
        if let Err(error) = check(&store, &brute, &query(kind, text)).await {
            wrong.push(error);
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Beyond a few thousand matches the order comes from an index instead of from memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_is_in_order_too() {
    let dir = Dir::new("long");
    let store = open(&dir);
    let mut chance = Chance::new(17);
    let many: Vec<Value> = (0..3100)
        .map(|i| making::plain_patient(&mut chance, i))
        .collect();
    let stored = fill(&store, many).await;
    let brute = Brute::new(&stored);
    for text in [
        "_sort=family",
        "_sort=-family",
        "_sort=given",
        "_sort=birthdate",
        "_sort=-birthdate",
        "_sort=name&gender:not=other",
        "_sort=family,-birthdate",
        "_sort=-_id",
        "_sort=gender",
        "_sort=-birthdate&_content=ann",
    ] {
        let asked = query("Patient", text);
        let expected = brute.find(&asked);
        let found = all(&store, &asked, 700).await;
        let set: BTreeSet<String> = found.iter().cloned().collect();
        assert_eq!(set.len(), found.len(), "{text}: something came twice");
        assert_eq!(set.len(), expected.len(), "{text}");
        assert_eq!(set, expected, "{text}");
        assert_eq!(brute.out_of_order(&asked, &found), None, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_is_found_by_its_own_values() {
    let Some(files) = shared::archive("fhir-definitions/hl7.fhir.r4.examples-instances.tar.xz")
    else {
        return;
    };
    let dir = Dir::new("examples");
    let store = open(&dir);
    let mut seen = BTreeSet::new();
    let readable = files.iter().filter_map(|(_, bytes)| json::read(bytes).ok());
    let examples: Vec<Value> = readable
        .filter(|d| d.id().is_some() && d.resource_type() != Some("Bundle"))
        .filter(|d| {
            seen.insert((
                d.resource_type().map(str::to_owned),
                d.id().map(str::to_owned),
            ))
        })
        .collect();
    let stored = fill(&store, examples).await;
    let mut asked = Vec::new();
    let mut chance = Chance::new(3);
    for document in &stored {
        let (kind, id) = (document.resource_type().unwrap(), document.id().unwrap());
        // Definitions are most of the examples and all alike: some values of each are enough.
        for pairs in own_queries(&mut chance, document, 2) {
            let mut query = parse_pairs(Some(kind), &pairs, &options())
                .unwrap_or_else(|e| panic!("{kind}/{id} {pairs:?}: {e}"));
            // Narrowed to it, so that a value that thousands share costs nothing.
            let by_id = parse(Some(kind), &format!("_id={id}"), &options()).unwrap();
            if chance.one_in(2) {
                query.clauses.extend(by_id.clauses);
            } else {
                query.clauses.splice(0..0, by_id.clauses);
            }
            asked.push((format!("{kind}/{id} {pairs:?}"), query));
        }
    }
    let tried = asked.len();
    // Many at once, so that they share the audit log's commits.
    let tasks: Vec<_> = asked
        .chunks(tried.div_ceil(32))
        .map(|some| {
            let (store, some) = (store.clone(), some.to_vec());
            tokio::spawn(async move {
                let mut lost = Vec::new();
                for (shown, query) in some {
                    if page(&store, query).await.matches.len() != 1 {
                        lost.push(shown);
                    }
                }
                lost
            })
        })
        .collect();
    let mut lost = Vec::new();
    for task in tasks {
        lost.append(&mut task.await.unwrap());
    }
    assert!(tried > 5000, "{tried}");
    assert!(
        lost.len() * 1000 <= tried,
        "{} of {tried} lost:\n{}",
        lost.len(),
        lost[..lost.len().min(40)].join("\n")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_along_is_what_is_referred_to() {
    let dir = Dir::new("include");
    let store = open(&dir);
    let stored = fill(&store, documents(&mut Chance::new(5), 30)).await;
    let brute = Brute::new(&stored);
    for (kind, text) in shapes::INCLUDES {
        let asked = Query {
            count: Some(1000),
            ..query(kind, text)
        };
        let expected = brute.included(&asked);
        let got = page(&store, asked).await;
        let included: Vec<String> = got
            .included
            .iter()
            .map(|s| format!("{}/{}", s.kind, s.id))
            .collect();
        let set: BTreeSet<String> = included.iter().cloned().collect();
        assert_eq!(set.len(), included.len(), "{kind}?{text}: included twice");
        assert_eq!(set, expected, "{kind}?{text}");
        assert!(!expected.is_empty(), "{kind}?{text} includes nothing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_link_neither_repeats_nor_skips_while_others_write() {
    let dir = Dir::new("paging");
    let store = open(&dir);
    let stored = fill(&store, documents(&mut Chance::new(9), 40)).await;
    for text in [
        "",
        "_sort=-date",
        "_sort=_lastUpdated",
        "code=c1",
        "_sort=value-quantity",
        "status=final&_sort=code,-date",
    ] {
        let asked = query("Observation", text);
        let before: BTreeSet<String> = all(&store, &asked, 1000).await.into_iter().collect();
        let mut next = Query {
            count: Some(4),
            ..asked.clone()
        };
        let mut found = Vec::new();
        for round in 0.. {
            let got = page(&store, next.clone()).await;
            found.extend(got.matches.iter().map(|s| format!("{}/{}", s.kind, s.id)));
            let new = json::read(br#"{"resourceType":"Observation","status":"final","code":{"coding":[{"code":"c1"}]},"effectiveDateTime":"2021-06-05","valueQuantity":{"value":3}}"#).unwrap();
            let mut tx = store.write(&Caller::operator(), Purpose::Treatment);
            tx.create(&store.new_id(), new).unwrap();
            tx.commit().await.unwrap();
            match got.next {
                Some(mark) => next.cursor = Some(mark),
                None => break,
            }
            assert!(round < 200, "{text}: paging does not end");
        }
        let set: BTreeSet<String> = found.iter().cloned().collect();
        assert_eq!(set.len(), found.len(), "{text}: something came twice");
        assert!(
            before.is_subset(&set),
            "{text}: skipped {:?}",
            before.difference(&set).collect::<Vec<_>>()
        );
    }
    assert!(!stored.is_empty());
}

/// How many a client with these scopes finds.
async fn found_with(
    store: &Store,
    scopes: &str,
    patient: Option<&str>,
    kind: &str,
    text: &str,
) -> usize {
    let client = ApiClient {
        id: "c".into(),
        scopes: Scopes::parse(scopes).unwrap(),
        patient: patient.map(str::to_owned),
        person: None,
    };
    let caller = Caller::client(Arc::new(client), Origin::default());
    let reading = store.read(&caller, Purpose::Treatment);
    let page = reading.search(Query {
        count: Some(1000),
        ..query(kind, text)
    });
    page.await.unwrap().matches.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_condition_on_another_resource_sees_no_more_than_its_caller() {
    let dir = Dir::new("confine");
    let store = open(&dir);
    fill(&store, documents(&mut Chance::new(13), 40)).await;
    for (kind, text) in [
        ("Observation", "patient.name=mul"),
        ("Patient", "_has:Observation:patient:status=final"),
        ("Patient", "_list=List-1,List-2,List-3,List-4,List-5"),
        ("Observation", "_filter=patient.name sw mul"),
    ] {
        let everything = found_with(&store, "system/*.rs", None, kind, text).await;
        assert!(everything > 0, "{kind}?{text}");
        let only = format!("system/{kind}.rs");
        assert_eq!(
            found_with(&store, &only, None, kind, text).await,
            0,
            "{only} {kind}?{text}"
        );
    }
    let mine = found_with(&store, "patient/*.rs", Some("Patient-3"), "Observation", "").await;
    let named = found_with(
        &store,
        "patient/*.rs",
        Some("Patient-3"),
        "Observation",
        "subject:Patient._id=Patient-3",
    )
    .await;
    assert!(mine >= named && named > 0, "{mine} {named}");
    let others = "subject:Patient._id=Patient-4";
    assert_eq!(
        found_with(
            &store,
            "patient/*.rs",
            Some("Patient-3"),
            "Observation",
            others
        )
        .await,
        0
    );
    let narrow = "system/Observation.rs?status=final system/Patient.rs";
    let finals = found_with(
        &store,
        narrow,
        None,
        "Patient",
        "_has:Observation:patient:status=amended",
    )
    .await;
    assert_eq!(finals, 0);
}
