//! Networks in CIDR notation, and who of the outside may enter the administration area.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A network: an address and how many of its leading bits count. IPv4 networks are kept as IPv4-mapped ones, so that a
/// peer is found however the socket writes its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    bits: u128,
    prefix: u8,
}

/// A network that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no network: write 192.168.7.0/24, 10.1.2.3 or fd00::/8, with no bits set after the prefix"
)]
pub struct NetworkError(String);

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        Self::parse(text.trim()).ok_or_else(|| NetworkError(text.to_owned()))
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (longest, before) = match address {
            IpAddr::V4(_) => (32_u8, 96_u8),
            IpAddr::V6(_) => (128, 0),
        };
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
            None => longest,
        };
        if prefix > longest {
            return None;
        }
        let network = Self {
            bits: bits(address),
            prefix: prefix + before,
        };
        (network.bits & !network.mask() == 0).then_some(network)
    }

    const fn mask(self) -> u128 {
        match self.prefix {
            0 => 0,
            n => u128::MAX << (128 - n),
        }
    }

    /// Whether the address lies in it.
    pub fn contains(self, address: IpAddr) -> bool {
        bits(address) & self.mask() == self.bits
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv6Addr::from_bits(self.bits);
        match address.to_ipv4_mapped() {
            Some(v4) if self.prefix >= 96 => write!(f, "{v4}/{}", self.prefix - 96),
            Some(_) | None => write!(f, "{address}/{}", self.prefix),
        }
    }
}

/// Whether a connection showed a certificate that the configured authorities vouch for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificate {
    /// None was shown (one that nobody vouches for ends the handshake).
    #[default]
    Absent,
    /// One was shown and is good.
    Shown,
}

/// Who may come to the administration area at all, before anybody is asked who they are.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// The networks it may be reached from; empty: from anywhere.
    pub networks: Vec<Network>,
    /// What a connection must have shown: [`Certificate::Absent`] asks for nothing.
    pub certificate: Certificate,
}

/// Whether a visit may come to the administration area, before anybody is asked who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entrance {
    /// It may: there is no such rule, or it is kept.
    #[default]
    Open,
    /// It may not.
    Shut,
}

impl Gate {
    /// For a visit from this address with or without a certificate. One whose address is not known may not enter, when
    /// networks are configured.
    pub fn entrance(&self, peer: Option<IpAddr>, certificate: Certificate) -> Entrance {
        let near = self.networks.is_empty()
            || peer.is_some_and(|peer| self.networks.iter().any(|n| n.contains(peer)));
        let proven = match self.certificate {
            Certificate::Absent => true,
            Certificate::Shown => certificate == Certificate::Shown,
        };
        if near && proven {
            Entrance::Open
        } else {
            Entrance::Shut
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: &str, inside: &[&str], outside: &[&str]) {
        let network: Network = network.parse().unwrap();
        for text in inside {
            assert!(network.contains(text.parse().unwrap()), "{text} {network}");
        }
        for text in outside {
            assert!(!network.contains(text.parse().unwrap()), "{text} {network}");
        }
    }

    #[test]
    fn a_network_holds_its_addresses_however_they_are_written() {
        check(
            "192.168.7.0/24",
            &["192.168.7.0", "192.168.7.255", "::ffff:192.168.7.9"],
            &["192.168.8.0", "::1", "192.168.6.255"],
        );
        check("10.1.2.3", &["10.1.2.3"], &["10.1.2.4"]);
        check("0.0.0.0/0", &["1.2.3.4"], &["fd00::1"]);
        check("fd00::/8", &["fd12::1"], &["fe80::1", "10.0.0.1"]);
        check("::/0", &["1.2.3.4", "fd00::1"], &[]);
    }

    #[test]
    fn what_is_no_network_is_refused_and_shown() {
        for bad in [
            "",
            "10.0.0.0/33",
            "10.0.0.1/24",
            "10.0.0/24",
            "fd00::/129",
            "a",
            "10.0.0.0/-1",
            "10.0.0.0/",
            "10.0.0.0/+8",
        ] {
            assert_eq!(bad.parse::<Network>(), Err(NetworkError(bad.to_owned())));
        }
        for good in ["192.168.7.0/24", "10.1.2.3/32", "fd00::/8"] {
            assert_eq!(good.parse::<Network>().unwrap().to_string(), good);
        }
    }

    fn check_gate(gate: &Gate, peer: Option<&str>, certificate: Certificate, expected: Entrance) {
        let peer = peer.map(|p| p.parse().unwrap());
        assert_eq!(gate.entrance(peer, certificate), expected, "{peer:?}");
    }

    #[test]
    fn the_gate_asks_for_all_that_is_configured() {
        use Certificate::{Absent, Shown};
        check_gate(&Gate::default(), None, Absent, Entrance::Open);
        let both = Gate {
            networks: vec!["10.0.0.0/8".parse().unwrap()],
            certificate: Shown,
        };
        check_gate(&both, Some("10.9.9.9"), Shown, Entrance::Open);
        check_gate(&both, Some("10.9.9.9"), Absent, Entrance::Shut);
        check_gate(&both, Some("11.0.0.1"), Shown, Entrance::Shut);
        check_gate(&both, None, Shown, Entrance::Shut);
    }
}
