//! `GET` and `POST /oauth/consent`: the person is told what an app wants, and says yes or no.

use aceso_base::Instant;
use aceso_policy::{Person, Purpose, Side, Verdict, Who};
use aceso_store::{
    AppApproval, AppGrant, Audience, ClientRecord, NewFamily, PatientLine, PeopleError, ReadError,
    Remember,
};
use aceso_web::page::Errors;
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, SignedIn, Take};

use super::authorize::{app, proof_of};
use super::page::{ConsentPage, Leaving, NoWay};
use super::request::{NoAddress, Prompt, Refusal, Request, USE};
use crate::Login;
use crate::issue::{Fresh, fresh};
use crate::scopes::{Special, clinical};

const DAY: i64 = 86_400_000;
/// A code is good for so long (ASVS 10.4.3).
const CODE_MILLIS: i64 = 60_000;
/// Without `offline_access` tokens end with the working day.
const ONLINE_MILLIS: i64 = 12 * 3_600_000;

/// For how long a person allows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// This time.
    Once,
    /// Three months.
    Quarter,
    /// A year.
    Year,
}

impl Life {
    pub(crate) const ALL: [Self; 3] = [Self::Once, Self::Quarter, Self::Year];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    const fn millis(self) -> i64 {
        match self {
            Self::Once => ONLINE_MILLIS,
            Self::Quarter => 92 * DAY,
            Self::Year => 365 * DAY,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.name() == text)
    }
}

/// All that a decision needs.
struct Case<'a> {
    login: &'a Login,
    who: &'a SignedIn,
    person: &'a Person,
    app: &'a ClientRecord,
    request: &'a Request,
    /// The patient in context, whom the person may see.
    patient: Option<PatientLine>,
    encounter: Option<String>,
    /// What is remembered.
    allowed: Option<AppGrant>,
}

/// Why there is no case to decide.
enum Stop {
    /// The app is told.
    Refuse(Refusal),
    /// A patient has to be chosen first.
    Choose,
    /// A page instead.
    Fault(PageFault),
}

impl From<PageFault> for Stop {
    fn from(fault: PageFault) -> Self {
        Self::Fault(fault)
    }
}

/// `GET /oauth/consent`
pub(crate) async fn show(login: Login, ask: Ask) -> Outcome {
    let sealed = ask.query("request").unwrap_or_default().to_owned();
    let patient = ask.query("patient").map(str::to_owned);
    let (request, app) = match opened(&login, &sealed).await? {
        Ok(found) => found,
        Err(why) => return Ok(Reply::wrong(&ask, &NoWay(why))),
    };
    let who = ask.person()?;
    let case = match case(&login, who, &app, &request, patient.as_deref()).await {
        Ok(case) => case,
        Err(stop) => return stopped(&login, &ask, &app, &request, &sealed, stop),
    };
    if request.prompt != Prompt::Consent && case.is_remembered() {
        let address = case.approve(&request.scopes, None).await.map_err(hide)?;
        return Ok(leave(&ask, &app, address));
    }
    Ok(Reply::page(
        &ask,
        &ConsentPage::of(&app, &request, case.patient.as_ref(), &sealed),
    ))
}

/// `POST /oauth/consent`
pub(crate) async fn post(login: Login, ask: Ask) -> Outcome {
    let fields = ask.fields(&[
        Take::One("request"),
        Take::One("chosen"),
        Take::Many("scope"),
        Take::One("life"),
        Take::One("answer"),
    ])?;
    let sealed = fields.one("request").to_owned();
    let (request, app) = match opened(&login, &sealed).await? {
        Ok(found) => found,
        Err(why) => return Ok(Reply::wrong(&ask, &NoWay(why))),
    };
    let who = ask.person()?;
    let base = &login.0.settings.base;
    if fields.one("answer") != "allow" {
        let refusal = Refusal::new("access_denied", "the person said no");
        return Ok(leave(&ask, &app, request.back().refused(base, refusal)));
    }
    let chosen = Some(fields.one("chosen")).filter(|p| !p.is_empty());
    let case = match case(&login, who, &app, &request, chosen).await {
        Ok(case) => case,
        Err(stop) => return stopped(&login, &ask, &app, &request, &sealed, stop),
    };
    let ticked: Vec<&str> = fields.many("scope").collect();
    let scopes = kept(&request.scopes, &ticked);
    let life = Life::parse(fields.one("life"));
    let mut errors = Errors::none();
    if clinical(&scopes).is_empty() && !clinical(&request.scopes).is_empty() {
        errors.add("scope", "Tick at least one thing, or choose “Do not allow”");
    }
    if life.is_none() {
        errors.add("life", "Say for how long");
    }
    let Some(life) = life.filter(|_| errors.is_empty()) else {
        let page = ConsentPage::of(&app, &request, case.patient.as_ref(), &sealed);
        return Ok(Reply::wrong(&ask, &page.again(&ticked, life, errors)));
    };
    let address = case.approve(&scopes, Some(life)).await.map_err(hide)?;
    Ok(leave(&ask, &app, address))
}

/// The address with a code, where all was allowed before and nobody need be asked; none where somebody must be.
pub(crate) async fn silently(
    login: &Login,
    who: &SignedIn,
    app: &ClientRecord,
    request: &Request,
) -> Result<Option<String>, PageFault> {
    match case(login, who, app, request, None).await {
        Ok(case) if case.is_remembered() => case
            .approve(&request.scopes, None)
            .await
            .map(Some)
            .map_err(hide),
        Ok(_) | Err(Stop::Refuse(_) | Stop::Choose) => Ok(None),
        Err(Stop::Fault(PageFault::StepUp)) => Ok(None),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// The request that the browser carries, and its app.
pub(crate) async fn opened(
    login: &Login,
    sealed: &str,
) -> Result<Result<(Request, ClientRecord), NoAddress>, PageFault> {
    let opened = Request::open(&login.0.store.sealer(USE), sealed, login.0.clock.now());
    let request = match opened {
        Ok(request) => request,
        Err(why) => return Ok(Err(why)),
    };
    let app = app(login, &request.client).await?;
    Ok(app.map(|app| (request, app)).ok_or(NoAddress::Client))
}

async fn case<'a>(
    login: &'a Login,
    who: &'a SignedIn,
    app: &'a ClientRecord,
    request: &'a Request,
    chosen: Option<&str>,
) -> Result<Case<'a>, Stop> {
    let Who::Person(person) = &who.caller.who else {
        return Err(PageFault::Missing.into());
    };
    let store = &login.0.store;
    match store.may_allow_apps(&who.caller) {
        Verdict::Allow => {}
        Verdict::NeedsStepUp | Verdict::NeedsSecondFactor => return Err(PageFault::StepUp.into()),
        Verdict::Deny => return refuse("your role may not let apps act for it"),
    }
    if !is_for(app, person) {
        return refuse("the app is not for this kind of account");
    }
    if needs_fresh_proof(login, who, person, request).await? {
        return Err(PageFault::StepUp.into());
    }
    let account = person.account.as_str();
    let allowed = store
        .allowed(&who.caller, account, &app.id)
        .await
        .map_err(hide)?;
    let (patient, encounter) = match request.launch {
        Some(hash) => {
            let launch = store
                .see_launch(&who.caller, account, &app.id, hash)
                .await
                .map_err(hide)?;
            match launch {
                Some(launch) => (launch.patient, launch.encounter),
                None => {
                    return refuse("the launch is not known here, was used before, or is too old");
                }
            }
        }
        None => (wanted(person, request, chosen, allowed.as_ref())?, None),
    };
    let patient = match patient {
        Some(id) => Some(visible(login, who, person, &id).await?),
        None => None,
    };
    Ok(Case {
        login,
        who,
        person,
        app,
        request,
        patient,
        encounter,
        allowed,
    })
}

fn refuse<T>(why: &'static str) -> Result<T, Stop> {
    Err(Stop::Refuse(Refusal::new("access_denied", why)))
}

/// Whether the app is for such an account.
pub(crate) fn is_for(app: &ClientRecord, person: &Person) -> bool {
    let Some(app) = &app.app else {
        return false;
    };
    let on = |side: Side| {
        person
            .roles
            .iter()
            .any(|r| r.built_in().map_or(Side::Staff, |b| b.side()) == side)
    };
    match app.audience {
        Audience::Patients => on(Side::Portal),
        Audience::Staff => on(Side::Staff),
        Audience::Everybody => true,
    }
}

/// Whether the app asks for a proof that is fresher than what there is.
async fn needs_fresh_proof(
    login: &Login,
    who: &SignedIn,
    person: &Person,
    request: &Request,
) -> Result<bool, PageFault> {
    let renewed = request
        .before
        .as_ref()
        .is_none_or(|before| *before != proof_of(who));
    if renewed {
        return Ok(false);
    }
    if request.prompt == Prompt::Login {
        return Ok(true);
    }
    let Some(most) = request.max_age else {
        return Ok(false);
    };
    let began = login
        .0
        .store
        .session_began(&person.account, &who.session)
        .await;
    let began = began.map_err(PageFault::hidden)?;
    let age = began.map(|b| login.0.clock.now().seconds().saturating_sub(b.seconds()));
    Ok(age.is_none_or(|age| age > most))
}

/// The patient that the request is about, when it is about one.
fn wanted(
    person: &Person,
    request: &Request,
    chosen: Option<&str>,
    allowed: Option<&AppGrant>,
) -> Result<Option<String>, Stop> {
    let patients = clinical(&request.scopes);
    let mut patients = patients
        .iter()
        .filter(|s| s.context == aceso_policy::Context::Patient);
    if !Special::LaunchPatient.is_in(&request.scopes) && patients.next().is_none() {
        return Ok(None);
    }
    let own = match person.patients.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    };
    let remembered = || {
        allowed
            .and_then(|a| a.patient.clone())
            .filter(|p| person.patients.contains(p))
    };
    let found = chosen.map(str::to_owned).or(own).or_else(remembered);
    found.map(Some).ok_or(Stop::Choose)
}

/// The patient, if the person may see them.
async fn visible(
    login: &Login,
    who: &SignedIn,
    person: &Person,
    id: &str,
) -> Result<PatientLine, Stop> {
    let purpose = person.session.purpose;
    let found = login.0.store.patient_line(&who.caller, purpose, id).await;
    match found {
        Ok(line) => Ok(line),
        Err(ReadError::Store(error)) => Err(PageFault::hidden(error).into()),
        Err(
            ReadError::Unknown
            | ReadError::Gone { .. }
            | ReadError::Forbidden
            | ReadError::BadQuery(_),
        ) => refuse("the patient's record is not open to this person"),
    }
}

impl Case<'_> {
    /// Whether what is asked for was allowed before.
    fn is_remembered(&self) -> bool {
        let Some(allowed) = &self.allowed else {
            return false;
        };
        // “Until you sign out” is asked again each time.
        if allowed.ends.millis() - allowed.made.millis() <= ONLINE_MILLIS {
            return false;
        }
        let patient = self.patient.as_ref().map(|p| p.id.as_str());
        let same = allowed.patient.is_none() || allowed.patient.as_deref() == patient;
        let mut wanted = self.request.scopes.split(' ');
        same && wanted.all(|w| allowed.scopes.split(' ').any(|a| a == w))
    }

    /// Writes the yes down and gives the address with the code. Without a `life` the remembered yes counts.
    async fn approve(&self, scopes: &str, life: Option<Life>) -> Result<String, PeopleError> {
        let Self { login, request, .. } = self;
        let store = &login.0.store;
        let now = login.0.clock.now();
        let account = self.person.account.as_str();
        let (caller, client) = (&self.who.caller, self.app.id.as_str());
        if let Some(hash) = request.launch
            && store
                .take_launch(caller, account, client, hash)
                .await?
                .is_none()
        {
            return Err(PeopleError::Unknown);
        }
        // Where each launch says which patient, what is remembered is about any.
        let patient = self.patient.as_ref().map(|p| p.id.clone());
        let own = patient.clone().filter(|p| self.person.patients.contains(p));
        let remember = life.map(|life| Remember {
            scopes: scopes.to_owned(),
            patient: own,
            ends: now.plus_millis(life.millis()),
        });
        let until = match (&remember, &self.allowed) {
            (Some(remember), _) => remember.ends,
            (None, Some(allowed)) => allowed.ends,
            (None, None) => return Err(PeopleError::Unknown),
        };
        let offline = Special::Offline.is_in(scopes) && life != Some(Life::Once);
        let day = now.plus_millis(ONLINE_MILLIS);
        let Fresh { token, hash } = fresh().map_err(|_| PeopleError::Unknown)?;
        let approval = AppApproval {
            account: account.to_owned(),
            client: client.to_owned(),
            remember,
            family: NewFamily {
                scopes: scopes.to_owned(),
                patient,
                encounter: self.encounter.clone(),
                strength: self.person.session.strength,
                auth_time: self.auth_time(now).await?,
                session: (!offline).then(|| self.who.session.clone()),
                key: request.key.clone(),
                ends: if offline { until } else { until.min(day) },
            },
            code: hash,
            redirect: request.redirect.clone(),
            challenge: request.challenge.clone(),
            nonce: request.nonce.clone(),
            code_ends: now.plus_millis(CODE_MILLIS),
        };
        store.approve_app(caller, approval).await?;
        Ok(request
            .back()
            .with(&login.0.settings.base, &[("code", &token)]))
    }

    /// When the person last proved who they are: for this request, or when the session began.
    async fn auth_time(&self, now: Instant) -> Result<Instant, PeopleError> {
        let request = self.request;
        let asked = request.prompt == Prompt::Login || request.max_age.is_some();
        let stepped = request
            .before
            .as_ref()
            .is_some_and(|b| *b != proof_of(self.who));
        if asked && stepped {
            return Ok(now);
        }
        let store = &self.login.0.store;
        let began = store
            .session_began(&self.person.account, &self.who.session)
            .await?;
        Ok(began.unwrap_or(now))
    }
}

/// What of the possible scopes was ticked; what is no choice stays.
fn kept(possible: &str, ticked: &[&str]) -> String {
    let stays = |scope: &str| match Special::parse(scope) {
        Some(Special::Offline) | None => ticked.contains(&scope),
        Some(_) => true,
    };
    let kept: Vec<&str> = possible.split(' ').filter(|s| stays(s)).collect();
    kept.join(" ")
}

fn stopped(
    login: &Login,
    ask: &Ask,
    app: &ClientRecord,
    request: &Request,
    sealed: &str,
    stop: Stop,
) -> Outcome {
    match stop {
        Stop::Fault(fault) => Err(fault),
        Stop::Choose => Ok(Reply::to(Local::with(
            "/oauth/patient",
            &[("request", sealed)],
        ))),
        Stop::Refuse(refusal) => {
            let address = request.back().refused(&login.0.settings.base, refusal);
            Ok(leave(ask, app, address))
        }
    }
}

/// Back to the app.
fn leave(ask: &Ask, app: &ClientRecord, address: String) -> Reply {
    let page = Leaving {
        app: app.name.clone(),
        address: address.clone(),
    };
    Reply::leaving(ask, &page, address)
}

/// From what the store refuses to what the person sees.
pub(crate) fn hide(error: PeopleError) -> PageFault {
    match error {
        PeopleError::Unknown | PeopleError::Forbidden => PageFault::Missing,
        PeopleError::NeedsStepUp | PeopleError::NeedsSecondFactor => PageFault::StepUp,
        PeopleError::Refused(refusal) => {
            PageFault::Refused(aceso_web::page::known(&refusal.to_string()))
        }
        PeopleError::Store(error) => PageFault::hidden(error),
    }
}

/// For what a person reads.
pub(crate) const fn purpose(person: &Person) -> Purpose {
    person.session.purpose
}
