//! The house: modules only look down, what is borrowed is named in one place, files are small, dependencies have a reason.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up: a module may use what stands in a floor below its own, and its floor's own only if it is itself.
const FLOORS: [&[&str]; 17] = [
    &["model"],
    &["telemetry", "embedded"],
    &["config"],
    &["store"],
    &["together", "wake"],
    &["job"],
    &["schedule"],
    &["registry"],
    &["admission", "client", "replays"],
    &["dead_letters"],
    &["control"],
    &["maintenance"],
    &["http", "worker"],
    &["ops"],
    &["bench"],
    &["cli"],
    &["testing"],
];
/// The words by which code names a dependency that is to be replaceable in a day, and the only file that may.
const BORROWED: [(&str, &str); 7] = [
    ("apalis", "src/worker/apalis.rs"),
    ("tower_layer", "src/worker/apalis.rs"),
    ("backoff", "src/model/retry.rs"),
    ("croner", "src/model/cron.rs"),
    ("figment", "src/config.rs"),
    ("opentelemetry", "src/telemetry/traces.rs"),
    ("uapi", "src/cli/stand_back.rs"),
];
/// What SQL looks like in code.
const SQL: [&str; 10] = [
    "sqlx::query",
    "raw_sql(",
    "\"select ",
    "\"insert ",
    "\"update ",
    "\"delete ",
    "\"create ",
    "\"alter ",
    "\"drop ",
    "\"set ",
];
/// Where SQL may stand. The private Postgres makes databases, the toys have tables of their own, and the bench makes both and
/// looks at the engine's from outside.
const WRITES_SQL: [&str; 4] = ["src/store/", "src/embedded/", "src/bench/", "src/testing/toys.rs"];
/// What a worker, a door or a terminal needs, and a producer does not.
const NOT_FOR_PRODUCERS: [&str; 11] = [
    "apalis",
    "axum",
    "backoff",
    "clap",
    "croner",
    "figment",
    "jsonschema",
    "metrics-exporter-prometheus",
    "ratatui",
    "tracing-subscriber",
    "utoipa",
];
const LONGEST_FILE: usize = 400;

#[test]
fn modules_only_look_down() {
    let mut wrong = Vec::new();
    for (path, text) in code("src") {
        let module = module_of(&path);
        // The map itself.
        if module == "lib" {
            continue;
        }
        let own = floor(&module).unwrap_or_else(|| panic!("{path}: say in FLOORS where {module} stands"));
        for used in crate_paths(&text) {
            match floor(&used) {
                Some(other) if used == module || other < own => {}
                Some(_) => wrong.push(format!("{path} uses {used}, which does not stand below {module}")),
                None => wrong.push(format!("{path} uses crate::{used}: name the module it comes from")),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_borrowed_is_named_in_one_file() {
    let mut wrong = Vec::new();
    for (path, text) in code("src").into_iter().chain(code("jobs/src")) {
        // The module that has apalis's name is no naming of it.
        let text = text.replace("mod apalis;", "").replace("super::apalis::", "");
        for (name, only) in BORROWED {
            if path != only && text.contains(name) {
                wrong.push(format!("{path} names {name}, which only {only} may"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sql_is_written_in_the_store() {
    let mut wrong = Vec::new();
    for (path, text) in code("src") {
        if WRITES_SQL.iter().any(|place| path.starts_with(place)) {
            continue;
        }
        wrong.extend(SQL.iter().filter(|sql| text.contains(**sql)).map(|sql| format!("{path} holds {sql}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_is_too_long() {
    let mut wrong = Vec::new();
    for path in rust_files("src").into_iter().chain(rust_files("jobs/src")) {
        let lines = read(&path).lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!("{path} has {lines} lines; {LONGEST_FILE} are the most"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_direct_dependency_has_its_reason_in_contributing() {
    let declared: BTreeSet<String> =
        ["Cargo.toml", "jobs/Cargo.toml"].iter().flat_map(|file| dependencies(&read(file))).collect();
    assert!(declared.len() > 20, "{declared:?}");
    let contributing = read("CONTRIBUTING.md");
    let explained: BTreeSet<String> = section(&contributing, "## Dependencies")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .flat_map(|cell| cell.split(", ").filter_map(|name| name.strip_prefix('`')?.strip_suffix('`')))
        .map(str::to_owned)
        .collect();
    assert_eq!(declared, explained, "left: both Cargo.tomls, right: CONTRIBUTING.md");
}

#[test]
fn a_producers_client_alone_brings_no_server_and_no_runtime_of_jobs() {
    let tree = |features: &[&str]| {
        let output = std::process::Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
            .args(["tree", "--offline", "--locked", "--package", "windlass", "--edges", "normal", "--prefix", "none"])
            .args(features)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let (alone, whole) = (tree(&["--no-default-features"]), tree(&[]));
    for brought in NOT_FOR_PRODUCERS {
        assert!(whole.contains(brought), "{brought} is brought by nothing; name what is");
        assert!(!alone.contains(brought), "the producer's client brings {brought}");
    }
    assert!(alone.contains("sqlx"), "{alone:?}");
}

/// The text of the repository's file.
pub(crate) fn read(path: &str) -> String {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&whole).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands under a heading, up to the next of its rank.
pub(crate) fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, after) = text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("there is no {heading:?}"));
    after.split("\n## ").next().unwrap()
}

/// Every Rust file below a folder, by its path in the repository.
fn rust_files(folder: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    assert!(files.len() > 5, "{files:?}");
    files
}

/// The same with their code: what is neither comment nor unit test.
fn code(folder: &str) -> Vec<(String, String)> {
    let code_of = |path: String| {
        let text = read(&path);
        let program = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let lines: Vec<&str> = program.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        (path, lines.join("\n"))
    };
    rust_files(folder).into_iter().map(code_of).collect()
}

/// `src/worker/pool.rs` and `src/worker/mod.rs` belong to `worker`, `src/job.rs` to `job`.
fn module_of(path: &str) -> String {
    path.split('/').nth(1).unwrap().trim_end_matches(".rs").to_owned()
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// The first words of all paths that begin with `crate::`, also of `use crate::{a, b::c}`.
fn crate_paths(code: &str) -> Vec<String> {
    let word = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for after in code.split("crate::").skip(1) {
        let Some(list) = after.strip_prefix('{') else {
            found.push(word(after));
            continue;
        };
        let (mut depth, mut item) = (0, String::new());
        for c in list.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => found.push(word(&std::mem::take(&mut item))),
                _ => {}
            }
            if c != ',' || depth > 0 {
                item.push(c);
            }
        }
        found.push(word(&item));
    }
    found.retain(|word| !word.is_empty());
    found
}

#[test]
fn paths_are_read_out_of_every_form_of_use() {
    let code = "use crate::a::B;\nuse crate::{c, d::{E, f::G},\n    h};\nlet x: crate::i::J = pub(crate) k;";
    assert_eq!(crate_paths(code), ["a", "c", "d", "h", "i"]);
}

/// The names in the tables of dependencies, our own package aside.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            let for_some = line.starts_with("[target.") && line.ends_with(".dependencies]");
            inside = for_some || matches!(line, "[dependencies]" | "[dev-dependencies]");
        } else if inside
            && !line.contains("path = ")
            && let Some((name, _)) = line.split_once([' ', '.'])
        {
            names.push(name.to_owned());
        }
    }
    names
}
