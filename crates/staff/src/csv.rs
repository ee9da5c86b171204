//! Comma-separated values for spreadsheets (RFC 4180), in which no cell begins a formula (ASVS 1.2.10).

use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

/// A table to be taken along.
#[derive(Debug, Default)]
pub(crate) struct Csv(String);

impl Csv {
    /// With this heading.
    pub(crate) fn new(heading: &[&str]) -> Self {
        let mut csv = Self::default();
        csv.row(heading.iter().map(|h| (*h).to_owned()));
        csv
    }

    /// One more row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(|cell| quoted(&cell)).collect();
        self.0.push_str(&cells.join(","));
        self.0.push_str("\r\n");
    }

    /// As text.
    pub(crate) fn text(self) -> String {
        self.0
    }

    /// As a file that the browser saves, under this plain name.
    pub(crate) fn file(self, name: &'static str) -> Response {
        attached(self.0, "text/csv; charset=utf-8", name)
    }
}

/// A file that the browser saves, under this plain name.
pub(crate) fn attached(bytes: impl Into<Body>, kind: &'static str, name: &'static str) -> Response {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    headers.extend(disposition.map(|value| (CONTENT_DISPOSITION, value)));
    response
}

/// A cell: quoted always, and with an apostrophe where a spreadsheet would begin to compute.
fn quoted(cell: &str) -> String {
    let formula = cell.trim_start().starts_with([
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]) || cell.starts_with(['\t', '\r', '\n']);
    let guard = if formula { "'" } else { "" };
    ["\"", guard, &cell.replace('"', "\"\""), "\""].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asvs_1_2_10_no_cell_begins_a_formula() {
        for bad in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "  =1",
            "\u{ff1d}1",
            "=cmd|'/c calc'!A1",
            "\n=1",
        ] {
            assert!(quoted(bad).starts_with("\"'"), "{bad:?}");
        }
        assert_eq!(
            quoted("Ann \"A.\" Example, MD"),
            "\"Ann \"\"A.\"\" Example, MD\""
        );
        let mut csv = Csv::new(&["a", "b"]);
        csv.row(["1".to_owned(), "x\ny".to_owned()]);
        assert_eq!(csv.0, "\"a\",\"b\"\r\n\"1\",\"x\ny\"\r\n");
    }
}
