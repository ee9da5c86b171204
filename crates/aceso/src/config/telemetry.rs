//! `[telemetry]`: what is told of requests to those who look after the machine.

use serde::{Deserialize, Serialize};

use super::Key;

section! {
    /// What is told of requests to those who look after the machine. /metrics needs nothing of this.
    Telemetry {
        /// Where traces go, as OTLP over HTTP: "http://127.0.0.1:4318", or another address; it must be among egress.endpoints.
        /// A trace has method, row, status and times of a request, and nothing of who asked or about whom. Empty: nowhere.
        traces: String = String::new(),
    }
}
