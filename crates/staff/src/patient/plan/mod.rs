//! What is planned with a patient: care plans, goals, and the people who see to it.

pub(crate) mod care_plan;
pub(crate) mod goal;
pub(crate) mod show;
pub(crate) mod team;

/// Where the chart's page with them is.
pub(crate) const PAGE: &str = "/plan";
