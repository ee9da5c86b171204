//! A report on its way from a form, a program or a mailbox into the desk: its evidence is weighed, its secret drawn, its
//! words fingerprinted. Whatever way it comes, it goes through here.

use aceso_desk::case::Proof;
use aceso_desk::report::{
    Dkim, Envelope, Gate, History, Limits, MailError, Report, Writer, answerable, from_mail, gate,
    is_signed_by_sender, plain_words, writer,
};
use aceso_store::{Credit, Desk, DeskError, NewReport, Received, ToReporter};
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
    answer: Answer,
}

/// Whether whoever sent a report is written a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// If there is an address.
    Receipt,
    /// No: a machine wrote it.
    Nothing,
}

impl Weighed {
    async fn send(self, desk: &Desk) -> Result<Sent, DeskError> {
        let report = self.report;
        let address = answerable(&report).filter(|_| self.answer == Answer::Receipt);
        let receipt = address.map(|address| ToReporter {
            address: address.to_owned(),
            token: self.token.clone(),
            questions: self.gate.questions.iter().map(|q| q.text()).collect(),
        });
        let shows = !report.attachments.is_empty() || !report.answers.steps.trim().is_empty();
        let new = NewReport {
            token: secret(&self.token),
            print: sha256(plain_words(&report).as_bytes()),
            proof: if shows { Proof::Present } else { Proof::Absent },
            rank: self.gate.rank,
            credit: self.credit,
            mail: self.mail,
            files: self.files,
            receipt,
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
    (credit, files): (Credit, Vec<(String, String, Vec<u8>)>),
    history: History,
) -> Result<Weighed, IntakeError> {
    let names: Vec<&str> = products.iter().map(String::as_str).collect();
    let gate = gate(&report, &names, history);
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
        answer: Answer::Receipt,
    })
}

/// Takes a report in, if it has enough to be looked into. `files` is what came with it: name, kind, bytes.
pub async fn receive(
    desk: &Desk,
    products: &[String],
    report: Report,
    (credit, files): (Credit, Vec<(String, String, Vec<u8>)>),
) -> Result<Sent, IntakeError> {
    let new = weighed(products, report, (credit, files), History::default())?;
    Ok(new.send(desk).await?)
}

/// What became of a mail.
#[derive(Clone, Debug)]
pub enum Mailed {
    /// It is a report.
    Report(Sent),
    /// It belongs to this report.
    Added(String),
    /// A mail of ours came back: this one, if its server says.
    Back(Option<String>),
    /// A machine answered one of ours: it is put aside.
    Machine,
}

/// Takes a mail in: one that answers about a report of its sender joins it, any other is a report of its own. The mail as it
/// came is kept sealed with it. `dkim` is what was found of the sender's signature.
pub async fn receive_mail(
    desk: &Desk,
    products: &[String],
    mail: &[u8],
    dkim: Dkim,
) -> Result<Mailed, IntakeError> {
    let written_by = writer(mail);
    if let Writer::Server(of) = written_by {
        let noted = match &of {
            Some(id) => desk.mail_came_back(id).await,
            None => Err(DeskError::Unknown),
        };
        return match noted {
            Ok(()) => Ok(Mailed::Back(of)),
            Err(DeskError::Unknown) => Ok(Mailed::Back(None)),
            Err(other) => Err(other.into()),
        };
    }
    let report = from_mail(mail, desk.now(), dkim, Limits::default())?;
    if let (Some(number), Some(from)) = (number_of(&report.subject), &report.from) {
        if written_by == Writer::Machine {
            return Ok(Mailed::Machine);
        }
        let text = format!("(by mail, {})\n\n{}", signed(&report.dkim), report.text);
        match desk.add_mail(sha256(mail), &number, from, text).await {
            Ok(()) => return Ok(Mailed::Added(number)),
            Err(DeskError::Unknown) => {}
            Err(other) => return Err(other.into()),
        }
    }
    let history = match report.from.as_deref() {
        Some(from) if is_signed_by_sender(&report) => desk.history(from).await?,
        _ => History::default(),
    };
    let files = vec![(
        "the mail as it came".to_owned(),
        "message/rfc822".to_owned(),
        mail.to_vec(),
    )];
    let asked = report.clone();
    let mut new = match weighed(products, report, (Credit::No, files), history) {
        Ok(new) => new,
        Err(IntakeError::Evidence(gate)) => {
            if written_by == Writer::Person {
                ask(desk, mail, &asked, &gate).await?;
            }
            return Err(IntakeError::Evidence(gate));
        }
        Err(other) => return Err(other),
    };
    new.mail = Some(sha256(mail));
    if written_by != Writer::Person {
        new.answer = Answer::Nothing;
    }
    Ok(Mailed::Report(new.send(desk).await?))
}

/// Asks for what is missing: only somebody whose own domain signed the mail, as anybody else's address may be that of a stranger.
async fn ask(desk: &Desk, mail: &[u8], report: &Report, gate: &Gate) -> Result<(), DeskError> {
    let Some(address) = answerable(report).filter(|_| is_signed_by_sender(report)) else {
        return Ok(());
    };
    let questions: Vec<&str> = gate.questions.iter().map(|q| q.text()).collect();
    match desk.ask_sender(sha256(mail), address, &questions).await {
        // It was asked before.
        Ok(()) | Err(DeskError::Done) => Ok(()),
        Err(other) => Err(other),
    }
}

fn signed(dkim: &Dkim) -> String {
    match dkim {
        Dkim::Pass(domain) => format!("signed by {domain}"),
        Dkim::Fail(domain) => format!("the signature of {domain} does not hold"),
        Dkim::Unsure(domain) => format!("the key of {domain} could not be asked for"),
        Dkim::None => "not signed".to_owned(),
    }
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
