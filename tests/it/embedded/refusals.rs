//! What the private Postgres refuses, what it says then, and that it leaves nothing half made.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

use windlass::embedded::{Cluster, EmbeddedError, Mode, Programs};

use super::{Folder, is_root, program};

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
