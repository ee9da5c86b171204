//! Bodies of before: compact JSON. They stay as they are, since their leaves are made of them.

use serde_json::Value;

use super::form::{AuditOutcome, Said, patient_of};

pub(super) fn read(body: &[u8]) -> Option<Said> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let said = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let on = body.get("on").and_then(Value::as_array);
    let on: Vec<String> = on.map_or(Vec::new(), |items| {
        let texts = items.iter().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    });
    let mut patients: Vec<String> = on
        .iter()
        .filter_map(|i| patient_of(i))
        .map(str::to_owned)
        .collect();
    patients.sort_unstable();
    patients.dedup();
    Some(Said {
        who: said("who").unwrap_or_default(),
        purpose: said("why").unwrap_or_default(),
        address: said("from").and_then(|a| a.parse().ok()),
        request: said("req").unwrap_or_default(),
        context: said("for"),
        by: said("by"),
        act: said("act").unwrap_or_default(),
        outcome: said("out")
            .and_then(|o| AuditOutcome::parse(&o))
            .unwrap_or_default(),
        detail: said("q").unwrap_or_default(),
        on,
        rests: Vec::new(),
        patients,
        roles: Vec::new(),
        is_late: false,
        is_old: true,
    })
}
