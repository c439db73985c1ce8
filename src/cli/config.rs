//! `windlass config`.

use serde_json::json;

use super::args::ConfigCommand;
use super::{Application, CliError, Host};

pub(super) fn run<A: Application>(application: &A, host: &Host, command: &ConfigCommand) -> Result<(), CliError> {
    match command {
        ConfigCommand::Show => host.terminal().answer(host.config(), |config| {
            let mut lines = Vec::new();
            lines_of(&mut lines, "", &serde_json::to_value(config).unwrap_or_default());
            lines.join("\n")
        }),
        // Whatever else is wrong was said before this was reached.
        ConfigCommand::Check => {
            host.registry(application)?;
            host.terminal().answer(&json!({ "ok": true }), |_| "the configuration is right".to_owned())
        }
    }
}

/// Every key by its whole name.
fn lines_of(lines: &mut Vec<String>, name: &str, value: &serde_json::Value) {
    match value {
        serde_json::Value::Object(keys) if !keys.is_empty() || name.is_empty() => {
            for (key, value) in keys {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                lines_of(lines, &name, value);
            }
        }
        _ => lines.push(format!("{name} = {value}")),
    }
}
