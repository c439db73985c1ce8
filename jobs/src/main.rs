//! The binary `windlass`: the engine's command line with these jobs.

use std::process::ExitCode;

fn main() -> ExitCode {
    windlass::cli::main(windlass_jobs::Jobs)
}
