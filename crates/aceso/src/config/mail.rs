//! `[mail]`: the one server that mail is handed to.

use aceso_egress::Trust;
use aceso_jobs::mail::Allowed;
use aceso_mail::{Address, Line, Login, Mailer, Server};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::{Config, Key};

section! {
    /// Mail out: notices, links to new passwords, the audit log's daily head.
    Mail {
        /// The server that mail is handed to: "smtps://mail.example:465" (TLS), "smtp://mail.example:587" (STARTTLS, which it must
        /// offer), or "smtp://127.0.0.1:25" (this machine's own, in plain text). It is called and no other. Empty: no mail is sent.
        server: String = String::new(),
        /// The address that mail comes from.
        from: String = String::new(),
        /// Our user name there. Empty: none is told.
        user: String = String::new(),
        /// The file (mode 0600) whose first line is its password.
        password_file: String = String::new(),
        /// The domains that mail may go to: ["clinic.example"]. Empty: all.
        only_to: Vec<String> = Vec::new(),
        /// Who is mailed the audit log's head every day, best outside the clinic: with it, a log that was written anew is found out.
        daily_root_to: Vec<String> = Vec::new(),
    }
}

impl Mail {
    /// Whether mail is sent.
    pub(crate) fn is_on(&self) -> bool {
        !self.server.is_empty()
    }

    /// Whom it may go to.
    pub(crate) fn allowed(&self) -> Allowed {
        Allowed::domains(&self.only_to)
    }

    /// Who is mailed the log's head.
    pub(crate) fn witnesses(&self) -> Result<Vec<Address>> {
        let read = self.daily_root_to.iter().map(|text| Address::parse(text));
        read.collect::<Result<_, _>>().context("mail.daily_root_to")
    }
}

impl Config {
    pub(super) fn check_mail(&self) -> Result<()> {
        let mail = &self.mail;
        mail.witnesses()?;
        if !mail.is_on() {
            let named = [&mail.from, &mail.user, &mail.password_file];
            if named.iter().any(|text| !text.is_empty()) || !mail.daily_root_to.is_empty() {
                bail!("mail.server is not named, but other keys of [mail] are");
            }
            return Ok(());
        }
        Server::parse(&mail.server).context("mail.server")?;
        Address::parse(&mail.from).context("mail.from")?;
        if mail.user.is_empty() != mail.password_file.is_empty() {
            bail!("mail.user and mail.password_file go together");
        }
        Line::parse(&self.listen.clinic).context("listen.clinic")?;
        Ok(())
    }

    /// What hands mail over; none when none is sent. The password is read now.
    pub(crate) fn mailer(&self, trust: &Trust) -> Result<Option<Mailer>> {
        let mail = &self.mail;
        if !mail.is_on() {
            return Ok(None);
        }
        let server = Server::parse(&mail.server)?;
        let (from, name) = (
            Address::parse(&mail.from)?,
            Line::parse(&self.listen.clinic)?,
        );
        let mailer = Mailer::new(server, trust.for_mail()?, from, name);
        if mail.user.is_empty() {
            return Ok(Some(mailer));
        }
        let password = crate::outside::read(&mail.password_file).context("mail.password_file")?;
        Ok(Some(mailer.known_as(Login {
            user: mail.user.clone(),
            password,
        })))
    }
}
