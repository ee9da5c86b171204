//! Syslog messages (RFC 5424) in frames for streams (RFC 5425, section 4.3: the length in octets, a blank, the message).

use aceso_base::Instant;

use super::Origin;

/// security/authorization messages.
const FACILITY: u8 = 10;

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    Warning,
    Notice,
}

/// What stands before a message.
pub(crate) struct Header<'a> {
    pub(crate) at: Instant,
    pub(crate) seq: u64,
    pub(crate) severity: Severity,
    /// What kind of message it is: at most 32 printable letters of ASCII.
    pub(crate) kind: &'static str,
    pub(crate) origin: &'a Origin,
}

/// A message in its frame.
pub(crate) fn framed(header: &Header<'_>, message: &str) -> Vec<u8> {
    let severity = match header.severity {
        Severity::Warning => 4,
        Severity::Notice => 5,
    };
    // RFC 5424, section 7.3.1: from 1 to 2147483647, then 1 again.
    let sequence = header.seq.saturating_sub(1) % 2_147_483_647 + 1;
    let text = format!(
        "<{}>1 {} {} aceso {} {} [meta sequenceId=\"{sequence}\"] \u{feff}{message}",
        FACILITY * 8 + severity,
        header.at.to_fhir(),
        word(&header.origin.host, 255),
        header.origin.process,
        header.kind,
    );
    let mut out = text.len().to_string().into_bytes();
    out.push(b' ');
    out.extend_from_slice(text.as_bytes());
    out
}

/// A name of printable ASCII without blanks; `-` when nothing is left.
fn word(text: &str, most: usize) -> String {
    let kept: String = text
        .chars()
        .filter(char::is_ascii_graphic)
        .take(most)
        .collect();
    if kept.is_empty() {
        "-".to_owned()
    } else {
        kept
    }
}
