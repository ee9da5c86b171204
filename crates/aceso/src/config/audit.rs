//! `[audit]` and `[insiders]`: where the audit log goes, who watches over it, and what is read out of it at night.

use aceso_jobs::send::{SendTo, Target};
use aceso_jobs::witness::Witness;
use aceso_policy::Endpoints;
use aceso_shield::insider::{Net, Place as InsiderPoint, Point};
use aceso_store::{HeadKey, InsiderSettings, WitnessKey};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::{Config, Key};

section! {
    /// The audit log.
    Audit {
        /// Where each entry is sent, as it is written and again when a receiver was away: tables [[audit.send]] with these
        /// keys. to = "syslog-tls://siem.example:6514" (RFC 5425), "tls://collector.example:5045" or
        /// "file:///var/log/aceso-audit.ndjson"; in plain text, on the loopback alone, "syslog-tcp://127.0.0.1:601" and
        /// "tcp://127.0.0.1:5000". as = "atna" (DICOM PS3.15 audit messages), "cef" or "ecs" (JSON with ECS names; the only
        /// form of files, tls:// and tcp://). certificates = a PEM file with the authorities that the receiver is believed
        /// by, instead of those that the machine trusts. certificate and key = PEM files with what the receiver is shown
        /// when it asks. name = what its position is kept under, when that should outlive a change of "to". begin = "first"
        /// or "now": whether a new receiver gets the log from its beginning, or what comes from now on.
        send: Vec<Send> = Vec::new(),
        /// Other installations that cosign this one's log every minute, so that nobody can rewrite it unnoticed: the address
        /// and the key that `aceso audit witness` prints there, ["https://other.example/witness NAME+HASH+KEY"]; for a host
        /// of the inner network, "https://other.clinic.example/witness at 10.1.2.3 NAME+HASH+KEY".
        witnesses: Vec<String> = Vec::new(),
        /// Keys of the logs that this installation is a witness of, as `aceso audit witness` prints them there. Empty: of none,
        /// and /witness is not there.
        witness_for: Vec<String> = Vec::new(),
    }
}

/// A place that the audit log is sent to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Send {
    to: String,
    #[serde(rename = "as")]
    form: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    certificates: String,
    #[serde(default)]
    certificate: String,
    #[serde(default)]
    key: String,
    #[serde(default = "first")]
    begin: String,
}

fn first() -> String {
    "first".to_owned()
}

impl Audit {
    /// The witnesses, each with what [`Endpoints`] takes to reach it.
    pub(crate) fn witnesses(&self) -> Result<Vec<(Witness, String)>> {
        let read = |text: &String| -> Result<(Witness, String)> {
            let (place, key) = text.rsplit_once(' ').with_context(|| text.clone())?;
            let key =
                WitnessKey::parse(key).with_context(|| format!("{key} is no witness's key"))?;
            Endpoints::new(&[place])?;
            let url = place.split(' ').next().unwrap_or(place).to_owned();
            Ok((Witness { url, key }, place.to_owned()))
        };
        let all: Result<Vec<_>> = self.witnesses.iter().map(read).collect();
        all.context("audit.witnesses")
    }

    /// The keys of the logs that this is a witness of.
    pub(crate) fn witness_for(&self) -> Result<Vec<HeadKey>> {
        let read = |text: &String| {
            HeadKey::parse(text).with_context(|| format!("audit.witness_for: {text}"))
        };
        self.witness_for.iter().map(read).collect()
    }

    /// The places; certificates are read now.
    pub(crate) fn targets(&self) -> Result<Vec<Target>> {
        let mut targets: Vec<Target> = Vec::new();
        for send in &self.send {
            let spec = SendTo {
                to: send.to.clone(),
                form: send.form.clone(),
                name: send.name.clone(),
                certificates: send.certificates.clone(),
                certificate: send.certificate.clone(),
                key: send.key.clone(),
                begin: send.begin.clone(),
            };
            let target = Target::read(&spec).context("audit.send")?;
            if targets.iter().any(|t| t.name() == target.name()) {
                bail!(
                    "audit.send: \"{}\" is there twice: give one a name of its own",
                    target.name()
                );
            }
            targets.push(target);
        }
        Ok(targets)
    }
}

section! {
    /// The nightly review of accesses to patients' records that nothing explains.
    Insiders {
        /// The hour of the night in which it runs, 0 to 23, in the time zone of [hours]; shifts are read by it too.
        hour: u8 = 2,
        /// Networks whose place on the earth is known, for the rule on impossible travel: tables [[insiders.places]] with
        /// name, network ("198.51.100.0/24"), latitude and longitude (degrees). Networks that are not listed say nothing.
        places: Vec<InsiderPlace> = Vec::new(),
    }
}

/// A network and where it is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InsiderPlace {
    name: String,
    network: String,
    latitude: f64,
    longitude: f64,
}

impl Eq for InsiderPlace {}

impl Config {
    /// What the review is told of the clinic.
    pub(crate) fn insiders(&self) -> Result<InsiderSettings> {
        let net =
            |text: &str| Net::parse(text).with_context(|| format!("\"{text}\" is no network"));
        let own = self.sessions.trusted_networks.iter().map(|n| net(n));
        let place = |place: &InsiderPlace| -> Result<InsiderPoint> {
            Ok(InsiderPoint {
                name: place.name.clone(),
                network: net(&place.network).context("insiders.places")?,
                point: Point {
                    latitude: place.latitude,
                    longitude: place.longitude,
                },
            })
        };
        if self.insiders.hour > 23 {
            bail!("insiders.hour must be 0 to 23");
        }
        Ok(InsiderSettings {
            zone: self.opening_hours()?.zone().clone(),
            own_networks: own
                .collect::<Result<_>>()
                .context("sessions.trusted_networks")?,
            places: self
                .insiders
                .places
                .iter()
                .map(place)
                .collect::<Result<_>>()?,
        })
    }
}
