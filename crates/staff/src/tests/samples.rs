//! Every page renders with each of its samples, labels its inputs and carries the token of its forms.

use aceso_web::page::{Csrf, Frame, View};

use crate::admin;
use crate::patient::sheet::Sheet;

fn check<V: View>(name: &str) {
    let samples = V::samples();
    assert!(!samples.is_empty(), "{name} has no samples");
    for view in samples {
        let csrf = Csrf::new("the-token");
        let text = Frame::sample().around(&view.page(&csrf)).into_string();
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
}

#[test]
fn every_page_renders_labels_its_inputs_and_carries_its_token() {
    check::<crate::go::Go>("go");
    check::<admin::people::list::People>("people");
    check::<admin::people::new::New>("new person");
    check::<admin::people::show::Person>("person");
    check::<admin::people::edit::Edit>("change a person");
    check::<admin::people::roles::Roles>("roles of a person");
    check::<admin::people::identities::LinkIdentity>("link a sign-in");
    check::<admin::people::identities::Unlink>("unlink a sign-in");
    check::<admin::people::access::Confirm>("access");
    check::<admin::security::Security>("security centre");
    check::<admin::advisories::list::Findings>("advisories");
    check::<admin::advisories::finding::ShowFinding>("finding");
    check::<crate::problem::ReportProblem>("report a problem");
    check::<crate::problem::Reported>("a problem was reported");
    check::<admin::proposals::Proposals>("proposals");
    check::<admin::sessions::Sessions>("sessions");
    check::<admin::sessions::EndOne>("end a session");
    check::<admin::reports::list::Reports>("reports");
    check::<admin::erasure::list::Erasures>("erasure list");
    check::<admin::erasure::show::OneErasure>("erasure");
    check::<admin::erasure::hold::Holds>("holds");
    check::<admin::reports::find::Find>("report find");
    check::<admin::reports::scheduled::Scheduled>("scheduled reports");
    check::<admin::reports::show::Report>("report");
    check::<admin::reports::review::Reviews>("reviews");
    check::<admin::reports::review::Week>("week");
    check::<admin::recheck::list::Lists>("recertification");
    check::<admin::recheck::show::List>("recertification list");
    check::<admin::recheck::decide::Decide>("recertification of a person");
    check::<admin::clients::list::Clients>("apps");
    check::<admin::clients::new::Register>("new app");
    check::<admin::clients::new::Registered>("registered app");
    check::<admin::clients::show::Client>("app");
    check::<admin::clients::show::Disable>("disable an app");
    check::<admin::breaks::list::Breaks>("emergency accesses");
    check::<admin::breaks::case::Case>("emergency access");
    check::<admin::cases::list::Cases>("unexplained accesses");
    check::<admin::cases::case::ShowCase>("unexplained access");
    check::<admin::tellings::list::Tellings>("whom to tell");
    check::<admin::tellings::show::ShowTelling>("one to be told");
    check::<admin::alerts::list::Alerts>("alerts");
    check::<admin::alerts::alert::ShowAlert>("an alert");
    check::<admin::incidents::list::Incidents>("incidents");
    check::<admin::incidents::new::New>("a new incident");
    check::<admin::incidents::show::ShowIncident>("an incident");
    check::<crate::patient::emergency::BreakGlass>("break-glass");
    check::<crate::account_access::AccessReport>("access report");
    check::<admin::overview::Overview>("administration");
    check::<admin::roles::list::Roles>("roles");
    check::<admin::roles::show::ShowRole>("role");
    check::<admin::roles::edit::EditRole>("change a role");
    check::<admin::roles::cedar::Cedar>("role in Cedar");
    check::<admin::roles::remove::Remove>("remove a role");
    check::<admin::roles::test::Tester>("policy tester");
    check::<crate::link::Handed>("link");
    check::<crate::patient::search::Search>("patients");
    check::<crate::patient::show::Chart>("chart");
    check::<crate::patient::results::Results>("results");
    check::<crate::patient::results::OneTest>("one test");
    check::<crate::patient::vitals::Vitals>("vital signs");
    check::<crate::patient::growth::GrowthCharts>("growth");
    check::<crate::patient::medications::Medications>("medications");
    check::<crate::patient::timeline::Timeline>("timeline");
    check::<admin::calendars::list::Calendars>("calendars");
    check::<admin::calendars::times::Times>("hours and absences");
    check::<crate::schedule::away::Away>("one's own absences");
    check::<admin::calendars::room::Room>("room");
    check::<admin::calendars::visit::Visit>("kind of visit");
    check::<crate::patient::registration::show::Registration>("registration");
    check::<Sheet<crate::patient::registration::related::Related>>("somebody close");
    check::<Sheet<crate::patient::registration::cover::Cover>>("an insurance");
    check::<Sheet<crate::patient::registration::consent::Choose>>("a consent");
    check::<crate::patient::visit::Visit>("a visit");
    check::<crate::patient::problem_order::ProblemOrder>("order of the problems");
    check::<crate::patient::looked::WhoLooked>("who looked");
    check::<crate::patient::reconcile::Reconcile>("reconciliation");
    check::<crate::patient::documents::list::Documents>("documents");
    check::<crate::patient::documents::upload::NewDocument>("add a document");
    check::<crate::patient::documents::photo::NewPhoto>("choose a photograph");
    check::<crate::patient::documents::show::ShowDocument>("a document");
    check::<crate::patient::plan::show::Plan>("care plan");
    check::<Sheet<crate::patient::plan::care_plan::CarePlan>>("a care plan");
    check::<Sheet<crate::patient::plan::goal::Goal>>("a goal");
    check::<Sheet<crate::patient::plan::team::Team>>("a care team");
    check::<admin::facility::EditFacility>("the clinic");
    check::<admin::forms::list::FormList>("forms of the clinic");
    check::<admin::forms::new::NewForm>("new form");
    check::<admin::forms::show::ShowVersion>("a form's version");
    check::<admin::forms::item::EditItem>("an item of a form");
    check::<admin::forms::preview::Preview>("preview of a form");
    check::<admin::templates::list::TemplateList>("templates");
    check::<admin::templates::new::NewTemplate>("new template");
    check::<admin::templates::edit::EditTemplate>("a template's version");
    check::<admin::codes::CodeSystems>("code systems");
    check::<admin::codes::load::LoadCodes>("load a file of codes");
    check::<admin::values::ValueLists>("value lists");
    check::<admin::values::edit::EditValues>("a value list");
    check::<crate::nothing::Nothing>("nothing for a role");
    check::<crate::inbox::list::Inbox>("inbox");
    check::<crate::inbox::tasks::Tasks>("tasks");
    check::<crate::inbox::task_new::NewTask>("new task");
    check::<crate::inbox::task_show::ShowTask>("task");
    check::<crate::letters::list::Letters>("letters");
    check::<crate::letters::letter::Letter>("write a letter");
    check::<crate::letters::show::ShowLetter>("letter");
    check::<crate::letters::referral_new::NewReferral>("new referral");
    check::<crate::letters::referral::Referral>("referral");
    check::<crate::lists::list::Lists>("patient lists");
    check::<crate::lists::measures::Measures>("reports");
    check::<crate::lists::saved::SavedList>("a kept list");
    check::<crate::forms::list::Forms>("forms");
    check::<crate::forms::fill::Fill>("fill in a form");
    check::<crate::forms::show::ShowForm>("a form that was filled in");
    check::<crate::patient::register::Register>("register");
    check::<crate::patient::edit::Edit>("change particulars");
    check::<crate::patient::note::Write>("write a note");
    check::<crate::patient::note_show::ShowNote>("note");
    check::<crate::patient::measure::Measure>("record vital signs");
    check::<crate::patient::orders::basket::Basket>("orders");
    check::<crate::patient::orders::sets::OrderSet>("several orders");
    check::<crate::patient::orders::drug::Prescribe>("prescribe");
    check::<crate::patient::orders::service::OrderService>("order a service");
    check::<crate::patient::entry::ListEntry>("entry of a list");
    check::<crate::patient::vaccine::Vaccine>("record a vaccination");
    check::<crate::patient::merge::Merge>("merge");
    check::<crate::patient::undo::list::Changes>("changes");
    check::<crate::patient::undo::show::ShowPast>("as it was");
    check::<crate::patient::problem::Problem>("add a problem");
    check::<crate::patient::allergy::NewAllergy>("add an allergy");
    check::<crate::patient::statement::Statement>("add a medication");
    check::<crate::home::Home>("home");
    check::<crate::board::show::Board>("board");
    check::<crate::board::arrive::CheckIn>("check in");
    check::<crate::schedule::calendar::Calendar>("calendar");
    check::<crate::schedule::pick::Pick>("whom to book");
    check::<crate::schedule::book::Book>("book");
    check::<crate::schedule::show::Show>("appointment");
    check::<crate::schedule::shift::Shift>("move an appointment");
    check::<crate::schedule::wishes::Wishes>("waiting list and recalls");
    check::<crate::schedule::wish_new::NewWish>("put on a list");
    check::<crate::schedule::wish_show::ShowWish>("somebody on a list");
    check::<crate::schedule::cancel::Cancel>("cancel an appointment");
}
