//! What the response desk asks of services elsewhere, one errand at a time. A request is `desk::port`'s, to the letter; this adds the
//! secret, sends it, and hands the answer back. A secret is in no log, no answer that is kept, and no request that is shown.

use std::collections::BTreeMap;
use std::time::Duration;

use aceso_base::Secret;
use aceso_desk::When;
use aceso_desk::advisory::feed::Site;
use aceso_desk::port::{
    Again, Answered, Body, Facts, Method, Places, Prepared, Proof, Service, compose, read,
};
use aceso_egress::{Answer, Client, HeaderError, Request, SendError};
use aceso_store::{Desk, DeskError, DueErrand, ErrandEnd};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

const TURN: Duration = Duration::from_secs(10);
const FIRST_WAIT: i64 = 30;
const LONGEST_WAIT: i64 = 3_600;
/// Said where a request went out and nobody knows what became of it.
const UNHEARD: &str = "no answer came: look there whether it is done, before you ask again";

/// Sends what the desk asks of services elsewhere.
#[derive(Clone)]
pub struct Errands {
    desk: Desk,
    client: Client,
    places: Places,
    site: Site,
    secrets: BTreeMap<Service, Secret<String>>,
}

impl std::fmt::Debug for Errands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Errands")
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}

impl Errands {
    /// Over a desk; the client may call the places, and nothing else.
    pub fn new(
        desk: Desk,
        client: Client,
        (places, site): (Places, Site),
        secrets: BTreeMap<Service, Secret<String>>,
    ) -> Self {
        Self {
            desk,
            client,
            places,
            site,
            secrets,
        }
    }

    /// Sends what is asked for, for good.
    pub async fn run(self) {
        if let Err(error) = self.desk.look_after_errands().await {
            tracing::error!(%error, "what was on its way elsewhere could not be looked after");
        }
        let mut turns = tokio::time::interval(TURN);
        loop {
            turns.tick().await;
            if let Err(error) = self.round().await {
                tracing::error!(%error, "what is asked of services elsewhere could not be sent");
            }
        }
    }

    /// Sends what is due; answers how many errands that were.
    pub async fn round(&self) -> Result<usize, DeskError> {
        let mut sent = 0;
        while let Some(due) = self.desk.next_errand().await? {
            let end = self.send(&due).await;
            let ended = match &end {
                ErrandEnd::Done(_) => "done",
                ErrandEnd::Later(..) => "later",
                ErrandEnd::Refused(_) => "refused",
            };
            tracing::info!(case = due.case, errand = ?due.errand, ended, "asked elsewhere");
            self.desk.end_errand(&due.id, end).await?;
            sent += 1;
        }
        Ok(sent)
    }

    /// Sends one that is on its way, and says what came of it.
    pub async fn send(&self, due: &DueErrand) -> ErrandEnd {
        let facts = Facts {
            key: &due.id,
            at: due.at,
            site: &self.site,
            advisory: due.advisory.as_ref(),
            kept: &due.kept,
        };
        let prepared = match compose(due.errand, &self.places, facts) {
            Ok(prepared) => prepared,
            Err(lacks) => return ErrandEnd::Refused(lacks.to_string()),
        };
        let request = match self.request(due.errand.service(), &prepared) {
            Ok(request) => request,
            Err(why) => return ErrandEnd::Refused(why),
        };
        match self.client.send(request).await {
            Ok(answer) => self.heard(due, &answer),
            Err(error) => self.unheard(due, &error),
        }
    }

    fn heard(&self, due: &DueErrand, answer: &Answer) -> ErrandEnd {
        let after = answer.headers.get("retry-after");
        let after = after.and_then(|v| v.to_str().ok()?.trim().parse().ok());
        let body = answer.json().unwrap_or(Value::Null);
        let status = answer.status.as_u16();
        match read(due.errand, &self.places, (status, after), &body) {
            Answered::Done(kept) => ErrandEnd::Done(kept),
            Answered::Refused(why) => ErrandEnd::Refused(why),
            Answered::Later { after, said } => {
                let wait = after.map_or_else(|| wait(due.tries), i64::from);
                ErrandEnd::Later(self.after(wait), said)
            }
        }
    }

    /// A request that may have arrived is sent again only where that makes no second one of what it makes.
    fn unheard(&self, due: &DueErrand, error: &SendError) -> ErrandEnd {
        let arrived = match error {
            SendError::NotAllowed | SendError::Inside | SendError::Name => {
                return ErrandEnd::Refused(error.to_string());
            }
            SendError::Io(_) => false,
            SendError::Late | SendError::TooLarge | SendError::Http(_) => true,
        };
        match (arrived, due.errand.again()) {
            (true, Again::Another) => ErrandEnd::Refused(UNHEARD.to_owned()),
            (true, Again::Same) | (false, Again::Same | Again::Another) => {
                ErrandEnd::Later(self.after(wait(due.tries)), error.to_string())
            }
        }
    }

    fn after(&self, seconds: i64) -> When {
        self.desk.now().plus_millis(seconds.saturating_mul(1000))
    }

    fn request(&self, service: Service, prepared: &Prepared) -> Result<Request, String> {
        let target = self.client.target(&prepared.url);
        let target = target.map_err(|error| error.to_string())?;
        let (bytes, json) = match &prepared.body {
            Body::Empty => (String::new(), false),
            Body::Json(value) => (value.to_string(), true),
        };
        let request = match prepared.method {
            Method::Post => Request::post(target, bytes),
            Method::Put => Request::put(target, bytes),
            Method::Patch => Request::patch(target, bytes),
        };
        let request = if json {
            request.content_type("application/json")
        } else {
            request
        };
        let secret = self.secrets.get(&service);
        let secret = secret.ok_or_else(|| format!("there is no secret for {}", service.name()))?;
        let headed = headed(request, &prepared.headers);
        let proved = headed.and_then(|request| prove(request, &prepared.proof, secret));
        proved.map_err(|error| error.to_string())
    }
}

fn headed(
    mut request: Request,
    headers: &[(&'static str, String)],
) -> Result<Request, HeaderError> {
    for (name, value) in headers {
        request = request.line(&format!("{name}: {value}"))?;
    }
    Ok(request)
}

fn prove(request: Request, proof: &Proof, secret: &Secret<String>) -> Result<Request, HeaderError> {
    let secret = secret.expose();
    match proof {
        Proof::Bearer => request.bearer(secret),
        Proof::Basic(user) => request.basic(&STANDARD.encode(format!("{user}:{secret}"))),
        Proof::Header(name) => request.line(&format!("{name}: {secret}")),
    }
}

/// Twice as long each time.
fn wait(tries: u32) -> i64 {
    let factor = 2_i64.saturating_pow(tries.min(16));
    FIRST_WAIT.saturating_mul(factor).min(LONGEST_WAIT)
}
