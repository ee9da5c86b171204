//! Who wrote a mail: a person, a machine, or a mail server about a mail of ours (RFC 3834, RFC 3464). Machines that answer machines
//! do so for ever.

use mail_parser::{Address, MessageParser, MimeHeaders};

use super::{Dkim, Report};

/// Who wrote a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writer {
    /// Somebody who may be answered.
    Person,
    /// A program: nothing is answered.
    Machine,
    /// A mail server that tells what became of a mail: what stands before the `@` of that mail's number, if it says.
    Server(Option<String>),
}

/// So many bytes of a server's answer are searched for the mail that it is about.
const SEARCHED: usize = 200_000;

/// What its headers say of who wrote a mail.
pub fn writer(mail: &[u8]) -> Writer {
    let Some(head) = MessageParser::default().parse_headers(mail) else {
        return Writer::Machine;
    };
    let kind = head.content_type();
    let about_mail = kind.is_some_and(|kind| {
        kind.ctype().eq_ignore_ascii_case("multipart")
            && kind
                .subtype()
                .is_some_and(|s| s.eq_ignore_ascii_case("report"))
            && kind
                .attribute("report-type")
                .is_some_and(|of| of.eq_ignore_ascii_case("delivery-status"))
    });
    if about_mail {
        return Writer::Server(returned(mail));
    }
    let says = |name: &str, yes: &dyn Fn(&str) -> bool| {
        let mut all = head.headers_raw();
        all.any(|(n, value)| n.eq_ignore_ascii_case(name) && yes(&value.trim().to_lowercase()))
    };
    let any = |_: &str| true;
    let machine = says("Return-Path", &|path| path == "<>")
        || says("Auto-Submitted", &|how| !how.starts_with("no"))
        || says("Precedence", &|p| {
            ["bulk", "junk", "list", "auto_reply"].contains(&p)
        })
        || [
            "List-Id",
            "List-Unsubscribe",
            "X-Autoreply",
            "X-Autorespond",
        ]
        .iter()
        .any(|name| says(name, &any))
        || says("X-Auto-Response-Suppress", &|what| what != "none")
        || nobody_reads(head.from());
    if machine {
        Writer::Machine
    } else {
        Writer::Person
    }
}

/// Addresses behind which nobody is.
fn nobody_reads(from: Option<&Address<'_>>) -> bool {
    let address = from.and_then(|from| from.first()).and_then(|a| a.address());
    let Some((local, _)) = address.and_then(|a| a.rsplit_once('@')) else {
        return true;
    };
    let local: String = local.to_lowercase().replace(['-', '_', '.'], "");
    ["mailerdaemon", "postmaster", "noreply", "donotreply"].contains(&local.as_str())
}

/// The number of the mail that came back, from its head, which the server's answer holds.
fn returned(mail: &[u8]) -> Option<String> {
    let mail = mail.get(..SEARCHED).unwrap_or(mail);
    let text = String::from_utf8_lossy(mail);
    let lines = text.lines().skip_while(|line| !line.trim().is_empty());
    let numbers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim()
            .eq_ignore_ascii_case("message-id")
            .then_some(value)
    });
    let number = numbers.last()?.trim().strip_prefix('<')?;
    let local = number.split('@').next()?;
    let fine = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (!local.is_empty() && local.len() <= 64 && local.bytes().all(fine)).then(|| local.to_owned())
}

/// Where a report's writer may be answered: none where the address is none, or its signature says that it is forged.
pub fn answerable(report: &Report) -> Option<&str> {
    let address = report.from.as_deref()?;
    let forged = matches!(report.dkim, Dkim::Fail(_));
    (is_address(address) && !forged).then_some(address)
}

/// Whether a text is an address that mail can be sent to: `name@example.org`, in ASCII.
pub fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let sign = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    let label = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    (1..=64).contains(&local.len())
        && address.len() <= 254
        && local.bytes().all(sign)
        && local.split('.').all(|atom| !atom.is_empty())
        && domain.contains('.')
        && domain.split('.').all(label)
}

/// Whether the signature of a mail is that of its sender's own domain: then its address is its sender's.
pub fn is_signed_by_sender(report: &Report) -> bool {
    match (&report.dkim, report.from.as_deref()) {
        (Dkim::Pass(by), Some(address)) => is_below(address, by),
        (Dkim::Pass(_) | Dkim::Fail(_) | Dkim::Unsure(_) | Dkim::None, _) => false,
    }
}

/// Whether an address is one of a domain, or of one below it.
pub(super) fn is_below(address: &str, domain: &str) -> bool {
    let Some((_, of)) = address.rsplit_once('@') else {
        return false;
    };
    let (by, of) = (domain.to_lowercase(), of.to_lowercase());
    !by.is_empty() && (of == by || of.ends_with(&format!(".{by}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, expected: Writer) {
        let mail = format!("{head}\r\n\r\nText\r\n");
        assert_eq!(writer(mail.as_bytes()), expected, "{head}");
    }

    #[test]
    fn what_a_machine_wrote_is_not_answered() {
        let from = "From: fin@finder.example";
        check(from, Writer::Person);
        check(&format!("{from}\r\nAuto-Submitted: no"), Writer::Person);
        check(
            &format!("Return-Path: <fin@finder.example>\r\n{from}"),
            Writer::Person,
        );
        for more in [
            "Return-Path: <>",
            "Auto-Submitted: auto-replied (vacation)",
            "auto-submitted: auto-generated",
            "Precedence: Bulk",
            "List-Id: <all.finder.example>",
            "X-Auto-Response-Suppress: All",
        ] {
            check(&format!("{more}\r\n{from}"), Writer::Machine);
        }
        for nobody in ["MAILER-DAEMON@mx.example", "no-reply@x.example", "<>"] {
            check(&format!("From: {nobody}"), Writer::Machine);
        }
    }

    #[test]
    fn a_server_that_sends_a_mail_back_says_which() {
        let mail = "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nMessage-ID: <of-the-answer@mx.example>\r\n\
            Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNobody of that name.\r\n\
            --b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n\
            --b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: x\r\nMessage-ID: <0Ab1-0@desk.example>\r\n--b--\r\n";
        assert_eq!(
            writer(mail.as_bytes()),
            Writer::Server(Some("0Ab1-0".into()))
        );
        let silent = mail.replace("Message-ID: <0Ab1", "X: <0Ab1");
        assert_eq!(writer(silent.as_bytes()), Writer::Server(None));
    }
}
