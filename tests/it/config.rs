//! The configuration: every file parses, what is wrong is named with its source, and no secret is shown.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use windlass::WorkerOptions;
use windlass::config::Config;

use crate::order::read;
use crate::process::toys;

/// Asks `windlass config`, in a process of its own: the environment belongs to a whole process.
fn config(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut program = Command::new(toys());
    program.arg("config").args(arguments);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("WINDLASS_") || name == "DATABASE_URL") {
        program.env_remove(name);
    }
    program.envs(environment.iter().copied()).output().unwrap()
}

/// What it says when it refuses.
fn refusal(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = config(arguments, environment);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

struct File(PathBuf);

impl File {
    fn of(text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("windlass-it-{}.toml", uuid::Uuid::now_v7().simple()));
        fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn every_file_in_config_is_a_profile_that_parses() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let output = match name {
            // The ground of every profile; laid over one, it must be whole and right as well.
            "default" => config(&["check", "--config", path.to_str().unwrap()], &[]),
            profile => config(&["check", "--profile", profile], &[]),
        };
        assert!(output.status.success(), "{name}: {output:?}");
        seen += 1;
    }
    assert!(seen >= 3);
}

#[test]
fn the_defaults_in_the_code_are_those_of_the_file() {
    let file = File::of(&read("config/default.toml"));
    let config = Config::load("production", Some(&file.0)).unwrap();
    assert_eq!(format!("{:?}", config.worker_options()), format!("{:?}", WorkerOptions::default()));
}

#[test]
fn a_later_layer_wins() {
    let file = File::of("[worker]\nlease_seconds = 30\nrenew_seconds = 7\n");
    let output = config(&["show", "--json", "--config", file.path()], &[("WINDLASS__WORKER__RENEW_SECONDS", "9")]);
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&shown["worker"]["lease_seconds"], &shown["worker"]["renew_seconds"]), (&30.into(), &9.into()));
}

#[test]
fn an_unknown_key_is_refused_with_its_source() {
    let said = refusal(&["check"], &[("WINDLASS__WORKER__LEESE_SECONDS", "30")]);
    assert!(said.contains("leese_seconds") && said.contains("`WINDLASS__` environment variable"), "{said}");
    let file = File::of("[worker]\nleese_seconds = 30\n");
    let said = refusal(&["check", "--config", file.path()], &[]);
    assert!(said.contains("leese_seconds") && said.contains(file.path()), "{said}");
}

#[test]
fn a_bad_value_is_refused_with_its_key() {
    for (variable, value, key) in [
        ("WINDLASS__WORKER__LEASE_SECONDS", "soon", "LEASE_SECONDS"),
        ("WINDLASS__WORKER__RENEW_SECONDS", "6", "worker.renew_seconds is 6; it must be at least 1"),
        ("WINDLASS__WORKER__DEFAULT_SLOTS", "0", "worker.default_slots"),
        ("WINDLASS__WORKER__PREFETCH", "1.5", "worker.prefetch is 1.5"),
        ("WINDLASS__WORKER__POLL_MILLISECONDS", "0", "worker.poll_milliseconds"),
        ("WINDLASS__WORKER__SUSPECT_MEMORY_MEGABYTES", "63", "worker.suspect_memory_megabytes is 63"),
        ("WINDLASS__WORKER__NICENESS", "20", "worker.niceness is 20; it is 0 to 19"),
        ("WINDLASS__DATABASE__MAX_CONNECTIONS", "3", "database.max_connections is 3"),
        ("WINDLASS__TELEMETRY__SAMPLE_SECONDS", "0", "telemetry.sample_seconds"),
        ("WINDLASS__TELEMETRY__LOG_FORMAT", "xml", "LOG_FORMAT"),
        ("WINDLASS__TELEMETRY__LOG", "no=such=filter", "telemetry.log"),
        ("WINDLASS_PROFILE", "staging", "unknown profile \"staging\""),
        ("WINDLASS_CONFIG", "/nowhere/at/all.toml", "/nowhere/at/all.toml"),
    ] {
        let said = refusal(&["check"], &[(variable, value)]);
        assert!(said.to_lowercase().contains(&key.to_lowercase()), "{variable}={value}: {said}");
    }
}

#[test]
fn a_secret_is_not_shown() {
    let url = "postgres://someone:hunter2@database/windlass";
    for variable in ["WINDLASS__DATABASE__URL", "DATABASE_URL"] {
        for arguments in [&["show"][..], &["show", "--json"]] {
            let output = config(arguments, &[(variable, url)]);
            let shown = String::from_utf8(output.stdout).unwrap();
            assert!(shown.contains("(hidden)") && !shown.contains("hunter2"), "{shown}");
        }
    }
    let file = File::of(&format!("[database]\nurl = \"{url}\"\n"));
    let config = Config::load("development", Some(&file.0)).unwrap();
    assert_eq!(config.database.url.reveal(), url);
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn a_schedule_that_could_not_fire_is_refused_with_its_field() {
    let good = r#"cron = "0 3 * * *"
zone = "Europe/Berlin"
kind = "toy"
args = { number = 1, act = "succeed" }
missed = "all(3)"
overlap = "skip"
"#;
    let file = File::of(&format!("[schedules.nightly]\n{good}"));
    let output = config(&["check", "--config", file.path()], &[]);
    assert!(output.status.success(), "{output:?}");
    for (right, wrong, says) in [
        ("0 3 * * *", "0 3 * *", "schedules.nightly.cron: \"0 3 * *\" is no cron expression"),
        ("0 3 * * *", "0 0 31 2 *", "schedules.nightly.cron: \"0 0 31 2 *\" never comes"),
        ("Europe/Berlin", "Europe/Bonn", "schedules.nightly.zone: \"Europe/Bonn\" is no time zone"),
        (
            "\"toy\"",
            "\"tpy\"",
            "schedules.nightly.kind: unknown kind \"tpy\"; this program knows: blocking, hasty, toy",
        ),
        ("number = 1", "number = \"x\"", "schedules.nightly.args: arguments of kind \"toy\""),
        ("all(3)", "all(0)", "none of skip, latest, all(N)"),
        ("overlap = \"skip\"", "overlap = \"wait\"", "nightly.overlap"),
        ("overlap", "overlpa", "overlpa"),
        ("kind = \"toy\"\n", "", "kind"),
    ] {
        assert!(good.contains(right), "{right}");
        let file = File::of(&format!("[schedules.nightly]\n{}", good.replacen(right, wrong, 1)));
        let said = refusal(&["check", "--config", file.path()], &[]);
        assert!(said.contains(says) && said.contains("nightly"), "{wrong}: {said}");
    }
}
