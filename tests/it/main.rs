//! What windlass promises, a module for each promise. Every test has a database of its own.

mod claim;
mod cli;
mod crash;
mod dead_letters;
mod embedded;
mod endings;
mod enqueue;
mod fence;
mod plans;
mod process;
mod schema;
mod shutdown;
mod support;
mod telemetry;
