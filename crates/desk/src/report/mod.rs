//! Incoming reports: what a mail or a form says, whether it can be worked with, and whether it is known already. Nothing in
//! a report is ever followed, run or fetched: it is text.

mod cluster;
mod dkim;
mod gate;
mod machine;
mod message;
mod signature;

use serde::{Deserialize, Serialize};

pub use cluster::{Cluster, alike, cluster, marks, plain_words};
pub use dkim::{
    KeyRecord, MailSignature, NoSignature, SignedMail, mail_key, of_several, signed_mail,
};
pub use gate::{Gate, History, Question, gate};
pub use machine::{Writer, answerable, is_address, is_signed_by_sender, writer};
pub use message::{Limits, MailError, file_kind, file_name, from_mail};
pub use signature::signature;

use crate::When;

/// A report as it came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// When.
    pub at: When,
    /// The way it came.
    pub source: Source,
    /// The reporter's address, as they say it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The reporter's name, as they say it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// In a line.
    pub subject: String,
    /// The text, without markup and without what steers a terminal.
    pub text: String,
    /// What came with it: listed, never opened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// What a form asked besides.
    #[serde(default)]
    pub answers: Answers,
    /// What was found of the sender's signature.
    #[serde(default)]
    pub dkim: Dkim,
    /// Whether the text could be read.
    #[serde(default)]
    pub envelope: Envelope,
    /// The mail's own number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
}

/// The way a report came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// By mail.
    Mail,
    /// Through the form.
    Form,
    /// Through the interface for programs.
    Api,
}

/// Something that came with a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name, without directories and without what steers a terminal.
    pub name: String,
    /// What it says it is.
    pub kind: String,
    /// In bytes, as it would lie on a disk.
    pub size: u64,
}

/// The form's fields beside the text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    /// Which product.
    pub product: String,
    /// Which version.
    pub version: String,
    /// How to see it.
    pub steps: String,
    /// What it does.
    pub impact: String,
    /// Whether it is used already, in words.
    pub exploited: String,
    /// When the reporter means to tell everybody.
    pub disclosure: Option<When>,
}

/// What a signature says of a mail's sender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dkim {
    /// Nobody looked, or there is none.
    #[default]
    None,
    /// It holds, for this domain.
    Pass(String),
    /// It does not: the sender may be forged.
    Fail(String),
    /// The key of this domain could not be asked for.
    Unsure(String),
}

/// How a text was wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Envelope {
    /// It is plain.
    #[default]
    Plain,
    /// Encrypted with OpenPGP: somebody must decrypt it first.
    OpenPgp,
    /// Encrypted with S/MIME: somebody must decrypt it first.
    Smime,
}

/// Text as a person may safely read it: no control characters but line breaks, nothing that turns the direction of writing.
pub fn inert(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace("\r\n", "\n")
        .replace('\t', "    ")
        .chars()
        .filter(|c| !steers(*c))
        .collect()
}
