//! `aceso.toml`: one struct a section, unknown keys refused, every key documented where it is declared.

use std::path::Path;

use aceso_policy::{Endpoints, OpeningHours, Role};
use aceso_store::{BrowserOrigin, PeopleRule};
use aceso_web::{Network, page};
use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::outside;

/// Declares a section once: the struct, its defaults, and the text of `aceso config explain`.
macro_rules! section {
    ($(#[doc = $about:literal])+ $name:ident { $($(#[doc = $doc:literal])+ $key:ident: $kind:ty = $default:expr,)+ }) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct $name {
            $($(#[doc = $doc])+ pub(crate) $key: $kind,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default,)+ }
            }
        }

        impl $name {
            /// Each key with its default and meaning.
            pub(super) fn explained() -> Vec<Key> {
                let default = Self::default();
                vec![$(Key {
                    name: stringify!($key),
                    default: toml::Value::try_from(&default.$key).map(|v| v.to_string()).unwrap_or_default(),
                    meaning: concat!($($doc),+).trim(),
                },)+]
            }
        }
    };
}

mod audit;
mod backup;
mod desk;
mod devices;
mod difference;
mod explain;
pub(crate) mod history;
mod mail;
mod services;
mod shield;
mod telemetry;
mod update;

pub(crate) use audit::Audit;
use audit::Insiders;
pub(crate) use backup::Backup;
use desk::Desk;
use explain::Key;
pub(crate) use explain::explain;
#[cfg(test)]
pub(crate) use explain::sections;
use mail::Mail;
use services::Services;
use shield::Shield;
use telemetry::Telemetry;
pub(crate) use update::Policy as UpdatePolicy;
use update::Update;

section! {
    /// Where and how the server listens.
    Listen {
        /// The clinic's name, as pages and authenticator apps show it.
        clinic: String = "Aceso".to_owned(),
        /// Address to listen on. Plain http:// is allowed on the loopback only.
        address: String = "https://127.0.0.1:8443".to_owned(),
        /// Scheme and authority that clients use, where it differs from the address: https://clinic.example. Tokens are
        /// issued, and assertions must be addressed, in this name. Empty: the address itself.
        public: String = String::new(),
        /// PEM file with the certificate chain. Empty: a certificate of the server's own, kept beside the data directory.
        certificate: String = String::new(),
        /// PEM file with the certificate's private key.
        certificate_key: String = String::new(),
        /// Whether a proxy in front is believed about the client's address and host (X-Forwarded-For, -Host, -Proto).
        trust_forwarded: bool = false,
        /// Origins whose scripts may call /fhir and /oauth from a browser, beside those that apps registered for their own
        /// tokens: ["https://tool.example"]. Exact; there is no wildcard.
        origins: Vec<String> = Vec::new(),
    }
}

section! {
    /// When the clinic is open. Policies may ask: the front desk's and billing's own rights end with the day's work.
    Hours {
        /// The clinic's time zone, by its IANA name: America/New_York.
        time_zone: String = "UTC".to_owned(),
        /// When it is open: ["mon-fri 07:00-19:00", "sat 09:00-12:00"]. Empty: it keeps no hours, and is always open.
        open: Vec<String> = Vec::new(),
        /// Dates on which it is closed: ["2026-12-25"].
        closed: Vec<String> = Vec::new(),
        /// Public holidays, which no time that is counted in business days counts (incidents, under /admin/incidents):
        /// ["2026-12-25"].
        holidays: Vec<String> = Vec::new(),
    }
}

section! {
    /// The language of the pages, for whoever chose none: persons choose their own on the page "Language and look".
    Language {
        /// Its tag: en, es, fr or ar. Empty: what the browser asks for.
        default: String = String::new(),
    }
}

section! {
    /// The board of those who are in the house.
    Board {
        /// After so many minutes at one stage a wait counts as long.
        long_wait_minutes: u32 = 15,
        /// After so many minutes it counts as too long; not less than the one before.
        too_long_wait_minutes: u32 = 30,
    }
}

section! {
    /// Who may reach the administration area (people, roles, clients, sessions) at all.
    Administration {
        /// Networks it may be reached from: ["10.20.0.0/16", "127.0.0.1"]. Empty: from anywhere.
        networks: Vec<String> = Vec::new(),
        /// PEM file with the authorities whose client certificates are good. With it, the area is there only for
        /// connections that show one. Empty: no certificate is asked for.
        client_authorities: String = String::new(),
    }
}

section! {
    /// What a client may take up.
    Limits {
        /// Longest body of a batch or transaction, in MiB.
        bundle_mib: u16 = 64,
        /// Longest body of any other request, in MiB.
        body_mib: u16 = 8,
        /// Most connections at a time; more wait.
        connections: u16 = 1024,
        /// Matches on a page of a search, when the client does not say.
        page: u32 = 50,
        /// Most matches on a page.
        page_most: u32 = 1000,
    }
}

section! {
    /// Access tokens.
    Tokens {
        /// Life of a backend service's token, in seconds; SMART asks for 300 at most.
        backend_seconds: u32 = 300,
        /// Life of a token that `aceso client add --token` prints, in hours.
        script_hours: u32 = 8,
    }
}

section! {
    /// Sessions of people who are signed in.
    Sessions {
        /// After this many minutes without a request a session is locked, 1 to 60.
        idle_minutes: u32 = 15,
        /// After this many hours it ends, whatever happens, 1 to 24.
        absolute_hours: u32 = 12,
        /// Most sessions of a person at a time; the oldest ends.
        most: u32 = 20,
        /// The clinic's own networks, which policies may ask for: ["192.168.7.0/24"]. Empty: no place is known.
        trusted_networks: Vec<String> = Vec::new(),
    }
}

section! {
    /// Signing in.
    SignIn {
        /// After this many wrong attempts in a row an account is closed until the end of the day (UTC), 10 to 100. Each
        /// attempt before makes wait: 1, 3, 5, 10 seconds. A browser that the person used before has its own count.
        failures: u32 = 100,
        /// The same for an address, whatever accounts are tried from there, within an hour; many may share one.
        address_failures: u32 = 1000,
        /// Roles for which one factor is enough; everybody else needs two.
        one_factor_roles: Vec<String> = vec!["patient".to_owned(), "proxy".to_owned()],
        /// Memory that one password check takes (Argon2id), in MiB, 19 to 256.
        hash_memory_mib: u32 = 19,
        /// Passes over it, 2 to 16.
        hash_passes: u32 = 2,
        /// Password checks at a time, 1 to 16; more wait, and the rest are asked to come again.
        hash_workers: u32 = 1,
        /// How long an invitation can be taken up, in days, 1 to 30.
        invitation_days: u32 = 7,
        /// How long a reset link works, in hours, 1 to 72.
        reset_hours: u32 = 24,
        /// Models of devices (AAGUIDs, as 2fc0579f-8113-47ea-b116-bb5a8db9202a) that alone make passkeys of administrators, security
        /// officers and auditors, and whose private keys cannot leave them. With device_authorities. Empty: any device does.
        devices: Vec<String> = Vec::new(),
        /// Files with the certificates of the makers' authorities that vouch for these models (PEM, one each).
        device_authorities: Vec<String> = Vec::new(),
        /// Outside OpenID providers; each is a [[sign_in.provider]] section of its own, see below.
        provider: Vec<Provider> = Vec::new(),
    }
}

section! {
    /// An outside OpenID provider that people may sign in through. Its issuer, and the addresses of its keys and tokens, must
    /// be among egress.endpoints; the address to register there is https://YOUR-ADDRESS/sign-in/with/ID/back.
    Provider {
        /// Its name in our addresses: small letters, digits and -.
        id: String = String::new(),
        /// What people call it: it stands on the button.
        name: String = String::new(),
        /// Its issuer identifier: https://idp.example/realms/clinic.
        issuer: String = String::new(),
        /// Our client id there.
        client: String = String::new(),
        /// File with our client secret there. Either this or key_file.
        secret_file: String = String::new(),
        /// File with the private key (JWK, P-256 or P-384, with kid) that we sign assertions for it with (private_key_jwt).
        key_file: String = String::new(),
        /// The scopes that are asked for.
        scopes: String = "openid profile".to_owned(),
        /// The claim of its ID tokens that administrators name people by. From the first sign-in on only sub counts.
        claim: String = "preferred_username".to_owned(),
        /// Values of amr that stand for two factors proved there. Without one of these, our own second factor is asked for.
        two_factors_amr: Vec<String> = vec!["mfa".to_owned()],
        /// Values of acr that do; they are asked for there.
        two_factors_acr: Vec<String> = Vec::new(),
        /// How long ago people may have proved there who they are, in minutes. 0: any time.
        max_age_minutes: u32 = 0,
        /// Roles of the accounts that are made for people whom nobody linked. Empty: none are made.
        new_accounts: Vec<String> = Vec::new(),
    }
}

section! {
    /// The root key.
    RootKey {
        /// Where it comes from: "keyfile", "passphrase" (asked for on the terminal, or from passphrase_file, --passphrase-file,
        /// or the systemd credential aceso-passphrase) or "pkcs11" (a token: module, token, pin_file). A record keeps the
        /// source it was locked with; `aceso key rewrap` changes it.
        source: String = "keyfile".to_owned(),
        /// keyfile: the file. Empty: beside the data directory, with .key added to its name. Never inside it.
        file: String = String::new(),
        /// passphrase: a file (mode 0600) whose first line it is. Empty: it is asked for.
        passphrase_file: String = String::new(),
        /// pkcs11: the token's module, such as "/usr/lib/softhsm/libsofthsm2.so".
        module: String = String::new(),
        /// pkcs11: the token's label.
        token: String = String::new(),
        /// pkcs11: a file (mode 0600) whose first line is the user's PIN. Empty: it is asked for, or taken from the systemd
        /// credential aceso-pin.
        pin_file: String = String::new(),
        /// The file with the patients' data keys, sealed. Empty: beside the data directory, with .patient-keys added to its
        /// name. Never inside it: copies of the directory must not hold keys that an erasure has to destroy.
        patient_keys: String = String::new(),
    }
}

section! {
    /// The record.
    Record {
        /// Page cache in MiB, all connections together.
        cache_mib: u32 = 160,
        /// Reading threads.
        readers: u32 = 3,
        /// Whether a resource may refer to a local resource that is not there.
        allow_dangling: bool = false,
        /// Whether what is about substance use leaves the clinic only as 42 CFR part 2 lets it: with the patient's consent, and
        /// with the notice. true is for part 2 programs (42 CFR 2.11), and for who keeps their records.
        part2: bool = false,
        /// For so many milliseconds of every minute the server checks what is stored: all of it at least once a week. 0: not
        /// at all; at most 20000.
        scrub_millis: u32 = 500,
    }
}

section! {
    /// The way out: which addresses the program may call of its own (subscribers, providers of sign-in).
    Egress {
        /// Everything below these may be called, nothing else: ["https://app.example/hooks"]. A name must lead to public
        /// addresses; for a host of the inner network say where it is: "https://engine.clinic.example/in at 10.1.2.3".
        /// Plain http:// is for the loopback alone: "http://127.0.0.1:8090/hooks".
        endpoints: Vec<String> = Vec::new(),
        /// PEM file with authorities to be believed beside those that the machine trusts. Empty: none.
        certificates: String = String::new(),
    }
}

section! {
    /// Advisories about the program itself (`aceso advisories check`).
    Advisories {
        /// The address of the makers' response desk: "https://security.example.org". Empty: none is asked.
        desk: String = String::new(),
        /// The fingerprint of its OpenPGP key. What is not signed by it is refused.
        key: String = String::new(),
        /// A feed that was signed more than so many days ago is an alarm of its own.
        stale_days: u16 = 14,
        /// It is asked every so many minutes; 0: only by `aceso advisories check`.
        every_minutes: u16 = 60,
        /// A directory that `aceso advisories check --save` made, to be read in the desk's place where there is no Internet.
        bundle: String = String::new(),
        /// CISA's catalogue of known exploited vulnerabilities, a JSON file: what is in it is due sooner.
        known_exploited: String = String::new(),
        /// What the desk is told: "nothing" leaves this installation; "counters": for each advisory whether it is patched, with the
        /// release, without who says so; "named": the same under its name, signed, with the receipts of updates, so that somebody can
        /// call where an update fails. A list of who is not patched is of use to attackers: the desk keeps it sealed, shows it to the
        /// two who lead a case, and deletes it when the case is over.
        report: String = "nothing".to_owned(),
        /// The name under which it is told, for "named".
        name: String = String::new(),
        /// Whom to call, for "named": a telephone number or an address.
        contact: String = String::new(),
    }
}

section! {
    /// The program's log, on standard error. It holds ids, counts, durations and outcomes, never patient data.
    Log {
        /// error, warn, info, debug or trace.
        level: String = "info".to_owned(),
    }
}

/// All of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Where and how the server listens.
    pub(crate) listen: Listen,
    /// When the clinic is open.
    pub(crate) hours: Hours,
    /// The language of the pages.
    pub(crate) language: Language,
    /// The board of those who are in the house.
    pub(crate) board: Board,
    /// Who may reach the administration area.
    pub(crate) administration: Administration,
    /// What a client may take up.
    pub(crate) limits: Limits,
    /// Access tokens.
    pub(crate) tokens: Tokens,
    /// Sessions.
    pub(crate) sessions: Sessions,
    /// Signing in.
    pub(crate) sign_in: SignIn,
    /// The root key.
    pub(crate) root_key: RootKey,
    /// The record.
    pub(crate) record: Record,
    /// The way out.
    pub(crate) egress: Egress,
    /// The audit log.
    pub(crate) audit: Audit,
    /// The review of accesses.
    pub(crate) insiders: Insiders,
    /// Mail out.
    pub(crate) mail: Mail,
    /// Backups.
    pub(crate) backup: Backup,
    /// New releases of the program.
    pub(crate) update: Update,
    /// What keeps attackers out.
    pub(crate) shield: Shield,
    /// What is told of requests.
    pub(crate) telemetry: Telemetry,
    /// Advisories about the program itself.
    pub(crate) advisories: Advisories,
    /// The response desk.
    pub(crate) desk: Desk,
    /// What it asks of services elsewhere.
    pub(crate) services: Services,
    /// The program's log.
    pub(crate) log: Log,
}

impl Administration {
    /// The networks, read.
    pub(crate) fn networks(&self) -> Result<Vec<Network>> {
        let read = self.networks.iter().map(|text| text.parse());
        read.collect::<Result<_, _>>()
            .context("administration.networks")
    }
}

impl Config {
    /// Reads the file; without one, the defaults. A file that was named must be there.
    pub(crate) fn read(path: &Path, named: bool) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).with_context(|| path.display().to_string()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && !named => Ok(Self::default()),
            Err(e) => Err(e).with_context(|| path.display().to_string()),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let config: Self = toml::from_str(text)?;
        if config.listen.certificate.is_empty() != config.listen.certificate_key.is_empty() {
            bail!("listen.certificate and listen.certificate_key go together");
        }
        let wrong = |o: &&String| BrowserOrigin::parse(o).is_none();
        if let Some(wrong) = config.listen.origins.iter().find(wrong) {
            bail!("listen.origins: {wrong} is not an exact origin like https://tool.example");
        }
        config.administration.networks()?;
        if config.limits.page == 0 || config.limits.page > config.limits.page_most {
            bail!("limits.page must be between 1 and limits.page_most");
        }
        let seconds = config.tokens.backend_seconds;
        if !(1..=3600).contains(&seconds) {
            bail!("tokens.backend_seconds must be between 1 and 3600");
        }
        if !(1..=24).contains(&config.tokens.script_hours) {
            bail!("tokens.script_hours must be between 1 and 24");
        }
        config.page_language()?;
        if config.board.too_long_wait_minutes < config.board.long_wait_minutes {
            bail!("board.too_long_wait_minutes must not be less than board.long_wait_minutes");
        }
        within("record.scrub_millis", config.record.scrub_millis, 0, 20_000)?;
        let source = &config.root_key.source;
        if aceso_vault::root::Source::parse(source).is_none() {
            bail!("root_key.source must be keyfile, passphrase or pkcs11");
        }
        Endpoints::new(&config.egress.endpoints).context("egress.endpoints")?;
        config.audit.targets()?;
        config.audit.witnesses()?;
        config.audit.witness_for()?;
        config.check_people()?;
        config.insiders()?;
        config.check_backup()?;
        config.check_update()?;
        config.check_shield()?;
        config.holidays()?;
        config.check_mail()?;
        config.check_desk()?;
        config.check_services()?;
        if !["error", "warn", "info", "debug", "trace"].contains(&config.log.level.as_str()) {
            bail!("log.level must be error, warn, info, debug or trace");
        }
        Ok(config)
    }
}

impl Config {
    fn check_people(&self) -> Result<()> {
        let (sessions, sign_in) = (&self.sessions, &self.sign_in);
        within("sessions.idle_minutes", sessions.idle_minutes, 1, 60)?;
        within("sessions.absolute_hours", sessions.absolute_hours, 1, 24)?;
        within("sessions.most", sessions.most, 1, 1000)?;
        within("sign_in.failures", sign_in.failures, 10, 100)?;
        let address = sign_in.address_failures;
        within("sign_in.address_failures", address, 100, 100_000)?;
        within("sign_in.hash_memory_mib", sign_in.hash_memory_mib, 19, 256)?;
        within("sign_in.hash_passes", sign_in.hash_passes, 2, 16)?;
        within("sign_in.hash_workers", sign_in.hash_workers, 1, 16)?;
        within("sign_in.invitation_days", sign_in.invitation_days, 1, 30)?;
        within("sign_in.reset_hours", sign_in.reset_hours, 1, 72)?;
        self.trusted_networks()?;
        self.people()?;
        outside::check(self)
    }

    /// The clinic's own networks.
    pub(crate) fn trusted_networks(&self) -> Result<Vec<Network>> {
        let networks = self.sessions.trusted_networks.iter();
        networks
            .map(|text| text.parse().context("sessions.trusted_networks"))
            .collect()
    }

    /// The rules for people, as the store takes them.
    pub(crate) fn people(&self) -> Result<PeopleRule> {
        let (sessions, sign_in) = (&self.sessions, &self.sign_in);
        let mut rule = PeopleRule::default();
        rule.sessions.idle_millis = i64::from(sessions.idle_minutes) * 60_000;
        rule.sessions.absolute_millis = i64::from(sessions.absolute_hours) * 3_600_000;
        rule.sessions.most = sessions.most;
        rule.lock.account.most = sign_in.failures;
        rule.lock.address.most = sign_in.address_failures;
        let roles = sign_in.one_factor_roles.iter().map(|id| Role::parse(id));
        rule.one_factor = roles
            .collect::<Result<_, _>>()
            .context("sign_in.one_factor_roles")?;
        rule.hours = self.opening_hours()?;
        Ok(rule)
    }

    /// The language of the pages, for whoever chose none; none where it is the browser's to say.
    pub(crate) fn page_language(&self) -> Result<Option<page::Language>> {
        let tag = self.language.default.as_str();
        match (tag, page::Language::of_tag(tag)) {
            ("", _) => Ok(None),
            (_, Some(language)) => Ok(Some(language)),
            (_, None) => bail!("language.default must be en, es, fr or ar"),
        }
    }

    /// Days that nothing counts which is counted in business days.
    pub(crate) fn holidays(&self) -> Result<Vec<Date>> {
        let read = |day: &String| {
            day.trim().parse().with_context(|| {
                format!("hours.holidays: \"{day}\": a day is written as in \"2026-12-25\"")
            })
        };
        self.hours.holidays.iter().map(read).collect()
    }

    /// When the clinic is open, by its clocks.
    pub(crate) fn opening_hours(&self) -> Result<OpeningHours> {
        let hours = &self.hours;
        OpeningHours::parse(&hours.time_zone, &hours.open, &hours.closed).context("hours")
    }
}

fn within(key: &str, value: u32, least: u32, most: u32) -> Result<()> {
    if !(least..=most).contains(&value) {
        bail!("{key} must be between {least} and {most}");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
