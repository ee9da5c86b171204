//! The machine: what Linux says of itself under /proc, and checks of it. What cannot be read is not known, and said so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::Verdict;
use super::facts::Facts;

const GIB: u64 = 1 << 30;

/// What the machine says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    /// The user that this runs as.
    pub(crate) uid: Option<u32>,
    /// The soft limit of core files: `0`, a number, `unlimited`.
    pub(crate) core_limit: Option<String>,
    /// What becomes of a core: a path, or a program behind a bar.
    pub(crate) core_pattern: Option<String>,
    /// Swap areas, and whether what is written there is sealed or stays in memory.
    pub(crate) swaps: Vec<(String, bool)>,
    /// Whether something keeps the clock by the network; none: it cannot be told.
    pub(crate) clock_kept: Option<bool>,
    /// Free and whole room on the data's file system, in bytes.
    pub(crate) disk: Option<(u64, u64)>,
}

/// Free room on a directory's file system, in bytes.
pub(crate) fn free_bytes(dir: &Path) -> Option<u64> {
    disk(dir).map(|(free, _)| free)
}

/// Free and whole room.
fn disk(dir: &Path) -> Option<(u64, u64)> {
    let found = rustix::fs::statvfs(dir).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Some((bytes(found.f_bavail), bytes(found.f_blocks)))
}

/// Looks.
pub(super) fn look(dir: &Path) -> Machine {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    Machine {
        uid: read("/proc/self/status").as_deref().and_then(uid),
        core_limit: read("/proc/self/limits").as_deref().and_then(core_limit),
        core_pattern: read("/proc/sys/kernel/core_pattern").map(|p| p.trim().to_owned()),
        swaps: read("/proc/swaps")
            .as_deref()
            .map(swaps)
            .unwrap_or_default(),
        clock_kept: clock_kept(),
        disk: disk(dir),
    }
}

fn uid(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|l| l.strip_prefix("Uid:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn core_limit(limits: &str) -> Option<String> {
    let line = limits
        .lines()
        .find_map(|l| l.strip_prefix("Max core file size"))?;
    line.split_whitespace().next().map(str::to_owned)
}

/// The areas of /proc/swaps; an area on zram stays in memory, one on a dm-crypt device is sealed.
fn swaps(text: &str) -> Vec<(String, bool)> {
    let names = text
        .lines()
        .skip(1)
        .filter_map(|l| l.split_whitespace().next());
    names
        .map(|name| (name.to_owned(), is_sealed(name)))
        .collect()
}

fn is_sealed(device: &str) -> bool {
    let real = std::fs::canonicalize(device).unwrap_or_else(|_| device.into());
    let name = real
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default();
    let uuid = std::fs::read_to_string(format!("/sys/block/{name}/dm/uuid")).unwrap_or_default();
    name.starts_with("zram") || uuid.starts_with("CRYPT-")
}

/// Whether a time service says that it keeps the clock: systemd-timesyncd's mark, chronyd's or ntpd's process id.
fn clock_kept() -> Option<bool> {
    let exists = |path: &&str| Path::new(path).exists();
    if !Path::new("/run").exists() {
        return None;
    }
    let marks = [
        "/run/systemd/timesync/synchronized",
        "/run/chrony/chronyd.pid",
        "/run/chronyd.pid",
        "/run/ntpd.pid",
        "/run/openntpd.pid",
    ];
    Some(marks.iter().any(exists))
}

/// What the processes that hold this file open listen on. Processes of others cannot be looked into.
pub(crate) fn listening(file: &Path) -> Vec<SocketAddr> {
    let mut found = Vec::new();
    for (process, links) in holders(file) {
        let sockets: Vec<String> = links
            .iter()
            .filter_map(|link| {
                link.to_str()?
                    .strip_prefix("socket:[")?
                    .strip_suffix(']')
                    .map(str::to_owned)
            })
            .collect();
        for table in ["net/tcp", "net/tcp6"] {
            let text = std::fs::read_to_string(process.join(table)).unwrap_or_default();
            found.extend(listeners(&text, &sockets));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The programs of the other processes that hold this file open; of those whose program cannot be told, their place under
/// /proc.
pub(crate) fn held_by(file: &Path) -> Vec<PathBuf> {
    let held = holders(file).into_iter();
    held.map(|(process, _)| std::fs::read_link(process.join("exe")).unwrap_or(process))
        .collect()
}

/// The other processes that hold a file open, under /proc, and everything that each holds.
fn holders(file: &Path) -> Vec<(PathBuf, Vec<PathBuf>)> {
    let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.into());
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let others = processes.filter(|entry| {
        let name = entry.file_name();
        let number = name.to_str().and_then(|n| n.parse::<u32>().ok());
        number.is_some_and(|number| number != std::process::id())
    });
    let held = others.map(|entry| {
        let descriptors = std::fs::read_dir(entry.path().join("fd"));
        let links = descriptors.into_iter().flatten().flatten();
        let links = links.filter_map(|fd| std::fs::read_link(fd.path()).ok());
        (entry.path(), links.collect::<Vec<_>>())
    });
    held.filter(|(_, links)| links.contains(&file)).collect()
}

/// The listening sockets of /proc/net/tcp with these inodes.
fn listeners(table: &str, inodes: &[String]) -> Vec<SocketAddr> {
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (words.get(1)?, words.get(3)?, words.get(9)?);
        if *state != "0A" || !inodes.iter().any(|i| i == inode) {
            return None;
        }
        let (address, port) = local.split_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        Some(SocketAddr::new(ip(address)?, port))
    };
    table.lines().skip(1).filter_map(line).collect()
}

/// Words of 32 bits in the machine's order.
fn ip(hex: &str) -> Option<IpAddr> {
    let mut bytes = Vec::new();
    for at in (0..hex.len()).step_by(8) {
        let word = u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?;
        bytes.extend_from_slice(&word.to_ne_bytes());
    }
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes)
            .ok()
            .map(|b| Ipv4Addr::from(b).into()),
        16 => <[u8; 16]>::try_from(bytes)
            .ok()
            .map(|b| Ipv6Addr::from(b).into()),
        _ => None,
    }
}

pub(super) fn not_root(facts: &Facts) -> Verdict {
    match facts.machine.uid {
        Some(0) => Verdict::failed(
            "this runs as root",
            "make an account for it: useradd --system aceso; chown -R aceso DIR; run the service as aceso",
        ),
        Some(uid) => Verdict::met(format!("user {uid}")),
        None => Verdict::Open("this system does not say who runs the program".to_owned()),
    }
}

pub(super) fn clock(facts: &Facts) -> Verdict {
    if let Some(latest) = facts.standing.latest
        && latest > facts.now.plus_millis(60_000)
    {
        return Verdict::failed(
            format!(
                "the clock shows {}, and the log has an entry of {}",
                facts.now.to_fhir(),
                latest.to_fhir()
            ),
            "set the clock: timedatectl set-ntp true",
        );
    }
    match facts.machine.clock_kept {
        Some(true) => Verdict::met("kept by a time service"),
        Some(false) => Verdict::failed("no time service is seen", "timedatectl set-ntp true"),
        None => Verdict::Open("this system does not say who keeps the clock".to_owned()),
    }
}

pub(super) fn disk_space(facts: &Facts) -> Verdict {
    let Some((free, whole)) = facts.machine.disk else {
        return Verdict::Open("this system does not say how much room there is".to_owned());
    };
    let found = format!("{} of {} GiB are free", free / GIB, whole / GIB);
    if free < GIB || free < whole / 20 {
        return Verdict::failed(
            found,
            "make room: with a full disk nothing can be written, and nothing shown",
        );
    }
    Verdict::met(found)
}

pub(super) fn core_dumps(facts: &Facts) -> Verdict {
    let machine = &facts.machine;
    let thrown_away = machine.core_pattern.as_deref() == Some("|/bin/false");
    match machine.core_limit.as_deref() {
        Some("0") => Verdict::met("the limit is 0"),
        _ if thrown_away => Verdict::met("the system throws them away"),
        Some(limit) => Verdict::failed(
            format!(
                "the limit is {limit}: a crash writes memory, with keys and charts, to the disk"
            ),
            "ulimit -c 0 before the start, or LimitCORE=0 in the service",
        ),
        None => Verdict::Open("this system does not say".to_owned()),
    }
}

pub(super) fn swap(facts: &Facts) -> Verdict {
    let clear: Vec<&str> = facts
        .machine
        .swaps
        .iter()
        .filter_map(|(name, sealed)| (!sealed).then_some(name.as_str()))
        .collect();
    if clear.is_empty() {
        return Verdict::met(match facts.machine.swaps.len() {
            0 => "there is none",
            _ => "encrypted, or in memory",
        });
    }
    Verdict::failed(
        format!("{} is not encrypted", clear.join(", ")),
        "swapoff -a, or put it on an encrypted device (/etc/crypttab)",
    )
}

pub(super) fn release_build(facts: &Facts) -> Verdict {
    if facts.debug_build {
        return Verdict::failed("this is a debug build", "install the release");
    }
    Verdict::met(env!("CARGO_PKG_VERSION"))
}

pub(super) fn log_level(facts: &Facts) -> Verdict {
    let level = facts.config.log.level.as_str();
    if matches!(level, "debug" | "trace") {
        return Verdict::failed(format!("log.level is {level}"), "log.level = \"info\"");
    }
    Verdict::met(level)
}

pub(super) fn advisories(facts: &Facts) -> Verdict {
    let (waiting, overdue) = facts.findings;
    if let Some(trouble) = &facts.feed.trouble {
        return Verdict::failed(trouble.as_str(), "aceso advisories check");
    }
    if waiting > 0 {
        return Verdict::failed(
            format!("{waiting} findings wait for a decision, {overdue} of them too long"),
            "decide on the page Advisories of the administration",
        );
    }
    match facts.feed.signed {
        Some(at) => Verdict::met(format!("advisories of {} are settled", at.to_fhir())),
        None => no_advisories(),
    }
}

fn no_advisories() -> Verdict {
    Verdict::Open(
        "no advisories were taken yet: set desk and key in [advisories], then aceso advisories check"
            .to_owned(),
    )
}

pub(super) fn patch_deadlines(facts: &Facts) -> Verdict {
    let (waiting, overdue) = facts.findings;
    match facts.feed.signed {
        _ if overdue > 0 => Verdict::failed(
            format!("{overdue} findings are past their day"),
            "put the release that mends them in place (aceso update apply), or decide on the page Advisories of the administration",
        ),
        Some(_) => Verdict::met(format!("{waiting} findings wait, none past its day")),
        None => no_advisories(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_says_is_read() {
        assert_eq!(
            uid("Name:\taceso\nUid:\t1000\t1001\t1000\t1000\n"),
            Some(1001)
        );
        let limits = "Limit  Soft Limit  Hard Limit  Units\nMax core file size  unlimited  unlimited  bytes\n";
        assert_eq!(core_limit(limits).as_deref(), Some("unlimited"));
        let text = "Filename Type Size Used Priority\n/dev/zram0 partition 1 0 1\n/dev/no-such partition 1 0 1\n";
        let found = swaps(text);
        assert_eq!(
            found,
            [
                ("/dev/zram0".to_owned(), true),
                ("/dev/no-such".to_owned(), false)
            ]
        );
    }

    #[test]
    fn only_listening_sockets_of_the_process_are_named() {
        let loopback = u32::from_ne_bytes([127, 0, 0, 1]);
        let table = format!(
            "  sl  local_address rem_address   st\n   0: {loopback:08X}:20FB 00000000:0000 0A 0:0 0:0 0 0 0 4711 1\n   \
             1: {loopback:08X}:20FC 00000000:0000 01 0:0 0:0 0 0 0 4711 1\n   2: {loopback:08X}:20FD 00000000:0000 0A 0:0 0:0 0 0 0 4712 1\n"
        );
        let found = listeners(&table, &["4711".to_owned()]);
        assert_eq!(found, ["127.0.0.1:8443".parse().unwrap()]);
        assert_eq!(
            ip("00000000000000000000000000000000"),
            Some(Ipv6Addr::UNSPECIFIED.into())
        );
        assert_eq!(ip("0000"), None);
    }
}
