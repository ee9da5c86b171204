//! `POST /oauth/introspect`: what a token is good for (RFC 7662; SMART App Launch 2.2, "Token introspection"). A client
//! learns about its own tokens only; every other token answers as one that does not exist.

use aceso_store::{Family, TokenRecord};
use aceso_web::Visit;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::{HeaderMap, Method, header};
use serde_json::{Map, Value, json};

use crate::Login;
use crate::form::{Body, Parameters};
use crate::issue::digest;
use crate::oauth::secret;
use crate::problem::{Problem, uncached};
use crate::scopes::Special;

/// The handler.
pub(crate) async fn post(
    State(login): State<Login>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let parameters = Parameters::parse(body)?;
    let path = "/oauth/introspect";
    let asking = asking(&login, &visit, path, &headers, &parameters).await?;
    let hash = digest(parameters.need("token")?);
    let store = &login.0.store;
    let found = store.token(&hash).await;
    let record = found.map_err(|e| Problem::hidden(&visit, &e))?;
    let now = login.0.clock.now();
    let live = record.filter(|t| t.client == asking && !t.revoked && t.expires > now);
    let fields = match live {
        Some(token) => access(&login, &visit, token).await?,
        None => {
            let found = store.refresh_token(&asking, &hash).await;
            match found.map_err(|e| Problem::hidden(&visit, &e))? {
                Some(family) => refresh(&login, &visit, family).await?,
                None => None,
            }
        }
    };
    let answer = fields.map_or_else(|| json!({"active": false}), Value::Object);
    Ok(uncached(Json(answer).into_response()))
}

async fn access(
    login: &Login,
    visit: &Visit,
    token: TokenRecord,
) -> Result<Option<Map<String, Value>>, Problem> {
    let mut fields = common(login, &token.client, &token.scopes, token.expires.seconds());
    let bound = token.person.as_ref().and_then(|p| p.key.as_deref());
    kind(&mut fields, bound);
    set(&mut fields, "patient", token.patient.as_deref());
    match &token.person {
        None => set(&mut fields, "sub", Some(&token.client)),
        Some(acts) => {
            set(&mut fields, "encounter", acts.encounter.as_deref());
            if !person(login, visit, &acts.account, &token.scopes, &mut fields).await? {
                return Ok(None);
            }
        }
    }
    Ok(Some(fields))
}

async fn refresh(
    login: &Login,
    visit: &Visit,
    family: Family,
) -> Result<Option<Map<String, Value>>, Problem> {
    let mut fields = common(login, &family.client, &family.scopes, family.ends.seconds());
    set(&mut fields, "token_type", Some("refresh_token"));
    set(&mut fields, "patient", family.patient.as_deref());
    set(&mut fields, "encounter", family.encounter.as_deref());
    let live = person(login, visit, &family.account, &family.scopes, &mut fields).await?;
    Ok(live.then_some(fields))
}

fn common(login: &Login, client: &str, scopes: &str, expires: i64) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("active".to_owned(), true.into());
    set(&mut fields, "client_id", Some(client));
    set(&mut fields, "iss", Some(&login.0.settings.base));
    set(&mut fields, "scope", Some(scopes));
    fields.insert("exp".to_owned(), expires.into());
    fields
}

fn kind(fields: &mut Map<String, Value>, key: Option<&str>) {
    match key {
        Some(key) => {
            set(fields, "token_type", Some("DPoP"));
            fields.insert("cnf".to_owned(), json!({"jkt": key}));
        }
        None => set(fields, "token_type", Some("bearer")),
    }
}

/// Whether the person can still come in; then with who they are.
async fn person(
    login: &Login,
    visit: &Visit,
    account: &str,
    scopes: &str,
    fields: &mut Map<String, Value>,
) -> Result<bool, Problem> {
    let found = login.0.store.live_account(account).await;
    let Some(account) = found.map_err(|e| Problem::hidden(visit, &e))? else {
        return Ok(false);
    };
    set(fields, "sub", Some(&account.id));
    if let (true, Some(user)) = (Special::FhirUser.is_in(scopes), &account.fhir_user) {
        let url = format!("{}/fhir/{user}", login.0.settings.base);
        set(fields, "fhirUser", Some(&url));
    }
    Ok(true)
}

fn set(fields: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value.into());
    }
}

/// The id of the client that asks: by an access token of its own, or as at the token endpoint.
pub(crate) async fn asking(
    login: &Login,
    visit: &Visit,
    path: &str,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<String, Problem> {
    let scheme = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.split_once(' '))
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    let by_token = scheme.is_some_and(|s| s != "basic");
    if !by_token {
        if parameters.find("client_assertion").is_some() {
            let proven = crate::assertion::client(login, visit, parameters).await?;
            return Ok(proven.id);
        }
        if parameters.find("client_id").is_none() && !headers.contains_key(header::AUTHORIZATION) {
            return Err(Problem::InvalidClient(
                "the client must say who it is".to_owned(),
            ));
        }
        return Ok(secret::app(login, visit, headers, parameters).await?.id);
    }
    let caller = login
        .tokens()
        .caller(&Method::POST, path, headers, visit)
        .await;
    let caller = caller.map_err(|e| Problem::InvalidClient(e.to_string()))?;
    match caller.who {
        aceso_policy::Who::Client(client) => Ok(client.id.clone()),
        aceso_policy::Who::Person(_) | aceso_policy::Who::Operator | aceso_policy::Who::Job(_) => {
            Err(Problem::InvalidClient("only a client can ask".to_owned()))
        }
    }
}
