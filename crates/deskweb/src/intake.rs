//! A report on its way from a form, a program or a mailbox into the desk: its evidence is weighed, its secret drawn, its
//! words fingerprinted. Whatever way it comes, it goes through here.

use aceso_desk::case::Proof;
use aceso_desk::report::{
    Dkim, Envelope, Gate, History, Limits, MailError, Report, from_mail, gate, plain_words,
};
use aceso_store::{Credit, Desk, DeskError, NewReport, Received};
use aceso_vault::{RandomError, random, sha256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Kinds of evidence that a report has at least to be taken in without questions first.
const LEAST_EVIDENCE: u8 = 2;

/// A report that was taken in.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its numbers.
    pub received: Received,
    /// The secret of its status page.
    pub token: String,
    /// What it still lacks, as questions.
    pub gate: Gate,
}

/// Why a report was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// It has too little to be worked with; the questions say what is missing.
    #[error("the report says too little to be looked into")]
    Evidence(Gate),
    /// It is no mail, or too big for one.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// No randomness.
    #[error("no random value could be had")]
    Random(#[from] RandomError),
    /// The desk did not take it.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// A report whose evidence was weighed, with its secret.
struct Weighed {
    report: Report,
    token: String,
    gate: Gate,
    credit: Credit,
    mail: Option<[u8; 32]>,
    files: Vec<(String, String, Vec<u8>)>,
}

impl Weighed {
    async fn send(self, desk: &Desk) -> Result<Sent, DeskError> {
        let report = self.report;
        let shows = !report.attachments.is_empty() || !report.answers.steps.trim().is_empty();
        let new = NewReport {
            token: secret(&self.token),
            print: sha256(plain_words(&report).as_bytes()),
            proof: if shows { Proof::Present } else { Proof::Absent },
            rank: self.gate.rank,
            credit: self.credit,
            mail: self.mail,
            files: self.files,
            report,
        };
        Ok(Sent {
            received: desk.take_in(new).await?,
            token: self.token,
            gate: self.gate,
        })
    }
}

/// One with too little evidence is refused with questions, unless it is encrypted: then it is taken and somebody reads it.
fn weighed(
    products: &[String],
    report: Report,
    credit: Credit,
    files: Vec<(String, String, Vec<u8>)>,
) -> Result<Weighed, IntakeError> {
    let names: Vec<&str> = products.iter().map(String::as_str).collect();
    let gate = gate(&report, &names, History::default());
    if gate.evidence < LEAST_EVIDENCE && report.envelope == Envelope::Plain {
        return Err(IntakeError::Evidence(gate));
    }
    Ok(Weighed {
        token: URL_SAFE_NO_PAD.encode(random::<32>()?),
        mail: None,
        report,
        gate,
        credit,
        files,
    })
}

/// Takes a report in, if it has enough to be looked into.
pub async fn receive(
    desk: &Desk,
    products: &[String],
    report: Report,
    credit: Credit,
) -> Result<Sent, IntakeError> {
    let new = weighed(products, report, credit, Vec::new())?;
    Ok(new.send(desk).await?)
}

/// What became of a mail.
#[derive(Clone, Debug)]
pub enum Mailed {
    /// It is a report.
    Report(Sent),
    /// It belongs to this report.
    Added(String),
}

/// Takes a mail in: one that answers about a report of its sender joins it, any other is a report of its own. The mail as it
/// came is kept sealed with it. `dkim` is what the receiving server found of the sender's signature.
pub async fn receive_mail(
    desk: &Desk,
    products: &[String],
    mail: &[u8],
    dkim: Dkim,
) -> Result<Mailed, IntakeError> {
    let report = from_mail(mail, desk.now(), dkim, Limits::default())?;
    if let (Some(number), Some(from)) = (number_of(&report.subject), &report.from) {
        let said = match &report.dkim {
            Dkim::Pass(domain) => format!("signed by {domain}"),
            Dkim::Fail(domain) => format!("the signature of {domain} does not hold"),
            Dkim::None => "not signed".to_owned(),
        };
        let text = format!("(by mail, {said})\n\n{}", report.text);
        match desk.add_mail(sha256(mail), &number, from, text).await {
            Ok(()) => return Ok(Mailed::Added(number)),
            Err(DeskError::Unknown) => {}
            Err(other) => return Err(other.into()),
        }
    }
    let files = vec![(
        "the mail as it came".to_owned(),
        "message/rfc822".to_owned(),
        mail.to_vec(),
    )];
    let mut new = weighed(products, report, Credit::No, files)?;
    new.mail = Some(sha256(mail));
    Ok(Mailed::Report(new.send(desk).await?))
}

/// The number of a report in a subject: `Re: [R-2026-0007] …`.
fn number_of(subject: &str) -> Option<String> {
    let inner = subject.split('[').nth(1)?.split(']').next()?;
    let rest = inner.strip_prefix("R-")?;
    let fine = rest.len() <= 12 && rest.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    fine.then(|| inner.to_owned())
}

/// What is kept of a secret.
pub(crate) fn secret(token: &str) -> [u8; 32] {
    sha256(token.as_bytes())
}
