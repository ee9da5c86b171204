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
Depends: DEPENDS, adduser
Recommends: openssh-client
Suggests: nftables, fail2ban, restic, nginx, libnginx-mod-http-modsecurity, modsecurity-crs
Description: medical record and practice system for a clinic
 One program: an encrypted FHIR R4 server, the clinic's pages, an audit log that
 shows every change of it, backups and signed updates.
";
/// What Debian's own changelog is for: which version this is.
const CHANGES: &str = "\
aceso (VERSION) unstable; urgency=medium

  * Release VERSION: see CHANGELOG.md beside this file.

 -- The Aceso project <security@aceso.invalid>  Sun, 22 Nov 2026 12:00:00 +0000
";
const RIGHTS: &str = "\
Aceso may be used under the Apache License, version 2.0, or under the MIT license, as you choose. On Debian systems the text of
the former is /usr/share/common-licenses/Apache-2.0; the latter follows. What Aceso includes of others is listed after it.

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
    (
        "contrib/nginx/aceso.conf",
        "usr/share/doc/aceso/nginx/aceso.conf",
        0o644,
    ),
    (
        "contrib/nginx/waf/main.conf",
        "usr/share/doc/aceso/nginx/waf/main.conf",
        0o644,
    ),
    (
        "contrib/nginx/waf/before.conf",
        "usr/share/doc/aceso/nginx/waf/before.conf",
        0o644,
    ),
    ("docs/operate.md", "usr/share/doc/aceso/operate.md", 0o644),
    ("CHANGELOG.md", "usr/share/doc/aceso/CHANGELOG.md", 0o644),
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
    let binary = tree.join("usr/bin/aceso");
    put(&program, &binary, 0o755)?;
    run::must(run::command("strip").arg("--strip-unneeded").arg(&binary))?;
    for (from, to, mode) in FILES {
        put(&run::root().join(from), &tree.join(to), *mode)?;
    }
    let licence = fs::read_to_string(run::root().join("LICENSE-MIT"))?;
    let notice = fs::read_to_string(run::root().join("NOTICE"))?;
    let rights = [RIGHTS, &licence, "\n", &notice].concat();
    write(&tree.join("usr/share/doc/aceso/copyright"), &rights, 0o644)?;
    let changes = CHANGES.replace("VERSION", &version);
    packed(&tree.join("usr/share/doc/aceso/changelog"), &changes)?;
    let manual = fs::read_to_string(run::root().join("contrib/aceso.1"))?;
    packed(&tree.join("usr/share/man/man1/aceso.1"), &manual)?;
    let control = CONTROL
        .replace("VERSION", &version)
        .replace("ARCHITECTURE", architecture)
        .replace("DEPENDS", &needed(&into, &binary)?);
    for (file, text, mode) in [
        ("control", control.as_str(), 0o644),
        ("postinst", AFTER, 0o755),
        ("prerm", BEFORE_REMOVAL, 0o755),
    ] {
        write(&tree.join("DEBIAN").join(file), text, mode)?;
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

/// The packages whose libraries the program is linked with, in the versions that it needs (dpkg-shlibdeps); only the C library
/// where that is not installed.
fn needed(into: &Path, binary: &Path) -> Result<String> {
    if run::which("dpkg-shlibdeps").is_none() {
        return Ok("libc6, libgcc-s1".to_owned());
    }
    let dir = into.join("debian");
    write(
        &dir.join("control"),
        "Source: aceso\n\nPackage: aceso\nArchitecture: any\n",
        0o644,
    )?;
    let mut look = run::command("dpkg-shlibdeps");
    look.current_dir(into).arg("-O").arg(binary);
    let said = run::output(&mut look)?;
    fs::remove_dir_all(&dir)?;
    let needed = said.trim().strip_prefix("shlibs:Depends=");
    Ok(needed.context("dpkg-shlibdeps names nothing")?.to_owned())
}

/// Writes a file and packs it, the same every time.
fn packed(path: &Path, text: &str) -> Result<()> {
    write(path, text, 0o644)?;
    run::must(run::command("gzip").args(["-9", "-n"]).arg(path))
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    fs::create_dir_all(path.parent().context("a directory")?)?;
    fs::write(path, text)?;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}

fn put(from: &Path, to: &Path, mode: u32) -> Result<()> {
    fs::create_dir_all(to.parent().context("a directory")?)?;
    fs::copy(from, to).with_context(|| from.display().to_string())?;
    Ok(fs::set_permissions(to, fs::Permissions::from_mode(mode))?)
}
