//! Apps that act for people: SMART App Launch 2.2 over OAuth 2.1 and OpenID Connect.

mod apps;
mod authorize;
pub(crate) mod code;
mod consent;
pub(crate) mod identity;
pub(crate) mod keys;
mod page;
mod picker;
pub(crate) mod proof;
pub(crate) mod redirect;
pub(crate) mod refresh;
mod request;
mod routes;
pub(crate) mod secret;
pub(crate) mod style;
pub(crate) mod userinfo;
mod words;

#[cfg(test)]
mod tests;

pub use routes::ROUTES;

/// Life of an app's access token.
pub(crate) const ACCESS_SECONDS: u32 = 600;
