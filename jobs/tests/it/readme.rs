//! Every command that a README names is one of the program's.

use std::collections::BTreeSet;
use std::process::Command;

const TEXTS: [&str; 5] = [
    include_str!("../../../README.md"),
    include_str!("../../../CHANGELOG.md"),
    include_str!("../../../config/default.toml"),
    include_str!("../../../migrations/README.md"),
    include_str!("../../../dashboards/README.md"),
];

#[test]
fn every_command_and_option_that_is_named_exists() {
    let named: BTreeSet<String> = TEXTS.iter().flat_map(|text| commands(text)).collect();
    for known in ["dead groups", "dead replay ID --why \"the provider is back\"", "doctor", "migrate", "config show"] {
        assert!(named.contains(known), "{named:#?}");
    }
    for command in named {
        let words: Vec<&str> = command.split_whitespace().collect();
        let name: Vec<&str> = words.iter().copied().take_while(|word| word.chars().all(char::is_lowercase)).collect();
        let help = Command::new(env!("CARGO_BIN_EXE_windlass")).args(&name).arg("--help").output().unwrap();
        assert!(help.status.success(), "`windlass {command}`: there is no such command");
        let help = String::from_utf8(help.stdout).unwrap();
        for option in words.iter().filter(|word| word.starts_with("--")) {
            let found = help.split(|c: char| c != '-' && !c.is_alphanumeric()).any(|word| word == *option);
            assert!(found, "`windlass {command}`: there is no {option}");
        }
    }
}

/// What follows `windlass ` or `cargo run -- ` in a line of shell or between backticks, and the demo's arguments.
fn commands(text: &str) -> Vec<String> {
    let quoted = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    text.lines()
        .chain(quoted)
        .filter_map(|code| {
            let code = code.split(" # ").next()?.trim();
            if let Some(arguments) = code.strip_prefix("make demo ARGS=") {
                return Some(format!("demo {}", arguments.trim_matches('"')));
            }
            code.strip_prefix("windlass ")
                .or_else(|| code.strip_prefix("cargo run -- "))
                .map(|code| code.trim().to_owned())
        })
        .collect()
}
