//! What the jobs compute, against fixtures.

#![expect(clippy::unwrap_used, reason = "tests: clippy.toml does not see their helpers as such")]
#![expect(clippy::struct_field_names, reason = "rows have the names of their files")]

mod arguments;
mod backfill;
mod claims;
mod compare;
mod control;
mod dashboards;
mod deletion;
mod demo;
mod formulas;
mod http_door;
mod kills;
mod leaks;
mod learners;
mod monitoring;
mod monthly_narrative;
mod months;
mod pages;
mod plans;
mod post_session_analysis;
mod process;
#[path = "../../../tests/it/monitoring/prometheus.rs"]
#[expect(dead_code, reason = "the engine's tests use the rest of it")]
mod prometheus;
mod provider;
mod readme;
mod real;
mod roi;
mod row_security;
mod scale;
mod support;
mod telemetry;
mod time_cases;
mod weekly_aggregation;
