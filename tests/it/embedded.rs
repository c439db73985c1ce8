//! The private Postgres: one server for everybody, healed whatever was killed, gone after its last user.

mod refusals;
mod remains;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};
use windlass::embedded::{Cluster, EmbeddedError, Mode, TestDatabase};

use crate::process::toys;

/// A folder of a test's own, where the server's user can go.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("windlass-it-{}", uuid::Uuid::now_v7().simple()));
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    /// The folder of the cluster in it.
    fn cluster(&self) -> PathBuf {
        self.begun().unwrap()
    }

    /// The same, as soon as there is one: its lock comes after its folder.
    fn begun(&self) -> Option<PathBuf> {
        fs::read_dir(&self.0).unwrap().flatten().map(|entry| entry.path()).find(|path| path.join("lock").exists())
    }

    fn socket(&self) -> PathBuf {
        self.cluster().join("socket/.s.PGSQL.5432")
    }

    /// A database of its server's, whoever has started that.
    pub(crate) fn database(&self, name: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(self.cluster().join("socket")).username("windlass").database(name)
    }

    /// Stops its server as one that was shut down.
    fn stop(&self) {
        signal("INT", &self.postmaster());
        eventually("the server stops", || !self.cluster().join("data/postmaster.pid").exists());
    }

    pub(crate) fn postmaster(&self) -> String {
        let file = fs::read_to_string(self.cluster().join("data/postmaster.pid")).unwrap();
        file.lines().next().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Servers may still run; without their data they end by themselves.
        let clusters = fs::read_dir(&self.0).into_iter().flatten().flatten();
        for pid in clusters.filter_map(|entry| fs::read_to_string(entry.path().join("data/postmaster.pid")).ok()) {
            for signal in ["-QUIT", "-CONT"] {
                let pid = pid.lines().next().unwrap_or_default();
                let _ = Command::new("kill").args([signal, pid]).stderr(Stdio::null()).status();
            }
        }
        let started = Instant::now();
        // One that is on its way out still writes.
        while fs::remove_dir_all(&self.0).is_err() && started.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn accepts(folder: &Folder) -> bool {
    UnixStream::connect(folder.socket()).is_ok()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn signal(name: &str, pid: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), pid]).status().unwrap().success());
}

fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(40), "not so: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

async fn answers(options: &PgConnectOptions) {
    let mut connection = options.connect().await.unwrap();
    connection.execute("select 1").await.unwrap();
    connection.close().await.unwrap();
}

/// The toys' program with its private Postgres in this folder.
fn program(folder: &Path) -> Command {
    let mut program = Command::new(toys());
    program
        .env_remove("DATABASE_URL")
        .env("WINDLASS__EMBEDDED__DATA_DIR", folder)
        .env("WINDLASS__TELEMETRY__METRICS_ADDRESS", "")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    program
}

#[test]
fn six_processes_start_one_server_and_it_stops_after_the_last_was_killed() {
    let folder = Folder::new();
    let children: Vec<_> = (0..6).map(|_| program(&folder.0).arg("migrate").spawn().unwrap()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let server = folder.postmaster();

    let mut user = program(&folder.0).arg("dev").spawn().unwrap();
    let started = Instant::now();
    // Longer than a reaper's patience: it lives while it is used.
    while started.elapsed() < Duration::from_secs(16) {
        assert!(accepts(&folder), "stopped under its user");
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(folder.postmaster(), server);
    user.kill().unwrap();
    user.wait().unwrap();
    let killed = Instant::now();
    while accepts(&folder) {
        assert!(killed.elapsed() < Duration::from_secs(30), "still running");
        std::thread::sleep(Duration::from_millis(100));
    }
    println!("stopped {:.1} s after its last user was killed", killed.elapsed().as_secs_f64());
    assert!(killed.elapsed() > Duration::from_secs(5), "it should wait for the next user for a while");
}

#[tokio::test]
async fn a_killed_server_comes_back_with_everything_that_was_committed() {
    let folder = Folder::new();
    let cluster = Cluster::start(&folder.0, Mode::Durable).unwrap();
    cluster.ensure_database("kept").await.unwrap();
    for round in 1..=3_i64 {
        let mut connection = cluster.options("kept").connect().await.unwrap();
        connection.execute("create table if not exists rows (n bigint)").await.unwrap();
        sqlx::query("insert into rows values ($1)").bind(round).execute(&mut connection).await.unwrap();
        assert!(Command::new("kill").args(["-KILL", &folder.postmaster()]).status().unwrap().success());

        let again = Cluster::start(&folder.0, Mode::Durable).unwrap();
        let mut connection = again.options("kept").connect().await.unwrap();
        let rows: i64 = sqlx::query_scalar("select count(*) from rows").fetch_one(&mut connection).await.unwrap();
        assert_eq!(rows, round);
        let fsync: String = sqlx::query_scalar("show fsync").fetch_one(&mut connection).await.unwrap();
        assert_eq!(fsync, "on");
        connection.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_still_recovers_is_waited_for() {
    let folder = Folder::new();
    drop(Cluster::start(&folder.0, Mode::Durable).unwrap());
    folder.stop();
    // One that follows another recovers until it is told that it follows no more.
    let data = folder.cluster().join("data");
    fs::write(data.join("standby.signal"), "").unwrap();
    let settings = data.join("postgresql.auto.conf");
    fs::write(&settings, "hot_standby = off\n").unwrap();
    let telling = std::thread::spawn({
        let (socket, pid) = (folder.socket(), data.join("postmaster.pid"));
        move || {
            eventually("the server begins", || UnixStream::connect(&socket).is_ok());
            std::thread::sleep(Duration::from_secs(2));
            fs::write(data.join("promote"), "").unwrap();
            signal("USR1", fs::read_to_string(pid).unwrap().lines().next().unwrap());
        }
    });
    let cluster = Cluster::start(&folder.0, Mode::Durable).unwrap();
    answers(&cluster.options("postgres")).await;
    telling.join().unwrap();
}

#[tokio::test]
async fn a_server_that_hangs_is_named_with_what_to_do() {
    let folder = Folder::new();
    let _using = Cluster::start(&folder.0, Mode::Durable).unwrap();
    let server = folder.postmaster();
    signal("STOP", &server);
    let error = Cluster::start(&folder.0, Mode::Durable).unwrap_err();
    assert!(matches!(&error, EmbeddedError::NotReady { .. }), "{error}");
    for part in [format!("kill -QUIT {server}"), format!("{}/log", folder.cluster().display())] {
        assert!(error.to_string().contains(&part), "{error}");
    }
    signal("CONT", &server);
    answers(&Cluster::start(&folder.0, Mode::Durable).unwrap().options("postgres")).await;
}

#[tokio::test]
async fn a_server_that_does_not_stop_in_time_is_stopped_at_once_and_started_anew() {
    let folder = Folder::new();
    let mut user = program(&folder.0).arg("dev").spawn().unwrap();
    eventually("a cluster is begun", || folder.begun().is_some());
    let checkpointer = "select pid::text from pg_stat_activity where backend_type = 'checkpointer'";
    let mut pid = None;
    while pid.is_none() {
        let Ok(mut connection) = folder.database("postgres").connect().await else { continue };
        pid = sqlx::query_scalar::<_, String>(checkpointer).fetch_optional(&mut connection).await.unwrap();
    }
    let before = folder.postmaster();
    // Without it no shutdown comes to its end.
    signal("STOP", &pid.unwrap());
    user.kill().unwrap();
    user.wait().unwrap();
    eventually("it is being stopped", || folder.cluster().join("stopping").exists());
    let cluster = Cluster::start(&folder.0, Mode::Durable).unwrap();
    answers(&cluster.options("postgres")).await;
    assert_ne!(folder.postmaster(), before);
}

#[tokio::test]
async fn data_that_should_last_is_never_opened_without_care() {
    let folder = Folder::new();
    for (mode, care) in [(Mode::Durable, "on"), (Mode::Test, "off")] {
        let cluster = Cluster::start(&folder.0, mode).unwrap();
        let mut connection = cluster.options("postgres").connect().await.unwrap();
        let mut current = async |setting: &str| -> String {
            let of = sqlx::query_scalar("select current_setting($1)").bind(setting);
            of.fetch_one(&mut connection).await.unwrap()
        };
        for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
            assert_eq!(current(setting).await, care, "{setting} of {mode:?}");
        }
        if mode == Mode::Durable {
            assert_eq!(current("data_checksums").await, "on");
        }
        connection.close().await.unwrap();
    }
}

#[test]
fn what_the_environment_says_of_other_servers_changes_nothing() {
    let folder = Folder::new();
    for round in ["first", "second"] {
        let mut migrate = program(&folder.0);
        if round == "first" {
            migrate.env("PGPORT", "6543").env("PGSSLMODE", "require").env("PGDATA", "/nowhere");
        }
        let output = migrate.arg("migrate").output().unwrap();
        assert!(output.status.success(), "{round}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_eight_ask_for_at_once_is_made_once() {
    let folder = Folder::new();
    let cluster = Cluster::start(&folder.0, Mode::Test).unwrap();
    for round in 0..5 {
        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let cluster = cluster.clone();
            asking.spawn(async move { cluster.ensure_database(&format!("raced \"{round}\"")).await });
        }
        for answer in asking.join_all().await {
            answer.unwrap();
        }
    }
}

#[tokio::test]
async fn a_long_path_has_a_short_socket() {
    let folder = Folder::new();
    let long = folder.0.join("a".repeat(120));
    let cluster = Cluster::start(&long, Mode::Test).unwrap();
    let connection = cluster.options("postgres").connect().await.unwrap();
    connection.close().await.unwrap();
    let url = cluster.url("postgres");
    let (_, socket) = url.split_once("?host=").unwrap();
    let root = fs::read_dir(&long).unwrap().next().unwrap().unwrap().path();
    let pid = fs::read_to_string(root.join("data/postmaster.pid")).unwrap();
    signal("QUIT", pid.lines().next().unwrap());
    eventually("the server stops", || !root.join("data/postmaster.pid").exists());
    fs::remove_dir_all(socket).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn test_databases_are_copies_of_a_template_that_was_filled_once() {
    let filled = AtomicUsize::new(0);
    let fingerprint = uuid::Uuid::now_v7().to_string();
    let count = &filled;
    let create = || {
        TestDatabase::create(Mode::Test, &fingerprint, async move |options| {
            count.fetch_add(1, Ordering::SeqCst);
            let mut connection = options.connect().await?;
            connection.execute("create table filled as select 7 as n").await?;
            connection.close().await
        })
    };
    let (one, two) = tokio::join!(create(), create());
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(filled.load(Ordering::SeqCst), 1);
    let started = Instant::now();
    let three = create().await.unwrap();
    println!("a test database took {:?}", started.elapsed());
    for database in [&one, &two, &three] {
        let mut connection = database.options().connect().await.unwrap();
        let n: i32 = sqlx::query_scalar("select n from filled").fetch_one(&mut connection).await.unwrap();
        assert_eq!(n, 7);
        connection.execute("insert into filled values (8)").await.unwrap();
        connection.close().await.unwrap();
    }
    let url = one.url();
    drop(one);
    assert!(sqlx::PgConnection::connect(&url).await.is_err(), "it should be dropped");
}
