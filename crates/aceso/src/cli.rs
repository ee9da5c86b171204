//! The command line.

mod keep;

use std::path::PathBuf;

use aceso_policy::FhirUser;
use aceso_store::{AuditReport, AuditSort, UserName};
use aceso_web::Address;
use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;

use crate::advisories::AdvisoriesCommand;
use crate::backup::BackupCommand;
use crate::client_app::AppArgs;
use crate::codes::CodesCommand;
use crate::desk::DeskCommand;
use crate::export::Reason;
use crate::incident::IncidentCommand;
use crate::mail::MailCommand;
use crate::report::Format;
use crate::update::UpdateCommand;
use crate::wrong::{When, one_of};

pub(crate) use keep::{DutyCommand, EraseArgs, HoldCommand, KeyCommand, NewSource};

/// The program.
#[derive(Debug, Parser)]
#[command(name = "aceso", version, about = "A medical record system in one program", after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// The data directory [default: $XDG_DATA_HOME/aceso]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration file [default: DIR/aceso.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A file (mode 0600) whose first line is the passphrase that the record is locked with
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Write results as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

const EXAMPLES: &str = "\
Examples:
  aceso serve --demo                          a synthetic clinic, in a directory of its own
  aceso serve                                 your own record, on https://127.0.0.1:8443
  aceso import bundles/ patients.ndjson       load FHIR data
  aceso user add ana --role administrator     invite a person
  aceso client add report --scopes \"system/*.rs\" --token
  aceso config explain > aceso.toml           every setting with its default

Every command explains itself: aceso help COMMAND. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    #[command(after_help = "Examples:
  aceso serve
  aceso serve --listen http://127.0.0.1:8080    plain HTTP, on the loopback only
  aceso serve --demo                            a synthetic clinic in $XDG_DATA_HOME/aceso-demo")]
    Serve {
        /// Fill a separate data directory with a synthetic clinic, and print how to reach it
        #[arg(long)]
        demo: bool,
        /// Address to listen on, instead of the one configured
        #[arg(long, value_name = "URL", value_parser = Address::parse)]
        listen: Option<Address>,
        /// Start although the clock is behind the audit log's latest entry, because it was wrong before and is right now
        #[arg(long)]
        accept_clock: bool,
    },
    /// Load FHIR bundles (JSON), single resources, NDJSON, or directories of them
    #[command(after_help = "Examples:
  aceso import fhir/                     every .json and .ndjson file below fhir/
  aceso import Patient.ndjson - < more.ndjson

Killed or stopped, start it again with the same paths: what was loaded is skipped. What is refused for want of
something it refers to is tried again after the rest. The end tells counts, and what was refused and why; the exit
code is 1 when anything was.")]
    Import {
        /// Files, directories, or - for standard input
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Write the whole record, or one patient's, as NDJSON with a manifest of digests
    #[command(after_help = "Examples:
  aceso export out/                      one file for each resource type, and manifest.json
  aceso export --patient 0Ab1Cd2Ef3G out/
  aceso export --patient 0Ab1Cd2Ef3G --for patient out/")]
    Export {
        /// Only this patient's compartment (the Patient's id)
        #[arg(long, value_name = "ID")]
        patient: Option<String>,
        /// For whom outside it is: what is about substance use is in it only as 42 CFR part 2 lets it be, with the notice.
        /// Without it the export is the clinic's own, with all there is
        #[arg(long = "for", value_name = "PURPOSE")]
        reason: Option<Reason>,
        /// A directory that does not exist yet, or is empty
        #[arg(value_name = "OUT")]
        out: PathBuf,
    },
    /// Code systems: load them from their publishers' files, list what is there
    #[command(subcommand)]
    Codes(CodesCommand),
    /// API clients
    #[command(subcommand)]
    Client(ClientCommand),
    /// People's accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Check every page, resource, version, index row, account, and the audit log
    #[command(after_help = "Examples:
  aceso verify
  aceso verify --json
  aceso verify --mend        and write index rows anew where they are not those of the resources

Names what is wrong, where, and how to mend it; the exit code is 1 then. Works beside a running server, which checks the
same a little every minute (record.scrub_millis).")]
    Verify {
        /// Write index rows anew that are missing or too many, then check again
        #[arg(long)]
        mend: bool,
    },
    /// Check the installation: keys, files, network, people, machine; says how to mend what fails
    #[command(after_help = "Examples:
  aceso doctor
  aceso doctor --json

Each check is about rows of docs/hardening.md. The exit code is 1 when one of them fails; what is not set up yet is
shown, and does not count.")]
    Doctor,
    /// Write the assurance case: every security claim with the evidence that there is now, signed
    #[command(after_help = "Examples:
  aceso assure --out case.html           to read or print
  aceso assure --out case.json
  aceso assure --check case.html         was it changed since?
  aceso assure --check case.html --key NAME+HASH+KEY     for somebody who has nothing but the key")]
    Assure(AssureArgs),
    /// The audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Backups: encrypted copies of everything, and the way back
    #[command(subcommand)]
    Backup(BackupCommand),
    /// New releases of the program: signed, tried on a copy first, taken back when they do not serve
    #[command(subcommand)]
    Update(UpdateCommand),
    /// Write today's patients into one encrypted file that a browser opens, for when nothing else can be reached
    #[command(after_help = "Example:
  aceso downtime /media/stick/today.html

The first run makes the secret that opens such files, and prints it once. The server writes the file by itself, beside each
backup, when backup.downtime names it. Who has an appointment today or is here is in it: particulars, allergies, problems,
medications, vital signs, results.")]
    Downtime {
        /// The file; replaced when it is there
        #[arg(value_name = "OUT.html")]
        out: PathBuf,
    },
    /// Erase a patient for good, or list the erasures that were decided
    #[command(after_help = "Examples:
  aceso erase --patient 0Ab1Cd2Ef3G --decision decision.txt
  aceso erase                                              what was decided and done

Every resource and version that is about this patient alone goes, with its index rows, and the patient's data key is
destroyed: copies of the data directory made before cannot be read for this patient any more. The decision and its legal
ground are kept. A hold (aceso hold) forbids it.")]
    Erase(EraseArgs),
    /// Holds: what forbids the erasure of a patient
    #[command(subcommand)]
    Hold(HoldCommand),
    /// Alerts and incidents: what is open, and the hand-over of one to the response desk
    #[command(subcommand)]
    Incident(IncidentCommand),
    /// What the clinic must keep up: agreements with business associates, tests for weaknesses, yearly reviews
    #[command(subcommand)]
    Duty(DutyCommand),
    /// Print what is installed and what talks to what, or the register of processing
    #[command(after_help = "Examples:
  aceso inventory > inventory.cdx.json           the bill of materials with services and data flows (CycloneDX 1.6)
  aceso inventory --processing > register.json   the register of processing (GDPR 30)

Both are made from the configuration, the registered apps and the duties as they are now.")]
    Inventory {
        /// The register of processing
        #[arg(long)]
        processing: bool,
    },
    /// Advisories about the program itself: what concerns this installation
    #[command(subcommand)]
    Advisories(AdvisoriesCommand),
    /// Mail out: the server, what waits, what could not be sent
    #[command(subcommand)]
    Mail(MailCommand),
    /// The response desk: assess vulnerabilities, write advisories, match them against a bill of materials
    #[command(subcommand)]
    Desk(DeskCommand),
    /// Print what the program is made of: crates, C libraries, data, with versions and licences (CycloneDX 1.6 JSON)
    #[command(after_help = "Example:
  aceso sbom > aceso.cdx.json

The list is made when the program is built, from what is linked into it, and needs no data directory. The same program
always prints the same.")]
    Sbom,
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// API clients.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Register a client
    #[command(after_help = "Examples:
  aceso client add nightly-report --scopes \"system/*.rs\" --token
  aceso client add lab --scopes \"system/Observation.cruds system/Patient.rs\" --jwks lab.jwks.json
  aceso client add lab --scopes \"system/*.rs\" --new-key lab.private.jwk.json
  aceso client add growth --app browser --title \"Growth Chart\" --redirect https://growth.example/done \\
      --launch https://growth.example/launch --for patients \\
      --scopes \"openid fhirUser launch launch/patient offline_access patient/*.rs\"
  aceso client add rounds --app server --secret --redirect https://rounds.example/done --scopes \"openid user/*.rs\"")]
    Add {
        /// Its name, which is also its client_id: letters, digits, - _ .
        name: String,
        /// SMART scopes that it may be granted, separated by blanks
        #[arg(long)]
        scopes: String,
        /// File with its public keys (a JWK Set), for private_key_jwt
        #[arg(long, value_name = "FILE", conflicts_with = "new_key")]
        jwks: Option<PathBuf>,
        /// Make a key pair (ES384): the private key goes to this new file, the public one is registered
        #[arg(long, value_name = "FILE")]
        new_key: Option<PathBuf>,
        /// Print an access token for scripts as the last line
        #[arg(long)]
        token: bool,
        /// The Patient's id that patient/ scopes of the token are limited to
        #[arg(long, value_name = "ID", requires = "token")]
        patient: Option<String>,
        #[command(flatten)]
        app: Box<AppArgs>,
    },
    /// List the clients
    List,
    /// Disable a client and all its tokens
    Disable {
        /// Its name
        name: String,
    },
    /// Make a new key for ID tokens; the one before is shown for another hour, longer than what it signed is good
    #[command(after_help = "Example:
  aceso client rotate-signing-key        a running server takes it within two seconds")]
    RotateSigningKey,
}

/// People's accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Invite a person: prints a one-time link, by which they choose how to sign in
    #[command(after_help = "Examples:
  aceso user add ana --role administrator --display \"Ana Lima\"
  aceso user add ben --role clinician --fhir-user Practitioner/0Ab1Cd2Ef3G
  aceso user add conn --role patient --fhir-user Patient/p1 --patient p1

Nobody ever learns another person's password: the link is good once, for sign_in.invitation_days.")]
    Add(UserAdd),
    /// List the accounts
    List,
    /// Give a person exactly these roles
    #[command(after_help = "Examples:
  aceso user role ana administrator security-officer
  aceso user role ben                                  no role at all")]
    Role {
        /// Their user name
        #[arg(value_parser = UserName::parse)]
        name: UserName,
        /// Ids of roles
        roles: Vec<String>,
    },
    /// End all of a person's access at once
    Disable {
        /// Their user name
        #[arg(value_parser = UserName::parse)]
        name: UserName,
    },
    /// Let a disabled person in again
    Enable {
        /// Their user name
        #[arg(value_parser = UserName::parse)]
        name: UserName,
    },
    /// Print a one-time link, by which a person who was invited before begins, or one who is active sets a new password
    #[command(after_help = "Examples:
  aceso user reset ana
  aceso user reset ana --factors      and takes passkeys, authenticator apps and recovery codes away: for a lost phone

A reset keeps the second factor, unless --factors is given; then a new one must be enrolled at the next sign-in.")]
    Reset {
        /// Their user name
        #[arg(value_parser = UserName::parse)]
        name: UserName,
        /// Take every second factor away, too
        #[arg(long)]
        factors: bool,
    },
    /// Lift the lock that wrong attempts to sign in have set
    Unlock {
        /// Their user name
        #[arg(value_parser = UserName::parse)]
        name: UserName,
    },
}

/// A person to be invited.
#[derive(Debug, Args)]
pub(crate) struct UserAdd {
    /// Their user name: 2 to 64 letters, digits, . _ - @
    #[arg(value_parser = UserName::parse)]
    pub(crate) name: UserName,
    /// A role; may be given more than once
    #[arg(long = "role", required = true, value_name = "ROLE")]
    pub(crate) roles: Vec<String>,
    /// The name that people see [default: the user name]
    #[arg(long, value_name = "TEXT")]
    pub(crate) display: Option<String>,
    /// Where notices go
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Option<String>,
    /// Who they are in the record: Practitioner/ID, Patient/ID, RelatedPerson/ID
    #[arg(long, value_name = "REFERENCE", value_parser = fhir_user)]
    pub(crate) fhir_user: Option<FhirUser>,
    /// A Patient's id that a patient or proxy acts for; may be given more than once
    #[arg(long = "patient", value_name = "ID")]
    pub(crate) patients: Vec<String>,
    /// The id of an Organization or Location that they work at; may be given more than once
    #[arg(long = "facility", value_name = "ID")]
    pub(crate) facilities: Vec<String>,
}

/// The assurance case.
#[derive(Debug, Args)]
pub(crate) struct AssureArgs {
    /// Where to write it: HTML, or JSON when the name ends in .json [default: standard output]
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    pub(crate) out: Option<PathBuf>,
    /// Check the signature of a case that was written
    #[arg(long, value_name = "FILE")]
    pub(crate) check: Option<PathBuf>,
    /// The key to check it with [default: this installation's]
    #[arg(long, value_name = "KEY", requires = "check")]
    pub(crate) key: Option<String>,
    /// A list of tests that passed, as cargo xtask test writes it [default: this release's]
    #[arg(long, value_name = "FILE")]
    pub(crate) tests: Option<PathBuf>,
}

/// The audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that no entry was changed, left out, moved or cut off
    #[command(after_help = "Examples:
  aceso audit verify
  aceso audit verify --head monday.head --head tuesday.head")]
    Verify {
        /// A signed head that `aceso audit head` printed earlier and that was kept elsewhere; may be repeated
        #[arg(long = "head", value_name = "FILE")]
        heads: Vec<PathBuf>,
    },
    /// Print the log's signed head, to be kept where nobody of this machine can change it
    #[command(after_help = "Example:
  aceso audit head > monday.head")]
    Head,
    /// Show accesses to patients' records that nothing explains, and that look odd: one case for a person and a week
    #[command(after_help = "Examples:
  aceso audit insiders                                     this week and the one before
  aceso audit insiders --from 2026-11-02 --to 2026-11-30 --json

The server reviews every night by itself and keeps the cases for /admin/cases. This command keeps nothing, unless
--keep is given. It names patients by their ids alone.")]
    Insiders {
        /// First day, as the clinic's clocks have it [default: Monday of last week]
        #[arg(long, value_name = "DAY", value_parser = day)]
        from: Option<Date>,
        /// Day after the last [default: now]
        #[arg(long, value_name = "DAY", value_parser = day)]
        to: Option<Date>,
        /// Open the cases for review, as the server does every night
        #[arg(long)]
        keep: bool,
    },
    /// Plant a record or a client that nobody has reason to open or use (rules D18 and D19)
    #[command(after_help = "Examples:
  aceso audit decoy                              what is planted
  aceso audit decoy --patient 0Ab1Cd2Ef3G        this patient's record is nobody's
  aceso audit decoy --client old-backup          a token of this client lies where only a thief looks
  aceso audit decoy --patient 0Ab1Cd2Ef3G --remove")]
    Decoy {
        /// A Patient's id
        #[arg(long, value_name = "ID", conflicts_with = "client")]
        patient: Option<String>,
        /// A client's name
        #[arg(long, value_name = "NAME")]
        client: Option<String>,
        /// Forget it instead
        #[arg(long)]
        remove: bool,
    },
    /// Show how far the log was sent to each place of [[audit.send]]
    #[command(after_help = "Examples:
  aceso audit send
  aceso audit send --status --json

`aceso serve` sends; this tells how it goes. The exit code is 1 when a place has a failure that lasts, or was never
reached.")]
    Send {
        /// Show the state (there is nothing else to do here)
        #[arg(long)]
        status: bool,
    },
    /// Print the keys that witnessing takes, and what the witnesses of this log said last
    #[command(after_help = "Examples:
  aceso audit witness            the keys: one for a witness's audit.witness_for, one for another log's audit.witnesses
  aceso audit witness --now      ask every witness now; the exit code is 1 when one objects

A witness is another installation. It remembers the head of this log and cosigns the next one only when the log has only
grown: whoever rewrites the log, with all keys of this machine, is found out.")]
    Witness {
        /// Ask every witness now
        #[arg(long)]
        now: bool,
    },
    /// Print a report on the log: who saw a patient, what a person did, disclosures and more
    #[command(after_help = "Examples:
  aceso audit report patient --patient 03c5hj9k2m0
  aceso audit report person --person ann --from 2026-11-01 --until 2026-11-30 --format csv > ann.csv
  aceso audit report disclosures --from 2026 --format ndjson")]
    Report(ReportArgs),
    /// Print the proof that an entry is in the log
    #[command(after_help = "Example:
  aceso audit proof 4711")]
    Proof {
        /// The entry's number
        #[arg(value_parser = clap::value_parser!(u64).range(1..))]
        seq: u64,
    },
}

/// What a report is to tell.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// patient, person, disclosures, failed-sign-ins, emergency, exports, permissions, after-hours, refused, all
    #[arg(value_parser = report)]
    pub(crate) name: AuditReport,
    /// Not before this day, month or year (2026-11-22, 2026-11, 2026)
    #[arg(long, value_name = "DATE", value_parser = When::parse)]
    pub(crate) from: Option<When>,
    /// Not after it
    #[arg(long, visible_alias = "to", value_name = "DATE", value_parser = When::parse)]
    pub(crate) until: Option<When>,
    /// Only about this patient (record number)
    #[arg(long, value_name = "ID")]
    pub(crate) patient: Option<String>,
    /// Only by this person (user name) or app (client/NAME)
    #[arg(long, value_name = "NAME")]
    pub(crate) person: Option<String>,
    /// Only of people, or about patients, of this organization (record number)
    #[arg(long, value_name = "ID")]
    pub(crate) facility: Option<String>,
    /// newest, oldest, person, patient, act, purpose, outcome, address
    #[arg(long, default_value = "newest", value_parser = sort)]
    pub(crate) sort: AuditSort,
    /// json: one object a line; ndjson: FHIR AuditEvents
    #[arg(long, default_value = "text", value_enum)]
    pub(crate) format: Format,
    /// The same as --format csv
    #[arg(long)]
    pub(crate) csv: bool,
}

fn report(word: &str) -> Result<AuditReport, String> {
    one_of(&AuditReport::ALL, AuditReport::name, word)
}

fn sort(word: &str) -> Result<AuditSort, String> {
    one_of(&AuditSort::ALL, AuditSort::name, word)
}

fn day(text: &str) -> Result<Date, String> {
    let date = text.parse();
    date.map_err(|_| "a day is written 2026-11-22".to_owned())
}

fn fhir_user(text: &str) -> Result<FhirUser, String> {
    FhirUser::parse(text).ok_or_else(|| {
        "a person in the record is Practitioner/ID, Patient/ID or RelatedPerson/ID".to_owned()
    })
}

/// The configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every key with its default and meaning, as a configuration file
    Explain,
    /// The versions of the configuration file that servers were started with
    History,
    /// What differs between two versions
    #[command(after_help = "Examples:
  aceso config diff            from the version that is kept last to the file as it is
  aceso config diff 2          from version 2 to the file as it is
  aceso config diff 2 3")]
    Diff {
        /// From this version; without it, from the last one that is kept
        old: Option<u32>,
        /// To this version; without it, to the file as it is
        new: Option<u32>,
    },
    /// Put a version in the file's place; what the file was is kept first
    #[command(after_help = "Example:
  aceso config rollback 2

Works also when the file as it is stops every other command. The server uses it from its next start on, which the log shows.")]
    Rollback {
        /// The version
        version: u32,
    },
}
