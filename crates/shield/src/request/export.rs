//! Who is out, for the packet filter of the machine: an nftables script that makes the sets anew.

use std::fmt::Write as _;
use std::net::IpAddr;

use aceso_base::Instant;

const TABLE: &str = "\
table inet aceso {
  set out4 { type ipv4_addr; flags timeout; }
  set out6 { type ipv6_addr; flags interval, timeout; }
  chain input {
    type filter hook input priority -10; policy accept;
    ip saddr @out4 drop
    ip6 saddr @out6 drop
  }
}
flush set inet aceso out4
flush set inet aceso out6
";

/// A script for `nft -f`: loaded again, the sets are those who are out now, each until its time.
pub fn nftables(out: &[(IpAddr, Instant)], now: Instant) -> String {
    let mut script = TABLE.to_owned();
    for (from, until) in out {
        let seconds = until.seconds().saturating_sub(now.seconds()).max(1);
        let _ = match from {
            IpAddr::V4(four) => writeln!(
                script,
                "add element inet aceso out4 {{ {four} timeout {seconds}s }}"
            ),
            IpAddr::V6(six) => writeln!(
                script,
                "add element inet aceso out6 {{ {six}/64 timeout {seconds}s }}"
            ),
        };
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_stands_in_the_set_of_its_kind_with_the_time_that_is_left() {
        let now = Instant::from_millis(1_000);
        let out = [
            (
                "203.0.113.9".parse().unwrap(),
                Instant::from_millis(901_000),
            ),
            ("2001:db8::".parse().unwrap(), Instant::from_millis(2_000)),
        ];
        let script = nftables(&out, now);
        assert!(
            script.contains("out4 { 203.0.113.9 timeout 900s }"),
            "{script}"
        );
        assert!(
            script.contains("out6 { 2001:db8::/64 timeout 1s }"),
            "{script}"
        );
    }
}
