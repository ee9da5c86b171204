//! Which addresses the program may call of its own (OWASP ASVS 5.0, 1.3.6 and 13.2.4).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The addresses that may be called: those below the installation's prefixes, and no other.
///
/// A prefix is `https://host[:port]/path`, or `https://host[:port]/path at 10.1.2.3`. Without `at` a name must lead to
/// public addresses when it is called; with `at` that address is called and no name server asked, so that only the
/// installation itself can open its inner network. A host that is written as an address is that address.
#[derive(Clone, Debug, Default)]
pub struct Endpoints(Vec<Target>);

/// An address that may be called. Only [`Endpoints::target`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    scheme: Scheme,
    host: String,
    port: u16,
    path: String,
    at: Option<IpAddr>,
}

/// How a target is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP over TLS.
    Https,
    /// Plain HTTP; the loopback only.
    Http,
}

/// A prefix that cannot be one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not of the form https://host[:port]/path, if need be followed by \" at ADDRESS\" (plain http:// for the \
     loopback alone; no query; link-local and group addresses never)"
)]
pub struct EndpointError(pub String);

const LONGEST: usize = 2048;

impl Endpoints {
    /// Reads the installation's prefixes.
    pub fn new<S: AsRef<str>>(prefixes: &[S]) -> Result<Self, EndpointError> {
        let read = |text: &S| {
            let text = text.as_ref();
            prefix(text).ok_or_else(|| EndpointError(text.to_owned()))
        };
        prefixes
            .iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The address, when it may be called.
    pub fn target(&self, url: &str) -> Option<Target> {
        let target = Target::read(url)?;
        let prefix = self.0.iter().find(|p| p.covers(&target))?;
        Some(Target {
            at: prefix.at,
            ..target
        })
    }

    /// Whether no address may be called.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn prefix(text: &str) -> Option<Target> {
    let (url, at) = match text.split_once(" at ") {
        Some((url, at)) => (url, Some(at.parse::<IpAddr>().ok()?)),
        None => (text, None),
    };
    let read = Target::read(url).filter(|t| !t.path.contains('?'))?;
    let own = read.host.parse::<IpAddr>().ok();
    let own = own.or_else(|| (read.host == "localhost").then_some(Ipv4Addr::LOCALHOST.into()));
    let at = match (own, at) {
        (Some(own), None) => Some(own),
        (Some(_), Some(_)) => return None,
        (None, at) => at,
    };
    let fit = |a: &IpAddr| !a.is_unspecified() && !a.is_multicast() && !is_link_local(*a);
    let safe = read.scheme == Scheme::Https || at.is_some_and(|a| a.is_loopback());
    (safe && at.as_ref().is_none_or(fit)).then_some(Target { at, ..read })
}

impl Target {
    /// Reads an absolute URL. Refused: user names, fragments, dot segments and encoded separators in the path, and numbers
    /// in other forms than four decimal ones (two readers might take them for different addresses).
    fn read(url: &str) -> Option<Self> {
        let odd = |b: u8| !b.is_ascii_graphic() || b"\\\"<>^`{|}#".contains(&b);
        if url.len() > LONGEST || url.bytes().any(odd) {
            return None;
        }
        let (scheme, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
            (Some(rest), _) => (Scheme::Https, rest),
            (None, Some(rest)) => (Scheme::Http, rest),
            (None, None) => return None,
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (host, port) = authority_of(authority, scheme)?;
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            ["/", path].concat()
        };
        let plain = path.split('?').next().unwrap_or_default();
        let lower = plain.to_ascii_lowercase();
        let hidden = ["%2e", "%2f", "%5c"]
            .iter()
            .any(|code| lower.contains(code));
        if hidden || plain.split('/').any(|s| s == "." || s == "..") {
            return None;
        }
        Some(Self {
            scheme,
            host,
            port,
            path,
            at: None,
        })
    }

    fn covers(&self, other: &Self) -> bool {
        let same = (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port);
        same && other.path.strip_prefix(&self.path).is_some_and(|rest| {
            self.path.ends_with('/') || rest.is_empty() || rest.starts_with(['/', '?'])
        })
    }

    /// How it is spoken to.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host: a name in lower case, or an address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The path with its query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where the installation says that the host is; no name server is asked then.
    pub const fn at(&self) -> Option<IpAddr> {
        self.at
    }

    /// The host as a `Host` header and a URL have it: with brackets, and with the port where it is not the usual one.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            ["[", &self.host, "]"].concat()
        } else {
            self.host.clone()
        };
        if self.port == usual(self.scheme) {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }

    /// The same with segments added to the path. The segments are letters, digits, `-` and `.` (types and ids).
    #[must_use]
    pub fn below(&self, segments: &[&str]) -> Self {
        let at = self.path.find('?').unwrap_or(self.path.len());
        let (path, query) = self.path.split_at(at);
        let mut longer = path.trim_end_matches('/').to_owned();
        for segment in segments {
            longer.push('/');
            longer.push_str(segment);
        }
        longer.push_str(query);
        Self {
            path: longer,
            ..self.clone()
        }
    }
}

const fn usual(scheme: Scheme) -> u16 {
    match scheme {
        Scheme::Https => 443,
        Scheme::Http => 80,
    }
}

fn authority_of(text: &str, scheme: Scheme) -> Option<(String, u16)> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        (host.parse::<Ipv6Addr>().ok()?.to_string(), port)
    } else {
        let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
        (name(host)?, port)
    };
    let port = match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
        Some(_) => return None,
        None if port.is_empty() => usual(scheme),
        None => return None,
    };
    (port != 0).then_some((host, port))
}

/// A host name in lower case. One whose last label is a number is an address, and must be a plain one.
fn name(text: &str) -> Option<String> {
    let label =
        |l: &str| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !text.split('.').all(label) {
        return None;
    }
    let last = text.rsplit('.').next()?.to_ascii_lowercase();
    let number = last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x");
    (!number || text.parse::<Ipv4Addr>().is_ok()).then(|| text.to_ascii_lowercase())
}

/// Whether an address is of the public Internet: no private, shared, loopback, link-local, documentation, group or
/// reserved one (IANA special-purpose address registries), and none that carries such an address within.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127 | 224..=255, ..] | [169, 254, ..] | [192, 168, ..] => true,
        [100, second, ..] => (64..128).contains(&second),
        [172, second, ..] => (16..32).contains(&second),
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        [198, second, ..] => matches!(second, 18 | 19),
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // IETF protocols with Teredo, documentation, 6to4.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x2002, ..] | [0x3fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local() || v6.to_ipv4_mapped().is_some_and(|v4| v4.is_link_local())
        }
    }
}

/// Headers that belong to the connection, and are never a caller's.
const OURS: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Reads a line `Name: value` that may be sent as a header of a caller's own (RFC 9110, section 5): ASCII, at most 8 kB,
/// none that belongs to the connection.
pub fn header_line(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let plain = |b: u8| b == b'\t' || (b' '..=b'~').contains(&b);
    let fits = line.len() <= 8192 && !name.is_empty();
    let ours = OURS.contains(&name.to_ascii_lowercase().as_str());
    (fits && !ours && name.bytes().all(token) && value.bytes().all(plain))
        .then(|| (name, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(prefixes: &[&str], url: &str, expected: bool) {
        let endpoints = Endpoints::new(prefixes).unwrap();
        assert_eq!(
            endpoints.target(url).is_some(),
            expected,
            "{prefixes:?} {url}"
        );
    }

    #[test]
    fn asvs_13_2_4_nothing_is_called_that_was_not_allowed() {
        for url in [
            "https://a.example/hook",
            "http://127.0.0.1/hook",
            "http://localhost:1",
            "http://[::1]:8/",
            "https://169.254.169.254/latest/meta-data/",
        ] {
            check(&[], url, false);
        }
    }

    #[test]
    fn asvs_1_3_6_a_loopback_prefix_opens_its_host_and_port_alone() {
        let prefix = &["http://127.0.0.1:9/hook"];
        check(prefix, "http://127.0.0.1:9/hook/x", true);
        for url in [
            "http://127.0.0.1:10/hook",
            "http://127.0.0.2:9/hook",
            "http://localhost:9/hook",
            "http://[::ffff:127.0.0.1]:9/hook",
            "http://127.0.0.1:9/",
            "http://127.0.0.1.evil.example:9/hook",
            "http://127.0.0.1:9@evil.example/hook",
            "http://evil.example#@127.0.0.1:9/hook",
            "http://2130706433:9/hook",
            "http://0x7f000001:9/hook",
            "http://0177.0.0.1:9/hook",
            "http://127.1:9/hook",
            "http://127.0.0.1:9/hook/../admin",
            "http://127.0.0.1:9\r\nX: y/hook",
            "ftp://127.0.0.1:9/hook",
            "http:///hook",
        ] {
            check(prefix, url, false);
        }
    }

    #[test]
    fn a_prefix_ends_at_a_segment() {
        let prefix = &["https://a.example/hooks"];
        for url in [
            "https://a.example/hooks",
            "https://A.example:443/hooks/1",
            "https://a.example/hooks?x=1",
        ] {
            check(prefix, url, true);
        }
        for url in [
            "https://a.example/hooksmore",
            "https://a.example/",
            "http://a.example/hooks",
            "https://a.example:444/hooks",
            "https://a.example.evil.example/hooks",
            "https://u@a.example/hooks",
            "https://a.example/hooks/../admin",
            "https://a.example/hooks/%2e%2e/admin",
            "https://a.example/hooks%2fx",
            "https://a.example/hooks/%2f?x",
            "https://a.example/hooks\\x",
            "https://a.example./hooks",
        ] {
            check(prefix, url, false);
        }
    }

    #[test]
    fn a_prefix_that_cannot_be_kept_to_is_refused() {
        for good in [
            "https://engine.clinic.example/in at 10.1.2.3",
            "http://engine.clinic.example/in at 127.0.0.1",
            "https://10.1.2.3/in",
            "http://[::1]:9/",
            "http://localhost:9/",
        ] {
            assert!(Endpoints::new(&[good]).is_ok(), "{good}");
        }
        for bad in [
            "http://a.example/",
            "http://10.1.2.3/",
            "http://a.example/ at 10.1.2.3",
            "https://a.example/?x",
            "https://a.example/ at b.example",
            "https://10.1.2.3/ at 10.1.2.4",
            "https://169.254.169.254/",
            "https://metadata.example/ at 169.254.169.254",
            "https://[fe80::1]/",
            "https://a.example/ at ::ffff:169.254.169.254",
            "https://0.0.0.0/",
            "https://224.0.0.1/",
            "a.example",
            "",
        ] {
            assert!(Endpoints::new(&[bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn asvs_1_3_6_what_is_not_of_the_public_internet_is_known() {
        for text in [
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.168.1.1",
            "192.0.2.1",
            "198.18.0.1",
            "203.0.113.9",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "2001:db8::1",
            "2001::1",
            "2002:a00:1::",
            "64:ff9b::a00:1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "1.1.1.1",
            "100.63.0.1",
            "172.32.0.1",
            "198.20.0.1",
            "2606:4700::1",
            "2001:4860:4860::8888",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn segments_go_before_the_query() {
        let endpoints = Endpoints::new(&["http://127.0.0.1/"]).unwrap();
        let target = endpoints.target("http://127.0.0.1/a/?k=v").unwrap();
        assert_eq!(target.below(&["Patient", "1"]).path(), "/a/Patient/1?k=v");
        assert_eq!(target.authority(), "127.0.0.1");
    }
}
