//! A message, and the bytes that carry it (RFC 5322, MIME).

use std::fmt::Write as _;

use aceso_base::Instant;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Address;

/// Longest text of a header, in bytes.
const LONGEST_LINE: usize = 300;
/// So many bytes of a text fit into one encoded word behind a header's name (RFC 2047: lines of 76 characters).
const WORD: usize = 39;
/// Longer ones are encoded, too, as encoded words can be folded anywhere.
const LONGEST_ASCII: usize = 66;
/// Longer lines of a body are carried encoded (RFC 5322, 2.1.1, allows 998).
const LONGEST_PLAIN: usize = 200;
/// The lines of an encoded body (RFC 2045, 6.8).
const ENCODED: usize = 76;

/// A text that can stand in a header: one line, nothing in it that ends one (ASVS 5.0, 1.3.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line(String);

/// A text that cannot stand in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is one line of 1 to 300 bytes, without signs that control a printer")]
pub struct LineError;

/// A message to one person: plain text, no attachments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What makes it this message wherever it turns up: sent twice, a mailbox can tell. Letters, digits and hyphens.
    pub id: String,
    /// Whom it goes to.
    pub to: Address,
    /// What it is about.
    pub subject: Line,
    /// What it says; lines end with `\n`.
    pub text: String,
    /// When it was written.
    pub at: Instant,
}

impl Line {
    /// Reads a line.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        let odd = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if text.trim().is_empty() || text.len() > LONGEST_LINE || text.chars().any(odd) {
            return Err(LineError);
        }
        Ok(Self(text.to_owned()))
    }

    /// As it is read.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it stands in a header: encoded words where it is not plain ASCII, or could be taken for one, or is long.
    fn encoded(&self) -> String {
        let plain = self.0.is_ascii() && self.0.len() <= LONGEST_ASCII && !self.0.contains("=?");
        if plain {
            return self.0.clone();
        }
        let mut words: Vec<String> = Vec::new();
        let mut word = String::new();
        for letter in self.0.chars() {
            if word.len() + letter.len_utf8() > WORD {
                words.push(std::mem::take(&mut word));
            }
            word.push(letter);
        }
        words.push(word);
        let words: Vec<String> = words
            .iter()
            .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)))
            .collect();
        words.join("\r\n ")
    }
}

impl Message {
    /// Its bytes, lines ended by CR LF, without the dots that SMTP doubles. `name` is what the sender is called.
    pub(crate) fn bytes(&self, from: &Address, name: &Line) -> String {
        let mut out = String::new();
        let _ = write!(
            out,
            "Date: {}\r\nFrom: {} <{from}>\r\nTo: <{}>\r\nSubject: {}\r\nMessage-ID: <{}@{}>\r\n",
            date(self.at),
            phrase(name),
            self.to,
            self.subject.encoded(),
            self.id_part(),
            from.domain(),
        );
        // Nobody's holiday notice answers it (RFC 3834).
        out.push_str("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
        out.push_str("Content-Type: text/plain; charset=utf-8\r\n");
        let plain = |line: &str| {
            line.len() <= LONGEST_PLAIN
                && line
                    .bytes()
                    .all(|b| (b' '..=b'~').contains(&b) || b == b'\t')
        };
        if self.text.lines().all(plain) {
            out.push_str("Content-Transfer-Encoding: 7bit\r\n\r\n");
            for line in self.text.lines() {
                out.push_str(line);
                out.push_str("\r\n");
            }
        } else {
            out.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
            let mut rest = STANDARD.encode(self.text.replace('\n', "\r\n"));
            while !rest.is_empty() {
                let more = rest.split_off(rest.len().min(ENCODED));
                out.push_str(&rest);
                out.push_str("\r\n");
                rest = more;
            }
        }
        out
    }

    /// Of the id, what can stand in a header.
    fn id_part(&self) -> String {
        let fine = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
        self.id.chars().filter(fine).collect()
    }
}

/// A name before an address: in quotes, or encoded.
fn phrase(name: &Line) -> String {
    let encoded = name.encoded();
    if encoded == name.0 {
        return format!("\"{}\"", encoded.replace('\\', "\\\\").replace('"', "\\\""));
    }
    encoded
}

/// `Sun, 22 Nov 2026 15:07:26 +0000`.
fn date(at: Instant) -> String {
    at.to_http_date().replace("GMT", "+0000")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(subject: &str, text: &str) -> Message {
        Message {
            id: "0Ab1-2".into(),
            to: Address::parse("ann@clinic.example").unwrap(),
            subject: Line::parse(subject).unwrap(),
            text: text.into(),
            at: Instant::from_millis(1_795_360_046_000),
        }
    }

    fn bytes(message: &Message) -> String {
        let from = Address::parse("aceso@clinic.example").unwrap();
        message.bytes(&from, &Line::parse("Riverside \"R\" Clinic").unwrap())
    }

    #[test]
    fn a_message_says_when_from_whom_to_whom_and_that_a_machine_wrote_it() {
        let expected = "Date: Sun, 22 Nov 2026 15:07:26 +0000\r\nFrom: \"Riverside \\\"R\\\" Clinic\" <aceso@clinic.example>\r\n\
            To: <ann@clinic.example>\r\nSubject: A new browser\r\nMessage-ID: <0Ab1-2@clinic.example>\r\n\
            Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
            Content-Transfer-Encoding: 7bit\r\n\r\nHello\r\n\r\nThere\r\n";
        assert_eq!(
            bytes(&message("A new browser", "Hello\n\nThere\n")),
            expected
        );
    }

    #[test]
    fn letters_beyond_ascii_and_long_lines_are_encoded() {
        let long = "ä".repeat(100);
        let wire = bytes(&message(&long, &long));
        assert!(wire.is_ascii());
        assert!(wire.lines().all(|line| line.len() <= 78), "{wire}");
        let (head, body) = wire.split_once("\r\n\r\n").unwrap();
        let body: String = body.split("\r\n").collect();
        assert_eq!(STANDARD.decode(body).unwrap(), long.as_bytes());
        let words = head.split("=?utf-8?B?").skip(1);
        let words = words.map(|w| STANDARD.decode(w.split_once("?=").unwrap().0).unwrap());
        assert_eq!(words.collect::<Vec<_>>().concat(), long.as_bytes());
    }

    #[test]
    fn asvs_1_3_11_a_subject_or_a_name_cannot_bring_headers_along() {
        for bad in [
            "Hello\r\nBcc: eve@evil.example",
            "Hello\nX: y",
            "Hello\rX",
            "a\u{0}b",
            "a\u{85}b",
            "a\u{2028}b",
            "",
            "  ",
        ] {
            assert_eq!(Line::parse(bad), Err(LineError), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn asvs_1_3_11_whatever_it_says_a_message_has_these_headers_and_no_others(subject in ".{1,60}", text in "(.|\n|\r){0,80}") {
            if let Ok(subject) = Line::parse(&subject) {
                let wire = bytes(&Message { subject, ..message("x", &text) });
                let (head, body) = wire.split_once("\r\n\r\n").unwrap();
                let unfolded = head.replace("\r\n ", " ");
                let names: Vec<&str> = unfolded.split("\r\n").map(|l| l.split_once(": ").unwrap().0).collect();
                let expected = [
                    "Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
                    "Content-Transfer-Encoding",
                ];
                prop_assert_eq!(names, expected);
                // Every CR and LF of what goes out ends a line.
                let rest = wire.replace("\r\n", "");
                prop_assert!(!rest.contains(['\r', '\n']), "{:?}", body);
            }
        }
    }
}
