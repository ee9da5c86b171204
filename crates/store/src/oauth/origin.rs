//! Origins whose scripts may call with an app's tokens (Fetch standard, CORS protocol).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use aceso_base::Instant;
use rusqlite::Connection;

use crate::statements as sql;
use crate::{Store, StoreError};

/// How long the list is believed without looking again.
const BELIEVED_MILLIS: i64 = 2_000;

/// An origin as browsers send it: `https://app.example`, or plain `http` on the machine itself. Never a wildcard.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BrowserOrigin(String);

impl BrowserOrigin {
    /// Reads an origin: scheme, host and perhaps port, in small letters, and nothing more.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]".contains(&b);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            Some(_) | None => (authority, None),
        };
        let usual = match scheme {
            "https" => "443",
            "http" if ["localhost", "127.0.0.1", "[::1]"].contains(&host) => "80",
            _ => return None,
        };
        let port_fits = port.is_none_or(|p| p != usual && p.parse::<u16>().is_ok_and(|n| n > 0));
        let right = !host.is_empty() && authority.bytes().all(fine) && port_fits;
        right.then(|| Self(text.to_owned()))
    }

    /// The origin of an address.
    pub fn of(address: &str) -> Option<Self> {
        let (scheme, rest) = address.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let usual = match scheme {
            "https" => ":443",
            _ => ":80",
        };
        let authority = authority.strip_suffix(usual).unwrap_or(authority);
        Self::parse(&[scheme, "://", authority].concat().to_ascii_lowercase())
    }

    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// All registered origins, as they were a moment ago.
#[derive(Default)]
pub(crate) struct Origins(Mutex<Option<(Instant, Arc<HashSet<String>>)>>);

impl Store {
    /// Whether an app that is not disabled registered this origin; at most two seconds old.
    pub async fn origin_is_registered(&self, origin: &str) -> Result<bool, StoreError> {
        let now = self.now();
        let known = self.0.origins.0.lock();
        let known = known.unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, all)) = known
            && now.millis().saturating_sub(at.millis()) < BELIEVED_MILLIS
        {
            return Ok(all.contains(origin));
        }
        let all = Arc::new(self.0.readers.quiet(|c| every(c)).await??);
        let mut known = self
            .0
            .origins
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *known = Some((now, Arc::clone(&all)));
        Ok(all.contains(origin))
    }
}

fn every(connection: &Connection) -> Result<HashSet<String>, StoreError> {
    let mut statement = connection.prepare_cached(sql::CLIENT_ORIGINS)?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let rows: Vec<String> = rows.collect::<Result<_, _>>()?;
    let all = rows.iter().flat_map(|text| text.lines());
    Ok(all.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asvs_3_4_2_an_origin_is_exact_and_never_a_wildcard() {
        for good in [
            "https://app.example",
            "https://app.example:8443",
            "http://localhost:3000",
            "http://127.0.0.1:9",
            "http://[::1]:5",
        ] {
            assert!(BrowserOrigin::parse(good).is_some(), "{good}");
        }
        for bad in [
            "*",
            "null",
            "",
            "https://",
            "https://*.example",
            "https://app.example/",
            "https://App.example",
            "https://app.example:443",
            "https://app.example:x",
            "https://a@app.example",
            "http://app.example",
            "file://x",
        ] {
            assert!(BrowserOrigin::parse(bad).is_none(), "{bad}");
        }
        let of = |address| BrowserOrigin::of(address).map(|o| o.0);
        assert_eq!(
            of("https://App.example:443/cb?x=1").as_deref(),
            Some("https://app.example")
        );
        assert_eq!(
            of("http://localhost:3000/cb").as_deref(),
            Some("http://localhost:3000")
        );
        assert_eq!(of("com.example.app:/done"), None);
    }
}
