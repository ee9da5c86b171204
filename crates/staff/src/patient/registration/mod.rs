//! What the desk keeps of a patient besides who they are: people who belong to them, who pays, and what they agreed to.

pub(crate) mod background;
pub(crate) mod consent;
pub(crate) mod cover;
pub(crate) mod related;
pub(crate) mod show;
mod written;

/// Where the chart's page with it is.
pub(crate) const PAGE: &str = "/registration";

/// Codes with what people call them, for a field.
pub(super) fn choices(all: &[(&'static str, &'static str)]) -> Vec<aceso_web::page::Choice> {
    let all = all.iter();
    all.map(|(code, said)| aceso_web::page::Choice::new(*code, *said))
        .collect()
}
