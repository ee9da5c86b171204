//! `/scim/v2/Users`: accounts kept by the clinic's directory (SCIM 2.0, RFC 7643 and 7644), as far as a clinic needs it: list and
//! find by user name, make, switch off and on. Its client has the scope `system/User` for it, which no `system/*` covers, and can
//! neither make nor bring back anybody who gives roles or uses keys.

mod answer;
mod user;

#[cfg(test)]
mod tests;

use aceso_policy::Caller;
use aceso_store::{Account, AccountQuery, PeopleError, Refusal, UserName};
use aceso_web::Visit;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::{Extension, Router};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde::Deserialize;
use serde_json::Value;

use crate::Login;
use answer::{Wrong, listed, one};
use user::{Change, filter_name, new_account};

/// Most accounts in an answer.
const MOST: usize = 200;

/// What a list is asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    filter: Option<String>,
    start_index: Option<usize>,
    count: Option<usize>,
}

/// What of a request shows who asks.
type Asks = (Method, Uri, HeaderMap);

/// Its routes.
pub(crate) fn routes() -> Router<Login> {
    use axum::routing::get;
    Router::new()
        .route("/scim/v2/Users", get(list).post(create))
        .route(
            "/scim/v2/Users/{id}",
            get(read).patch(change).delete(switch_off),
        )
}

/// Who asks, and what for.
struct Asking {
    login: Login,
    caller: Caller,
    visit: Visit,
}

impl Asking {
    async fn of(login: Login, visit: Visit, (method, uri, headers): Asks) -> Result<Self, Wrong> {
        let tokens = login.tokens();
        let caller = tokens.caller(&method, uri.path(), &headers, &visit).await;
        let caller = caller.map_err(Wrong::Token)?;
        Ok(Self {
            login,
            caller,
            visit,
        })
    }

    fn wrong(&self, error: PeopleError) -> Wrong {
        match error {
            PeopleError::Unknown => Wrong::Missing,
            PeopleError::Forbidden | PeopleError::NeedsStepUp | PeopleError::NeedsSecondFactor => {
                Wrong::Forbidden
            }
            PeopleError::Refused(why @ Refusal::NameTaken) => Wrong::Taken(why.to_string()),
            PeopleError::Refused(why) => Wrong::Value(why.to_string()),
            PeopleError::Store(error) => Wrong::Hidden(self.visit.hide(&error)),
        }
    }

    async fn account(&self, id: &str) -> Result<Account, Wrong> {
        let found = self.login.0.store.provisioned(&self.caller, id).await;
        found.map_err(|e| self.wrong(e))
    }

    /// All accounts, or those with this in their name.
    async fn accounts(&self, text: Option<String>) -> Result<Vec<Account>, Wrong> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let query = AccountQuery {
                text: text.clone(),
                after,
                count: 500,
                ..AccountQuery::default()
            };
            let page = self.login.0.store.accounts(&self.caller, query).await;
            let page = page.map_err(|e| self.wrong(e))?;
            all.extend(page.accounts);
            match page.next {
                Some(last) => after = Some(last),
                None => return Ok(all),
            }
        }
    }

    /// Switches an account off or on, and answers it as it is then.
    async fn switch(&self, id: &str, change: Change) -> Result<Account, Wrong> {
        let (store, caller) = (&self.login.0.store, &self.caller);
        let done = match change {
            Change::Off => store.disable_account(caller, id).await,
            Change::On => store.enable_account(caller, id).await,
        };
        done.map_err(|e| self.wrong(e))?;
        self.account(id).await
    }

    fn answer(&self, status: StatusCode, account: &Account) -> Response {
        one(status, &self.login.0.settings.base, account)
    }
}

/// `GET /scim/v2/Users`
async fn list(
    State(login): State<Login>,
    Extension(visit): Extension<Visit>,
    Query(asked): Query<Asked>,
    request: Asks,
) -> Result<Response, Wrong> {
    let asking = Asking::of(login, visit, request).await?;
    let name = match &asked.filter {
        None => None,
        Some(filter) => Some(filter_name(filter)?),
    };
    let mut found = asking.accounts(name.clone()).await?;
    if let Some(name) = name {
        let wanted = UserName::parse(&name).ok();
        found.retain(|account| Some(&account.user_name) == wanted.as_ref());
    }
    let from = asked.start_index.unwrap_or(1).max(1);
    let count = asked.count.unwrap_or(MOST).min(MOST);
    Ok(listed(&asking.login.0.settings.base, &found, from, count))
}

/// `POST /scim/v2/Users`
async fn create(
    State(login): State<Login>,
    Extension(visit): Extension<Visit>,
    request: Asks,
    body: String,
) -> Result<Response, Wrong> {
    let asking = Asking::of(login, visit, request).await?;
    let new = new_account(&read_json(&body)?)?;
    let made = asking.login.0.store.add_account(&asking.caller, new).await;
    let id = made.map_err(|e| asking.wrong(e))?;
    let account = asking.account(&id).await?;
    Ok(asking.answer(StatusCode::CREATED, &account))
}

/// `GET /scim/v2/Users/{id}`
async fn read(
    State(login): State<Login>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    request: Asks,
) -> Result<Response, Wrong> {
    let asking = Asking::of(login, visit, request).await?;
    let account = asking.account(&id).await?;
    Ok(asking.answer(StatusCode::OK, &account))
}

/// `PATCH /scim/v2/Users/{id}`: `active` alone.
async fn change(
    State(login): State<Login>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    request: Asks,
    body: String,
) -> Result<Response, Wrong> {
    let asking = Asking::of(login, visit, request).await?;
    let change = Change::read(&read_json(&body)?)?;
    let account = asking.switch(&id, change).await?;
    Ok(asking.answer(StatusCode::OK, &account))
}

/// `DELETE /scim/v2/Users/{id}`: the account is disabled; what it did stays known.
async fn switch_off(
    State(login): State<Login>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    request: Asks,
) -> Result<StatusCode, Wrong> {
    let asking = Asking::of(login, visit, request).await?;
    asking.switch(&id, Change::Off).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read_json(body: &str) -> Result<Value, Wrong> {
    let read = serde_json::from_str::<Value>(body);
    let read = read.map_err(|_| Wrong::Syntax("the body is no JSON".to_owned()))?;
    if read.is_object() {
        Ok(read)
    } else {
        Err(Wrong::Syntax("the body is no object".to_owned()))
    }
}
