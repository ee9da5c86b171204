//! The log on its way out, to receivers that others wrote.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::stage::Stage;

/// Debian's syslog server, with TLS and certificates of its own authority.
struct Rsyslog {
    dir: PathBuf,
    port: u16,
    child: Option<Child>,
}

const RSYSLOGD: &str = "/usr/sbin/rsyslogd";

/// Whether rsyslog with TLS, and openssl to make certificates, are here.
fn can_receive() -> bool {
    let module = |dir: std::fs::DirEntry| dir.path().join("rsyslog/lmnsd_gtls.so").exists();
    let tls = std::fs::read_dir("/usr/lib")
        .unwrap()
        .any(|dir| dir.is_ok_and(module));
    let openssl = Command::new("openssl").arg("version").output().is_ok();
    if tls && openssl && Path::new(RSYSLOGD).exists() {
        return true;
    }
    aceso_testkit::absent("rsyslog with TLS (packages rsyslog, rsyslog-gnutls, openssl)");
    false
}

fn openssl(dir: &Path, args: &str) {
    let args: Vec<&str> = args.split(' ').collect();
    let done = Command::new("openssl")
        .args(&args)
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

impl Rsyslog {
    fn new(stage: &Stage) -> Self {
        let dir = stage.dir.join("rsyslog");
        std::fs::create_dir(&dir).unwrap();
        let new = "req -new -newkey rsa:2048 -nodes";
        openssl(
            &dir,
            &format!("{new} -x509 -days 2 -subj /CN=authority -keyout ca.key -out ca.pem"),
        );
        for name in ["localhost", "aceso"] {
            let request = format!("{new} -subj /CN={name} -keyout {name}.key -out {name}.csr");
            openssl(&dir, &request);
            std::fs::write(dir.join("san"), format!("subjectAltName=DNS:{name}\n")).unwrap();
            let sign = format!(
                "x509 -req -days 2 -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial"
            );
            openssl(&dir, &format!("{sign} -extfile san -out {name}.pem"));
        }
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        Self {
            dir,
            port,
            child: None,
        }
    }

    /// Starts it; only clients with a certificate of the authority that names `aceso` may speak.
    fn start(&mut self) {
        let at = |name: &str| self.dir.join(name).display().to_string();
        let conf = format!(
            "global(workDirectory=\"{dir}\" maxMessageSize=\"64k\" defaultNetstreamDriver=\"gtls\"\n\
             defaultNetstreamDriverCAFile=\"{ca}\" defaultNetstreamDriverCertFile=\"{cert}\"\n\
             defaultNetstreamDriverKeyFile=\"{key}\")\n\
             module(load=\"imtcp\" streamDriver.name=\"gtls\" streamDriver.mode=\"1\" streamDriver.authMode=\"x509/name\"\n\
             permittedPeer=[\"aceso\"])\n\
             template(name=\"all\" type=\"string\" string=\"%pri% %app-name% %msgid% %structured-data%%msg%\\n\")\n\
             input(type=\"imtcp\" port=\"{port}\" address=\"127.0.0.1\")\n\
             *.* action(type=\"omfile\" file=\"{out}\" template=\"all\" asyncWriting=\"off\" flushOnTXEnd=\"on\")\n",
            dir = self.dir.display(),
            ca = at("ca.pem"),
            cert = at("localhost.pem"),
            key = at("localhost.key"),
            out = at("received"),
            port = self.port,
        );
        std::fs::write(self.dir.join("rsyslog.conf"), conf).unwrap();
        let child = Command::new(RSYSLOGD)
            .args(["-n", "-f", &at("rsyslog.conf"), "-i", &at("pid")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// As when the machine loses its power.
    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let _ = std::fs::remove_file(self.dir.join("pid"));
    }

    /// What it has written, a message a line.
    fn received(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.dir.join("received")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn config(&self, form: &str) -> String {
        let at = |name: &str| self.dir.join(name).display().to_string();
        format!(
            "[[audit.send]]\nto = \"syslog-tls://localhost:{}\"\nas = \"{form}\"\nname = \"siem\"\ncertificates = \"{}\"\n\
             certificate = \"{}\"\nkey = \"{}\"\n",
            self.port,
            at("ca.pem"),
            at("aceso.pem"),
            at("aceso.key"),
        )
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Looks until it is so.
fn until(what: &str, mut look: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !look() {
        assert!(begun.elapsed() < Duration::from_secs(90), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The numbers of the entries in ATNA messages.
fn numbers(lines: &[String]) -> Vec<u64> {
    let number = |line: &String| -> u64 {
        let text = line
            .split("ParticipantObjectID=\"audit/")
            .nth(1)
            .expect(line);
        text.split('"').next().unwrap().parse().unwrap()
    };
    lines.iter().map(number).collect()
}

/// How many entries are out, by `aceso audit send`.
fn status(stage: &Stage) -> Value {
    let out = stage.run(&["audit", "send", "--status", "--json"]);
    serde_json::from_slice(&out.stdout).unwrap()
}

#[test]
fn i8_o_d9_the_log_reaches_rsyslog_over_mutual_tls_and_nothing_is_lost_when_it_is_killed() {
    if !can_receive() {
        return;
    }
    let stage = Stage::new();
    let mut siem = Rsyslog::new(&stage);
    let token = stage.token("a", "system/*.cruds");
    stage.file("data/aceso.toml", siem.config("atna"));
    // Nobody is there when the server starts: requests do not care.
    let server = stage.serve();
    let write = |name: &str| {
        let body = format!(r#"{{"resourceType":"Patient","name":[{{"family":"{name}"}}]}}"#);
        assert_eq!(server.ask("POST", "/fhir/Patient", &token, &body).0, 201);
    };
    for n in 0..20 {
        write(&format!("Before{n}"));
    }
    siem.start();
    until("what was written before it came", || {
        siem.received().len() > 20
    });
    siem.kill();
    for n in 0..20 {
        write(&format!("Away{n}"));
    }
    siem.start();
    for n in 0..20 {
        write(&format!("Back{n}"));
    }
    let searched = server.ask("GET", "/fhir/Patient?name=away", &token, "");
    assert_eq!(searched.0, 200);
    let created = |lines: &[String]| {
        let created = lines.iter().filter(|l| l.contains("EventActionCode=\"C\""));
        created.count()
    };
    until("the writes and the search", || {
        let lines = siem.received();
        let searched = lines
            .iter()
            .any(|l| l.contains("urn:aceso:audit:act") && l.contains("csd-code=\"110112\""));
        searched && created(&lines) >= 60
    });
    let lines = siem.received();
    let found = numbers(&lines);
    let last = *found.iter().max().unwrap();
    for seq in 1..=last {
        assert!(
            found.contains(&seq),
            "entry {seq} of {last} was lost: {found:?}"
        );
    }
    for line in &lines {
        assert!(
            ["84", "85"].iter().any(|pri| {
                line.starts_with(&format!("{pri} aceso DICOM+RFC3881 [meta sequenceId="))
            }),
            "{line}"
        );
        assert!(
            line.contains("<AuditMessage>") && line.ends_with("</AuditMessage>"),
            "{line}"
        );
        assert!(
            !line.contains("Away"),
            "names of patients are not in the log"
        );
    }
    until("the position", || {
        status(&stage)["places"][0]["sent"].as_u64().unwrap() >= last
    });
    assert_eq!(server.stop("-TERM"), Some(0));
    // The next run goes on where this one ended.
    let again = stage.serve();
    assert_eq!(again.ask("GET", "/fhir/Patient/nobody", &token, "").0, 404);
    until("the next run's first entries", || {
        numbers(&siem.received()).iter().any(|n| *n > last)
    });
    let ones = numbers(&siem.received())
        .iter()
        .filter(|n| **n == 1)
        .count();
    assert!(ones <= 2, "the log was sent from its beginning: {ones}");
}

#[test]
fn a_receiver_whose_certificate_is_another_authoritys_gets_nothing() {
    if !can_receive() {
        return;
    }
    let stage = Stage::new();
    let mut siem = Rsyslog::new(&stage);
    let config = siem.config("cef");
    stage.token("a", "system/*.rs");
    let new = "req -new -newkey rsa:2048 -nodes -x509 -days 2";
    openssl(
        &siem.dir,
        &format!("{new} -subj /CN=other -keyout other.key -out other.pem"),
    );
    let config = config.replace("/ca.pem", "/other.pem");
    stage.file("data/aceso.toml", config);
    siem.start();
    let server = stage.serve();
    until("the failure", || {
        let place = status(&stage)["places"][0].clone();
        place["failures"].as_u64() > Some(0)
            && place["error"]
                .as_str()
                .is_some_and(|e| e.contains("certificate"))
    });
    assert_eq!(siem.received(), Vec::<String>::new());
    assert_eq!(server.stop("-TERM"), Some(0));
}

#[test]
fn a_file_gets_each_entry_once_with_ecs_names_that_jq_reads() {
    let stage = Stage::new();
    let token = stage.token("a", "system/*.cruds");
    let file = stage.dir.join("out.ndjson");
    let config = format!(
        "[[audit.send]]\nto = \"file://{}\"\nas = \"ecs\"\n",
        file.display()
    );
    stage.file("data/aceso.toml", config);
    let read = || -> Vec<Value> {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let whole = text.lines().filter(|_| text.ends_with('\n'));
        whole
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    for round in 0..2 {
        let server = stage.serve();
        let body = r#"{"resourceType":"Patient","id":"p1"}"#;
        assert!(server.ask("PUT", "/fhir/Patient/p1", &token, body).0 < 300);
        let act = if round == 0 { "create" } else { "update" };
        until(act, || {
            let is = |l: &Value| {
                l["event"]["action"] == act && l["aceso"]["patients"] == serde_json::json!(["p1"])
            };
            read().iter().any(is)
        });
        assert_eq!(server.stop("-TERM"), Some(0));
    }
    let lines = read();
    let numbers: Vec<u64> = lines
        .iter()
        .map(|l| l["event"]["sequence"].as_u64().unwrap())
        .collect();
    let expected: Vec<u64> = (1..=numbers.len() as u64).collect();
    assert_eq!(numbers, expected, "each once and in order, over a restart");
    let jq = Command::new("jq")
        .args(["-e", "-s", "map(.event.sequence) | length > 3"])
        .arg(&file)
        .output();
    match jq {
        Ok(done) => assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        ),
        Err(_) => aceso_testkit::absent("jq"),
    }
    let out = stage.expect(&["audit", "send"], 0);
    assert!(out.contains("entries are out"), "{out}");
}
