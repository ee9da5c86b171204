//! The body of a request to the authorization server: a form in which nothing comes twice.

use axum::Form;
use axum::extract::rejection::FormRejection;

use crate::problem::Problem;

/// What axum gives for the body.
pub(crate) type Body = Result<Form<Vec<(String, String)>>, FormRejection>;

/// Parameters by name; those without a value count as left out (RFC 6749, section 3.2).
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads the body; a parameter given twice is refused.
    pub(crate) fn parse(body: Body) -> Result<Self, Problem> {
        let Form(mut pairs) = body.map_err(|rejection| {
            Problem::InvalidRequest(format!(
                "a body of type application/x-www-form-urlencoded is expected: {}",
                rejection.body_text()
            ))
        })?;
        pairs.retain(|(_, value)| !value.is_empty());
        for (at, (name, _)) in pairs.iter().enumerate() {
            if pairs.iter().skip(at + 1).any(|(other, _)| other == name) {
                return Err(Problem::InvalidRequest(format!("{name} is given twice")));
            }
        }
        Ok(Self(pairs))
    }

    /// A parameter's value.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A parameter that must be there.
    pub(crate) fn need(&self, name: &str) -> Result<&str, Problem> {
        self.find(name)
            .ok_or_else(|| Problem::InvalidRequest(format!("{name} is missing")))
    }
}

/// A value as a query or a form holds it.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
