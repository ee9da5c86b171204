//! Names, numbers and addresses made comparable.

use std::net::IpAddr;

use super::facts::{Address, Point};
use crate::filled::filled;

/// So far away somebody is still a neighbour.
const NEAR_METRES: f64 = 200.0;

/// Letters alone, small, without accents where the usual ones can be taken off.
pub fn plain_name(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .filter_map(|c| match c {
            'à'..='å' => Some('a'),
            'ç' => Some('c'),
            'è'..='ë' => Some('e'),
            'ì'..='ï' => Some('i'),
            'ñ' => Some('n'),
            'ò'..='ö' | 'ø' => Some('o'),
            'ù'..='ü' => Some('u'),
            'ý' | 'ÿ' => Some('y'),
            c if c.is_alphabetic() => Some(c),
            _ => None,
        })
        .collect()
}

/// The last nine digits of a telephone number; empty when there are fewer than seven.
pub fn digits(text: &str) -> String {
    let all: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    if all.len() < 7 {
        return String::new();
    }
    let start = all.len().saturating_sub(9);
    all.into_iter().skip(start).collect()
}

/// A line of an address: small letters and digits, single blanks.
pub fn street(text: &str) -> String {
    let kept: String = text
        .chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether two addresses are the same home.
pub(super) fn same_home(a: &Address, b: &Address) -> bool {
    let line = !a.line.is_empty() && a.line == b.line;
    line && (a.postcode == b.postcode || a.postcode.is_empty() || b.postcode.is_empty())
}

/// How two addresses are near each other, in words; none when they are not, or it cannot be told. Without coordinates
/// only the same street in the same postal district counts.
pub(super) fn near(a: &Address, b: &Address) -> Option<String> {
    if let (Some(from), Some(to)) = (a.point, b.point) {
        let metres = distance(from, to);
        return (metres <= NEAR_METRES).then(|| filled("{0} m away", &[&format!("{metres:.0}")]));
    }
    let (mine, theirs) = (road(&a.line), road(&b.line));
    let same = !mine.is_empty() && mine == theirs;
    (same && !a.postcode.is_empty() && a.postcode == b.postcode)
        .then(|| "in the same street".to_owned())
}

/// The street without house numbers.
fn road(line: &str) -> String {
    let words = line
        .split(' ')
        .filter(|w| !w.starts_with(|c: char| c.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

/// Metres along the earth's surface (haversine; mean radius 6,371 km).
pub(super) fn distance(a: Point, b: Point) -> f64 {
    let (lat_a, lat_b) = (a.latitude.to_radians(), b.latitude.to_radians());
    let (d_lat, d_lon) = (lat_b - lat_a, (b.longitude - a.longitude).to_radians());
    let h = (d_lat / 2.0).sin().powi(2) + lat_a.cos() * lat_b.cos() * (d_lon / 2.0).sin().powi(2);
    2.0 * 6_371_000.0 * h.sqrt().min(1.0).asin()
}

/// A network: addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    first: u128,
    bits: u8,
}

impl Net {
    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or one address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most: u8 = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        let net = Self {
            first: wide(address),
            bits: bits + (128 - most),
        };
        (bits <= most).then_some(net)
    }

    /// Whether an address is in it.
    pub fn holds(self, address: IpAddr) -> bool {
        let differ = self.first ^ wide(address);
        differ.leading_zeros() >= u32::from(self.bits)
    }
}

/// IPv4 as IPv6 writes it.
fn wide(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().into(),
        IpAddr::V6(v6) => v6.into(),
    }
}

/// The network of an address: three numbers of IPv4, four groups of IPv6.
pub(super) fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_streets_are_compared_as_people_would() {
        assert_eq!(plain_name("O'Néill-Smith"), plain_name("ONEILL SMITH"));
        assert_eq!(digits("+1 (555) 010-2233"), digits("555 010 2233"));
        assert_eq!(digits("112"), "");
        assert_eq!(street("12, High St."), street("12 high st"));
    }

    #[test]
    fn a_network_holds_what_begins_with_its_bits() {
        let holds =
            |net: &str, address: &str| Net::parse(net).unwrap().holds(address.parse().unwrap());
        assert!(holds("10.0.0.0/8", "10.200.3.4"));
        assert!(!holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("192.0.2.7", "192.0.2.7"));
        assert!(holds("0.0.0.0/0", "1.2.3.4"));
        assert!(!holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:7::1"));
        for bad in ["", "10.0.0.0/33", "2001:db8::/129", "x/8", "10.0.0.0/x"] {
            assert_eq!(Net::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn d4_two_hundred_metres_are_near_and_three_hundred_are_not() {
        let at = |latitude| Address {
            point: Some(Point {
                latitude,
                longitude: 8.0,
            }),
            ..Address::default()
        };
        assert_eq!(near(&at(47.0), &at(47.0017)).unwrap(), "189 m away");
        assert_eq!(near(&at(47.0), &at(47.0027)), None);
        let line = |line: &str, postcode: &str| Address {
            line: street(line),
            postcode: postcode.into(),
            point: None,
        };
        assert!(near(&line("12 High St", "A1"), &line("40 High St", "A1")).is_some());
        assert!(near(&line("12 High St", "A1"), &line("40 High St", "A2")).is_none());
        assert!(!same_home(
            &line("12 High St", "A1"),
            &line("40 High St", "A1")
        ));
    }
}
