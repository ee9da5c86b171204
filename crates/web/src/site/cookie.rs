//! Cookies. Every one of ours is bound to this host and unreadable to scripts (RFC 6265bis; ASVS 3.3.1 to 3.3.4).

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, header};

use crate::page::Look;

/// How long a browser keeps a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Until it is closed.
    Session,
    /// For so many seconds.
    Seconds(u32),
    /// Not any more.
    Gone,
}

/// A cookie to set.
#[derive(Clone, Debug)]
pub struct Cookie {
    name: Cow<'static, str>,
    value: String,
    life: Life,
}

impl Cookie {
    /// The session's.
    pub const SESSION: &'static str = "__Host-aceso";
    /// The visit's before sign-in.
    pub const VISIT: &'static str = "__Host-aceso-visit";

    /// The look's of a browser, before sign-in; each account's own begins so.
    const LOOK: &'static str = "__Host-aceso-look";

    /// A cookie of ours; the name begins with `__Host-`, the value is base64url.
    pub fn new(name: &'static str, value: impl Into<String>, life: Life) -> Self {
        let (name, value) = (Cow::Borrowed(name), value.into());
        Self { name, value, life }
    }

    /// How an account, or nobody yet, wants pages to look in this browser.
    pub(super) fn look(account: Option<&str>, look: Look) -> Self {
        Self {
            name: Cow::Owned(look_name(account)),
            value: look.write(),
            life: Life::Seconds(LOOK_SECONDS),
        }
    }

    /// The session's cookie with this token.
    pub fn session(token: impl Into<String>) -> Self {
        Self::new(Self::SESSION, token, Life::Session)
    }

    /// Has the browser forget a cookie.
    pub fn gone(name: &'static str) -> Self {
        Self::new(name, "", Life::Gone)
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        let life = match self.life {
            Life::Session => String::new(),
            Life::Seconds(seconds) => format!("; Max-Age={seconds}"),
            Life::Gone => "; Max-Age=0".to_owned(),
        };
        let text = format!(
            "{}={}; Path=/; Secure; HttpOnly; SameSite=Lax{life}",
            self.name, self.value
        );
        HeaderValue::try_from(text).ok()
    }

    pub(super) fn is_new_session(&self) -> bool {
        self.name == Self::SESSION && self.life != Life::Gone
    }

    pub(super) fn value(&self) -> &str {
        &self.value
    }
}

/// 400 days: as long as browsers keep a cookie at most (RFC 6265bis, 5.5).
const LOOK_SECONDS: u32 = 400 * 86_400;

/// The name says whose it is by a digest: accounts' ids stay out of browsers.
fn look_name(account: Option<&str>) -> String {
    let mut name = Cookie::LOOK.to_owned();
    if let Some(account) = account {
        name.push('-');
        let [a, b, c, d, e, f, g, h, ..] = aceso_vault::sha256(account.as_bytes());
        name.push_str(&aceso_base::hex(&[a, b, c, d, e, f, g, h]));
    }
    name
}

/// The look that the browser keeps for an account, or for nobody yet.
pub(super) fn sent_look(headers: &HeaderMap, account: Option<&str>) -> Option<Look> {
    Look::read(only(headers, &look_name(account))?)
}

/// A cookie's value as the browser sent it: 43 characters of base64url, as all of ours are. Sent twice, it counts as not
/// sent: which one is ours cannot be known.
pub(super) fn sent(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = only(headers, name)?;
    let fine = value.len() == 43
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    fine.then(|| value.to_owned())
}

/// The value of a cookie that was sent once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut found = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(n, _)| *n == name)
        .map(|(_, value)| value);
    let value = found.next()?;
    found.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn asvs_3_3_a_cookie_is_bound_to_the_host_secure_and_unreadable_to_scripts() {
        let header = Cookie::session(TOKEN).header().unwrap();
        let text = header.to_str().unwrap();
        for part in [
            "__Host-",
            "; Secure",
            "; HttpOnly",
            "; SameSite=Lax",
            "; Path=/",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("Domain"));
    }

    #[test]
    fn each_account_has_a_look_of_its_own_in_a_browser() {
        let look = Look::read("ar_dense_dark").unwrap();
        let sent = Cookie::look(Some("ann"), look).header().unwrap();
        let (pair, _) = sent.to_str().unwrap().split_once(';').unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::try_from(pair).unwrap());
        assert_eq!(sent_look(&headers, Some("ann")), Some(look));
        assert_eq!(sent_look(&headers, Some("ben")), None);
        assert_eq!(sent_look(&headers, None), None);
    }

    #[test]
    fn a_cookie_that_comes_twice_or_is_not_of_our_form_is_not_there() {
        let check = |line: &str, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::try_from(line).unwrap());
            assert_eq!(
                sent(&headers, Cookie::SESSION).as_deref(),
                expected,
                "{line}"
            );
        };
        check(&format!("a=b; __Host-aceso={TOKEN}; c=d"), Some(TOKEN));
        check(&format!("__Host-aceso={TOKEN}; __Host-aceso={TOKEN}"), None);
        check("__Host-aceso=short", None);
        check(&format!("__host-aceso={TOKEN}"), None);
        check("", None);
    }
}
