//! One private server: found, started or attached to, and left to its reaper.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};

use super::EmbeddedError;
use super::programs::Programs;
use super::user::User;

/// The longest path of a Unix socket on every system, less the socket's own name.
const SOCKET_FOLDER: usize = 80;
/// How long a server whose processes are still dying may keep a new one from starting.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a reaper may take to stop it.
const STOPPING: Duration = Duration::from_secs(15);
/// The superuser, and the only role there is.
const ROLE: &str = "windlass";

/// What the server's settings are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// For data: what is committed survives a crash.
    Durable,
    /// For throw-away data: nothing is forced to disk.
    Test,
}

/// A private Postgres. It lives as long as any process that has started or attached to it, and about ten seconds longer.
#[derive(Clone, Debug)]
pub struct Cluster {
    programs: Programs,
    socket: PathBuf,
}

/// The folders of a cluster under construction.
struct Site {
    programs: Programs,
    user: User,
    root: PathBuf,
    socket: PathBuf,
    mode: Mode,
}

impl Cluster {
    /// Starts the server whose data stands under `root`, or attaches to it where it runs. Blocks for as long as that takes:
    /// half a second the first time, milliseconds later. Any number of processes may call it at once.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError`], which says what to do.
    pub fn start(root: &Path, mode: Mode) -> Result<Self, EmbeddedError> {
        let programs = Programs::find()?;
        let user = User::of_the_server()?;
        // A cluster of one major version cannot be opened by another; each has a folder of its own.
        let root = absolute(root)?.join(format!("pg{}", programs.major()));
        make_folder(&root)?;
        user.check_way_to(&root)?;
        for folder in [root.clone(), root.join("users")] {
            make_folder(&folder)?;
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).map_err(file("restrict", &folder))?;
            user.own(&folder)?;
        }
        let using = root.join("users").join(std::process::id().to_string());
        File::create(&using).map_err(file("make", &using))?;
        let socket = socket_folder(&root);
        let site = Site { programs, user, root, socket, mode };
        site.make_socket_folder()?;
        let lock = site.root.join("lock");
        let lock_file = File::create(&lock).map_err(file("make", &lock))?;
        lock_file.lock().map_err(file("lock", &lock))?;
        site.wait_while_stopping();
        if !site.accepts() {
            site.initialise()?;
            site.start()?;
        }
        drop(lock_file);
        Ok(Self { programs: site.programs, socket: site.socket })
    }

    /// Where data is kept unless somebody says otherwise: the platform's data folder, or where we are root a folder that
    /// the server's user can enter.
    #[must_use]
    pub fn default_root() -> PathBuf {
        if rustix::process::geteuid().is_root() {
            return PathBuf::from("/var/lib/windlass");
        }
        let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
        if cfg!(target_os = "macos") {
            return home.join("Library/Application Support/windlass");
        }
        std::env::var_os("XDG_DATA_HOME").map_or_else(|| home.join(".local/share"), PathBuf::from).join("windlass")
    }

    /// How to connect to one of its databases.
    #[must_use]
    pub fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(&self.socket).username(ROLE).database(database)
    }

    /// The same as a URL. There is no password: the socket's folder is shut to everybody else.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{ROLE}@localhost/{database}?host={}", self.socket.display())
    }

    /// The server's programs.
    #[must_use]
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Makes a database if there is none of this name.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError::Database`].
    pub async fn ensure_database(&self, name: &str) -> Result<(), EmbeddedError> {
        let mut connection = self.options("postgres").connect().await?;
        let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await?;
        if exists {
            return Ok(());
        }
        let make = format!("create database \"{}\"", name.replace('"', "\"\""));
        match connection.execute(sqlx::query(AssertSqlSafe(make))).await {
            Ok(_) => Ok(()),
            // Somebody was faster; which of the two codes it is depends on how much faster.
            Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42P04" | "23505")) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Site {
    fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Whether a server takes connections. `pg_ctl status` is not asked: it calls a killed server that nobody has reaped
    /// running.
    fn accepts(&self) -> bool {
        UnixStream::connect(self.socket.join(".s.PGSQL.5432")).is_ok()
    }

    /// Our file in `users/` is there already, so a reaper that is about to stop the server either sees it and leaves it, or
    /// has said so in `stopping`, and is waited for.
    fn wait_while_stopping(&self) {
        let stopping = self.root.join("stopping");
        let started = Instant::now();
        while stopping.exists() {
            if started.elapsed() > STOPPING {
                // Killed in the middle.
                let _ = fs::remove_file(&stopping);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn make_socket_folder(&self) -> Result<(), EmbeddedError> {
        make_folder(&self.socket)?;
        fs::set_permissions(&self.socket, fs::Permissions::from_mode(0o700)).map_err(file("restrict", &self.socket))?;
        self.user.own(&self.socket)
    }

    /// Makes the data folder once. A marker of ours says that it is whole: a killed `initdb` leaves one that looks so.
    fn initialise(&self) -> Result<(), EmbeddedError> {
        let marker = self.root.join("initialised");
        if marker.exists() {
            return Ok(());
        }
        let data = self.data();
        if data.exists() {
            fs::remove_dir_all(&data).map_err(file("remove the unfinished", &data))?;
        }
        let mut command = self.user.command(self.programs.path("initdb"), &self.root);
        command.arg("-D").arg(&data).args(["-U", ROLE, "--auth=trust", "-E", "UTF8", "--locale=C"]);
        command.arg(if self.mode == Mode::Durable { "--data-checksums" } else { "--no-sync" });
        run("initdb", command)?;
        File::create(&marker).map_err(file("make", &marker))?;
        Ok(())
    }

    fn start(&self) -> Result<(), EmbeddedError> {
        let started = Instant::now();
        loop {
            self.remove_stale_pid();
            let log = self.root.join("log");
            // pg_ctl would append for ever.
            let _ = fs::rename(&log, self.root.join("log.before"));
            let mut command = self.user.command(self.programs.path("pg_ctl"), &self.root);
            command.arg("start").arg("-w").arg("-s").arg("-D").arg(self.data()).arg("-l").arg(&log);
            command.arg("-o").arg(self.settings());
            let failed = match run("pg_ctl start", command) {
                Ok(()) => return self.leave_to_a_reaper(),
                Err(error) => error,
            };
            let said = fs::read_to_string(&log).unwrap_or_default();
            // The processes of a killed server keep its memory until they have noticed.
            let dying = said.contains("pre-existing shared memory block") || said.contains("lock file");
            if !dying || started.elapsed() > PATIENCE {
                return Err(if said.is_empty() { failed } else { EmbeddedError::program("postgres", &said) });
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn settings(&self) -> String {
        let socket = self.socket.display();
        // No TCP: no port to collide, and no password to keep.
        let mut settings = format!("-k '{socket}' -c listen_addresses='' -c max_connections=300 -c timezone=UTC");
        if self.mode == Mode::Test {
            settings.push_str(" -c fsync=off -c synchronous_commit=off -c full_page_writes=off");
        }
        settings
    }

    /// A killed server that nobody reaps (there is no init in a container) keeps its number, and a new one would wait for it.
    fn remove_stale_pid(&self) {
        let file = self.data().join("postmaster.pid");
        let Some(pid) = fs::read_to_string(&file).ok().and_then(|text| text.lines().next().map(str::to_owned)) else {
            return;
        };
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).ok();
        let zombie = state.is_some_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')));
        if zombie {
            let _ = fs::remove_file(&file);
        }
    }

    /// Starts the reaper, in a process group of its own so that Ctrl-C passes it by.
    fn leave_to_a_reaper(&self) -> Result<(), EmbeddedError> {
        let mut command = self.user.command("sh", &self.root);
        command.arg("-c").arg(include_str!("reaper.sh")).arg("windlass-reaper").arg(self.programs.folder());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut reaper = command.spawn().map_err(file("start the reaper in", &self.root))?;
        // Waited for, so that it does not stay behind as a zombie while this process lives.
        std::thread::spawn(move || reaper.wait());
        Ok(())
    }
}

/// A folder for the socket: beside the data where the path is short enough, else one in the temporary folder, the same for
/// every process.
fn socket_folder(root: &Path) -> PathBuf {
    let beside = root.join("socket");
    if beside.as_os_str().len() <= SOCKET_FOLDER {
        return beside;
    }
    let mut hash = DefaultHasher::new();
    root.hash(&mut hash);
    PathBuf::from("/tmp").join(format!("windlass-{:016x}", hash.finish()))
}

fn absolute(path: &Path) -> Result<PathBuf, EmbeddedError> {
    std::path::absolute(path).map_err(file("resolve", path))
}

fn make_folder(folder: &Path) -> Result<(), EmbeddedError> {
    fs::create_dir_all(folder).map_err(file("make the folder", folder))
}

fn file(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> EmbeddedError {
    let path = path.to_owned();
    move |error| EmbeddedError::File { what, path, error }
}

fn run(program: &'static str, mut command: Command) -> Result<(), EmbeddedError> {
    // The server would keep pipes of ours open, so what is said goes to a file that nobody else has.
    let said = tempfile(program)?;
    let failed = |error: std::io::Error| EmbeddedError::program(program, &error.to_string());
    let output = said.1.try_clone().map_err(failed)?;
    let errors = said.1.try_clone().map_err(failed)?;
    let status = command.stdin(Stdio::null()).stdout(output).stderr(errors).status().map_err(failed)?;
    let text = fs::read_to_string(&said.0).unwrap_or_default();
    let _ = fs::remove_file(&said.0);
    if status.success() { Ok(()) } else { Err(EmbeddedError::program(program, &text)) }
}

fn tempfile(program: &str) -> Result<(PathBuf, File), EmbeddedError> {
    let name = format!("windlass-{}-{}", program.replace(' ', "-"), uuid::Uuid::now_v7().simple());
    let path = std::env::temp_dir().join(name);
    let made = File::create_new(&path).map_err(file("make", &path))?;
    Ok((path, made))
}
