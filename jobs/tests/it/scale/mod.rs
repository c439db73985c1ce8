//! Measurements with a great many rows, by `make scale`: real worker processes, built for release, on a server that keeps what it
//! committed. Each prints lines of the README's table.

mod import;
mod learners;
mod made_up;
mod process;
mod spectrum;

use std::env;

/// A number from the environment.
fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// A line of the table.
#[expect(clippy::print_stdout, reason = "it is what is asked for")]
fn line(what: &str, wanted: &str, measured: &str) {
    println!("| {what} | {wanted} | {measured} |");
}
