//! Where the log is sent, as the configuration says it.

use std::path::PathBuf;

use aceso_egress::{OwnCertificate, Receiver, ReceiverError, Trust};
use aceso_store::{Begin, TrailEntry};

use super::syslog::{Header, Severity, framed};
use super::{Origin, atna, cef, ecs};

/// The port of syslog over TLS (RFC 5425, section 4.1).
const SYSLOG_TLS: u16 = 6514;

/// What the configuration says of a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendTo {
    /// `syslog-tls://host[:port]`, `tls://host:port`, `file:///path`; in plain text `syslog-tcp://127.0.0.1:port` and
    /// `tcp://127.0.0.1:port`.
    pub to: String,
    /// `atna`, `cef` or `ecs`.
    pub form: String,
    /// The name that its position is kept under; empty: `to`.
    pub name: String,
    /// PEM file with the authorities that the receiver is believed by; empty: those that the machine trusts.
    pub certificates: String,
    /// PEM file with the certificate that the receiver is shown; empty: none.
    pub certificate: String,
    /// PEM file with its key.
    pub key: String,
    /// `first` or `now`: where a place begins that was never sent to.
    pub begin: String,
}

/// A place that the log is sent to.
#[derive(Clone)]
pub struct Target {
    pub(super) name: String,
    pub(super) outlet: Outlet,
    pub(super) begin: Begin,
    form: Form,
}

/// How a place is reached.
#[derive(Clone)]
pub(super) enum Outlet {
    Wire(Receiver),
    File(PathBuf),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// ATNA in syslog's frames.
    Atna,
    /// CEF in syslog's frames.
    Cef,
    /// ECS in syslog's frames.
    FramedEcs,
    /// ECS, a line each.
    Ecs,
}

/// A place that cannot be one.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The address cannot be read.
    #[error(
        "\"{0}\" is not of the form syslog-tls://host[:port], tls://host:port or file:///path (plain syslog-tcp:// and \
         tcp:// for the loopback alone)"
    )]
    Address(String),
    /// The form is unknown, or does not go there.
    #[error(
        "as = \"{form}\" does not go with {to}: syslog takes atna, cef and ecs, files and lines take ecs"
    )]
    Form {
        /// The form.
        form: String,
        /// The address.
        to: String,
    },
    /// Neither `first` nor `now`.
    #[error("begin = \"{0}\": either first or now")]
    Begin(String),
    /// A certificate without its key, or a key alone.
    #[error("certificate and key go together")]
    HalfCertificate,
    /// The receiver cannot be one.
    #[error(transparent)]
    Receiver(#[from] ReceiverError),
}

impl Target {
    /// Reads what the configuration says; certificates are read now.
    pub fn read(spec: &SendTo) -> Result<Self, TargetError> {
        let wrong = || TargetError::Address(spec.to.clone());
        let (scheme, rest) = spec.to.split_once("://").ok_or_else(wrong)?;
        let own = match (spec.certificate.as_str(), spec.key.as_str()) {
            ("", "") => None,
            ("", _) | (_, "") => return Err(TargetError::HalfCertificate),
            (chain, key) => Some(OwnCertificate {
                chain: chain.into(),
                key: key.into(),
            }),
        };
        let trust = match spec.certificates.as_str() {
            "" => Trust::Machine,
            file => Trust::Only(file.into()),
        };
        let tls = |usual: Option<u16>| -> Result<Outlet, TargetError> {
            let (host, port) = host_and_port(rest, usual).ok_or_else(wrong)?;
            Ok(Outlet::Wire(Receiver::tls(
                host,
                port,
                &trust,
                own.as_ref(),
            )?))
        };
        let plain = || -> Result<Outlet, TargetError> {
            let (host, port) = host_and_port(rest, None).ok_or_else(wrong)?;
            Ok(Outlet::Wire(Receiver::plain(host, port)?))
        };
        let (outlet, framed) = match scheme {
            "syslog-tls" => (tls(Some(SYSLOG_TLS))?, true),
            "syslog-tcp" => (plain()?, true),
            "tls" => (tls(None)?, false),
            "tcp" => (plain()?, false),
            "file" if rest.starts_with('/') => (Outlet::File(rest.into()), false),
            _ => return Err(wrong()),
        };
        let form = match (spec.form.as_str(), framed) {
            ("atna", true) => Form::Atna,
            ("cef", true) => Form::Cef,
            ("ecs", true) => Form::FramedEcs,
            ("ecs", false) => Form::Ecs,
            _ => {
                return Err(TargetError::Form {
                    form: spec.form.clone(),
                    to: spec.to.clone(),
                });
            }
        };
        let begin = match spec.begin.as_str() {
            "first" => Begin::First,
            "now" => Begin::Now,
            other => return Err(TargetError::Begin(other.to_owned())),
        };
        let name = if spec.name.is_empty() {
            &spec.to
        } else {
            &spec.name
        };
        Ok(Self {
            name: name.clone(),
            outlet,
            begin,
            form,
        })
    }

    /// The name that its position is kept under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// An entry as it goes out, with what ends it.
    pub(super) fn bytes(&self, entry: &TrailEntry, origin: &Origin) -> Vec<u8> {
        let (kind, text) = match self.form {
            Form::Ecs => return [ecs::line(entry, origin).as_bytes(), b"\n"].concat(),
            // PS3.15, A.6.
            Form::Atna => ("DICOM+RFC3881", atna::message(entry, origin)),
            Form::Cef => ("CEF", cef::line(entry, origin)),
            Form::FramedEcs => ("ECS", ecs::line(entry, origin)),
        };
        let refused = entry.said.as_ref().is_some_and(|s| s.outcome.is_some());
        let header = Header {
            at: entry.at,
            seq: entry.seq,
            severity: if refused {
                Severity::Warning
            } else {
                Severity::Notice
            },
            kind,
            origin,
        };
        framed(&header, &text)
    }
}

/// `host:port`, `[::1]:port`, or, where there is a usual port, `host`.
fn host_and_port(text: &str, usual: Option<u16>) -> Option<(&str, u16)> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        Some(_) | None => (text, usual?),
    };
    let inner = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let host = inner.unwrap_or(host);
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-.:".contains(&b);
    let good = !host.is_empty() && host.bytes().all(fits) && port != 0;
    (good && (inner.is_some() || !host.contains(':'))).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(to: &str, form: &str) -> SendTo {
        SendTo {
            to: to.into(),
            form: form.into(),
            begin: "first".into(),
            ..SendTo::default()
        }
    }

    #[test]
    fn a_host_has_a_port_or_the_usual_one() {
        let usual = |text| host_and_port(text, Some(6514));
        assert_eq!(usual("siem.example"), Some(("siem.example", 6514)));
        assert_eq!(usual("siem.example:99/"), Some(("siem.example", 99)));
        assert_eq!(usual("[::1]:99"), Some(("::1", 99)));
        assert_eq!(usual("[::1]"), Some(("::1", 6514)));
        for bad in [
            "", ":99", "a b:9", "a:0", "a:x", "::1:9", "a:70000", "a/b:9",
        ] {
            assert_eq!(usual(bad), None, "{bad}");
        }
        assert_eq!(host_and_port("a", None), None);
    }

    #[test]
    fn plain_text_stays_on_the_machine_and_forms_go_where_they_can() {
        for (to, form) in [
            ("tcp://10.0.0.1:99", "ecs"),
            ("tcp://localhost:99", "ecs"),
            ("syslog-tcp://siem.example:99", "cef"),
            ("file:///var/log/a", "atna"),
            ("tcp://127.0.0.1:99", "cef"),
            ("http://a/", "ecs"),
            ("file://relative", "ecs"),
        ] {
            assert!(Target::read(&spec(to, form)).is_err(), "{to} {form}");
        }
        for (to, form) in [
            ("tcp://127.0.0.1:99", "ecs"),
            ("tcp://[::1]:99", "ecs"),
            ("syslog-tls://siem.example", "atna"),
            ("syslog-tls://10.1.2.3:99", "cef"),
            ("file:///var/log/a", "ecs"),
        ] {
            assert!(Target::read(&spec(to, form)).is_ok(), "{to} {form}");
        }
        let half = SendTo {
            certificate: "a.pem".into(),
            ..spec("tls://a.example:9", "ecs")
        };
        assert!(Target::read(&half).is_err());
        let begin = SendTo {
            begin: "yesterday".into(),
            ..spec("file:///a", "ecs")
        };
        assert!(Target::read(&begin).is_err());
    }
}
