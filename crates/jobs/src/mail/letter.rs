//! What a message says. Nothing of a patient, no name of a person, no detail that the reader's own sign-in would not show: mail
//! is read by whoever reads the mailbox.

use aceso_store::{Mail, MailKind, NoticeKind};

use super::desk;

/// In whose name it is written.
#[derive(Clone, Debug)]
pub struct Letterhead {
    /// The clinic's name.
    pub clinic: String,
    /// The address that people sign in at.
    pub base: String,
}

/// The subject and the text.
pub(super) fn write(mail: &Mail, head: &Letterhead) -> (String, String) {
    let (subject, said) = match mail.kind {
        MailKind::Notice(kind) => notice(kind, &mail.detail, &head.base),
        MailKind::Reset => reset(mail),
        MailKind::Invitation => invitation(mail, head),
        MailKind::LogHead => log_head(mail),
        MailKind::Desk(kind) => return desk::write(kind, mail, head),
    };
    let text = format!(
        "{said}\n\n-- \n{}\n{}\nThis mail was written by a machine; nobody reads an answer to it.\n",
        head.clinic, head.base
    );
    (format!("{}: {subject}", one_line(&head.clinic)), text)
}

fn reset(mail: &Mail) -> (&'static str, String) {
    let link = mail.secret.as_ref().map_or("", |s| s.expose().as_str());
    let said = format!(
        "Somebody asked for a new password for your account. If it was you, choose one here:\n\n{link}\n\n\
         The link works once, for 15 minutes. Passkeys, authenticator app and recovery codes stay as they are, and are still\n\
         asked for.\n\n\
         If it was not you, do nothing: your password stays as it is. Tell an administrator when it happens again."
    );
    ("a link to a new password", said)
}

fn invitation(mail: &Mail, head: &Letterhead) -> (&'static str, String) {
    let link = mail.secret.as_ref().map_or("", |s| s.expose().as_str());
    let said = format!(
        "An administrator made an account for you at {}. Choose here how you want to sign in:\n\n{link}\n\n\
         The link works once, for three days. Nobody else ever knows your password.\n\n\
         If you do not know what this is about, do nothing.",
        one_line(&head.clinic)
    );
    ("an invitation", said)
}

fn log_head(mail: &Mail) -> (&'static str, String) {
    let said = format!(
        "The head of the audit log, and the key that signed it. Keep this mail where the clinic's administrators cannot reach it:\n\
         with it, `aceso audit verify` shows whether the log was written anew since.\n\n{}",
        mail.detail
    );
    ("the audit log's head today", said)
}

/// A notice to a person about their own account, or to one who looks after the installation.
fn notice(kind: NoticeKind, detail: &str, base: &str) -> (&'static str, String) {
    let own = |what: &str| {
        format!(
            "{what}\n\nIf this was you, there is nothing to do. If not: change your password, end your other sessions\n\
             ({base}/account), and tell an administrator at once."
        )
    };
    let duty = |what: &str, place: &str| format!("{what}\n\nSign in to see it: {base}{place}");
    let detail = one_line(detail);
    match kind {
        NoticeKind::NewDevice => (
            "a sign-in from a browser not seen before",
            own(&format!(
                "Somebody signed in to your account from a browser that was not seen before: {detail}."
            )),
        ),
        NoticeKind::CredentialAdded => (
            "a way to sign in was added",
            own(&format!(
                "A way to sign in was added to your account: {detail}."
            )),
        ),
        NoticeKind::CredentialRemoved => (
            "a way to sign in was removed",
            own(&format!(
                "A way to sign in was removed from your account: {detail}."
            )),
        ),
        NoticeKind::PasswordChanged => (
            "your password was changed",
            own("The password of your account was changed, and all your sessions ended."),
        ),
        NoticeKind::RecoveryUsed => (
            "a recovery code was used",
            own("A recovery code of your account was used to sign in."),
        ),
        NoticeKind::Attempts => (
            "many wrong attempts to sign in",
            own("Somebody tried many times, in vain, to sign in to your account."),
        ),
        NoticeKind::AddressChanged => (
            "notices go to another address",
            own(
                "An administrator changed the mail address of your account. This is told at both addresses.",
            ),
        ),
        NoticeKind::Roles => (
            "your roles were changed",
            duty("An administrator changed what you may do.", "/account"),
        ),
        NoticeKind::Unlocked => (
            "you can sign in again",
            duty(
                "An administrator lifted the pause after wrong attempts.",
                "/account",
            ),
        ),
        NoticeKind::BreakGlass => (
            "a chart was opened in an emergency",
            duty(
                "Somebody opened a patient's chart in an emergency. The access waits for its review.",
                "/account/notices",
            ),
        ),
        NoticeKind::Integrity => (
            "a check of the store found something wrong",
            duty(
                "What is stored is not as it was written. Look at it now.",
                "/admin/integrity",
            ),
        ),
        NoticeKind::ReviewOverdue => (
            "the review of an emergency access is overdue",
            duty(
                "An emergency access to a patient's chart was not reviewed in time.",
                "/account/notices",
            ),
        ),
        NoticeKind::DutyOver => (
            "something that the clinic must keep up is over, or soon will be",
            duty(
                "An agreement, a test or a yearly review that the clinic must keep up holds no more, or not for much longer.",
                "/account/notices",
            ),
        ),
        NoticeKind::RecheckOpened => (
            "who may do what is to be confirmed again",
            duty(
                "The list of who may do what was opened.",
                "/account/notices",
            ),
        ),
        NoticeKind::Proposal => (
            "a second administrator's agreement",
            duty(
                "Something needs, or was given, a second administrator's agreement.",
                "/account/notices",
            ),
        ),
        NoticeKind::Alert => (
            "an alert that cannot wait",
            duty(
                "The rules over the audit log found what may be an attack, or loss. Look at it now.",
                "/admin/alerts",
            ),
        ),
        NoticeKind::InsiderCases => (
            "accesses that nothing explains",
            duty(
                "The review of accesses found some that nothing explains.",
                "/account/notices",
            ),
        ),
    }
}

/// Without what would end a line.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aceso_base::{Instant, Secret};
    use aceso_store::DeskMail;

    const KINDS: [NoticeKind; 17] = [
        NoticeKind::NewDevice,
        NoticeKind::CredentialAdded,
        NoticeKind::CredentialRemoved,
        NoticeKind::PasswordChanged,
        NoticeKind::RecoveryUsed,
        NoticeKind::BreakGlass,
        NoticeKind::Roles,
        NoticeKind::Unlocked,
        NoticeKind::Attempts,
        NoticeKind::Integrity,
        NoticeKind::ReviewOverdue,
        NoticeKind::RecheckOpened,
        NoticeKind::Proposal,
        NoticeKind::InsiderCases,
        NoticeKind::AddressChanged,
        NoticeKind::Alert,
        NoticeKind::DutyOver,
    ];

    const DESK: [DeskMail; 10] = [
        DeskMail::Receipt,
        DeskMail::Questions,
        DeskMail::Answer,
        DeskMail::NewReport,
        DeskMail::More,
        DeskMail::Joined,
        DeskMail::Due,
        DeskMail::Notice,
        DeskMail::Check,
        DeskMail::Duty,
    ];

    fn mail(kind: MailKind, detail: &str) -> Mail {
        Mail {
            id: "1".into(),
            kind,
            account: "a".into(),
            address: "ann@clinic.example".into(),
            detail: detail.into(),
            secret: Some(Secret::new(
                "https://clinic.example/reset/tokentoken".into(),
            )),
            made: Instant::from_millis(0),
            until: Instant::from_millis(1),
            tries: 0,
            ended: None,
            failure: String::new(),
        }
    }

    fn head() -> Letterhead {
        Letterhead {
            clinic: "Riverside\r\nBcc: eve@evil.example".into(),
            base: "https://clinic.example".into(),
        }
    }

    #[test]
    fn asvs_1_3_11_every_subject_is_one_line_whatever_the_clinic_is_called() {
        let desk = DESK.map(MailKind::Desk);
        for kind in KINDS
            .map(MailKind::Notice)
            .into_iter()
            .chain([MailKind::Reset, MailKind::Invitation, MailKind::LogHead])
            .chain(desk)
        {
            let (subject, _) = write(&mail(kind, "x\r\ny"), &head());
            assert!(aceso_mail::Line::parse(&subject).is_ok(), "{subject:?}");
        }
    }

    #[test]
    fn n8_mail_to_officers_names_neither_patient_nor_person() {
        // What such notices say inside the program: names of people, ids of charts.
        let detail = "Ben Ortiz opened the chart of Maria Lopez";
        for kind in [
            NoticeKind::BreakGlass,
            NoticeKind::Integrity,
            NoticeKind::ReviewOverdue,
            NoticeKind::DutyOver,
            NoticeKind::RecheckOpened,
            NoticeKind::Proposal,
            NoticeKind::InsiderCases,
            NoticeKind::Alert,
            NoticeKind::Roles,
            NoticeKind::Unlocked,
        ] {
            let (subject, text) = write(&mail(MailKind::Notice(kind), detail), &head());
            assert!(!subject.contains("Ben") && !text.contains("Ben"), "{text}");
        }
    }

    #[test]
    fn a_receipt_leads_to_the_status_page_and_asks_what_is_missing() {
        let mut mail = mail(MailKind::Desk(DeskMail::Receipt), "C-2026-0001 R-2026-0002");
        mail.secret = Some(Secret::new("tokentoken\nWhich version?".into()));
        let (subject, text) = write(&mail, &head());
        assert!(subject.starts_with("[R-2026-0002] Riverside"), "{subject}");
        for said in [
            "case C-2026-0001",
            "https://clinic.example/report/status/tokentoken\n",
            "- Which version?\n",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }

    #[test]
    fn mail_to_the_desk_s_group_holds_numbers_and_no_secret() {
        for kind in [
            DeskMail::NewReport,
            DeskMail::More,
            DeskMail::Joined,
            DeskMail::Due,
        ] {
            let detail = "C-2026-0001 R-2026-0002\nanswer\noverdue since 2026-01-02";
            let (subject, text) = write(&mail(MailKind::Desk(kind), detail), &head());
            assert!(subject.contains("C-2026-0001"), "{subject}");
            assert!(!text.contains("tokentoken"), "{text}");
        }
    }

    #[test]
    fn only_a_reset_and_an_invitation_carry_their_link() {
        for kind in [MailKind::Reset, MailKind::Invitation] {
            let (_, text) = write(&mail(kind, ""), &head());
            assert!(text.contains("https://clinic.example/reset/tokentoken\n"));
        }
        for kind in KINDS {
            let (_, text) = write(&mail(MailKind::Notice(kind), "x"), &head());
            assert!(!text.contains("tokentoken"));
        }
    }
}
