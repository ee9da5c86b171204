//! `[shield]`: what keeps attackers out.

use aceso_egress::Clamd;
use aceso_shield::request::Rule;
use aceso_web::Network;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{Config, Key, within};

section! {
    /// What keeps attackers out: addresses that look for what only attackers look for stay out for a while, and those that ask
    /// too fast are slowed down. The loopback and the clinic's own networks (sessions.trusted_networks) never are: behind a
    /// proxy set listen.trust_forwarded.
    Shield {
        /// Whether there is one.
        active: bool = true,
        /// Networks that are never kept out, besides the clinic's own: ["203.0.113.0/24"].
        never: Vec<String> = Vec::new(),
        /// How many points put an address out, 20 to 10000. What looks like an attack and was refused is 20, a page that is not
        /// there 4, a wrong token 1; an address that only scanners ask for is enough. A point is forgotten in two seconds.
        points: u32 = 100,
        /// For how long the first time, in seconds, 60 to 86400; each further time twice as long, a day at most.
        seconds: u32 = 900,
        /// So many requests a second an address may send for long, 10 to 100000. 0: any number.
        rate: u32 = 100,
        /// So many it may send at once, 100 to 1000000.
        burst: u32 = 1000,
        /// A file into which the server writes who is out, as a script for nft -f. Empty: none is written.
        nftables: String = String::new(),
        /// An address, among egress.endpoints, to which each new alert is posted as JSON (ECS, with the class of OCSF). Empty: none.
        webhook: String = String::new(),
        /// What searches files that people bring for viruses: ClamAV's clamd on this machine, by its socket
        /// ("/run/clamav/clamd.ctl") or a port of the loopback ("127.0.0.1:3310"). While it does not answer no file is taken.
        /// Empty: files are not searched.
        antivirus: String = String::new(),
    }
}

impl Shield {
    /// The rule, as the floor takes it.
    pub(crate) fn rule(&self) -> Rule {
        Rule {
            points: self.points,
            seconds: self.seconds,
            rate: self.rate,
            burst: self.burst,
            ..Rule::default()
        }
    }
}

impl Config {
    pub(super) fn check_shield(&self) -> Result<()> {
        let shield = &self.shield;
        within("shield.points", shield.points, 20, 10_000)?;
        within("shield.seconds", shield.seconds, 60, 86_400)?;
        within("shield.burst", shield.burst, 100, 1_000_000)?;
        if shield.rate > 0 {
            within("shield.rate", shield.rate, 10, 100_000)?;
        }
        self.antivirus()?;
        self.never_kept_out().map(drop)
    }

    /// What searches files for viruses.
    pub(crate) fn antivirus(&self) -> Result<Option<Clamd>> {
        match self.shield.antivirus.as_str() {
            "" => Ok(None),
            at => Ok(Some(Clamd::parse(at).context("shield.antivirus")?)),
        }
    }

    /// The networks that are never kept out.
    pub(crate) fn never_kept_out(&self) -> Result<Vec<Network>> {
        let mut networks = self.trusted_networks()?;
        for text in &self.shield.never {
            networks.push(text.parse().context("shield.never")?);
        }
        Ok(networks)
    }
}
