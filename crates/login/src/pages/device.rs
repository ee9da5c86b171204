//! The cookie by which a browser is known again; it opens nothing.

use aceso_vault::random;
use aceso_web::site::{Ask, Cookie, Life, PageFault};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::issue::digest;

const NAME: &str = "__Host-aceso-device";
/// 400 days: the most that browsers keep a cookie.
const LIFE_SECONDS: u32 = 400 * 86_400;

/// 256 random bits as text, and the digest that is kept of it.
pub(super) fn fresh() -> Result<(String, [u8; 32]), PageFault> {
    let bytes = random::<32>().map_err(PageFault::hidden)?;
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let hash = digest(&token);
    Ok((token, hash))
}

/// The digest of the browser's cookie, if it has one.
pub(super) fn known(ask: &Ask) -> Option<[u8; 32]> {
    ask.cookie(NAME).map(|token| digest(&token))
}

/// The digest of the browser's cookie and the cookie to set, made anew for a browser without one.
pub(super) fn of(ask: &Ask) -> Result<([u8; 32], Cookie), PageFault> {
    let (token, hash) = match ask.cookie(NAME) {
        Some(token) => {
            let hash = digest(&token);
            (token, hash)
        }
        None => fresh()?,
    };
    Ok((hash, Cookie::new(NAME, token, Life::Seconds(LIFE_SECONDS))))
}

/// The digest of the session's cookie.
pub(super) fn session(ask: &Ask) -> Result<[u8; 32], PageFault> {
    ask.cookie(Cookie::SESSION)
        .map(|token| digest(&token))
        .ok_or(PageFault::SignIn)
}
