//! The README says only what is checked: every promise names a test that there is, every `make` a target.

use crate::order::{read, section};

#[test]
fn every_promise_names_its_tests_and_they_exist() {
    let readme = read("README.md");
    let rows: Vec<&str> =
        section(&readme, "## What it promises").lines().filter(|line| line.starts_with('|')).collect();
    let promises = rows.get(2..).unwrap_or_default();
    assert!(promises.len() >= 8, "the table of promises was not found: {rows:?}");
    let mut wrong = Vec::new();
    for row in promises {
        let tests: Vec<&str> = quoted(row).filter(|text| text.contains("::") && !text.contains('(')).collect();
        if tests.is_empty() {
            wrong.push(format!("no test: {row}"));
        }
        wrong.extend(tests.into_iter().filter(|test| !exists(test)).map(|test| format!("there is no test {test}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_target_of_make_exists() {
    let makefile = read("Makefile");
    let (readme, contributing) = (read("README.md"), read("CONTRIBUTING.md"));
    let named: Vec<&str> = lines_of_code(&readme)
        .chain(lines_of_code(&contributing))
        .filter_map(|code| code.strip_prefix("make ")?.split_whitespace().next())
        .collect();
    assert!(named.contains(&"demo") && named.contains(&"test"), "{named:?}");
    for target in named {
        assert!(makefile.lines().any(|line| line.starts_with(&format!("{target}:"))), "make {target}");
    }
}

/// Everything between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Every line of a block of code, and everything between backticks.
fn lines_of_code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().chain(text.lines().flat_map(quoted)).map(str::trim)
}

/// Whether a test of this name, not an ignored one, stands in the module's file.
fn exists(test: &str) -> bool {
    let (module, name) = test.rsplit_once("::").unwrap();
    let module = module.replace("::", "/");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = ["tests/it", "jobs/tests/it"].map(|folder| root.join(folder));
    let files = places.iter().flat_map(|at| ["{}.rs", "{}/mod.rs"].map(|file| at.join(file.replace("{}", &module))));
    files.into_iter().any(|file| {
        let source = std::fs::read_to_string(file).unwrap_or_default();
        let lines: Vec<&str> = source.lines().map(str::trim_start).collect();
        let Some(at) = lines.iter().position(|line| line.contains(&format!("fn {name}("))) else { return false };
        let attributes: Vec<&&str> = lines[..at].iter().rev().take_while(|line| line.starts_with("#[")).collect();
        attributes.iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
            && !attributes.iter().any(|line| line.starts_with("#[ignore"))
    })
}
