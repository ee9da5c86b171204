//! What the response desk's mails say. Nothing that somebody sent is in them, and to the group they tell numbers and times alone: who may
//! know more signs in.

use aceso_store::{DeskMail, Mail};

use super::letter::{Letterhead, one_line};

/// The subject and the text, with its foot.
pub(super) fn write(kind: DeskMail, mail: &Mail, head: &Letterhead) -> (String, String) {
    let secret = mail.secret.as_ref().map_or("", |s| s.expose().as_str());
    let mut lines = mail.detail.lines();
    let first = one_line(lines.next().unwrap_or_default());
    let (number, rest) = first.split_once(' ').unwrap_or((first.as_str(), ""));
    let desk = one_line(&head.clinic);
    let base = &head.base;
    match kind {
        DeskMail::Receipt => outside(
            format!("[{rest}] {desk}: we have your report"),
            &receipt(secret, (number, rest), base),
            head,
        ),
        DeskMail::Questions => outside(
            format!("{desk}: what we need to look into it"),
            &questions(secret, base),
            head,
        ),
        DeskMail::Answer => outside(
            format!("[{first}] {desk}: an answer to your report"),
            &format!("The security group writes about your report {first}:\n\n{secret}"),
            head,
        ),
        DeskMail::NewReport => inside(
            format!("{desk}: report {rest} came, in case {number}"),
            &format!("A report came: {rest}.\n\nSign in to read it: {base}/cases/{number}/reports"),
            head,
        ),
        DeskMail::More => inside(
            format!("{desk}: the reporter of {rest} wrote, in case {number}"),
            &format!(
                "The reporter of {rest} wrote.\n\nSign in to read it: {base}/cases/{number}/talk"
            ),
            head,
        ),
        DeskMail::Joined => inside(
            format!("{desk}: you are in case {number}"),
            &format!(
                "You are asked to work on case {number} as {rest}. Before you see the advisory's text: say whether you have a\n\
                 conflict of interest, and whether you agree to the embargo.\n\nSign in: {base}/cases/{number}/team"
            ),
            head,
        ),
        DeskMail::Notice => (
            format!("{desk}: a security notice for you, before the public"),
            footed(&notice(secret, base), head, ANSWERED),
        ),
        DeskMail::Check => (
            format!("{desk}: do you still run our software?"),
            footed(&check(secret, base), head, ANSWERED),
        ),
        DeskMail::Duty => {
            let stands = one_line(lines.next().unwrap_or_default());
            let text = format!(
                "A standing duty: {first}.\nIt is {stands}.\n\nSign in to say that it is done, and what shows it: {base}/duties"
            );
            inside(format!("{desk}: a standing duty, {stands}"), &text, head)
        }
        DeskMail::Due => {
            let what = one_line(lines.next().unwrap_or_default());
            let stands = one_line(lines.next().unwrap_or_default());
            let text = format!(
                "Case {first}: {what}.\nIt is {stands}.\n\nThe later it is, the more people are told.\n\nSign in: {base}/cases/{first}"
            );
            inside(format!("{desk}: case {first}, {stands}"), &text, head)
        }
    }
}

fn receipt(secret: &str, (case, report): (&str, &str), base: &str) -> String {
    let mut lines = secret.lines();
    let token = lines.next().unwrap_or_default();
    let asked: Vec<&str> = lines.collect();
    let asked = if asked.is_empty() {
        String::new()
    } else {
        format!("\n\nThis would help us:\n{}", listed(&asked))
    };
    format!(
        "Thank you. Your report is {report}, in case {case}. Somebody of the group reads it and answers within two business days.\n\n\
         Follow it, and send more, here. Whoever has this address can read and answer, and we cannot send it again:\n\n\
         {base}/report/status/{token}{asked}\n\n\
         Please tell nobody else of it until it is mended and published; we agree with you when that is."
    )
}

/// It says nothing of what it is about: who reads the mailbox has agreed to nothing yet.
fn notice(secret: &str, base: &str) -> String {
    format!(
        "You run installations of our software. There is a vulnerability that is not public yet, and a notice of it for you.\n\n\
         Open it here, read the terms under which it is kept back, and agree to them to read on. The link is yours alone, and what is\n\
         opened with it is marked as your copy:\n\n{base}/notice/{secret}"
    )
}

fn check(secret: &str, base: &str) -> String {
    format!(
        "You are in our register of those who are told of vulnerabilities before the public. We ask once a year whether you still\n\
         run our software and this is still your address. If so, say it here:\n\n{base}/contact/{secret}\n\n\
         Without an answer you are told no more, and still find everything that is published at {base}/advisories"
    )
}

fn questions(secret: &str, base: &str) -> String {
    let asked: Vec<&str> = secret.lines().collect();
    format!(
        "Your mail came, but it says too little for us to look into it, and no case was opened. Please send it again with answers\n\
         to these questions, or use the form: {base}/report\n\n{}",
        listed(&asked)
    )
}

fn listed(lines: &[&str]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("- {line}")).collect();
    lines.join("\n")
}

const ANSWERED: &str = "Somebody reads what you answer to this mail.";

/// To a reporter: an answer is read.
fn outside(subject: String, said: &str, head: &Letterhead) -> (String, String) {
    let foot =
        "Answer this mail, and leave the number in its subject: what you write joins your report.";
    (subject, footed(said, head, foot))
}

/// To the group.
fn inside(subject: String, said: &str, head: &Letterhead) -> (String, String) {
    let foot = "This mail was written by a machine. It goes to people of the security group.";
    (subject, footed(said, head, foot))
}

fn footed(said: &str, head: &Letterhead, foot: &str) -> String {
    format!("{said}\n\n-- \n{}\n{}\n{foot}\n", head.clinic, head.base)
}
