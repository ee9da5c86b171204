//! What leaves the clinic on paper: letters, summaries, results, prescriptions; and referrals, followed until they are closed.

pub(crate) mod given;
pub(crate) mod letter;
pub(crate) mod list;
pub(crate) mod papers;
pub(crate) mod referral;
pub(crate) mod referral_new;
pub(crate) mod show;
pub(crate) mod template;

use aceso_print::Paper;
use aceso_web::page::{Text, language, say};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use self::given::Handing;
use crate::Staff;
use crate::admin::facility::facility;
use crate::chart::person::Identity;
use crate::fault::unreadable;
use crate::words::{fhir_day, field_day};

/// The address of a patient's letters.
pub(crate) fn path(patient: &str) -> String {
    [&crate::patient::path(patient), "/letters"].concat()
}

/// A paper of the clinic about a patient, in the language of whoever hands it out: who it is about stands on every page.
pub(crate) async fn paper(
    staff: &Staff,
    ask: &Ask,
    title: impl Into<Text>,
    who: &Identity,
) -> Result<Paper, PageFault> {
    let today = fhir_day(&field_day(staff.store().now()));
    let born = who.born.as_ref().map(|b| say("born {0}", &[b]));
    let number = who.numbers.first().map(|(what, n)| [what, " ", n].concat());
    let about = [Some(who.name.clone()), born, number];
    let about: Vec<String> = about.into_iter().flatten().collect();
    let (facility, _) = facility(staff, ask).await?;
    let mut paper = Paper::new(title.into().shown())
        .language(language().tag())
        .number(say("Page {0} of {1}", &[&"{0}", &"{1}"]))
        .head(&staff.settings().clinic);
    for line in facility.lines() {
        paper = paper.head(line);
    }
    Ok(paper
        .about(about.join(" · "))
        .foot([&staff.settings().clinic, ", ", &today].concat()))
}

/// A paper as a file, with what must go with it, once it is on record that it leaves the clinic.
pub(crate) async fn hand_out(
    staff: &Staff,
    ask: &Ask,
    paper: Paper,
    (handing, name): (&Handing, &str),
) -> Outcome {
    let bytes = handing.on(paper).pdf().map_err(PageFault::hidden)?;
    let (purpose, consents) = (handing.given.purpose(), handing.consents());
    let noted = staff
        .store()
        .note_print(ask.caller()?, purpose, ask.of_patient()?, &consents);
    noted.await.map_err(unreadable)?;
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    let disposition = HeaderValue::try_from(format!("inline; filename=\"{name}.pdf\""));
    headers.extend(disposition.map(|value| (CONTENT_DISPOSITION, value)));
    Ok(Reply::other(response))
}
