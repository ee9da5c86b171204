//! `GET /oauth/style.json`: colours and sizes for apps that want to look like the clinic's pages (SMART App Launch 2.2,
//! "Styling").

use axum::Json;
use serde_json::{Value, json};

/// The handler.
pub(crate) async fn get() -> Json<Value> {
    Json(json!({
        "color_background": "#ffffff",
        "color_error": "#a4262c",
        "color_highlight": "#0b6e6e",
        "color_modal_backdrop": "",
        "color_success": "#2f7d32",
        "color_text": "#1b2a2f",
        "dim_border_radius": "6px",
        "dim_font_size": "16px",
        "dim_spacing_size": "16px",
        "font_family_body": "system-ui, sans-serif",
        "font_family_heading": "system-ui, sans-serif"
    }))
}
