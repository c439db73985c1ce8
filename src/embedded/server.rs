//! One server: `initdb` once, then a start that is over when it answers.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::error::{EmbeddedError, file};
use super::home::{Home, Mode};
use super::ping::{Pong, ping};
use super::programs::Programs;
use super::user::User;

/// The superuser, and the only role there is.
pub(super) const ROLE: &str = "windlass";
/// Nothing but a part of the socket's name.
const PORT: u16 = 5432;
/// How long it may recover, or the processes of the one before may take to die.
const PATIENCE: Duration = Duration::from_secs(30);

/// What it takes to run a server. Whoever calls holds the cluster's lock.
pub(super) struct Server<'a> {
    pub(super) programs: &'a Programs,
    pub(super) user: &'a User,
    pub(super) home: &'a Home,
    pub(super) mode: Mode,
}

impl Server<'_> {
    /// Makes the data folder, once. `initdb` works in another, and the new name is the mark that it is whole; where only we
    /// are killed, it goes on in a folder that nobody needs.
    pub(super) fn initialise(&self) -> Result<(), EmbeddedError> {
        let data = self.home.data();
        if data.exists() {
            return Ok(());
        }
        self.sweep_halves();
        let half = self.home.path(&format!("half-{}", uuid::Uuid::now_v7().simple()));
        let mut initdb = self.command("initdb");
        initdb.arg("-D").arg(&half).args(["-U", ROLE, "--auth=trust", "-E", "UTF8", "--locale=C"]);
        match self.mode {
            Mode::Durable => drop(initdb.arg("--data-checksums")),
            // As the package's own default is, by which others are measured.
            Mode::Bench => {}
            Mode::Test => drop(initdb.arg("--no-sync")),
        }
        if let Err(error) = run("initdb", initdb, self.home.folder()) {
            let _ = fs::remove_dir_all(&half);
            return Err(error);
        }
        fs::rename(&half, &data).map_err(file("make", &data))?;
        if self.mode == Mode::Durable {
            // What is in it initdb has forced to disk, but not its name.
            let folder = self.home.folder();
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(file("sync", folder))?;
        }
        Ok(())
    }

    /// Returns when a server answers: the one that runs, or one that it starts.
    pub(super) fn run(&self) -> Result<(), EmbeddedError> {
        if self.ping() == Pong::Ready {
            return Ok(());
        }
        self.mention_other_majors();
        let (began, log) = (Instant::now(), self.home.path("log"));
        // pg_ctl would append for ever.
        let _ = fs::rename(&log, self.home.path("log.before"));
        let (mut why, mut anew) = (String::new(), false);
        while began.elapsed() < PATIENCE {
            match self.ping() {
                Pong::Ready => return Ok(()),
                Pong::Busy(said) => why = said,
                Pong::Absent => match self.start(&log) {
                    Ok(()) => continue,
                    // Or it is on its way, and only slower than pg_ctl's patience.
                    Err(error) if is_passing(&error) || self.ping() != Pong::Absent => why = error.to_string(),
                    Err(_) if self.mode == Mode::Test && !anew => {
                        anew = true;
                        self.begin_anew()?;
                    }
                    Err(error) => return Err(error),
                },
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(EmbeddedError::not_ready(self.home.folder(), &why, PATIENCE))
    }

    /// After an upgrade of the programs the jobs would seem lost.
    fn mention_other_majors(&self) {
        if self.mode != Mode::Durable {
            return;
        }
        for other in self.home.of_other_majors() {
            tracing::warn!(
                "PostgreSQL {} uses the data in {}; that of another version in {} stays unused: to use it, name its \
                 programs in WINDLASS_PG_BIN, or carry it over with pg_dump; remove it when it is not needed any more",
                self.programs.major(),
                self.home.folder().display(),
                other.display()
            );
        }
    }

    fn ping(&self) -> Pong {
        ping(options(self.home.socket(), "postgres"))
    }

    fn start(&self, log: &Path) -> Result<(), EmbeddedError> {
        self.forget_the_dead();
        let mut pg_ctl = self.command("pg_ctl");
        pg_ctl.arg("start").arg("-w").arg("-s").arg("-D").arg(self.home.data()).arg("-l").arg(log);
        pg_ctl.arg("-t").arg(PATIENCE.as_secs().to_string()).arg("-o").arg(self.settings());
        let Err(failed) = run("pg_ctl start", pg_ctl, self.home.folder()) else { return Ok(()) };
        let said = fs::read_to_string(log).unwrap_or_default();
        Err(if said.trim().is_empty() { failed } else { EmbeddedError::program("postgres", &said, self.home.folder()) })
    }

    fn settings(&self) -> String {
        let socket = self.home.socket().display();
        // No TCP: no port to collide, and no password to keep.
        // Terse: the details of an error quote rows, and so people's words.
        let mut settings = format!(
            "-p {PORT} -k '{socket}' -c listen_addresses='' -c max_connections=300 -c timezone=UTC \
             -c log_error_verbosity=terse"
        );
        settings.push_str(match self.mode {
            Mode::Durable => "",
            Mode::Bench => " -c fsync=on -c synchronous_commit=on -c shared_buffers=1GB -c max_wal_size=8GB",
            Mode::Test => " -c fsync=off -c synchronous_commit=off -c full_page_writes=off",
        });
        // Off until a database asks for it: statements are counted where that is asked for, and cost nothing elsewhere.
        if self.mode == Mode::Bench && self.programs.has_library("pg_stat_statements") {
            settings.push_str(" -c shared_preload_libraries=pg_stat_statements -c pg_stat_statements.track=none");
        }
        settings
    }

    /// Throw-away data that no server can open: a copy of another checkout's, or what a crash of the machine has left.
    fn begin_anew(&self) -> Result<(), EmbeddedError> {
        let data = self.home.data();
        fs::remove_dir_all(&data).map_err(file("remove", &data))?;
        self.initialise()
    }

    /// Removes what names a server that is gone. Postgres asks only whether there is such a process: a killed one that
    /// nobody reaps (there is no init in a container), or whoever has its number now, would keep a new one out for ever.
    fn forget_the_dead(&self) {
        if !Path::new("/proc/self").exists() {
            return;
        }
        let data = self.home.data();
        for path in [data.join("postmaster.pid"), self.home.socket().join(format!(".s.PGSQL.{PORT}.lock"))] {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let pid = text.lines().next().unwrap_or_default();
            // A zombie's is empty. Everybody may read it, unlike where it works.
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let data = data.as_os_str().as_encoded_bytes();
            if !command.split(|byte| *byte == 0).any(|word| word == data) {
                let _ = fs::remove_file(&path);
            }
        }
    }

    fn sweep_halves(&self) {
        for entry in fs::read_dir(self.home.folder()).into_iter().flatten().flatten() {
            if entry.file_name().as_encoded_bytes().starts_with(b"half-") {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    fn command(&self, program: &str) -> Command {
        self.user.command(self.programs.path(program), self.home.folder())
    }
}

/// How to connect to a database behind this socket, whatever the environment has for other servers.
pub(super) fn options(socket: &Path, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket)
        .port(PORT)
        .username(ROLE)
        .ssl_mode(PgSslMode::Disable)
        .database(database)
}

/// Runs a program of the server's to its end.
pub(super) fn run(program: &'static str, mut command: Command, folder: &Path) -> Result<(), EmbeddedError> {
    let failed = |said: &str| EmbeddedError::program(program, said, folder);
    let output = command.stdin(Stdio::null()).output().map_err(|error| failed(&error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(failed(&String::from_utf8_lossy(&said)))
}

/// The processes of a killed server keep its memory until they have noticed.
fn is_passing(error: &EmbeddedError) -> bool {
    let said = error.to_string();
    said.contains("pre-existing shared memory block") || (said.contains("lock file") && said.contains("already exists"))
}
