//! The program: reads the command line and the configuration, opens the record, and starts what was asked for.

mod advisories;
mod assure;
mod backup;
mod cli;
mod client;
mod client_app;
mod clock;
mod codes;
mod config;
mod delivery;
mod demo;
mod demo_day;
mod demo_patients;
mod demo_people;
mod desk;
mod doctor;
mod downtime;
mod duty;
mod erase;
mod export;
mod import;
mod incident;
mod insiders;
mod inventory;
mod jail;
mod key;
mod mail;
mod makers;
mod metrics;
mod outside;
mod page_keys;
mod place;
mod progress;
mod report;
mod root;
mod say;
mod sbom;
mod security;
mod sending;
mod serve;
mod set_up;
mod site;
mod traces;
mod update;
mod user;
mod verify;
mod witness;
mod wrong;

use std::process::ExitCode;

use aceso_store::Keep;
use anyhow::Result;
use clap::Parser;

use crate::cli::{AuditCommand, Cli, ClientCommand, Command, UserCommand};
use crate::place::Place;
use crate::say::complain;
use crate::update::UpdateCommand;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

// A program whose reads leave no entry in the audit log does not compile.
const _: () = assert!(!aceso_store::LEAVES_READS_OUT);

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("aceso: {error:#}"));
            wrong::code(&error)
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    let Cli { common, command } = cli;
    if let Command::Config(command) = command {
        return config::history::run(&common, command);
    }
    if let Command::Desk(command) = command {
        return desk::run(command, &common);
    }
    if let Command::Sbom = command {
        return sbom::run();
    }
    if let Command::Update(UpdateCommand::Describe) = command {
        return update::describe();
    }
    let usual = match command {
        Command::Serve { demo: true, .. } => "aceso-demo",
        _ => "aceso",
    };
    let place = Place::find(&common, usual)?;
    beginning(&place)?.block_on(carry_out(&place, command, common.json))
}

/// What comes before anything is opened.
pub(crate) fn beginning(place: &Place) -> Result<tokio::runtime::Runtime> {
    log(&place.config.log.level);
    leave_no_core();
    use_small_pages();
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}

async fn carry_out(place: &Place, command: Command, json: bool) -> Result<ExitCode> {
    match command {
        Command::Serve {
            demo,
            listen,
            accept_clock,
        } => {
            let demo = if demo {
                serve::Kind::Demo
            } else {
                serve::Kind::Clinic
            };
            let behind = if accept_clock {
                clock::Behind::Accepted
            } else {
                clock::Behind::Refused
            };
            serve::run(place, demo, listen, behind).await
        }
        Command::Import { paths } => import::run(place, &paths, json).await,
        Command::Export {
            patient,
            reason,
            out,
        } => {
            let part = export::Part { patient, reason };
            export::run(place, &part, &out, json).await
        }
        Command::Codes(command) => codes::run(place, command, json).await,
        Command::Client(ClientCommand::Add {
            name,
            scopes,
            jwks,
            new_key,
            token,
            patient,
            app,
        }) => {
            let keys = client::Keys::from(jwks, new_key);
            if let Some(runs) = app.app {
                return client_app::add(place, &name, &scopes, keys, runs, *app, json).await;
            }
            let token = token.then_some(client::WithToken { patient });
            client::add(place, &name, &scopes, keys, token, json).await
        }
        Command::Client(ClientCommand::List) => client::list(place, json).await,
        Command::Client(ClientCommand::Disable { name }) => client::disable(place, &name).await,
        Command::Client(ClientCommand::RotateSigningKey) => client::rotate(place, json).await,
        Command::User(command) => users(place, command, json).await,
        Command::Verify { mend } => {
            let mend = if mend {
                verify::Mend::Rows
            } else {
                verify::Mend::No
            };
            verify::everything(place, mend, json).await
        }
        Command::Assure(args) => assure::run(place, &args, json).await,
        Command::Doctor => doctor::run(place, json).await,
        Command::Audit(AuditCommand::Verify { heads }) => verify::audit(place, &heads, json),
        Command::Audit(AuditCommand::Insiders { from, to, keep }) => {
            let keep = if keep { Keep::Yes } else { Keep::No };
            insiders::review(place, from, to, keep, json).await
        }
        Command::Audit(AuditCommand::Decoy {
            patient,
            client,
            remove,
        }) => {
            let change = if remove {
                insiders::Change::Remove
            } else {
                insiders::Change::Add
            };
            insiders::decoy(place, patient, client, change, json).await
        }
        Command::Audit(AuditCommand::Send { status: _ }) => sending::status(place, json).await,
        Command::Audit(AuditCommand::Witness { now }) => {
            let ask = if now {
                witness::Ask::Now
            } else {
                witness::Ask::No
            };
            witness::show(place, ask, json).await
        }
        Command::Audit(AuditCommand::Head) => verify::head(place, json),
        Command::Audit(AuditCommand::Report(args)) => report::run(place, args, json).await,
        Command::Audit(AuditCommand::Proof { seq }) => verify::proof(place, seq),
        Command::Key(command) => key::run(place, command, json).await,
        Command::Backup(command) => backup::carry_out(place, command, json).await,
        Command::Update(command) => update::carry_out(place, command, json).await,
        Command::Downtime { out } => downtime::run(place, &out, json).await,
        Command::Erase(args) => erase::run(place, args, json).await,
        Command::Mail(command) => mail::run(place, command, json).await,
        Command::Hold(command) => erase::hold(place, command, json).await,
        Command::Incident(command) => incident::run(place, command, json).await,
        Command::Duty(command) => duty::run(place, command, json).await,
        Command::Inventory { processing } => {
            let wanted = if processing {
                inventory::Wanted::Processing
            } else {
                inventory::Wanted::Everything
            };
            inventory::run(place, wanted).await
        }
        Command::Advisories(command) => advisories::run(place, command, json).await,
        Command::Desk(_) | Command::Config(_) | Command::Sbom => Ok(ExitCode::SUCCESS),
    }
}

async fn users(place: &Place, command: UserCommand, json: bool) -> Result<ExitCode> {
    match command {
        UserCommand::Add(new) => user::add(place, new, json).await,
        UserCommand::List => user::list(place, json).await,
        UserCommand::Role { name, roles } => user::role(place, &name, &roles).await,
        UserCommand::Disable { name } => user::disable(place, &name).await,
        UserCommand::Enable { name } => user::enable(place, &name).await,
        UserCommand::Reset { name, factors } => {
            let factors = if factors {
                user::Factors::Removed
            } else {
                user::Factors::Kept
            };
            user::reset(place, &name, factors, json).await
        }
        UserCommand::Unlock { name } => user::unlock(place, &name).await,
    }
}

/// What is in memory stays there: no core dump of this process, and no other process of its user may look into it.
fn leave_no_core() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let done = setrlimit(Resource::Core, none)
        .and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable));
    if let Err(error) = done {
        tracing::warn!(%error, "the system may write a core dump of this process");
    }
}

/// Memory is taken and cleared where it is used, not two megabytes of it for the first byte of each: a server stays a fifth smaller
/// and is as fast, and a backup by a program of its own takes a tenth less of the processor.
fn use_small_pages() {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "the system gives memory in large pages");
    }
}

/// The program's log: one line an event, on standard error.
fn log(level: &str) {
    let filter = tracing_subscriber::EnvFilter::new(level);
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_target(false)
        .try_init();
}
