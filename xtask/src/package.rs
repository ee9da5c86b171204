//! `cargo xtask deb`: a Debian package of a program that was built, with dpkg-deb.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::run;

const CONTROL: &str = "\
Package: aceso
Version: VERSION
Architecture: ARCHITECTURE
Maintainer: The Aceso project <security@aceso.invalid>
Section: misc
Priority: optional
Depends: libc6, adduser
Suggests: nftables, fail2ban, restic
Description: medical record and practice system for a clinic
 One program: an encrypted FHIR R4 server, the clinic's pages, a patient portal,
 an audit log that nobody can change, backups and signed updates.
";
/// The service is not started by itself: the first start makes the record and its key.
const AFTER: &str = "\
#!/bin/sh
set -e
if [ \"$1\" = configure ]; then
  adduser --system --group --home /var/lib/aceso --no-create-home --shell /usr/sbin/nologin aceso
  if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
fi
";
/// The record is never removed by the package's removal.
const BEFORE_REMOVAL: &str = "\
#!/bin/sh
set -e
if [ -d /run/systemd/system ] && [ \"$1\" = remove ]; then systemctl stop aceso.service || true; fi
";

/// What goes where, with its mode.
const FILES: &[(&str, &str, u32)] = &[
    (
        "contrib/aceso.service",
        "lib/systemd/system/aceso.service",
        0o644,
    ),
    (
        "contrib/fail2ban/filter.d/aceso.conf",
        "usr/share/doc/aceso/fail2ban/filter.d/aceso.conf",
        0o644,
    ),
    (
        "contrib/fail2ban/jail.d/aceso.conf",
        "usr/share/doc/aceso/fail2ban/jail.d/aceso.conf",
        0o644,
    ),
    (
        "contrib/nftables/aceso-jail.path",
        "usr/share/doc/aceso/nftables/aceso-jail.path",
        0o644,
    ),
    (
        "contrib/nftables/aceso-jail.service",
        "usr/share/doc/aceso/nftables/aceso-jail.service",
        0o644,
    ),
    (
        "contrib/grafana/aceso.json",
        "usr/share/doc/aceso/grafana/aceso.json",
        0o644,
    ),
    ("docs/operate.md", "usr/share/doc/aceso/operate.md", 0o644),
    ("NOTICE", "usr/share/doc/aceso/copyright", 0o644),
];

/// Makes `aceso_VERSION_ARCHITECTURE.deb` of this program in this directory.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let [program, into] = args else {
        bail!("cargo xtask deb PROGRAM DIR: a package of this program, in this directory");
    };
    let (program, into) = (std::path::absolute(program)?, std::path::absolute(into)?);
    let version = run::output(run::command(&program).arg("--version"))?;
    let version = version
        .trim()
        .rsplit(' ')
        .next()
        .unwrap_or_default()
        .to_owned();
    let architecture = run::output(run::command("dpkg").arg("--print-architecture"))?;
    let architecture = architecture.trim();
    let name = format!("aceso_{version}_{architecture}");
    let tree = into.join(&name);
    put(&program, &tree.join("usr/bin/aceso"), 0o755)?;
    for (from, to, mode) in FILES {
        put(&run::root().join(from), &tree.join(to), *mode)?;
    }
    let control = CONTROL
        .replace("VERSION", &version)
        .replace("ARCHITECTURE", architecture);
    for (file, text, mode) in [
        ("control", control.as_str(), 0o644),
        ("postinst", AFTER, 0o755),
        ("prerm", BEFORE_REMOVAL, 0o755),
    ] {
        let path = tree.join("DEBIAN").join(file);
        fs::create_dir_all(path.parent().context("a directory")?)?;
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    }
    let package: PathBuf = into.join(format!("{name}.deb"));
    run::must(
        run::command("dpkg-deb")
            .args(["--root-owner-group", "--build"])
            .arg(&tree)
            .arg(&package),
    )?;
    fs::remove_dir_all(&tree)?;
    println!("{}", package.display());
    Ok(())
}

fn put(from: &Path, to: &Path, mode: u32) -> Result<()> {
    fs::create_dir_all(to.parent().context("a directory")?)?;
    fs::copy(from, to).with_context(|| from.display().to_string())?;
    Ok(fs::set_permissions(to, fs::Permissions::from_mode(mode))?)
}
