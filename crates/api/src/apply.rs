//! A Bundle from inside the program (import, demonstration), carried out exactly as `POST /fhir` does.

use aceso_fhir::Value;
use aceso_fhir::outcome::{Code, Issue, Outcome};
use aceso_policy::Caller;
use aceso_store::Mark;
use aceso_web::Visit;
use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::answer::Content;
use crate::ask::{Ask, Input};
use crate::negotiate::{Return, Show};
use crate::problem::Problem;
use crate::routes::Place;
use crate::{Api, batch};

impl Api {
    /// Carries a batch or transaction out for a caller and gives the Bundle of responses as JSON, without the resources
    /// that were written. A transaction notes `mark` as done with what it writes, or not at all.
    pub async fn apply(
        &self,
        caller: Caller,
        bundle: Value,
        mark: Option<Mark>,
    ) -> Result<Bytes, Outcome> {
        let visit = Visit {
            id: caller.origin.request.clone(),
            peer: caller.origin.address,
            base: String::new(),
            administration: aceso_web::Entrance::Open,
        };
        let ask = Ask {
            api: self.clone(),
            visit: visit.clone(),
            caller,
            method: Method::POST,
            place: Place::default(),
            query: String::new(),
            headers: HeaderMap::new(),
            show: Show {
                wish: Some(Return::Minimal),
                ..Show::default()
            },
            input: Input::Bytes(Bytes::new()),
            mark,
        };
        match batch::apply(ask, bundle).await {
            Ok(answer) => match answer.content {
                Content::Json(bytes) => Ok(bytes),
                Content::None | Content::Other(..) => Ok(Bytes::new()),
            },
            Err(Problem::Refused(refusal)) => Err(Outcome::from(refusal.issues)),
            Err(Problem::Stale) => Err(Outcome::of(Issue::error(
                Code::Transient,
                "Other requests kept changing the same data",
            ))),
            Err(Problem::Hidden(error)) => {
                let text = format!("the store failed; the log has the reason ({error})");
                visit.hide(error.as_ref());
                Err(Outcome::of(Issue::error(Code::Exception, text)))
            }
        }
    }
}
