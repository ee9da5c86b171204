//! What an attack looks like in an address.

/// What a request looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// It asks for what only scanners ask for.
    Honey,
    /// It says itself that it is a scanner.
    Scanner,
    /// It tries to leave a directory.
    Traversal,
    /// SQL where a value belongs.
    Injection,
    /// Script where a value belongs.
    Script,
    /// A command, a template or an address of the inner network where a value belongs.
    Command,
}

impl Label {
    /// Its name in events and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Honey => "honey-path",
            Self::Scanner => "scanner",
            Self::Traversal => "path-traversal",
            Self::Injection => "sql-injection",
            Self::Script => "cross-site-scripting",
            Self::Command => "command-injection",
        }
    }
}

/// How scanners call themselves.
const SCANNERS: &[&str] = &[
    "sqlmap",
    "nikto",
    "wapiti",
    "nuclei",
    "masscan",
    "zgrab",
    "acunetix",
    "nessus",
    "dirbuster",
    "gobuster",
    "ffuf",
    "wpscan",
    "hydra",
    "openvas",
    "netsparker",
    "arachni",
    "w3af",
    "havij",
];

const TRAVERSAL: &[&str] = &[
    "../",
    "..\\",
    "/etc/passwd",
    "/etc/shadow",
    "win.ini",
    "boot.ini",
    "/proc/self/",
    "web-inf/",
    "php://",
    "file://",
];
const INJECTION: &[&str] = &[
    "' or ",
    "\" or ",
    "' and ",
    "union select",
    "union all select",
    "sleep(",
    "benchmark(",
    "waitfor delay",
    "information_schema",
    "pg_sleep",
    "xp_cmdshell",
    "load_file(",
    "into outfile",
    "' --",
    "';--",
    "or 1=1",
    "order by 1",
    "extractvalue(",
    "updatexml(",
];
const SCRIPT: &[&str] = &[
    "<script",
    "</script",
    "javascript:",
    "onerror=",
    "onload=",
    "onmouseover=",
    "<svg",
    "<iframe",
    "<img",
    "document.cookie",
    "alert(",
    "srcdoc=",
];
const COMMAND: &[&str] = &[
    ";cat ",
    "|cat ",
    "$(",
    "`id`",
    "/bin/sh",
    "/bin/bash",
    "cmd.exe",
    "powershell",
    "${jndi:",
    "{{7*7}}",
    "<?php",
    "<%=",
    "169.254.169.254",
    "gopher://",
    "() {",
    "wget http",
    "curl http",
];

/// How much of an address is looked at.
const LOOKED_AT: usize = 4096;

/// What an address looks like; `target` is path and query as they came, `agent` what the client calls itself.
pub fn label(target: &str, agent: &str) -> Option<Label> {
    let agent = agent.to_ascii_lowercase();
    if SCANNERS.iter().any(|name| agent.contains(name)) {
        return Some(Label::Scanner);
    }
    let start = target.len().min(LOOKED_AT);
    let start = (0..=start).rev().find(|at| target.is_char_boundary(*at));
    let target = target.get(..start?)?;
    // Twice, as a gateway in between may have decoded it once.
    let once = decoded(target.as_bytes());
    let twice = decoded(&once);
    for bytes in [once, twice] {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let lists = [
            (Label::Traversal, TRAVERSAL),
            (Label::Script, SCRIPT),
            (Label::Injection, INJECTION),
            (Label::Command, COMMAND),
        ];
        let found = lists
            .into_iter()
            .find(|(_, list)| list.iter().any(|part| text.contains(part)));
        if let Some((label, _)) = found {
            return Some(label);
        }
    }
    None
}

/// Percent signs and plus signs resolved; what is none stays.
fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let (byte, left) = match (first, after) {
            (b'%', [high, low, left @ ..]) => match (nibble(*high), nibble(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, left),
                _ => (b'%', after),
            },
            (b'+', _) => (b' ', after),
            (other, _) => (*other, after),
        };
        out.push(byte);
        rest = left;
    }
    out
}

fn nibble(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(target: &str, expected: Option<Label>) {
        assert_eq!(label(target, "Mozilla/5.0"), expected, "{target}");
    }

    #[test]
    fn attacks_are_named_for_what_they_try() {
        check("/?f=%2e%2e%2f%2e%2e%2fetc%2fpasswd", Some(Label::Traversal));
        check("/?f=%252e%252e%252f", Some(Label::Traversal));
        check("/?q=1'+OR+1=1", Some(Label::Injection));
        check("/?q=1%20UNION%20SELECT%20a", Some(Label::Injection));
        check("/?q=%3Cscript%3Ealert(1)%3C/script%3E", Some(Label::Script));
        check("/?q=${jndi:ldap://a}", Some(Label::Command));
        assert_eq!(label("/", "sqlmap/1.7"), Some(Label::Scanner));
    }

    #[test]
    fn ordinary_questions_have_no_name() {
        for target in [
            "/fhir/Patient?family=O'Brien&given:contains=Anne-Marie",
            "/fhir/Observation?code=http://loinc.org|8867-4&date=ge2026-01-01&_sort=-date",
            "/fhir/Patient?name=Select&address=Union%20Street",
            "/patients?q=Drop%20Table%20Rd%20100%25",
            "/fhir/Condition?code:text=pain%20%2B%20fever",
            "/",
            "/%",
            "/%4",
        ] {
            check(target, None);
        }
    }
}
