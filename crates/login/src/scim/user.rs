//! What a directory asks for, read.

use aceso_policy::Role;
use aceso_store::{Enrol, NewAccount, UserName};
use serde_json::Value;

use super::answer::Wrong;

/// A change of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Access ends.
    Off,
    /// It begins again.
    On,
}

impl Change {
    /// Reads a PATCH (RFC 7644, section 3.5.2): `replace` of `active`, with or without a path.
    pub(super) fn read(body: &Value) -> Result<Self, Wrong> {
        let syntax = || Wrong::Syntax("Operations are missing".to_owned());
        let operations = body.get("Operations").and_then(Value::as_array);
        let mut change = None;
        for operation in operations.ok_or_else(syntax)? {
            let word = operation
                .get("op")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let value = operation.get("value").unwrap_or(&Value::Null);
            let path = operation.get("path").and_then(Value::as_str);
            let value = match (path, value) {
                (Some(path), value) if path.eq_ignore_ascii_case("active") => value,
                (None, Value::Object(fields)) if fields.len() == 1 => {
                    fields.get("active").ok_or(Wrong::Path)?
                }
                _ => return Err(Wrong::Path),
            };
            if !word.eq_ignore_ascii_case("replace") {
                return Err(Wrong::Syntax("op must be replace".to_owned()));
            }
            change = Some(switched(value)?);
        }
        change.ok_or_else(syntax)
    }
}

/// Some directories write "False".
fn switched(value: &Value) -> Result<Change, Wrong> {
    let text = value.as_str().map(str::to_ascii_lowercase);
    match (value.as_bool(), text.as_deref()) {
        (Some(true), _) | (_, Some("true")) => Ok(Change::On),
        (Some(false), _) | (_, Some("false")) => Ok(Change::Off),
        _ => Err(Wrong::Value("active is true or false".to_owned())),
    }
}

/// The name that `userName eq "NAME"` names.
pub(super) fn filter_name(filter: &str) -> Result<String, Wrong> {
    let mut words = filter.trim().splitn(3, ' ');
    let (Some(field), Some(word), Some(value)) = (words.next(), words.next(), words.next()) else {
        return Err(Wrong::Filter);
    };
    if !field.eq_ignore_ascii_case("userName") || !word.eq_ignore_ascii_case("eq") {
        return Err(Wrong::Filter);
    }
    // A JSON string, by the grammar of filters.
    serde_json::from_str(value.trim()).map_err(|_| Wrong::Filter)
}

/// A new account. What is not understood is passed over, as SCIM has it; a role that is not one is refused.
pub(super) fn new_account(body: &Value) -> Result<NewAccount, Wrong> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let name = text("userName").ok_or_else(|| Wrong::Value("userName is missing".to_owned()))?;
    let user_name = UserName::parse(name).map_err(|e| Wrong::Value(e.to_string()))?;
    let formatted = body.pointer("/name/formatted").and_then(Value::as_str);
    let display = text("displayName").or(formatted).unwrap_or(name).to_owned();
    let values = |name: &str| {
        let all = body.get(name).and_then(Value::as_array);
        let all = all.into_iter().flatten();
        let value = |one: &Value| one.get("value").and_then(Value::as_str).map(str::to_owned);
        all.filter_map(value).collect::<Vec<String>>()
    };
    let roles = values("roles");
    let roles = roles.iter().map(|role| Role::parse(role));
    let roles: Result<Vec<Role>, _> = roles.collect();
    Ok(NewAccount {
        user_name,
        display,
        email: values("emails").into_iter().next(),
        fhir_user: None,
        roles: roles.map_err(|e| Wrong::Value(e.to_string()))?,
        facilities: Vec::new(),
        patients: Vec::new(),
        not_after: None,
        enrol: Enrol::No,
    })
}
