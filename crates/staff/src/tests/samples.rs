//! Every page renders with each of its samples, labels its inputs, carries the token of its forms, and says nothing in English to
//! who reads another language.

use aceso_testkit::english::English;
use aceso_web::page::{Csrf, Frame, View};

use crate::admin;
use crate::patient::sheet::Sheet;

/// What stays as it is: data of the samples that reads like texts of ours, and what validated forms ask, as they were published.
const STAYS: &[&str] = &[
    // Names in the record: of problems, kinds of visits, places, papers, roles.
    "Asthma",
    "Cardiology",
    "Check-up",
    "Clinician",
    "Diabetes",
    "Diabetes visit",
    "General practitioner",
    "Laboratory",
    "Lipid panel",
    "Your results",
    // A dose as it was written; a type and an act by the log's names.
    "1 tablet by mouth every 6 hours",
    "Patient",
    "read",
    "twice a day",
    // Forms as they were published.
    "Allergy",
    ": Date of birth",
    "Date of birth",
    "Date of birth (birth)",
    "Every day",
    "Height",
    "Name",
    "One or two times a week",
    "Telephone",
    "Three times a week or more",
    "Tiredness",
    "Weight",
    "Yes",
    "allergies",
    "medicines",
];

fn whole<V: View>(view: &V) -> String {
    let page = view.page(&Csrf::new("the-token"));
    Frame::sample().around(&page).into_string()
}

fn check<V: View>(english: &mut English, name: &str) {
    let samples = V::samples();
    assert!(!samples.is_empty(), "{name} has no samples");
    for view in samples {
        let text = whole(&view);
        for form in text
            .split("<form")
            .skip(1)
            .map(|f| f.split("</form>").next().unwrap_or_default())
        {
            let posts = form.starts_with(" method=\"post\"") || form.contains(" method=\"post\"");
            let own = form.contains("the-token") || form.contains("value=\"sample\"");
            assert!(!posts || own, "{name}: a form without its token");
        }
        let mut ids: Vec<&str> = text
            .split(" id=\"")
            .skip(1)
            .filter_map(|t| t.split('"').next())
            .collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{name}: an id stands twice");
        for input in text
            .split("<input")
            .skip(1)
            .chain(text.split("<select").skip(1))
            .chain(text.split("<textarea").skip(1))
        {
            let tag = input.split('>').next().unwrap_or_default();
            if tag.contains("type=\"hidden\"") {
                continue;
            }
            let id = tag.split(" id=\"").nth(1).and_then(|t| t.split('"').next());
            let labelled = tag.contains("aria-label=")
                || id.is_some_and(|id| text.contains(&format!("for=\"{id}\"")));
            assert!(labelled, "{name}: an input without a label: {tag}");
        }
        assert_eq!(
            text.matches("<h1").count(),
            1,
            "{name}: one heading of the first level"
        );
    }
    english.look(name, STAYS, || V::samples().iter().map(whole).collect());
}

#[test]
fn every_page_renders_labels_its_inputs_and_carries_its_token() {
    let mut all = English::default();
    let english = &mut all;
    check::<crate::go::Go>(english, "go");
    check::<admin::people::list::People>(english, "people");
    check::<admin::people::new::New>(english, "new person");
    check::<admin::people::show::Person>(english, "person");
    check::<admin::people::edit::Edit>(english, "change a person");
    check::<admin::people::roles::Roles>(english, "roles of a person");
    check::<admin::people::identities::LinkIdentity>(english, "link a sign-in");
    check::<admin::people::identities::Unlink>(english, "unlink a sign-in");
    check::<admin::people::access::Confirm>(english, "access");
    check::<admin::security::Security>(english, "security centre");
    check::<admin::advisories::list::Findings>(english, "advisories");
    check::<admin::advisories::finding::ShowFinding>(english, "finding");
    check::<crate::problem::ReportProblem>(english, "report a problem");
    check::<crate::problem::Reported>(english, "a problem was reported");
    check::<admin::proposals::Proposals>(english, "proposals");
    check::<admin::sessions::Sessions>(english, "sessions");
    check::<admin::sessions::EndOne>(english, "end a session");
    check::<admin::reports::list::Reports>(english, "reports");
    check::<admin::erasure::list::Erasures>(english, "erasure list");
    check::<admin::erasure::show::OneErasure>(english, "erasure");
    check::<admin::erasure::hold::Holds>(english, "holds");
    check::<admin::reports::find::Find>(english, "report find");
    check::<admin::reports::scheduled::Scheduled>(english, "scheduled reports");
    check::<admin::reports::show::Report>(english, "report");
    check::<admin::reports::review::Reviews>(english, "reviews");
    check::<admin::reports::review::Week>(english, "week");
    check::<admin::recheck::list::Lists>(english, "recertification");
    check::<admin::recheck::show::List>(english, "recertification list");
    check::<admin::recheck::decide::Decide>(english, "recertification of a person");
    check::<admin::clients::list::Clients>(english, "apps");
    check::<admin::clients::new::Register>(english, "new app");
    check::<admin::clients::new::Registered>(english, "registered app");
    check::<admin::clients::show::Client>(english, "app");
    check::<admin::clients::show::Disable>(english, "disable an app");
    check::<admin::breaks::list::Breaks>(english, "emergency accesses");
    check::<admin::breaks::case::Case>(english, "emergency access");
    check::<admin::cases::list::Cases>(english, "unexplained accesses");
    check::<admin::cases::case::ShowCase>(english, "unexplained access");
    check::<admin::tellings::list::Tellings>(english, "whom to tell");
    check::<admin::tellings::show::ShowTelling>(english, "one to be told");
    check::<admin::alerts::list::Alerts>(english, "alerts");
    check::<admin::alerts::alert::ShowAlert>(english, "an alert");
    check::<admin::incidents::list::Incidents>(english, "incidents");
    check::<admin::incidents::new::New>(english, "a new incident");
    check::<admin::incidents::show::ShowIncident>(english, "an incident");
    check::<crate::patient::emergency::BreakGlass>(english, "break-glass");
    check::<crate::account_access::AccessReport>(english, "access report");
    check::<admin::overview::Overview>(english, "administration");
    check::<admin::roles::list::Roles>(english, "roles");
    check::<admin::roles::show::ShowRole>(english, "role");
    check::<admin::roles::edit::EditRole>(english, "change a role");
    check::<admin::roles::cedar::Cedar>(english, "role in Cedar");
    check::<admin::roles::remove::Remove>(english, "remove a role");
    check::<admin::roles::test::Tester>(english, "policy tester");
    check::<crate::link::Handed>(english, "link");
    check::<crate::patient::search::Search>(english, "patients");
    check::<crate::patient::show::Chart>(english, "chart");
    check::<crate::patient::results::Results>(english, "results");
    check::<crate::patient::results::OneTest>(english, "one test");
    check::<crate::patient::vitals::Vitals>(english, "vital signs");
    check::<crate::patient::growth::GrowthCharts>(english, "growth");
    check::<crate::patient::medications::Medications>(english, "medications");
    check::<crate::patient::timeline::Timeline>(english, "timeline");
    check::<admin::calendars::list::Calendars>(english, "calendars");
    check::<admin::calendars::times::Times>(english, "hours and absences");
    check::<crate::schedule::away::Away>(english, "one's own absences");
    check::<admin::calendars::room::Room>(english, "room");
    check::<admin::calendars::visit::Visit>(english, "kind of visit");
    check::<crate::patient::registration::show::Registration>(english, "registration");
    check::<Sheet<crate::patient::registration::related::Related>>(english, "somebody close");
    check::<Sheet<crate::patient::registration::cover::Cover>>(english, "an insurance");
    check::<Sheet<crate::patient::registration::consent::Choose>>(english, "a consent");
    check::<crate::patient::visit::Visit>(english, "a visit");
    check::<crate::patient::problem_order::ProblemOrder>(english, "order of the problems");
    check::<crate::patient::looked::WhoLooked>(english, "who looked");
    check::<crate::patient::reconcile::Reconcile>(english, "reconciliation");
    check::<crate::patient::documents::list::Documents>(english, "documents");
    check::<crate::patient::documents::upload::NewDocument>(english, "add a document");
    check::<crate::patient::documents::photo::NewPhoto>(english, "choose a photograph");
    check::<crate::patient::documents::show::ShowDocument>(english, "a document");
    check::<crate::patient::plan::show::Plan>(english, "care plan");
    check::<Sheet<crate::patient::plan::care_plan::CarePlan>>(english, "a care plan");
    check::<Sheet<crate::patient::plan::goal::Goal>>(english, "a goal");
    check::<Sheet<crate::patient::plan::team::Team>>(english, "a care team");
    check::<admin::facility::EditFacility>(english, "the clinic");
    check::<admin::forms::list::FormList>(english, "forms of the clinic");
    check::<admin::forms::new::NewForm>(english, "new form");
    check::<admin::forms::show::ShowVersion>(english, "a form's version");
    check::<admin::forms::item::EditItem>(english, "an item of a form");
    check::<admin::forms::preview::Preview>(english, "preview of a form");
    check::<admin::templates::list::TemplateList>(english, "templates");
    check::<admin::templates::new::NewTemplate>(english, "new template");
    check::<admin::templates::edit::EditTemplate>(english, "a template's version");
    check::<admin::codes::CodeSystems>(english, "code systems");
    check::<admin::codes::load::LoadCodes>(english, "load a file of codes");
    check::<admin::values::ValueLists>(english, "value lists");
    check::<admin::values::edit::EditValues>(english, "a value list");
    check::<crate::nothing::Nothing>(english, "nothing for a role");
    check::<crate::inbox::list::Inbox>(english, "inbox");
    check::<crate::inbox::tasks::Tasks>(english, "tasks");
    check::<crate::inbox::task_new::NewTask>(english, "new task");
    check::<crate::inbox::task_show::ShowTask>(english, "task");
    check::<crate::letters::list::Letters>(english, "letters");
    check::<crate::letters::letter::Letter>(english, "write a letter");
    check::<crate::letters::show::ShowLetter>(english, "letter");
    check::<crate::letters::referral_new::NewReferral>(english, "new referral");
    check::<crate::letters::referral::Referral>(english, "referral");
    check::<crate::lists::list::Lists>(english, "patient lists");
    check::<crate::lists::measures::Measures>(english, "reports");
    check::<crate::lists::saved::SavedList>(english, "a kept list");
    check::<crate::forms::list::Forms>(english, "forms");
    check::<crate::forms::fill::Fill>(english, "fill in a form");
    check::<crate::forms::show::ShowForm>(english, "a form that was filled in");
    check::<crate::patient::register::Register>(english, "register");
    check::<crate::patient::edit::Edit>(english, "change particulars");
    check::<crate::patient::note::Write>(english, "write a note");
    check::<crate::patient::note_show::ShowNote>(english, "note");
    check::<crate::patient::measure::Measure>(english, "record vital signs");
    check::<crate::patient::orders::basket::Basket>(english, "orders");
    check::<crate::patient::orders::sets::OrderSet>(english, "several orders");
    check::<crate::patient::orders::drug::Prescribe>(english, "prescribe");
    check::<crate::patient::orders::service::OrderService>(english, "order a service");
    check::<crate::patient::entry::ListEntry>(english, "entry of a list");
    check::<crate::patient::vaccine::Vaccine>(english, "record a vaccination");
    check::<crate::patient::merge::Merge>(english, "merge");
    check::<crate::patient::undo::list::Changes>(english, "changes");
    check::<crate::patient::undo::show::ShowPast>(english, "as it was");
    check::<crate::patient::problem::Problem>(english, "add a problem");
    check::<crate::patient::allergy::NewAllergy>(english, "add an allergy");
    check::<crate::patient::statement::Statement>(english, "add a medication");
    check::<crate::home::Home>(english, "home");
    check::<crate::board::show::Board>(english, "board");
    check::<crate::board::arrive::CheckIn>(english, "check in");
    check::<crate::schedule::calendar::Calendar>(english, "calendar");
    check::<crate::schedule::pick::Pick>(english, "whom to book");
    check::<crate::schedule::book::Book>(english, "book");
    check::<crate::schedule::show::Show>(english, "appointment");
    check::<crate::schedule::shift::Shift>(english, "move an appointment");
    check::<crate::schedule::wishes::Wishes>(english, "waiting list and recalls");
    check::<crate::schedule::wish_new::NewWish>(english, "put on a list");
    check::<crate::schedule::wish_show::ShowWish>(english, "somebody on a list");
    check::<crate::schedule::cancel::Cancel>(english, "cancel an appointment");
    all.end();
}
