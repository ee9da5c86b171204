//! Apps that act for people: SMART App Launch 2.2 over OAuth 2.1 and OpenID Connect.

pub(crate) mod code;
pub(crate) mod identity;
pub(crate) mod keys;
pub(crate) mod proof;
pub(crate) mod redirect;
pub(crate) mod refresh;
pub(crate) mod secret;
pub(crate) mod style;
pub(crate) mod userinfo;

/// Life of an app's access token.
pub(crate) const ACCESS_SECONDS: u32 = 600;
