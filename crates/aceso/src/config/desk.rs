//! `[desk]`: the response desk.

use aceso_egress::Trust;
use aceso_jobs::Signatures;
use aceso_mail::{Login, Mailbox, Names, Server};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::{Config, Key};

section! {
    /// The response desk, where `aceso desk serve` runs. Its name is listen.clinic.
    Desk {
        /// Where people write to report something, by mail: "security@example.org". Empty: by the form alone.
        contact: String = String::new(),
        /// A Maildir to which this machine's mail server delivers what is written there. Empty: none.
        maildir: String = String::new(),
        /// A mailbox on a server: "imaps://mail.example:993" (TLS), "imap://mail.example:143" (STARTTLS, which it must offer), or
        /// "imap://127.0.0.1:143" (this machine's own, in plain text). Empty: none.
        imap: String = String::new(),
        /// Our user name there.
        imap_user: String = String::new(),
        /// The file (mode 0600) whose first line is its password.
        imap_password_file: String = String::new(),
        /// The name of the box.
        imap_box: String = "INBOX".to_owned(),
        /// The mail server's name in the Authentication-Results header that it adds; any other such header is not believed.
        mail_server: String = String::new(),
        /// The name server (address and port) that is asked for the keys of senders whose signatures the mail server did not check.
        /// Empty: those of this machine (/etc/resolv.conf). "none": nobody is asked, and signatures are not checked.
        name_server: String = String::new(),
        /// The products that reports are about, as the form offers them.
        products: Vec<String> = vec!["Aceso".to_owned()],
        /// How fast things are to be mended: ceiling (90, 180, 180, 365 days by severity) or fast (14, 30, 90, 180).
        policy: String = "ceiling".to_owned(),
        /// Days on which nobody works, for what is counted in business days: ["2026-12-25"].
        holidays: Vec<String> = Vec::new(),
        /// Directories with snapshots of advisories on this machine: RustSec's advisory-db, exports of OSV. Bills of materials are compared
        /// with them every night.
        snapshots: Vec<String> = Vec::new(),
        /// How many percent of the installations are to be patched before a case is looked back at.
        coverage: u8 = 90,
    }
}

impl Config {
    pub(super) fn check_desk(&self) -> Result<()> {
        let desk = &self.desk;
        self.signatures()?;
        let named = [&desk.imap_user, &desk.imap_password_file];
        if desk.imap.is_empty() {
            if named.iter().any(|text| !text.is_empty()) {
                bail!("desk.imap is not named, but desk.imap_user or desk.imap_password_file is");
            }
            return Ok(());
        }
        Server::parse_imap(&desk.imap).context("desk.imap")?;
        if named.iter().any(|text| text.is_empty()) {
            bail!("desk.imap asks for desk.imap_user and desk.imap_password_file");
        }
        Ok(())
    }

    /// What checks the signatures of mails, if they are checked here.
    pub(crate) fn signatures(&self) -> Result<Option<Signatures>> {
        let names = match self.desk.name_server.as_str() {
            "none" => return Ok(None),
            "" => {
                let file = std::fs::read_to_string("/etc/resolv.conf");
                Names::of(&file.unwrap_or_default())
            }
            server => Names::at(&[server.parse().context("desk.name_server")?]),
        };
        Ok(Some(Signatures::new(names)))
    }

    /// The desk's mailbox on a server, if it has one. The password is read now.
    pub(crate) fn mailbox(&self, trust: &Trust) -> Result<Option<Mailbox>> {
        let desk = &self.desk;
        if desk.imap.is_empty() {
            return Ok(None);
        }
        let password = crate::outside::read(&desk.imap_password_file);
        let login = Login {
            user: desk.imap_user.clone(),
            password: password.context("desk.imap_password_file")?,
        };
        let server = Server::parse_imap(&desk.imap)?;
        let opened = Mailbox::new(server, trust.for_mail()?, login, &desk.imap_box);
        Ok(Some(opened.context("desk.imap_box")?))
    }
}
