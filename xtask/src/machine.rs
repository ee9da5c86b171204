//! What a fresh Debian machine lacks: installed only when it is absent, only as root, only with apt-get.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::run;

struct Need {
    package: &'static str,
    present: fn() -> bool,
}

const NEEDS: &[Need] = &[
    Need {
        package: "gcc",
        present: || run::which("cc").is_some(),
    },
    Need {
        package: "libc6-dev",
        present: || Path::new("/usr/include/stdlib.h").exists(),
    },
    Need {
        package: "make",
        present: || run::which("make").is_some(),
    },
    Need {
        package: "perl",
        present: || run::which("perl").is_some(),
    },
    Need {
        package: "pkg-config",
        present: || run::which("pkg-config").is_some(),
    },
    Need {
        package: "libssl-dev",
        present: system_openssl,
    },
    Need {
        package: "xz-utils",
        present: || run::which("xz").is_some(),
    },
    Need {
        package: "postgresql",
        present: || postgres_bin().is_some(),
    },
    Need {
        package: "python3",
        present: || run::which("python3").is_some(),
    },
    Need {
        package: "python3-venv",
        present: venv,
    },
    Need {
        package: "nodejs",
        present: || run::which("node").is_some(),
    },
    Need {
        package: "npm",
        present: || run::which("npm").is_some(),
    },
    Need {
        package: "sqlmap",
        present: || run::which("sqlmap").is_some(),
    },
    Need {
        package: "softhsm2",
        present: || run::which("softhsm2-util").is_some(),
    },
    Need {
        package: "chromium",
        present: || run::which("chromium").is_some(),
    },
    Need {
        package: "rsyslog",
        present: || Path::new("/usr/sbin/rsyslogd").exists(),
    },
    Need {
        package: "rsyslog-gnutls",
        present: rsyslog_tls,
    },
    Need {
        package: "libxml2-utils",
        present: || run::which("xmllint").is_some(),
    },
    Need {
        package: "poppler-utils",
        present: || run::which("pdftotext").is_some(),
    },
    Need {
        package: "restic",
        present: || run::which("restic").is_some(),
    },
    Need {
        package: "openssh-server",
        present: || Path::new("/usr/sbin/sshd").exists(),
    },
    Need {
        package: "nginx-light",
        present: || Path::new("/usr/sbin/nginx").exists(),
    },
    Need {
        package: "libnginx-mod-http-modsecurity",
        present: || {
            Path::new("/usr/share/nginx/modules-available/mod-http-modsecurity.conf").exists()
        },
    },
    Need {
        package: "modsecurity-crs",
        present: || Path::new("/usr/share/modsecurity-crs/rules").exists(),
    },
    Need {
        package: "postfix",
        present: || Path::new("/usr/sbin/postfix").exists(),
    },
    Need {
        package: "dovecot-imapd",
        present: || Path::new("/usr/sbin/dovecot").exists(),
    },
    Need {
        package: "jq",
        present: || run::which("jq").is_some(),
    },
    Need {
        package: "openssl",
        present: || run::which("openssl").is_some(),
    },
    Need {
        package: "gnupg",
        present: || run::which("gpg").is_some(),
    },
    Need {
        package: "systemd",
        present: || run::which("systemd-analyze").is_some(),
    },
    Need {
        package: "testssl.sh",
        present: || run::which("testssl").is_some(),
    },
    Need {
        package: "nftables",
        present: || run::which("nft").is_some() || Path::new("/usr/sbin/nft").exists(),
    },
    Need {
        package: "fail2ban",
        present: || run::which("fail2ban-regex").is_some(),
    },
    Need {
        package: "clamav-daemon",
        present: || Path::new("/usr/sbin/clamd").exists(),
    },
    Need {
        package: "fonts-dejavu-core",
        present: || Path::new("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf").exists(),
    },
];

/// Whether tests find all that they need, so that none may leave anything out. Only root can mount what some fill up.
pub(crate) fn is_prepared() -> bool {
    is_root() && missing().is_empty()
}

/// Installs what is missing; where that cannot be done, says what the steps that need it will lack.
pub(crate) fn prepare() -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !is_root() || run::which("apt-get").is_none() {
        println!("missing here: {list}; steps that need them are left out (install them as root)");
        return Ok(());
    }
    println!("installing: {list}");
    run::must(run::command("apt-get").args(["-qq", "update"]))?;
    run::must(
        run::command("apt-get")
            .args(["-qq", "install", "-y", "--no-install-recommends"])
            .args(&missing)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

fn missing() -> Vec<&'static str> {
    let missing = NEEDS.iter().filter(|n| !(n.present)());
    missing.map(|n| n.package).collect()
}

fn is_root() -> bool {
    run::output(run::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Whether the system's OpenSSL can be linked (else SQLCipher's is built from source, which takes minutes).
pub(crate) fn system_openssl() -> bool {
    Path::new("/usr/include/openssl/evp.h").exists() && run::which("pkg-config").is_some()
}

/// The directory of the newest PostgreSQL server's programs.
pub(crate) fn postgres_bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
    let newest = versions
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let number: u32 = entry.file_name().to_str()?.parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").exists().then_some((number, bin))
        })
        .max();
    match newest {
        Some((_, bin)) => Some(bin),
        None => run::which("initdb").and_then(|file| file.parent().map(Path::to_path_buf)),
    }
}

/// Whether rsyslog speaks TLS; its modules lie in a directory named after the machine.
fn rsyslog_tls() -> bool {
    let module = |dir: std::fs::DirEntry| dir.path().join("rsyslog/lmnsd_gtls.so").exists();
    let dirs = std::fs::read_dir("/usr/lib");
    dirs.is_ok_and(|mut dirs| dirs.any(|dir| dir.is_ok_and(module)))
}

fn venv() -> bool {
    run::command("python3")
        .args(["-c", "import venv, ensurepip"])
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
