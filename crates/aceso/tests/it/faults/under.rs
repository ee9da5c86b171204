//! The program over a disk and a clock that fail when they are told to (`crates/faults`).

use std::path::PathBuf;
use std::process::Stdio;

use crate::stage::{Server, Stage};

/// Where the program is put over the library that fails.
pub(crate) struct Under<'a> {
    stage: &'a Stage,
}

impl<'a> Under<'a> {
    pub(crate) fn new(stage: &'a Stage) -> Self {
        let under = Self { stage };
        under.rules("");
        under
    }

    /// What was changed and synced since the program started last.
    pub(crate) fn journal(&self) -> PathBuf {
        self.stage.dir.join("journal")
    }

    fn rule_file(&self) -> PathBuf {
        self.stage.dir.join("rules")
    }

    /// From now on these rules hold, and counts begin again.
    pub(crate) fn rules(&self, rules: &str) {
        // In one piece: the program reads it all the time.
        let beside = self.stage.dir.join("rules.new");
        std::fs::write(&beside, rules).unwrap();
        std::fs::rename(&beside, self.rule_file()).unwrap();
    }

    /// A server whose files are looked at: those of the data directory, and the keys beside it.
    pub(crate) fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    pub(crate) fn serve_with(&self, args: &[&str]) -> Server {
        let mut command = self
            .stage
            .command(&["serve", "--listen", "http://127.0.0.1:0"]);
        command
            .args(args)
            .env("LD_PRELOAD", library())
            .env("ACESO_FAULTS_DIR", self.stage.data())
            .env("ACESO_FAULTS_LOG", self.journal())
            .env("ACESO_FAULTS_RULES", self.rule_file());
        // Each failure is logged.
        Server::start(command.stderr(Stdio::null()))
    }
}

/// The library, where cargo makes it for these tests.
fn library() -> PathBuf {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_aceso"));
    let library = program.with_file_name("deps").join("libaceso_faults.so");
    assert!(library.exists(), "{} was not built", library.display());
    library
}
