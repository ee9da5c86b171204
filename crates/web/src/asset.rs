//! What pages load besides themselves: our own style, script and mark. The address holds a digest of the content, so that a
//! browser may keep it forever and an update is seen at once.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

/// A file that pages load.
pub(crate) struct Asset {
    path: LazyLock<String>,
    name: &'static str,
    kind: &'static str,
    content: &'static str,
}

const STYLE_TEXT: &str = include_str!("../assets/aceso.css");
const SCRIPT_TEXT: &str = include_str!("../assets/aceso.js");
const MARK_TEXT: &str = include_str!("../assets/mark.svg");

/// The one style sheet.
pub(crate) static STYLE: Asset = Asset {
    path: LazyLock::new(|| path("aceso.css", STYLE_TEXT)),
    name: "aceso.css",
    kind: "text/css; charset=utf-8",
    content: STYLE_TEXT,
};
/// The one script.
pub(crate) static SCRIPT: Asset = Asset {
    path: LazyLock::new(|| path("aceso.js", SCRIPT_TEXT)),
    name: "aceso.js",
    kind: "text/javascript; charset=utf-8",
    content: SCRIPT_TEXT,
};
/// The icon of the browser's tab.
pub(crate) static MARK: Asset = Asset {
    path: LazyLock::new(|| path("mark.svg", MARK_TEXT)),
    name: "mark.svg",
    kind: "image/svg+xml",
    content: MARK_TEXT,
};

/// The script's text.
#[cfg(test)]
pub(crate) const fn script() -> &'static str {
    SCRIPT_TEXT
}

fn all() -> [&'static Asset; 3] {
    [&STYLE, &SCRIPT, &MARK]
}

fn path(name: &str, content: &str) -> String {
    let [a, b, c, d, e, f, g, h, ..] = aceso_vault::sha256(content.as_bytes());
    let mut path = String::from("/assets/");
    path.push_str(&aceso_base::hex(&[a, b, c, d, e, f, g, h]));
    path.push('/');
    path.push_str(name);
    path
}

impl Asset {
    /// Its address.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

/// The file at an address below `/assets/`; none for a name we do not have, or a digest that is not (any more) its own.
pub(crate) fn find(path: &str) -> Option<Response> {
    let found = all().into_iter().find(|asset| asset.path() == path)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(found.kind)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
    ];
    tracing::trace!(name = found.name, "asset");
    Some((StatusCode::OK, headers, found.content).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_at_its_own_address_only() {
        for asset in all() {
            let response = find(asset.path()).unwrap();
            assert_eq!(response.headers()[header::CONTENT_TYPE], asset.kind);
            assert!(
                response.headers()[header::CACHE_CONTROL]
                    .to_str()
                    .unwrap()
                    .contains("immutable")
            );
        }
        for bad in [
            "/assets/aceso.css",
            "/assets/0000000000000000/aceso.css",
            "/assets/../Cargo.toml",
        ] {
            assert!(find(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn asvs_3_6_1_nothing_is_loaded_from_elsewhere() {
        for asset in all() {
            for far in ["http://", "https://", "@import", "url("] {
                let text = asset.content.replace("http://www.w3.org/2000/svg", "");
                assert!(!text.contains(far), "{} {far}", asset.name);
            }
        }
    }
}
