//! The pages of this crate, as data.

use aceso_policy::{Action, Task};
use aceso_web::Entrance;
use aceso_web::site::{Admit, Ask, Entry, PageFault, PageRoute};

use crate::Staff;
use crate::account_access;
use crate::admin::people::access::Step;
use crate::admin::{
    advisories, alerts, breaks, calendars, cases, clients, codes, erasure, facility,
    forms as builder, incidents, integrity, overview, people, proposals, recheck, reports, roles,
    security, sessions, tellings, templates, values,
};
use crate::patient::emergency::WayIn;
use crate::patient::plan::care_plan::CarePlan;
use crate::patient::plan::goal::Goal;
use crate::patient::plan::team::Team;
use crate::patient::registration::consent::Choose;
use crate::patient::registration::cover::Cover;
use crate::patient::registration::related::Related;
use crate::patient::sheet;
use crate::{board, forms, home, inbox, letters, lists, patient, problem, schedule};

/// The store decides what they see.
const SIGNED_IN: Admit = Admit::SignedIn;
const USERS: Admit = Admit::Task(Task::ManageUsers);
const ROLES: Admit = Admit::Task(Task::ManageRoles);
const BREAK: Admit = Admit::Task(Task::BreakGlass);
const REVIEW: Admit = Admit::Task(Task::ReviewBreakGlass);
const TEST: Admit = Admit::Task(Task::TestPolicies);
const CLIENTS: Admit = Admit::Task(Task::ManageClients);
const RECERTIFY: Admit = Admit::Task(Task::Recertify);
const SETTINGS: Admit = Admit::Task(Task::ManageSettings);
const ERASE: Admit = Admit::Task(Task::ErasePatient);
const AUDIT: Admit = Admit::Task(Task::ReadAudit);
const SESSIONS: Admit = Admit::Task(Task::ManageSessions);

/// From elsewhere than the clinic's own networks, or without its certificate where it asks for one, there is no
/// administration area.
fn entered(path: &str, ask: &Ask) -> Result<(), PageFault> {
    match ask.visit.administration {
        Entrance::Shut if path.starts_with("/admin") => {
            tracing::warn!(reference = %ask.visit.id, path, "administration asked for from outside");
            Err(PageFault::Missing)
        }
        Entrance::Shut | Entrance::Open => Ok(()),
    }
}

/// One row: what is asked, by whom, and what answers.
macro_rules! row {
    (file $path:literal $admit:ident $handler:path) => {
        row!(post $path $admit $handler).with_files()
    };
    (unattended $path:literal $admit:ident $handler:path) => {
        row!(get $path $admit $handler).unattended()
    };
    ($verb:ident $path:literal $admit:ident $handler:path) => {
        PageRoute::$verb($path, $admit, |staff, ask| {
            Box::pin(async move {
                entered($path, &ask)?;
                let way_in = WayIn::from(&staff, &ask);
                way_in.or($handler(staff, ask).await)
            })
        })
    };
    ($verb:ident $path:literal $admit:ident $handler:path, $step:ident) => {
        PageRoute::$verb($path, $admit, |staff, ask| {
            Box::pin(async move {
                entered($path, &ask)?;
                let way_in = WayIn::from(&staff, &ask);
                way_in.or($handler(staff, ask, Step::$step).await)
            })
        })
    };
}

/// Every page of this crate: what it answers to, and who may come in. The store decides each act again.
pub const ROUTES: &[PageRoute<Staff>] = &[
    row!(get "/" SIGNED_IN home::show),
    row!(get "/patients" SIGNED_IN patient::search::show),
    row!(post "/patients" SIGNED_IN patient::search::find),
    row!(get "/patients/new" SIGNED_IN patient::register::show),
    row!(file "/patients/new" SIGNED_IN patient::register::save),
    row!(post "/patients/unidentified" SIGNED_IN patient::unidentified::save),
    row!(get "/patients/{patient}" SIGNED_IN patient::show::show),
    row!(get "/patients/{patient}/edit" SIGNED_IN patient::edit::show),
    row!(post "/patients/{patient}/edit" SIGNED_IN patient::edit::save),
    row!(get "/patients/{patient}/notes/new" SIGNED_IN patient::note::show_new),
    row!(get "/patients/{patient}/notes/{note}" SIGNED_IN patient::note_show::show),
    row!(get "/patients/{patient}/notes/{note}/edit" SIGNED_IN patient::note::show),
    row!(post "/patients/{patient}/notes/{note}/edit" SIGNED_IN patient::note::save),
    row!(post "/patients/{patient}/notes/{note}/draft" SIGNED_IN patient::note::autosave),
    row!(post "/patients/{patient}/notes/{note}/addendum" SIGNED_IN patient::note_show::append),
    row!(post "/patients/{patient}/notes/{note}/amend" SIGNED_IN patient::amend::ask),
    row!(post "/patients/{patient}/notes/{note}/amend/{request}" SIGNED_IN patient::amend::answer),
    row!(get "/patients/{patient}/results" SIGNED_IN patient::results::show),
    row!(get "/patients/{patient}/results/{code}" SIGNED_IN patient::results::one),
    row!(get "/patients/{patient}/vitals" SIGNED_IN patient::vitals::show),
    row!(get "/patients/{patient}/growth" SIGNED_IN patient::growth::show),
    row!(get "/patients/{patient}/medications" SIGNED_IN patient::medications::show),
    row!(get "/patients/{patient}/problems/order" SIGNED_IN patient::problem_order::show),
    row!(post "/patients/{patient}/problems/order" SIGNED_IN patient::problem_order::save),
    row!(get "/patients/{patient}/visits/{visit}" SIGNED_IN patient::visit::show),
    row!(get "/patients/{patient}/visits/{visit}/pdf" SIGNED_IN patient::visit::file),
    row!(get "/patients/{patient}/plan" SIGNED_IN patient::plan::show::show),
    row!(get "/patients/{patient}/plans/new" SIGNED_IN sheet::show_new::<CarePlan>),
    row!(post "/patients/{patient}/plans/new" SIGNED_IN sheet::save_new::<CarePlan>),
    row!(get "/patients/{patient}/plans/{item}" SIGNED_IN sheet::show::<CarePlan>),
    row!(post "/patients/{patient}/plans/{item}" SIGNED_IN sheet::save::<CarePlan>),
    row!(get "/patients/{patient}/goals/new" SIGNED_IN sheet::show_new::<Goal>),
    row!(post "/patients/{patient}/goals/new" SIGNED_IN sheet::save_new::<Goal>),
    row!(get "/patients/{patient}/goals/{item}" SIGNED_IN sheet::show::<Goal>),
    row!(post "/patients/{patient}/goals/{item}" SIGNED_IN sheet::save::<Goal>),
    row!(get "/patients/{patient}/teams/new" SIGNED_IN sheet::show_new::<Team>),
    row!(post "/patients/{patient}/teams/new" SIGNED_IN sheet::save_new::<Team>),
    row!(get "/patients/{patient}/teams/{item}" SIGNED_IN sheet::show::<Team>),
    row!(post "/patients/{patient}/teams/{item}" SIGNED_IN sheet::save::<Team>),
    row!(get "/patients/{patient}/registration" SIGNED_IN patient::registration::show::show),
    row!(get "/patients/{patient}/related/new" SIGNED_IN sheet::show_new::<Related>),
    row!(post "/patients/{patient}/related/new" SIGNED_IN sheet::save_new::<Related>),
    row!(get "/patients/{patient}/related/{item}" SIGNED_IN sheet::show::<Related>),
    row!(post "/patients/{patient}/related/{item}" SIGNED_IN sheet::save::<Related>),
    row!(get "/patients/{patient}/insurance/new" SIGNED_IN sheet::show_new::<Cover>),
    row!(post "/patients/{patient}/insurance/new" SIGNED_IN sheet::save_new::<Cover>),
    row!(get "/patients/{patient}/insurance/{item}" SIGNED_IN sheet::show::<Cover>),
    row!(post "/patients/{patient}/insurance/{item}" SIGNED_IN sheet::save::<Cover>),
    row!(get "/patients/{patient}/consents/new" SIGNED_IN sheet::show_new::<Choose>),
    row!(post "/patients/{patient}/consents/new" SIGNED_IN sheet::save_new::<Choose>),
    row!(get "/patients/{patient}/consents/{item}" SIGNED_IN sheet::show::<Choose>),
    row!(post "/patients/{patient}/consents/{item}" SIGNED_IN sheet::save::<Choose>),
    row!(get "/patients/{patient}/access" AUDIT patient::looked::show),
    row!(get "/patients/{patient}/reconcile" SIGNED_IN patient::reconcile::show),
    row!(post "/patients/{patient}/reconcile" SIGNED_IN patient::reconcile::save),
    row!(get "/patients/{patient}/documents" SIGNED_IN patient::documents::list::show),
    row!(get "/patients/{patient}/documents/new" SIGNED_IN patient::documents::upload::show),
    row!(file "/patients/{patient}/documents/new" SIGNED_IN patient::documents::upload::save),
    row!(get "/patients/{patient}/documents/{document}" SIGNED_IN patient::documents::show::show),
    row!(post "/patients/{patient}/documents/{document}" SIGNED_IN patient::documents::show::save),
    row!(get "/patients/{patient}/documents/{document}/file" SIGNED_IN patient::documents::content::file),
    row!(get "/patients/{patient}/documents/{document}/picture" SIGNED_IN patient::documents::content::picture),
    row!(post "/patients/{patient}/documents/{document}/photo" SIGNED_IN patient::documents::photo::save),
    row!(get "/patients/{patient}/photo" SIGNED_IN patient::documents::photo::file),
    row!(get "/patients/{patient}/photo/new" SIGNED_IN patient::documents::photo::show_new),
    row!(file "/patients/{patient}/photo/new" SIGNED_IN patient::documents::photo::save_new),
    row!(post "/patients/{patient}/photo/remove" SIGNED_IN patient::documents::photo::remove),
    row!(get "/patients/{patient}/timeline" SIGNED_IN patient::timeline::show),
    row!(get "/patients/{patient}/forms" SIGNED_IN forms::list::show),
    row!(get "/patients/{patient}/forms/new/{form}" SIGNED_IN forms::fill::show_new),
    row!(get "/patients/{patient}/forms/{response}" SIGNED_IN forms::show::show),
    row!(get "/patients/{patient}/forms/{response}/edit" SIGNED_IN forms::fill::show),
    row!(post "/patients/{patient}/forms/{response}/edit" SIGNED_IN forms::fill::save),
    row!(post "/patients/{patient}/forms/{response}/draft" SIGNED_IN forms::fill::autosave),
    row!(post "/patients/{patient}/forms/{response}/part" SIGNED_IN forms::fill::part),
    row!(get "/patients/{patient}/vitals/new" SIGNED_IN patient::measure::show),
    row!(post "/patients/{patient}/vitals/new" SIGNED_IN patient::measure::save),
    row!(get "/patients/{patient}/problems/new" SIGNED_IN patient::problem::show),
    row!(post "/patients/{patient}/problems/new" SIGNED_IN patient::problem::save),
    row!(get "/patients/{patient}/allergies/new" SIGNED_IN patient::allergy::show),
    row!(post "/patients/{patient}/allergies/new" SIGNED_IN patient::allergy::save),
    row!(get "/patients/{patient}/medications/new" SIGNED_IN patient::statement::show),
    row!(post "/patients/{patient}/medications/new" SIGNED_IN patient::statement::save),
    row!(get "/patients/{patient}/lists/{list}/{entry}" SIGNED_IN patient::entry::show),
    row!(post "/patients/{patient}/lists/{list}/{entry}" SIGNED_IN patient::entry::save),
    row!(get "/patients/{patient}/immunizations/new" SIGNED_IN patient::vaccine::show),
    row!(post "/patients/{patient}/immunizations/new" SIGNED_IN patient::vaccine::save),
    row!(get "/patients/{patient}/merge" SIGNED_IN patient::merge::show),
    row!(post "/patients/{patient}/merge" SIGNED_IN patient::merge::save),
    row!(post "/patients/{patient}/unmerge" SIGNED_IN patient::merge::undo),
    row!(get "/patients/{patient}/changes" SIGNED_IN patient::undo::list::show),
    row!(get "/patients/{patient}/changes/{type}/{id}" SIGNED_IN patient::undo::show::show),
    row!(post "/patients/{patient}/changes/{type}/{id}" SIGNED_IN patient::undo::show::save),
    row!(get "/patients/{patient}/orders" SIGNED_IN patient::orders::basket::show),
    row!(post "/patients/{patient}/orders" SIGNED_IN patient::orders::basket::act),
    row!(get "/patients/{patient}/orders/drug" SIGNED_IN patient::orders::drug::show),
    row!(post "/patients/{patient}/orders/drug" SIGNED_IN patient::orders::drug::save),
    row!(get "/patients/{patient}/orders/new/{service}" SIGNED_IN patient::orders::service::show),
    row!(post "/patients/{patient}/orders/new/{service}" SIGNED_IN patient::orders::service::save),
    row!(get "/patients/{patient}/orders/sets/{set}" SIGNED_IN patient::orders::sets::show),
    row!(post "/patients/{patient}/orders/sets/{set}" SIGNED_IN patient::orders::sets::save),
    row!(get "/patients/{patient}/letters" SIGNED_IN letters::list::show),
    row!(get "/patients/{patient}/letters/new/{template}" SIGNED_IN letters::letter::show),
    row!(post "/patients/{patient}/letters/new/{template}" SIGNED_IN letters::letter::save),
    row!(get "/patients/{patient}/letters/{letter}" SIGNED_IN letters::show::show),
    row!(get "/patients/{patient}/letters/{letter}/pdf" SIGNED_IN letters::show::file),
    row!(get "/patients/{patient}/papers/{paper}" SIGNED_IN letters::papers::file),
    row!(get "/patients/{patient}/referrals/new" SIGNED_IN letters::referral_new::show),
    row!(post "/patients/{patient}/referrals/new" SIGNED_IN letters::referral_new::save),
    row!(get "/patients/{patient}/referrals/{referral}" SIGNED_IN letters::referral::show),
    row!(post "/patients/{patient}/referrals/{referral}" SIGNED_IN letters::referral::act),
    row!(get "/patients/{patient}/referrals/{referral}/pdf" SIGNED_IN letters::referral::file),
    row!(get "/patients/{patient}/tasks/new" SIGNED_IN inbox::task_new::show),
    row!(post "/patients/{patient}/tasks/new" SIGNED_IN inbox::task_new::save),
    row!(get "/go" SIGNED_IN crate::go::show),
    row!(post "/go" SIGNED_IN crate::go::find),
    row!(get "/inbox" SIGNED_IN inbox::list::show),
    row!(post "/inbox" SIGNED_IN inbox::list::save),
    row!(get "/tasks" SIGNED_IN inbox::tasks::show),
    row!(get "/tasks/{task}" SIGNED_IN inbox::task_show::show),
    row!(post "/tasks/{task}" SIGNED_IN inbox::task_show::act),
    row!(get "/lists" SIGNED_IN lists::list::show),
    row!(post "/lists" SIGNED_IN lists::list::save),
    row!(post "/lists/export" SIGNED_IN lists::list::export),
    row!(get "/lists/measures" SIGNED_IN lists::measures::show),
    row!(post "/lists/measures" SIGNED_IN lists::measures::again),
    row!(get "/lists/measures/counted" SIGNED_IN lists::measures::counted),
    row!(get "/lists/measures/csv" SIGNED_IN lists::measures::csv),
    row!(get "/lists/measures/pdf" SIGNED_IN lists::measures::pdf),
    row!(get "/lists/{list}" SIGNED_IN lists::saved::show),
    row!(post "/lists/{list}" SIGNED_IN lists::saved::put_away),
    row!(get "/schedule" SIGNED_IN schedule::calendar::show),
    row!(get "/schedule/new" SIGNED_IN schedule::pick::show),
    row!(post "/schedule/new" SIGNED_IN schedule::pick::find),
    row!(get "/schedule/away" SIGNED_IN schedule::away::show),
    row!(post "/schedule/away" SIGNED_IN schedule::away::save),
    row!(get "/schedule/waitlist" SIGNED_IN schedule::wishes::waiting),
    row!(get "/schedule/recalls" SIGNED_IN schedule::wishes::recalls),
    row!(get "/patients/{patient}/waitlist/new" SIGNED_IN schedule::wish_new::show),
    row!(post "/patients/{patient}/waitlist/new" SIGNED_IN schedule::wish_new::save),
    row!(get "/patients/{patient}/waitlist/{wish}" SIGNED_IN schedule::wish_show::show),
    row!(post "/patients/{patient}/waitlist/{wish}" SIGNED_IN schedule::wish_show::act),
    row!(get "/patients/{patient}/appointments/new" SIGNED_IN schedule::book::show),
    row!(post "/patients/{patient}/appointments/new" SIGNED_IN schedule::book::save),
    row!(get "/patients/{patient}/appointments/{appointment}" SIGNED_IN schedule::show::show),
    row!(post "/patients/{patient}/appointments/{appointment}/status" SIGNED_IN schedule::step::save),
    row!(get "/patients/{patient}/appointments/{appointment}/move" SIGNED_IN schedule::shift::show),
    row!(post "/patients/{patient}/appointments/{appointment}/move" SIGNED_IN schedule::shift::save),
    row!(get "/patients/{patient}/appointments/{appointment}/cancel" SIGNED_IN schedule::cancel::show),
    row!(post "/patients/{patient}/appointments/{appointment}/cancel" SIGNED_IN schedule::cancel::save),
    row!(get "/patients/{patient}/appointments/{appointment}/check-in" SIGNED_IN board::arrive::show),
    row!(post "/patients/{patient}/appointments/{appointment}/check-in" SIGNED_IN board::arrive::save),
    row!(post "/patients/{patient}/appointments/{appointment}/flow" SIGNED_IN board::flow::save),
    row!(get "/board" SIGNED_IN board::show::show),
    row!(unattended "/board/watch" SIGNED_IN board::show::watch),
    row!(unattended "/board/live" SIGNED_IN board::live::listen),
    row!(get "/break-glass" BREAK patient::emergency::lead),
    row!(get "/patients/{patient}/break-glass" BREAK patient::emergency::show),
    row!(post "/patients/{patient}/break-glass" BREAK patient::emergency::save),
    row!(post "/patients/{patient}/break-glass/end" SIGNED_IN patient::emergency::end),
    row!(get "/account/access" SIGNED_IN account_access::show),
    row!(get "/problem" SIGNED_IN problem::show),
    row!(post "/problem" SIGNED_IN problem::save),
    row!(get "/admin/break-glass" REVIEW breaks::list::show),
    row!(get "/admin/break-glass/{case}" REVIEW breaks::case::show),
    row!(post "/admin/break-glass/{case}" REVIEW breaks::case::review),
    row!(get "/admin/cases" REVIEW cases::list::show),
    row!(get "/admin/cases/{case}" REVIEW cases::case::show),
    row!(post "/admin/cases/{case}" REVIEW cases::case::decide),
    row!(get "/admin/advisories" TEST advisories::list::show),
    row!(get "/admin/advisories/{finding}" TEST advisories::finding::show),
    row!(post "/admin/advisories/{finding}" TEST advisories::finding::decide),
    row!(get "/admin/alerts" REVIEW alerts::list::show),
    row!(get "/admin/alerts/{alert}" REVIEW alerts::alert::show),
    row!(post "/admin/alerts/{alert}" REVIEW alerts::alert::dismiss),
    row!(get "/admin/incidents" REVIEW incidents::list::show),
    row!(get "/admin/incidents/new" REVIEW incidents::new::show),
    row!(post "/admin/incidents/new" REVIEW incidents::new::save),
    row!(get "/admin/incidents/{incident}" REVIEW incidents::show::show),
    row!(post "/admin/incidents/{incident}" REVIEW incidents::show::change),
    row!(get "/admin/incidents/{incident}/notice" REVIEW incidents::notice::show),
    row!(get "/admin" TEST overview::show),
    row!(get "/admin/security" TEST security::show),
    row!(get "/admin/integrity" SETTINGS integrity::show),
    row!(get "/admin/tellings" SETTINGS tellings::list::show),
    row!(post "/admin/tellings" SETTINGS tellings::list::plan),
    row!(get "/admin/tellings/{telling}" SETTINGS tellings::show::show),
    row!(post "/admin/tellings/{telling}" SETTINGS tellings::show::end),
    row!(get "/admin/calendars" SETTINGS calendars::list::show),
    row!(get "/admin/calendars/clinic" SETTINGS calendars::times::show_clinic),
    row!(post "/admin/calendars/clinic" SETTINGS calendars::times::save_clinic),
    row!(get "/admin/calendars/people/{practitioner}" SETTINGS calendars::times::show),
    row!(post "/admin/calendars/people/{practitioner}" SETTINGS calendars::times::save),
    row!(get "/admin/calendars/rooms/new" SETTINGS calendars::room::show_new),
    row!(post "/admin/calendars/rooms/new" SETTINGS calendars::room::save_new),
    row!(get "/admin/calendars/rooms/{room}" SETTINGS calendars::room::show),
    row!(post "/admin/calendars/rooms/{room}" SETTINGS calendars::room::save),
    row!(get "/admin/calendars/visits/new" SETTINGS calendars::visit::show_new),
    row!(post "/admin/calendars/visits/new" SETTINGS calendars::visit::save_new),
    row!(get "/admin/calendars/visits/{visit}" SETTINGS calendars::visit::show),
    row!(post "/admin/calendars/visits/{visit}" SETTINGS calendars::visit::save),
    row!(get "/admin/facility" SETTINGS facility::show),
    row!(post "/admin/facility" SETTINGS facility::save),
    row!(get "/admin/forms" SETTINGS builder::list::show),
    row!(get "/admin/forms/new" SETTINGS builder::new::show),
    row!(post "/admin/forms/new" SETTINGS builder::new::save),
    row!(get "/admin/forms/{form}" SETTINGS builder::show::show),
    row!(post "/admin/forms/{form}" SETTINGS builder::show::act),
    row!(get "/admin/forms/{form}/preview" SETTINGS builder::preview::show),
    row!(post "/admin/forms/{form}/preview" SETTINGS builder::preview::check),
    row!(get "/admin/forms/{form}/items/{item}" SETTINGS builder::item::show),
    row!(post "/admin/forms/{form}/items/{item}" SETTINGS builder::item::save),
    row!(get "/admin/templates" SETTINGS templates::list::show),
    row!(get "/admin/templates/new" SETTINGS templates::new::show),
    row!(post "/admin/templates/new" SETTINGS templates::new::save),
    row!(get "/admin/templates/{template}" SETTINGS templates::edit::show),
    row!(post "/admin/templates/{template}" SETTINGS templates::edit::act),
    row!(get "/admin/codes" SETTINGS codes::show),
    row!(get "/admin/codes/load" SETTINGS codes::load::show),
    row!(file "/admin/codes/load" SETTINGS codes::load::save),
    row!(get "/admin/values" SETTINGS values::show),
    row!(get "/admin/values/{list}" SETTINGS values::edit::show),
    row!(post "/admin/values/{list}" SETTINGS values::edit::act),
    row!(get "/admin/roles" TEST roles::list::show),
    row!(get "/admin/roles/new" ROLES roles::edit::show_new),
    row!(post "/admin/roles/new" ROLES roles::edit::save_new),
    row!(get "/admin/roles/test" TEST roles::test::show),
    row!(post "/admin/roles/test" TEST roles::test::ask),
    row!(get "/admin/roles/{role}" TEST roles::show::show),
    row!(get "/admin/roles/{role}/edit" ROLES roles::edit::show),
    row!(post "/admin/roles/{role}/edit" ROLES roles::edit::save),
    row!(get "/admin/roles/{role}/cedar" ROLES roles::cedar::show),
    row!(post "/admin/roles/{role}/cedar" ROLES roles::cedar::save),
    row!(get "/admin/roles/{role}/remove" ROLES roles::remove::show),
    row!(post "/admin/roles/{role}/remove" ROLES roles::remove::save),
    row!(get "/admin/people" USERS people::list::show),
    row!(get "/admin/people/new" USERS people::new::show),
    row!(post "/admin/people/new" USERS people::new::invite),
    row!(get "/admin/people/{id}" USERS people::show::show),
    row!(get "/admin/people/{id}/edit" USERS people::edit::show),
    row!(post "/admin/people/{id}/edit" USERS people::edit::save),
    row!(get "/admin/people/{id}/roles" ROLES people::roles::show),
    row!(post "/admin/people/{id}/roles" ROLES people::roles::save),
    row!(get "/admin/people/{id}/identities" ROLES people::identities::show),
    row!(post "/admin/people/{id}/identities" ROLES people::identities::link),
    row!(get "/admin/people/{id}/identities/{identity}/remove" USERS people::identities::question),
    row!(post "/admin/people/{id}/identities/{identity}/remove" USERS people::identities::unlink),
    row!(get "/admin/people/{id}/disable" USERS people::access::question, Disable),
    row!(post "/admin/people/{id}/disable" USERS people::access::act, Disable),
    row!(get "/admin/people/{id}/enable" USERS people::access::question, Enable),
    row!(post "/admin/people/{id}/enable" USERS people::access::act, Enable),
    row!(get "/admin/people/{id}/unlock" USERS people::access::question, Unlock),
    row!(post "/admin/people/{id}/unlock" USERS people::access::act, Unlock),
    row!(get "/admin/people/{id}/link" USERS people::access::question, Link),
    row!(post "/admin/people/{id}/link" USERS people::access::act, Link),
    row!(get "/admin/people/{id}/sign-out" USERS people::access::question, SignOut),
    row!(post "/admin/people/{id}/sign-out" SESSIONS people::access::act, SignOut),
    row!(get "/admin/proposals" USERS proposals::show),
    row!(post "/admin/proposals/{proposal}" ROLES proposals::answer),
    row!(get "/admin/clients" CLIENTS clients::list::show),
    row!(get "/admin/clients/new" CLIENTS clients::new::show),
    row!(post "/admin/clients/new" CLIENTS clients::new::save),
    row!(get "/admin/clients/{client}" CLIENTS clients::show::show),
    row!(get "/admin/clients/{client}/disable" CLIENTS clients::show::ask_disable),
    row!(post "/admin/clients/{client}/disable" CLIENTS clients::show::disable),
    row!(get "/admin/recertification" RECERTIFY recheck::list::show),
    row!(post "/admin/recertification" RECERTIFY recheck::list::open),
    row!(get "/admin/recertification/{list}" RECERTIFY recheck::show::show),
    row!(get "/admin/recertification/{list}/export" RECERTIFY recheck::export::file),
    row!(get "/admin/recertification/{list}/{account}" RECERTIFY recheck::decide::show),
    row!(post "/admin/recertification/{list}/{account}" RECERTIFY recheck::decide::save),
    row!(get "/admin/reports" AUDIT reports::list::show),
    row!(get "/admin/reports/{report}" AUDIT reports::show::show),
    row!(get "/admin/reports/{report}/print" AUDIT reports::show::print),
    row!(get "/admin/reports/{report}/csv" AUDIT reports::show::file),
    row!(get "/admin/reports/{report}/pdf" AUDIT reports::paper::file),
    row!(get "/admin/reports/{report}/find" AUDIT reports::find::show),
    row!(post "/admin/reports/{report}/find" AUDIT reports::find::find),
    row!(get "/admin/erasure" ERASE erasure::list::show),
    row!(post "/admin/erasure" ERASE erasure::list::decide),
    row!(get "/admin/erasure/{erasure}" ERASE erasure::show::show),
    row!(post "/admin/erasure/{erasure}" ERASE erasure::show::carry_out),
    row!(post "/admin/erasure/{erasure}/withdraw" ERASE erasure::show::withdraw),
    row!(get "/admin/holds" ERASE erasure::hold::show),
    row!(post "/admin/holds" ERASE erasure::hold::set),
    row!(post "/admin/holds/{hold}/lift" ERASE erasure::hold::lift),
    row!(get "/admin/scheduled" AUDIT reports::scheduled::show),
    row!(post "/admin/scheduled" AUDIT reports::scheduled::plan),
    row!(post "/admin/scheduled/{plan}/end" AUDIT reports::scheduled::end),
    row!(get "/admin/scheduled/{made}/pdf" AUDIT reports::scheduled::pdf),
    row!(get "/admin/scheduled/{made}/csv" AUDIT reports::scheduled::csv),
    row!(get "/admin/reviews" AUDIT reports::review::list),
    row!(get "/admin/reviews/{week}" AUDIT reports::review::show),
    row!(post "/admin/reviews/{week}" AUDIT reports::review::sign),
    row!(get "/admin/sessions" SESSIONS sessions::show),
    row!(get "/admin/sessions/{session}/end" SESSIONS sessions::ask_end),
    row!(post "/admin/sessions/{session}/end" SESSIONS sessions::end),
];

/// Where the navigation leads.
pub const ENTRIES: &[Entry] = &[
    Entry {
        needs: Some((Action::Search, "Patient")),
        ..entry(
            "",
            "Patients",
            "Find a patient, open a chart",
            patient::HERE,
        )
    },
    Entry {
        group: "",
        label: "Calendar",
        about: "Who comes when; book, move, cancel",
        path: schedule::HERE,
        needs: Some((Action::Create, "Slot")),
    },
    Entry {
        group: "",
        label: "Board",
        about: "Who waits, who is in which room, who may leave",
        path: board::HERE,
        needs: Some((Action::Update, "Appointment")),
    },
    Entry {
        needs: Some((Action::Create, "Task")),
        ..entry(
            "",
            "Inbox",
            "Results, documents and tasks that wait",
            inbox::HERE,
        )
    },
    Entry {
        needs: Some((Action::Create, "Group")),
        ..entry(
            "",
            "Patient lists",
            "Who fits: by age, problem, medication, result, visit, vaccination; reports",
            lists::HERE,
        )
    },
    entry(
        "Administration",
        "Overview",
        "What needs attention",
        overview::HERE,
    ),
    entry(
        "Administration",
        "Are we safe?",
        "Every check, what waits, keys, backups, the log",
        security::HERE,
    ),
    entry(
        "Administration",
        "Advisories",
        "What was published about this program, and what to do",
        advisories::HERE,
    ),
    entry(
        "Administration",
        "People",
        "Who can sign in, and with which roles",
        people::HERE,
    ),
    entry(
        "Administration",
        "Whom to tell",
        "Of an access that ended, an emergency, a correction, an erasure",
        tellings::HERE,
    ),
    entry(
        "Administration",
        "Roles",
        "What each role may do; may somebody do this?",
        roles::HERE,
    ),
    entry(
        "Administration",
        "Calendars",
        "Hours, holidays, absences, rooms, kinds of visits",
        calendars::HERE,
    ),
    entry(
        "Administration",
        "The clinic",
        "Name, address and number, as papers show them",
        facility::HERE,
    ),
    entry(
        "Administration",
        "Forms",
        "What is asked of patients: make, change and publish forms",
        builder::HERE,
    ),
    entry(
        "Administration",
        "Templates",
        "What letters and visits' notes begin with",
        templates::HERE,
    ),
    entry(
        "Administration",
        "Value lists",
        "What order forms offer",
        values::HERE,
    ),
    entry(
        "Administration",
        "Code systems",
        "What diagnoses and orders are coded by",
        codes::HERE,
    ),
    entry(
        "Administration",
        "Apps",
        "What may call with a token",
        clients::HERE,
    ),
    entry(
        "Administration",
        "Sessions",
        "Who is signed in now",
        sessions::HERE,
    ),
    entry(
        "Administration",
        "Emergency access",
        "Charts opened with a reason, to be reviewed",
        breaks::HERE,
    ),
    entry(
        "Administration",
        "Unexplained access",
        "Who looked at records that they seem to have nothing to do with",
        cases::HERE,
    ),
    entry(
        "Administration",
        "Alerts",
        "What happens now and may be an attack",
        alerts::HERE,
    ),
    entry(
        "Administration",
        "Incidents",
        "Whom something concerns, and who has to be told by when",
        incidents::HERE,
    ),
    entry(
        "Administration",
        "Recertification",
        "Confirm, every quarter, who may do what",
        recheck::HERE,
    ),
    entry(
        "Administration",
        "Erasure",
        "A patient's data that are to be erased, and holds",
        erasure::HERE,
    ),
    entry(
        "Administration",
        "Reports",
        "Who saw whom: the audit log, and its weekly review",
        reports::HERE,
    ),
    entry(
        "Administration",
        "Weekly review",
        "Weeks of the audit log, to be signed off",
        reports::REVIEWS,
    ),
];

const fn entry(
    group: &'static str,
    label: &'static str,
    about: &'static str,
    path: &'static str,
) -> Entry {
    Entry {
        group,
        label,
        about,
        path,
        needs: None,
    }
}
