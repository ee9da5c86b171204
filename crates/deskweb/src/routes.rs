//! The pages of this crate, as data.

use aceso_policy::Task;
use aceso_web::site::{Admit, Entry, PageRoute};

use crate::DeskWeb;
use crate::adopt;
use crate::inside::{
    act, bills, case, cases, contacts, duties, figures, file, reports, request, text,
};
use crate::public::{advisories, home, not_here, notice, report, status};

const ANYBODY: Admit = Admit::Anybody;
const GROUP: Admit = Admit::Task(Task::WorkOnCases);

/// One row: what is asked, by whom, and what answers.
macro_rules! row {
    ($verb:ident $path:literal $admit:ident $handler:path) => {
        PageRoute::$verb($path, $admit, |web, ask| Box::pin($handler(web, ask)))
    };
}

/// Every page of this crate: what it answers to, and who may come in. The store decides each act again.
pub const ROUTES: &[PageRoute<DeskWeb>] = &[
    row!(get "/" ANYBODY home::show),
    row!(get "/report" ANYBODY report::show),
    row!(post "/report" ANYBODY report::send).with_files(),
    row!(get "/report/status/{token}" ANYBODY status::show),
    row!(post "/report/status/{token}/more" ANYBODY status::more),
    row!(post "/report/status/{token}/credit" ANYBODY status::credit),
    row!(get "/not-a-vulnerability" ANYBODY not_here::show),
    row!(get "/advisories" ANYBODY advisories::list),
    row!(get "/advisories/{id}" ANYBODY advisories::show),
    row!(get "/notice/{token}" ANYBODY notice::show),
    row!(post "/notice/{token}" ANYBODY notice::agree),
    row!(get "/contact/{token}" ANYBODY notice::asked),
    row!(post "/contact/{token}" ANYBODY notice::confirm),
    row!(get "/contacts" GROUP contacts::list),
    row!(post "/contacts" GROUP contacts::add),
    row!(post "/contacts/{contact}/vet" GROUP contacts::vet),
    row!(post "/contacts/{contact}/end" GROUP contacts::end),
    row!(get "/adoption" GROUP adopt::list::show),
    row!(get "/adoption/{advisory}" GROUP adopt::show::show),
    row!(post "/adoption/{advisory}" GROUP adopt::show::say),
    row!(get "/installations" GROUP adopt::installations::show),
    row!(post "/installations/{installation}/vet" GROUP adopt::installations::vet),
    row!(post "/installations/{installation}/end" GROUP adopt::installations::end),
    row!(get "/figures" GROUP figures::show),
    row!(get "/figures/{year}" GROUP figures::year),
    row!(get "/duties" GROUP duties::list),
    row!(post "/duties" GROUP duties::add),
    row!(post "/duties/done" GROUP duties::done),
    row!(post "/duties/{duty}/own" GROUP duties::own),
    row!(get "/bills" GROUP bills::list),
    row!(post "/bills" GROUP bills::put).with_files(),
    row!(post "/bills/end" GROUP bills::end),
    row!(get "/reports" GROUP reports::list),
    row!(get "/cases" GROUP cases::list),
    row!(post "/cases/{case}/take" GROUP cases::take),
    row!(get "/cases/{case}" GROUP case::show),
    row!(get "/cases/{case}/text" GROUP text::show),
    row!(post "/cases/{case}/text" GROUP text::save),
    row!(post "/cases/{case}/text/paste" GROUP text::paste),
    row!(get "/cases/{case}/text/{form}" GROUP text::preview),
    row!(get "/cases/{case}/files/{report}/{number}" GROUP file::download),
    row!(get "/cases/{case}/elsewhere/{errand}" GROUP request::show),
    row!(get "/cases/{case}/{part}" GROUP case::part),
    row!(post "/cases/{case}/{part}/act" GROUP act::act),
];

/// The navigation.
pub const ENTRIES: &[Entry] = &[
    Entry::of(
        "",
        "Cases",
        "What was reported, and how far it is",
        "/cases",
    ),
    Entry::of(
        "",
        "Reports",
        "What came in, and what was made of it",
        "/reports",
    ),
    Entry::of("", "Advisories", "What is published", "/advisories"),
    Entry::of(
        "Rollout",
        "Implementers",
        "Who is told before the public",
        "/contacts",
    ),
    Entry::of(
        "Rollout",
        "Adoption",
        "How far each fix has come, and where it fails",
        "/adoption",
    ),
    Entry::of(
        "Rollout",
        "Installations",
        "Who tells how they stand, under which key",
        "/installations",
    ),
    Entry::of(
        "Upkeep",
        "Standing duties",
        "Scans, reviews and reports, each with its day",
        "/duties",
    ),
    Entry::of(
        "Upkeep",
        "Dependencies",
        "Bills of materials, compared every night",
        "/bills",
    ),
    Entry::of(
        "Upkeep",
        "Figures",
        "How long things take; the year on a page",
        "/figures",
    ),
];
