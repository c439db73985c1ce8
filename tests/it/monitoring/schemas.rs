//! Whether those that the files in `dashboards/` are for would take them: Grafana, Kubernetes, compose.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use super::prometheus::{BOARDS, dashboards, read};
use crate::contract::clients::{file, tool};

/// A folder where Node finds its packages.
fn folder() -> PathBuf {
    let folder = tool("node").join("compiled").join(uuid::Uuid::now_v7().to_string());
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// What a program says; that it ends well.
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

#[test]
fn kubernetes_and_its_operators_would_take_the_manifests_and_the_rules_are_the_same() {
    let program = folder().join("manifests.mjs");
    std::fs::copy(file("tests/monitoring/manifests.mjs"), &program).unwrap();
    assert!(said(Command::new("node").arg(program).arg(dashboards())).starts_with("6 manifests"));
}

#[test]
fn the_dashboards_are_what_grafana_says_a_dashboard_is() {
    let folder = folder();
    let mut program = "import type { Dashboard } from \"@grafana/schema\";\n".to_owned();
    for (number, board) in BOARDS.iter().enumerate() {
        // The types lag behind what there is: words of a list are no text to them, and an annotation has no query.
        let text =
            read(board).replace("\"absolute\"", "\"absolute\" as any").replace("\n    \"expr\": \"ALERTS", "\n    //");
        writeln!(program, "export const board{number}: Dashboard = {text};").unwrap();
    }
    std::fs::write(folder.join("boards.ts"), program).unwrap();
    let options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--moduleResolution", "nodenext"];
    let compiler = tool("node/node_modules/typescript/bin/tsc");
    said(Command::new("node").current_dir(&folder).arg(compiler).args(options).arg("boards.ts"));
}

#[test]
fn compose_would_start_everything_and_gives_it_files_that_there_are() {
    let text = said(Command::new("docker-compose").arg("--file").arg(file("compose.yml")).arg("config"));
    for service in ["postgres", "migrate", "worker", "api", "prometheus", "alertmanager", "grafana"] {
        assert!(text.contains(&format!("\n  {service}:")), "{service}: {text}");
    }
    let mounts: Vec<_> = text.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split_once(":/")).collect();
    let mounts: Vec<_> = mounts.iter().map(|(from, _)| *from).filter(|from| from.starts_with('/')).collect();
    assert!(mounts.len() > 4, "{text}");
    for mount in mounts {
        assert!(PathBuf::from(mount).exists(), "{mount} is mounted and is not there");
    }
    // What is loaded by name from there.
    for name in ["prometheus/prometheus.yml", "prometheus/alerts.yml", "alertmanager/alertmanager.yml"] {
        assert!(dashboards().join(name).exists(), "{name}");
    }
    // Nobody needs to be root, and nothing is reached from outside.
    let dockerfile = std::fs::read_to_string(file("Dockerfile")).unwrap();
    assert!(dockerfile.contains("\nUSER 65532") && dockerfile.matches("\nFROM ").count() == 2, "{dockerfile}");
    for port in text.lines().filter(|line| line.contains(":9") && line.trim().starts_with("- ")) {
        assert!(port.contains("127.0.0.1:"), "{port}");
    }
}
