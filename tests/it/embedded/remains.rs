//! What others leave behind, killed at the worst moment, keeps nobody out and does not stay.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;

use sqlx::ConnectOptions;
use windlass::embedded::{Cluster, Mode, Programs};

use super::{Folder, accepts, answers, eventually, program, signal};

#[test]
fn an_initdb_killed_half_way_is_begun_anew() {
    let folder = Folder::new();
    // The real one's first steps; `-D` is its first argument.
    let half = programs_with("initdb", "mkdir \"$2\"; echo 15 >\"$2/PG_VERSION\"; exec sleep 3");
    let mut killed = program(&folder.0).arg("migrate").env("WINDLASS_PG_BIN", &half.0).spawn().unwrap();
    let begun = || {
        let folders = fs::read_dir(&folder.0).unwrap().flatten().flat_map(|entry| fs::read_dir(entry.path()).unwrap());
        folders.flatten().any(|entry| entry.path().join("PG_VERSION").exists())
    };
    eventually("initdb begins", begun);
    killed.kill().unwrap();
    killed.wait().unwrap();

    let output = program(&folder.0).arg("migrate").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let left = fs::read_dir(folder.cluster()).unwrap().flatten();
    assert_eq!(left.filter(|entry| entry.file_name().to_string_lossy().starts_with("half")).count(), 0);
}

#[test]
fn a_server_whose_starter_was_killed_in_its_first_start_is_stopped_too() {
    let folder = Folder::new();
    let slow = programs_with("pg_ctl", "\"$real/pg_ctl\" \"$@\" || exit\n[ \"$1\" != start ] || exec sleep 3");
    let mut killed = program(&folder.0).arg("migrate").env("WINDLASS_PG_BIN", &slow.0).spawn().unwrap();
    let ready = || fs::read_to_string(folder.cluster().join("log")).is_ok_and(|log| log.contains("ready to accept"));
    eventually("a cluster is begun", || folder.begun().is_some());
    eventually("the server starts", ready);
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(accepts(&folder));
    eventually("the server stops", || !accepts(&folder));
}

#[test]
fn a_killed_reaper_has_a_successor_with_the_next_user() {
    let folder = Folder::new();
    let first = Cluster::start(&folder.0, Mode::Durable).unwrap();
    let cluster = folder.cluster();
    let reapers = || {
        let running = fs::read_dir("/proc").unwrap().flatten().filter(|process| {
            let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
            command.split(|byte| *byte == 0).any(|word| word == b"windlass-reaper")
                && fs::read_link(process.path().join("cwd")).is_ok_and(|folder| folder == cluster)
        });
        running.map(|process| process.file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    eventually("there is a reaper", || reapers().len() == 1);
    signal("KILL", &reapers()[0]);
    eventually("it is gone", || reapers().is_empty());
    let second = Cluster::start(&folder.0, Mode::Durable).unwrap();
    eventually("there is another", || reapers().len() == 1);
    drop(Cluster::start(&folder.0, Mode::Durable).unwrap());
    assert_eq!(reapers().len(), 1, "and no more");
    drop((first, second));
    eventually("the server stops", || !accepts(&folder));
}

#[test]
fn a_number_that_is_somebody_elses_by_now_is_not_taken_for_the_server() {
    let folder = Folder::new();
    drop(Cluster::start(&folder.0, Mode::Durable).unwrap());
    let of_the_server = fs::metadata(folder.cluster()).unwrap();
    let mut other = Command::new("sleep");
    other.arg("60").uid(of_the_server.uid()).gid(of_the_server.gid());
    let mut other = other.spawn().unwrap();
    let files = [folder.cluster().join("data/postmaster.pid"), folder.cluster().join("socket/.s.PGSQL.5432.lock")];
    let stale = files.clone().map(|file| fs::read_to_string(file).unwrap());
    folder.stop();
    let write = || {
        for (file, text) in files.iter().zip(&stale) {
            let (_, rest) = text.split_once('\n').unwrap();
            fs::write(file, format!("{}\n{rest}", other.id())).unwrap();
        }
    };
    write();
    drop(Cluster::start(&folder.0, Mode::Durable).unwrap());
    folder.stop();
    // As a zombie, since nobody has waited for it.
    write();
    signal("KILL", &other.id().to_string());
    drop(Cluster::start(&folder.0, Mode::Durable).unwrap());
    other.wait().unwrap();
}

#[tokio::test]
async fn a_copy_of_a_running_cluster_is_a_cluster_of_its_own() {
    let folder = Folder::new();
    let first = Cluster::start(&folder.0, Mode::Test).unwrap();
    let copy = Folder::new();
    // As people copy a checkout with its target folder; root's copy belongs to root.
    let copied = Command::new("cp").arg("-r").arg(folder.cluster()).arg(&copy.0).status().unwrap();
    assert!(copied.success());
    let second = Cluster::start(&copy.0, Mode::Test).unwrap();
    second.ensure_database("of the second").await.unwrap();
    answers(&second.options("of the second")).await;
    answers(&first.options("postgres")).await;
    assert!(first.options("of the second").connect().await.is_err());
}

/// A folder of server programs of which one is this script, with `$real` the folder of the real ones.
fn programs_with(name: &str, script: &str) -> Folder {
    let (folder, programs) = (Folder::new(), Programs::find().unwrap());
    for program in ["initdb", "pg_ctl", "postgres"].into_iter().filter(|program| *program != name) {
        symlink(programs.folder().join(program), folder.0.join(program)).unwrap();
    }
    let path = folder.0.join(name);
    fs::write(&path, format!("#!/bin/sh\nreal={}\n{script}", programs.folder().display())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}
