//! Addresses that answers may be sent to. They are compared letter by letter (RFC 9700, section 2.1); only the port of an
//! installed app on the machine itself is free (RFC 8252, section 7.3).

use aceso_store::{App, AppKind};
use http::Uri;

const MOST_LETTERS: usize = 1024;

/// Why an address cannot be registered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// Not an address with a scheme.
    #[error("{0} is not an address like https://app.example/callback")]
    Form(String),
    /// A fragment, a user, or a wildcard in it.
    #[error("{0} must have no fragment (#), no user (@) and no wildcard (*)")]
    Extra(String),
    /// Anybody on the way could read the answer.
    #[error(
        "{0} must begin with https://; http:// is for this machine only (127.0.0.1, [::1], localhost)"
    )]
    Insecure(String),
    /// Any program can claim a short scheme.
    #[error(
        "{0}: a scheme of an installed app's own must be a domain name read backwards, like com.example.app:/done"
    )]
    Scheme(String),
}

/// Checks an address before it is registered for an app of this kind.
pub fn check_redirect(kind: AppKind, address: &str) -> Result<(), RedirectError> {
    let text = || address.to_owned();
    let (scheme, rest) = address
        .split_once(':')
        .ok_or_else(|| RedirectError::Form(text()))?;
    let plain = address
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b));
    if !plain || address.len() > MOST_LETTERS || rest.is_empty() {
        return Err(RedirectError::Form(text()));
    }
    if address.contains(['#', '@', '*']) {
        return Err(RedirectError::Extra(text()));
    }
    match scheme {
        "https" if host(address).is_some() => Ok(()),
        "http" if loopback(address).is_some() => Ok(()),
        "https" => Err(RedirectError::Form(text())),
        "http" => Err(RedirectError::Insecure(text())),
        own => match kind {
            AppKind::Native if own.contains('.') && rest.starts_with('/') => Ok(()),
            AppKind::Native => Err(RedirectError::Scheme(text())),
            AppKind::Browser | AppKind::Server => Err(RedirectError::Insecure(text())),
        },
    }
}

/// Whether an app registered this address.
pub(crate) fn is_registered(app: &App, given: &str) -> bool {
    app.redirects.iter().any(|registered| {
        registered == given || (app.kind == AppKind::Native && same_but_port(registered, given))
    })
}

/// Two addresses on the machine itself, by its number, that differ in their port only.
fn same_but_port(registered: &str, given: &str) -> bool {
    let parts = |address: &str| {
        let (host, rest) = loopback(address)?;
        (host != "localhost").then(|| (host.to_owned(), rest.to_owned()))
    };
    check_redirect(AppKind::Native, given).is_ok()
        && parts(registered).is_some_and(|r| Some(r) == parts(given))
}

/// The host of an http(s) address.
fn host(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    let host = uri.host()?;
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// Host and path with query of an `http` address of the machine itself.
fn loopback(address: &str) -> Option<(&'static str, &str)> {
    let rest = address.strip_prefix("http://")?;
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    ["127.0.0.1", "[::1]", "localhost"]
        .into_iter()
        .find_map(|host| {
            let port = authority.strip_prefix(host)?;
            let digits = port.strip_prefix(':');
            let fine = port.is_empty()
                || digits.is_some_and(|d| {
                    d.bytes().all(|b| b.is_ascii_digit()) && d.parse::<u16>().is_ok()
                });
            fine.then_some((host, path))
        })
}

#[cfg(test)]
mod tests {
    use aceso_store::{Audience, States};

    use super::*;

    fn app(kind: AppKind, redirect: &str) -> App {
        App {
            kind,
            redirects: vec![redirect.to_owned()],
            launch: None,
            contact: String::new(),
            secret: None,
            audience: Audience::Everybody,
            states: States::Full,
            origins: Vec::new(),
        }
    }

    #[test]
    fn asvs_10_4_1_t2_an_address_is_compared_letter_by_letter() {
        let app = app(AppKind::Browser, "https://app.example/cb");
        assert!(is_registered(&app, "https://app.example/cb"));
        for other in [
            "https://app.example/cb/",
            "https://app.example/cb?x=1",
            "https://app.example/CB",
            "https://app.example:443/cb",
            "https://app.example/cb/../cb",
            "https://app.example.evil.example/cb",
            "https://app.example@evil.example/cb",
            "http://app.example/cb",
            "https://APP.example/cb",
            "",
        ] {
            assert!(!is_registered(&app, other), "{other}");
        }
    }

    #[test]
    fn t2_only_an_installed_app_may_choose_its_port_and_only_on_this_machine() {
        let native = app(AppKind::Native, "http://127.0.0.1/cb");
        assert!(is_registered(&native, "http://127.0.0.1:49152/cb"));
        for other in [
            "http://127.0.0.1:49152/cb2",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:1@evil.example/cb",
            "http://127.0.0.1.evil.example:1/cb",
            "http://localhost:49152/cb",
            "https://127.0.0.1:49152/cb",
        ] {
            assert!(!is_registered(&native, other), "{other}");
        }
        let browser = app(AppKind::Browser, "http://127.0.0.1:3000/cb");
        assert!(!is_registered(&browser, "http://127.0.0.1:3001/cb"));
        let named = app(AppKind::Native, "http://localhost/cb");
        assert!(!is_registered(&named, "http://localhost:3001/cb"));
    }

    #[test]
    fn what_could_lead_elsewhere_cannot_be_registered() {
        for (kind, good) in [
            (AppKind::Server, "https://app.example/cb?tenant=1"),
            (AppKind::Browser, "http://localhost:3000/"),
            (AppKind::Native, "com.example.app:/done"),
        ] {
            assert_eq!(check_redirect(kind, good), Ok(()), "{good}");
        }
        for (kind, bad) in [
            (AppKind::Server, "http://app.example/cb"),
            (AppKind::Server, "https://*.example/cb"),
            (AppKind::Server, "https://app.example/cb#x"),
            (AppKind::Server, "https://user@app.example/cb"),
            (AppKind::Server, "https:///cb"),
            (AppKind::Browser, "com.example.app:/done"),
            (AppKind::Native, "myapp:/done"),
            (AppKind::Native, "javascript:alert(1)"),
            (AppKind::Native, "data.x:text"),
            (AppKind::Browser, "javascript:alert(1)"),
            (AppKind::Browser, "/cb"),
            (AppKind::Browser, "https://app.example/c b"),
        ] {
            assert!(check_redirect(kind, bad).is_err(), "{bad}");
        }
    }
}
