//! Alerts as an attack makes them: one for a cause, told at the console, at a webhook and in the log.

use std::net::TcpListener;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::browser::Browser;
use crate::stage::{Server, Stage, name};

/// The alerts that are open, when there are any; the server looks every five seconds.
fn alerts(stage: &Stage) -> Vec<Value> {
    let begin = Instant::now();
    loop {
        let open = stage.json(&["incident", "alerts"], 0);
        let open = open.as_array().unwrap().clone();
        if !open.is_empty() {
            return open;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "no alert");
        thread::sleep(Duration::from_millis(200));
    }
}

/// Hears one request at a time; gives its body.
fn hook() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/alerts", listener.local_addr().unwrap());
    let (told, heard) = mpsc::channel();
    thread::spawn(move || {
        use std::io::{Read, Write};
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut text = String::new();
            let mut part = [0; 4096];
            while !text.ends_with("}}") {
                let count = stream.read(&mut part).unwrap();
                text.push_str(std::str::from_utf8(&part[..count]).unwrap());
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            let (_, body) = text.split_once("\r\n\r\n").unwrap();
            if told.send(body.to_owned()).is_err() {
                return;
            }
        }
    });
    (url, heard)
}

#[test]
fn a_list_of_stolen_passwords_makes_one_alert_that_the_console_the_webhook_and_the_log_tell() {
    let stage = Stage::new();
    let (url, heard) = hook();
    let sent = stage.dir.join("sent.json");
    let config = format!(
        "[listen]\ntrust_forwarded = true\n[egress]\nendpoints = ['{url}']\n[shield]\nwebhook = '{url}'\n\
         [[audit.send]]\nto = 'file://{}'\nas = 'ecs'\n",
        sent.display()
    );
    let config = stage.file("alerting.toml", config);
    let mut command = stage.command(&["serve", "--listen", "http://127.0.0.1:0"]);
    let server = Server::start(
        command
            .args(["--config", name(&config)])
            .stderr(Stdio::inherit()),
    );
    let mut browser = Browser::new(&server.address);
    browser.from = Some("203.0.113.9".to_owned());
    for number in 0..12 {
        let page = browser.open("/sign-in");
        let user = format!("stolen{number}");
        let typed = [("user", user.as_str()), ("password", "Spring-2019!")];
        browser.submit(&page, "/sign-in", &typed);
    }
    let open = alerts(&stage);
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(open[0]["kind"], "credential-stuffing");
    assert_eq!(open[0]["cause"], "203.0.113.9");
    let told: Value =
        serde_json::from_str(&heard.recv_timeout(Duration::from_secs(20)).unwrap()).unwrap();
    assert_eq!(told["event"]["kind"], "alert");
    assert_eq!(told["rule"]["id"], "credential-stuffing");
    assert_eq!(told["event"]["id"], open[0]["id"]);
    let begin = Instant::now();
    let lines = || std::fs::read_to_string(&sent).unwrap_or_default();
    while !lines().contains("\"alert raise\"") {
        assert!(begin.elapsed() < Duration::from_secs(20), "{}", lines());
        thread::sleep(Duration::from_millis(100));
    }
    let all = lines();
    let line = all
        .lines()
        .find(|line| line.contains("\"alert raise\""))
        .unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["event"]["kind"], "alert");
    assert_eq!(line["event"]["category"][0], "intrusion_detection");
    assert_eq!(server.stop("-TERM"), Some(0));
    assert!(heard.try_recv().is_err(), "told once");
}
