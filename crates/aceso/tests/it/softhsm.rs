//! A PKCS#11 token of software (SoftHSM), made for one test.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::place::Dir;

const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
];

/// A token in a directory of its own.
pub(crate) struct SoftHsm {
    pub(crate) module: PathBuf,
    pub(crate) pin: &'static str,
    dir: Dir,
}

impl SoftHsm {
    /// A fresh token with this label; none, with a message, where the package is not installed.
    pub(crate) fn new(label: &str) -> Option<Self> {
        let module = MODULES.iter().map(Path::new).find(|p| p.exists());
        let Some(module) = module else {
            aceso_testkit::absent("SoftHSM (package softhsm2)");
            return None;
        };
        let dir = Dir::new("softhsm");
        std::fs::create_dir(dir.join("tokens")).unwrap();
        let settings = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            dir.join("tokens").display()
        );
        std::fs::write(dir.join("softhsm2.conf"), settings).unwrap();
        let token = Self {
            module: module.to_owned(),
            pin: "471147114711",
            dir,
        };
        let mut init = Command::new("softhsm2-util");
        init.args(["--init-token", "--free", "--label", label]);
        init.args(["--so-pin", "00000000", "--pin", token.pin]);
        let out = token.with(&mut init).output().unwrap();
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        Some(token)
    }

    /// A program that finds the token.
    pub(crate) fn with<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("SOFTHSM2_CONF", self.dir.join("softhsm2.conf"))
    }

    /// Takes every key out of the token; the token itself stays.
    pub(crate) fn forget_keys(&self) {
        let tokens = self.dir.join("tokens");
        for token in std::fs::read_dir(tokens).unwrap() {
            for file in std::fs::read_dir(token.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let is_object = path.extension().is_some_and(|e| e == "object");
                if is_object && !path.ends_with("token.object") {
                    std::fs::remove_file(path).unwrap();
                }
            }
        }
    }
}
