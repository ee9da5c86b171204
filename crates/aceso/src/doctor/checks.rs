//! The table of checks.

use super::Check;
use super::Severity::{self, High, Low, Medium};
use super::{access as a, machine as m, network as n, record as r};

const fn check(
    id: &'static str,
    rows: &'static str,
    severity: Severity,
    title: &'static str,
    judge: fn(&super::Facts) -> super::Verdict,
) -> Check {
    Check {
        id,
        rows,
        severity,
        title,
        judge,
    }
}

/// All checks, by part.
#[rustfmt::skip]
pub(crate) const CHECKS: &[Check] = &[
    // Keys and files.
    check("directory-mode", "H5 B5", High, "Nobody else can read the data directory", r::directory_mode),
    check("files-mode", "H5 B5", Medium, "Nobody else can read a file in it", r::files_mode),
    check("directory-owner", "HN10", Medium, "It belongs to the account that the program runs as", r::directory_owner),
    check("key-outside", "H5 B5 HN2", High, "The root key is not inside the data directory", r::key_outside),
    check("key-mode", "H5 B5", High, "Nobody else can read the root key or the patients' keys", r::key_mode),
    check("key-apart", "B5", Medium, "Whoever takes the disk does not take the key", r::key_apart),
    check("recovery-shares", "HA7", Medium, "The recovery shares were tested", r::recovery_shares),
    // The store.
    check("findings", "H7 O-d2", High, "Nothing that is stored is found wrong", r::findings),
    check("scrub", "H7 R7", Medium, "The whole store was checked in slices within 7 days", r::scrub),
    check("verify", "H7", Low, "The whole store was checked at once within 31 days", r::verify),
    check("audit-head", "O-d2 16.4.2", High, "The audit log's head is signed and recent", r::audit_head),
    check("audit-witness", "16.4.3", Medium, "Somebody outside keeps the audit log's heads", r::witness),
    check("audit-spool", "O-d2 16.4.2", High, "The emergency spool has its room, and nothing waits in it", r::spool),
    check("backups", "HN4 HA7", High, "Backups are made, the last within 48 hours", r::backups),
    check("restore-drill", "HN3 HA7", Medium, "A restore was tried out within 35 days, and all came back", r::drill),
    check("demonstration", "6.3.2", High, "This is no demonstration with known sign-ins", r::demonstration),
    // Network.
    check("encrypted-transport", "H9 HN2 12.1.1", High, "Whoever is not on this machine is served over TLS only", n::transport),
    check("certificate-valid", "H9 12.1.1", High, "The certificate is valid for two weeks at least", n::certificate_valid),
    check("certificate-trusted", "H9 O-d9", Medium, "The certificate is of an authority that browsers trust", n::certificate_trusted),
    check("admin-networks", "8.2.4", Medium, "The administration area is reached from named networks only", n::admin_networks),
    check("cross-origin", "3.4.2 T10", Medium, "Only named origins may call from a browser", n::cross_origin),
    check("forwarded-headers", "4.1.3", Medium, "Forwarded addresses are believed of a proxy on this machine only", n::forwarded),
    check("listening", "HN10 P8", Medium, "The program listens on its one address", n::listening),
    check("mail", "N8 BG3 6.3.5 6.3.7", Medium, "Notices reach people by mail, and none was given up", n::mail),
    check("way-out", "1.3.6 13.2.4 P7", Low, "The program may call named addresses only, all over TLS", n::way_out),
    // People.
    check("second-factor", "HN1 6.3.3 O-d13", High, "Everybody with special rights has a second factor", a::privileged_factor),
    check("second-factor-staff", "HN1 N6", Medium, "Everybody of the staff has a second factor", a::staff_factor),
    check("one-factor-roles", "HN1 6.3.4", High, "One factor is enough for patients at most", a::one_factor_roles),
    check("passkeys", "N6 N7", Low, "Everybody with special rights has a passkey", a::privileged_passkey),
    check("listed-devices", "N7 6.3.3", Low, "Passkeys of people with special rights come from listed devices, which they cannot leave", a::listed_devices),
    check("two-administrators", "2.3.5 HA4", Medium, "There are two administrators, and not too many", a::administrators),
    check("unused-accounts", "HA4 HN5", Medium, "No account is unused for 90 days", a::unused_accounts),
    check("session-limits", "H4 O-d5 N5 7.3.1 7.3.2", Medium, "Sessions lock after 15 minutes and end after 12 hours", a::session_limits),
    check("token-lifetime", "T7", Medium, "A backend service's token lives five minutes at most", a::token_lifetime),
    check("password-cost", "N3", Medium, "A password check costs what OWASP asks", a::password_cost),
    check("reviews", "BG3 HA1 HA4", Medium, "No review of rights or emergency access is overdue", a::reviews),
    check("business-associates", "HA9", Medium, "Every agreement with a business associate holds for another month", a::associates),
    check("tellings", "HN6 G19", High, "Nobody waits past their day to be told of an access that ended, an emergency, a correction", a::tellings),
    check("weakness-tests", "HN8", Medium, "Weaknesses were looked for within half a year, and tested within a year", a::weakness_tests),
    check("yearly-reviews", "HN11", Medium, "Compliance, risks and the incident plan were gone over within a year", a::yearly_reviews),
    // The machine.
    check("not-root", "HN10", Medium, "The program does not run as root", m::not_root),
    check("clock", "R6 16.2.2", Medium, "The clock is kept by the network, and not behind the log", m::clock),
    check("disk-space", "R5", High, "There is room on the disk", m::disk_space),
    check("core-dumps", "H5", Medium, "A crash leaves no copy of memory on the disk", m::core_dumps),
    check("swap", "H5", Medium, "Memory is not written to the disk in clear", m::swap),
    check("release-build", "13.4.2 P8", Medium, "This is a release build", m::release_build),
    check("log-level", "16.2.5 13.4.2", Low, "The program's log is not at a debugging level", m::log_level),
    check("advisories", "15.2.1", Medium, "No known weakness of this release is unmended", m::advisories),
    check("patch-deadlines", "HN9 15.1.1", High, "No known weakness is unmended past its day: critical 15 days, high 30", m::patch_deadlines),
];
