//! Answers in SCIM's forms (RFC 7643, sections 4.1 and 8; RFC 7644, section 3.12).

use aceso_store::{Account, AccountState};
use aceso_web::TokenProblem;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::problem::uncached;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Who asks is not known.
    Token(TokenProblem),
    /// Who asks may not.
    Forbidden,
    /// There is no such account.
    Missing,
    /// The body is not of SCIM's form.
    Syntax(String),
    /// A filter beyond the one that is understood.
    Filter,
    /// An attribute that cannot be changed here.
    Path,
    /// A value that does not fit.
    Value(String),
    /// The user name is another account's.
    Taken(String),
    /// Something failed inside; the text is the reference number.
    Hidden(String),
}

impl Wrong {
    fn parts(&self) -> (StatusCode, Option<&'static str>, String) {
        let bad = |kind, text: &str| (StatusCode::BAD_REQUEST, Some(kind), text.to_owned());
        match self {
            Self::Token(problem) => (problem.status(), None, problem.to_string()),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                None,
                "the token's scopes do not allow this, or the account may give roles or use keys"
                    .to_owned(),
            ),
            Self::Missing => (StatusCode::NOT_FOUND, None, "no such account".to_owned()),
            Self::Syntax(text) => bad("invalidSyntax", text),
            Self::Filter => bad("invalidFilter", "the one filter is: userName eq \"NAME\""),
            Self::Path => bad("invalidPath", "active is all that can be changed"),
            Self::Value(text) => bad("invalidValue", text),
            Self::Taken(text) => (StatusCode::CONFLICT, Some("uniqueness"), text.clone()),
            Self::Hidden(reference) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                None,
                format!("something failed; the log knows it as {reference}"),
            ),
        }
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let (status, kind, detail) = self.parts();
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": status.as_u16().to_string(), "detail": detail,
        });
        if let (Some(kind), Some(fields)) = (kind, body.as_object_mut()) {
            fields.insert("scimType".to_owned(), kind.into());
        }
        let mut response = written(status, &body);
        if let Self::Token(problem) = self {
            let challenge = HeaderValue::from_static(problem.challenge());
            let headers = response.headers_mut();
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// One account.
pub(super) fn one(status: StatusCode, base: &str, account: &Account) -> Response {
    let mut response = written(status, &user(base, account));
    if let Ok(place) = HeaderValue::from_str(&place(base, account)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// Those of these from the `from`th on, at most so many.
pub(super) fn listed(base: &str, all: &[Account], from: usize, count: usize) -> Response {
    let some = all.iter().skip(from - 1).take(count);
    let some: Vec<Value> = some.map(|account| user(base, account)).collect();
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": all.len(), "startIndex": from, "itemsPerPage": some.len(), "Resources": some,
    });
    written(StatusCode::OK, &body)
}

fn user(base: &str, account: &Account) -> Value {
    let roles: Vec<Value> = account
        .roles
        .iter()
        .map(|role| json!({"value": role.to_string()}))
        .collect();
    let mut user = json!({
        "schemas": [USER], "id": account.id, "userName": account.user_name.to_string(),
        "displayName": account.display, "active": account.state != AccountState::Disabled, "roles": roles,
        "meta": {
            "resourceType": "User", "created": account.created.to_fhir(), "location": place(base, account),
            "version": format!("W/\"{}\"", account.version),
        },
    });
    if let (Some(email), Some(fields)) = (&account.email, user.as_object_mut()) {
        let email = json!([{"value": email, "primary": true}]);
        fields.insert("emails".to_owned(), email);
    }
    user
}

fn place(base: &str, account: &Account) -> String {
    [base, "/scim/v2/Users/", &account.id].concat()
}

fn written(status: StatusCode, body: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/scim+json")];
    uncached((status, kind, body.to_string()).into_response())
}
