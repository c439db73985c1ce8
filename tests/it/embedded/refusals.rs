//! What the private Postgres refuses, what it says then, and that it leaves nothing half made.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use windlass::embedded::{Cluster, EmbeddedError, Mode, Programs};

use super::{Folder, is_root, program};
use crate::process::toys;

/// Runs a script in which folders of the machine may be hidden, since nobody else sees it; `$1` is the toys' program. None
/// where this is not allowed, which is said.
fn where_mounting_is_private(script: &str, folder: &Path) -> Option<String> {
    let possible = is_root()
        && Command::new("unshare")
            .args(["-m", "sh", "-c", "mount -t tmpfs none /mnt"])
            .output()
            .is_ok_and(|output| output.status.success());
    if !possible {
        eprintln!("SKIPPED: only root with the right to mount can run this test");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", script, "sh"]).arg(toys()).current_dir(folder);
    command.env_remove("DATABASE_URL").env("WINDLASS__EMBEDDED__DATA_DIR", folder.join("disk"));
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Some(String::from_utf8(said).unwrap())
}

#[test]
fn programs_that_a_named_folder_lacks_are_named() {
    let folder = Folder::new();
    let output = program(&folder.0).arg("migrate").env("WINDLASS_PG_BIN", &folder.0).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("which lacks initdb"), "{said}");
}

#[test]
fn without_programs_it_says_what_to_install() {
    let said = EmbeddedError::NoPrograms.to_string();
    for advice in ["make postgres", "apt-get install postgresql", "dnf install", "brew install", "WINDLASS_PG_BIN"] {
        assert!(said.contains(advice), "{said}");
    }
    let folder = Folder::new();
    let script = r#"
        for hidden in /usr/lib/postgresql /opt /Library/PostgreSQL; do
            [ ! -d $hidden ] || mount -t tmpfs none $hidden || exit
        done
        unset WINDLASS_PG_BIN
        PATH=/nowhere "$1" migrate
        echo "ended with $?"
        ls "$WINDLASS__EMBEDDED__DATA_DIR" 2>&1
    "#;
    let Some(said) = where_mounting_is_private(script, &folder.0) else { return };
    assert!(said.contains("run `make postgres`") && said.contains("ended with 1"), "{said}");
    assert!(said.contains("No such file"), "nothing is begun: {said}");
}

#[test]
fn a_full_disk_is_called_so_and_costs_nothing_but_time() {
    let folder = Folder::new();
    let script = r#"
        exec 2>&1
        mkdir disk
        mount -t tmpfs -o size=12m,mode=755 none disk || exit
        "$1" migrate; echo "ended with $?"
        ls -d disk/pg*/data disk/pg*/half-* 2>/dev/null | sed 's/^/left: /'
        mount -o remount,size=400m disk
        "$1" migrate; echo "then with $?"
        kill -INT "$(head -n 1 disk/pg*/data/postmaster.pid)"
        while ls disk/pg*/data/postmaster.pid >/dev/null 2>&1; do sleep 0.1; done
        dd if=/dev/zero of=disk/filling bs=64k status=none 2>/dev/null
        "$1" migrate; echo "full: $?"
        rm disk/filling
        "$1" migrate; echo "at last: $?"
        kill -QUIT "$(head -n 1 disk/pg*/data/postmaster.pid)"
    "#;
    let Some(said) = where_mounting_is_private(script, &folder.0) else { return };
    println!("{said}");
    let (initdb, server) = said.split_once("then with 0").unwrap_or_else(|| panic!("{said}"));
    assert!(initdb.contains("the disk is full: free some space") && initdb.contains("ended with 1"), "{said}");
    assert!(!initdb.contains("left: "), "half a cluster is left: {said}");
    assert!(server.contains("the disk is full: free some space") && server.contains("full: 1"), "{said}");
    assert!(server.contains("at last: 0"), "{said}");
}

#[test]
fn a_folder_that_the_servers_user_cannot_enter_is_named_and_left_empty() {
    let folder = Folder::new();
    let shut = folder.0.join("shut");
    fs::create_dir(&shut).unwrap();
    fs::set_permissions(&shut, fs::Permissions::from_mode(if is_root() { 0o700 } else { 0o500 })).unwrap();
    let error = Cluster::start(&shut.join("data"), Mode::Test).unwrap_err();
    let said = error.to_string();
    assert!(said.contains(shut.to_str().unwrap()), "{said}");
    if is_root() {
        assert!(matches!(&error, EmbeddedError::NoEntry { folder, .. } if *folder == shut), "{said}");
        assert!(said.contains("chmod o+x"), "{said}");
    } else {
        // Everybody else is the server's user.
        assert!(said.contains("set embedded.data_dir to a folder that this user may write"), "{said}");
    }
    assert_eq!(fs::read_dir(&shut).unwrap().count(), 0, "something is left behind");
}

#[test]
fn what_a_stranger_has_put_in_the_way_is_refused_and_left_as_it_was() {
    let folder = Folder::new();
    let place = folder.0.join(format!("pg{}", Programs::find().unwrap().major()));
    // The test's own, never a folder of the machine: where this test fails, what the link leads to is changed.
    let elsewhere = Folder::new();
    let kept = fs::metadata(&elsewhere.0).unwrap();
    let as_it_was = |path: &Path, before: &fs::Metadata| {
        let after = fs::metadata(path).unwrap();
        assert_eq!((after.uid(), after.mode()), (before.uid(), before.mode()));
        assert_eq!(fs::read_dir(path).unwrap().count(), 0);
    };
    let refused = || {
        let error = Cluster::start(&folder.0, Mode::Durable).unwrap_err();
        assert!(error.to_string().contains(&format!("rm -r {}", place.display())), "{error}");
    };

    symlink(&elsewhere.0, &place).unwrap();
    refused();
    as_it_was(&elsewhere.0, &kept);
    fs::remove_file(&place).unwrap();

    if !is_root() {
        eprintln!("SKIPPED in part: only root can make a folder that is a stranger's");
        return;
    }
    fs::create_dir(&place).unwrap();
    chown(&place, Some(4_242), Some(4_242)).unwrap();
    let strange = fs::metadata(&place).unwrap();
    refused();
    as_it_was(&place, &strange);
}

#[test]
fn data_of_another_major_version_is_spoken_of() {
    let folder = Folder::new();
    fs::create_dir_all(folder.0.join("pg9/data")).unwrap();
    let output = program(&folder.0).arg("migrate").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("WARN") && said.contains("/pg9 stays unused"), "{said}");
    assert!(said.contains("WINDLASS_PG_BIN") && said.contains("pg_dump"), "{said}");
}
