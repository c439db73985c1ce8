//! What windlass promises, a module for each promise. Every test has a database of its own.

#![expect(clippy::unwrap_used, reason = "tests: clippy.toml does not see their helpers as such")]

mod browser;
mod chaos;
mod claim;
mod cli;
mod config;
mod control;
mod crash;
mod dashboards;
mod dead_letters;
mod embedded;
mod endings;
mod enqueue;
mod fence;
mod groups;
mod histories;
mod http_door;
mod isolation;
mod keys;
mod lease_model;
mod long_jobs;
mod network;
mod order;
mod ordering;
mod outage;
mod pages;
mod plans;
mod pooler;
mod process;
mod proxy;
mod readme;
mod replays;
mod schedule_declarations;
mod schedules;
mod schema;
mod settle;
mod shutdown;
mod sql_door;
mod support;
mod suspects;
mod telemetry;
