//! A laboratory beside the server, for the scenario in which somebody must fill an order: it subscribes to urgent
//! laboratory orders, and answers each with a final report. It knows the server by its FHIR API alone.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::server::Server;
use crate::bench::http::Connection;

const ORDERS: &str =
    "ServiceRequest?status=active&priority=stat&category=http://snomed.info/sct|108252007";

/// Opens the laboratory; it works until the program ends.
pub(crate) fn open(server: &Server) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", server.laboratory()))?;
    let address = server.base().trim_start_matches("http://").to_owned();
    let token = server.token()?;
    let endpoint = format!("http://127.0.0.1:{}/laboratory", server.laboratory());
    let wanted = json!({
        "resourceType": "Subscription", "status": "requested", "reason": "urgent orders", "criteria": ORDERS,
        "channel": {"type": "rest-hook", "endpoint": endpoint, "payload": "application/fhir+json"}
    });
    post(&address, &token, "/fhir/Subscription", &wanted)?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Err(error) = take(stream, &address, &token) {
                eprintln!("the laboratory: {error:#}");
            }
        }
    });
    Ok(())
}

/// Sends a resource; the server must take it.
pub(crate) fn post(address: &str, token: &str, path: &str, resource: &Value) -> Result<Value> {
    let body = serde_json::to_vec(resource)?;
    let answer = Connection::open(address, token)?.ask("POST", path, Some(&body))?;
    if !(200..300).contains(&answer.status) {
        bail!(
            "{path}: {} {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
    }
    Ok(serde_json::from_slice(&answer.body)?)
}

/// Takes one notification, an update of the order, and fills it.
fn take(mut stream: TcpStream, address: &str, token: &str) -> Result<()> {
    let order = order(&mut stream)?;
    let filled = fill(&order, address, token);
    let status = if filled.is_ok() { "200 OK" } else { "503 Busy" };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )?;
    filled
}

fn order(stream: &mut TcpStream) -> Result<Value> {
    let mut heard = Vec::new();
    let mut part = [0; 8192];
    loop {
        let count = stream.read(&mut part)?;
        heard.extend_from_slice(&part[..count]);
        let Some(end) = heard.windows(4).position(|w| w == b"\r\n\r\n") else {
            if count == 0 {
                bail!("half a request");
            }
            continue;
        };
        let head = String::from_utf8_lossy(&heard[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|l| l.strip_prefix("content-length:"));
        let length: usize = length.context("no length")?.trim().parse()?;
        if heard.len() >= end + 4 + length {
            return Ok(serde_json::from_slice(&heard[end + 4..end + 4 + length])?);
        }
        if count == 0 {
            bail!("half a request");
        }
    }
}

fn fill(order: &Value, address: &str, token: &str) -> Result<()> {
    let id = order["id"].as_str().context("an order without an id")?;
    let place = format!("ServiceRequest/{id}");
    let path = format!("/fhir/Task?based-on={place}&status=requested");
    let found = Connection::open(address, token)?.ask("GET", &path, None)?;
    let found: Value = serde_json::from_slice(&found.body)?;
    let based = json!([{"reference": place}]);
    let (observation, report) = (
        "urn:uuid:00000000-0000-4000-8000-000000000001",
        "urn:uuid:00000000-0000-4000-8000-000000000002",
    );
    let entry = |url: &str, method: &str, to: &str, resource: Value| json!({"fullUrl": url, "resource": resource, "request": {"method": method, "url": to}});
    let mut entries = vec![
        entry(
            observation,
            "POST",
            "Observation",
            json!({
                "resourceType": "Observation", "status": "final", "basedOn": based, "subject": order["subject"],
                "code": {"coding": [{"system": "http://loinc.org", "code": "6690-2"}], "text": "Leukocytes"},
                "valueQuantity": {"value": 6.1, "unit": "10*3/uL", "system": "http://unitsofmeasure.org", "code": "10*3/uL"}
            }),
        ),
        entry(
            report,
            "POST",
            "DiagnosticReport",
            json!({
                "resourceType": "DiagnosticReport", "status": "final", "basedOn": based, "subject": order["subject"],
                "code": order["code"], "result": [{"reference": observation}]
            }),
        ),
    ];
    for task in found["entry"].as_array().into_iter().flatten() {
        let mut task = task["resource"].clone();
        task["status"] = "completed".into();
        task["output"] = json!([{"type": {"text": "DiagnosticReport"}, "valueReference": {"reference": report}}]);
        let to = format!("Task/{}", task["id"].as_str().unwrap_or_default());
        let url = format!("http://{address}/fhir/{to}");
        entries.push(entry(&url, "PUT", &to, task));
    }
    let filled = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    post(address, token, "/fhir", &filled).map(drop)
}
