//! Reads a mail (RFC 5322, MIME).

use mail_parser::{MessageParser, MimeHeaders, PartType};

use super::{Answers, Attachment, Dkim, Envelope, Report, Source, inert};
use crate::When;

/// How much is taken.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a whole mail.
    pub mail: usize,
    /// Characters of its text; what is longer is cut, and says so.
    pub text: usize,
    /// Attachments that are listed.
    pub attachments: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mail: 25 << 20,
            text: 200_000,
            attachments: 100,
        }
    }
}

/// Why a mail is no report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It is too big.
    #[error(
        "the mail has {size} bytes, more than {most}; ask its sender to use the form, or to send less"
    )]
    TooBig {
        /// Its size.
        size: usize,
        /// The most that is taken.
        most: usize,
    },
    /// It is none.
    #[error("this is not a mail: it has no header")]
    NoMail,
}

/// A mail as a report. Its markup becomes text, its attachments a list. `dkim` is what was found of its signature.
pub fn from_mail(bytes: &[u8], at: When, dkim: Dkim, limits: Limits) -> Result<Report, MailError> {
    if bytes.len() > limits.mail {
        return Err(MailError::TooBig {
            size: bytes.len(),
            most: limits.mail,
        });
    }
    let message = MessageParser::default()
        .parse(bytes)
        .ok_or(MailError::NoMail)?;
    if message.headers().is_empty() {
        return Err(MailError::NoMail);
    }
    let sender = message.from().and_then(|from| from.first());
    let mut text = String::new();
    for at in 0..message.text_body_count() {
        if let Some(part) = message.body_text(at) {
            text.push_str(&inert(&part));
            text.push('\n');
        }
    }
    let mut text = text.trim().to_owned();
    if text.chars().count() > limits.text {
        text = text.chars().take(limits.text).collect();
        text.push_str("\n[cut here: the mail goes on]");
    }
    let kind = |kind: Option<&mail_parser::ContentType<'_>>| {
        kind.map(|k| format!("{}/{}", k.ctype(), k.subtype().unwrap_or("*")).to_lowercase())
    };
    let whole = kind(message.content_type()).unwrap_or_default();
    let envelope = match whole.as_str() {
        "multipart/encrypted" => Envelope::OpenPgp,
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => Envelope::Smime,
        _ if text.starts_with("-----BEGIN PGP MESSAGE-----") => Envelope::OpenPgp,
        _ => Envelope::Plain,
    };
    let attachments = message
        .attachments()
        .take(limits.attachments)
        .map(|part| Attachment {
            name: file_name(part.attachment_name().unwrap_or("without a name")),
            kind: match &part.body {
                PartType::Message(_) => "message/rfc822".to_owned(),
                _ => kind(part.content_type())
                    .unwrap_or_else(|| "application/octet-stream".to_owned()),
            },
            size: u64::try_from(part.len()).unwrap_or(u64::MAX),
        });
    Ok(Report {
        at,
        source: Source::Mail,
        from: sender.and_then(|s| s.address()).map(line),
        name: sender.and_then(|s| s.name()).map(line),
        subject: line(message.subject().unwrap_or("(no subject)")),
        attachments: attachments.collect(),
        text,
        answers: Answers::default(),
        dkim,
        envelope,
        message_id: message.message_id().map(line),
    })
}

/// One line of at most 300 characters.
fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    inert(&words.join(" ")).chars().take(300).collect()
}

/// A file's name as it is shown: the last part of a path, one line of 300 characters.
pub fn file_name(text: &str) -> String {
    let last = text.rsplit(['/', '\\']).next().unwrap_or(text);
    let name = line(last);
    if name.is_empty() || name.chars().all(|c| c == '.') {
        "without a name".to_owned()
    } else {
        name
    }
}

/// What a file says that it is, in lower case; `application/octet-stream` where that is no media type (RFC 6838, 4.2).
pub fn file_kind(text: &str) -> String {
    let plain = text
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    let fine = |part: &str| {
        let sign = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        (1..=127).contains(&part.len()) && part.bytes().all(sign)
    };
    match plain.split_once('/') {
        Some((kind, sub)) if fine(kind) && fine(sub) => plain,
        Some(_) | None => "application/octet-stream".to_owned(),
    }
}
