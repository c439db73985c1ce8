//! Behind PgBouncer: what cannot work is refused at the start, what can works.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use windlass::store::{Pooling, pooling};
use windlass::testing::Database;
use windlass::testing::toys::{Act, registry};
use windlass::{Store, WorkerPool};

use crate::embedded::Folder;
use crate::process::toys as program;
use crate::support::{database, number, toys, until};

/// A PgBouncer in front of a test's database. `WINDLASS_PGBOUNCER` names another program.
struct Bouncer {
    child: Child,
    url: String,
    _folder: Folder,
}

impl Bouncer {
    fn start(database: &Database, settings: &str) -> Self {
        let server: PgConnectOptions = database.url().parse().unwrap();
        let (name, socket) = (server.get_database().unwrap(), server.get_socket().unwrap().display());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // The server lets in whoever may enter its folder: its own user.
        let root = rustix::process::geteuid().is_root();
        let folder = Folder::new();
        let file = folder.0.join("pgbouncer.ini");
        let text = format!(
            "[databases]\n{name} = host={socket} user={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             auth_type = any\nunix_socket_dir =\nignore_startup_parameters = extra_float_digits\n{}{settings}\n",
            server.get_username(),
            if root { "user = postgres\n" } else { "" }
        );
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let child = pgbouncer().arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| panic!("PgBouncer: {error}; `make test` installs it"));
        let patience = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(patience.elapsed() < Duration::from_secs(10), "PgBouncer did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, url: format!("postgres://anybody@127.0.0.1:{port}/{name}?sslmode=disable"), _folder: folder }
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn pgbouncer() -> Command {
    let program = std::env::var("WINDLASS_PGBOUNCER").unwrap_or_else(|_| "pgbouncer".to_owned());
    let mut command = Command::new(program);
    // Debian keeps it where only administrators look.
    command.env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap()));
    command
}

/// Debian's 1.18 knows no prepared statements; a newer one is told not to.
fn without_prepared_statements() -> &'static str {
    let version = pgbouncer().arg("--version").output().unwrap().stdout;
    if version.starts_with(b"PgBouncer 1.1") {
        "pool_mode = transaction"
    } else {
        "pool_mode = transaction\nmax_prepared_statements = 0"
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_mixes_up_prepared_statements_is_refused_with_what_to_do() {
    let database = database().await;
    let bouncer = Bouncer::start(&database, without_prepared_statements());
    for command in ["worker", "doctor", "migrate"] {
        let run = Command::new(program()).args([command, "--database-url", &bouncer.url]).output().unwrap();
        let said = String::from_utf8(run.stderr).unwrap();
        assert_eq!(run.status.code(), Some(1), "{command}: {said}");
        assert!(said.contains("set max_prepared_statements in PgBouncer 1.21"), "{command}: {said}");
    }
    let pool = WorkerPool::new(Store::new(PgPool::connect(&bouncer.url).await.unwrap()), registry(), ());
    let refused = pool.run(std::future::pending()).await.unwrap_err().to_string();
    assert!(refused.contains("session mode, or connect directly"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_ones_own_is_as_good_as_a_direct_connection() {
    let database = database().await;
    let bouncer = Bouncer::start(&database, "pool_mode = session\ndefault_pool_size = 60");
    assert_eq!(pooling(&bouncer.url.parse().unwrap()).await.unwrap(), Pooling::Own);
    assert_eq!(pooling(&database.url().parse().unwrap()).await.unwrap(), Pooling::Own);
    works(&database, &bouncer).await;
}

/// PgBouncer 1.21 or newer; the one that Debian's stable distribution brings may be older.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PgBouncer 1.21: WINDLASS_PGBOUNCER=/path/to/pgbouncer make pooler"]
async fn transactions_by_turns_work_and_leave_no_settings_behind() {
    let database = database().await;
    let bouncer =
        Bouncer::start(&database, "pool_mode = transaction\nmax_prepared_statements = 200\ndefault_pool_size = 8");
    assert_eq!(pooling(&bouncer.url.parse().unwrap()).await.unwrap(), Pooling::Shared);
    works(&database, &bouncer).await;
    let db = PgPool::connect(&bouncer.url).await.unwrap();
    for _ in 0..20 {
        let limits: String =
            sqlx::query_scalar("select current_setting('statement_timeout') || current_setting('lock_timeout')")
                .fetch_one(&db)
                .await
                .unwrap();
        assert_eq!(limits, "00");
    }
    let migrate = |settings: &[(&str, String)]| {
        let mut command = Command::new(program());
        command.args(["migrate", "--database-url", &bouncer.url]).envs(settings.iter().cloned());
        command.output().unwrap()
    };
    let refused = migrate(&[]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(1) && said.contains("set database.direct_url"), "{said}");
    assert!(migrate(&[("WINDLASS__DATABASE__DIRECT_URL", database.url())]).status.success());
}

/// Runs jobs through it, to their ends.
async fn works(database: &Database, bouncer: &Bouncer) {
    toys(database, 200, &Act::Complete).await;
    let store = Store::new(PgPool::connect(&bouncer.url).await.unwrap());
    let worker = tokio::spawn(WorkerPool::new(store, registry(), ()).run(std::future::pending()));
    let done = "select count(*) from windlass.history where outcome = 'completed' and failures = 0";
    until(database.pool(), done, Duration::from_secs(30), |n| n == 200).await;
    assert_eq!(number(database.pool(), "select count(*) from toys.effects").await, 200);
    assert!(!worker.is_finished());
    worker.abort();
}
