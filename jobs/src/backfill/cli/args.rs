//! The words of the command line, and the spec that they make.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};
use uuid::Uuid;
use windlass::cli::CliError;

use crate::backfill::backup::{Backup, BackupError};
use crate::backfill::mapping::Mapping;
use crate::backfill::quality::{Limits, Policy};
use crate::backfill::source::Source;
use crate::backfill::spec::{Export, Import, Op, Pace, Recompute, Spec};
use crate::backfill::target::Target;

pub(super) fn command(name: &'static str) -> Command {
    let run =
        |required: bool| Arg::new("run").value_parser(value_parser!(Uuid)).required(required).help("The run's id");
    let steer = |name: &'static str, about: &'static str| Command::new(name).about(about).arg(run(true));
    let watch = Arg::new("watch").long("watch").action(ArgAction::SetTrue).help("Stay and watch it");
    Command::new(name)
        .about("Bring data in, compute it anew, take it out: in chunks that survive a kill")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(spec_args(Command::new("plan").about("Show what a run would do; nothing is changed")))
        .subcommand(spec_args(Command::new("start").about("Start a run; the workers do it")).arg(watch))
        .subcommand(Command::new("status").about("Show how far a run is, or the newest runs").arg(run(false)))
        .subcommand(steer("watch", "Stay with a run until it has ended"))
        .subcommand(steer("report", "Show what is said of a run's rows: counts, quality, gates"))
        .subcommand(steer("pause", "Begin no further chunk"))
        .subcommand(steer("resume", "Go on with a paused run"))
        .subcommand(steer("cancel", "End a run; nothing of it stays but its quarantine"))
        .subcommand(steer("revert", "Take out what a run brought in"))
        .subcommand(
            steer("quarantine", "List the rows of a run that stayed behind").arg(
                Arg::new("after")
                    .long("after")
                    .value_name("ROW")
                    .value_parser(value_parser!(i64))
                    .default_value("0")
                    .help("Those after this one"),
            ),
        )
        .subcommand(
            steer("resolve", "Take over a row of the quarantine as you have corrected it")
                .arg(Arg::new("row").value_parser(value_parser!(i64)).required(true).help("The row's place"))
                .arg(
                    Arg::new("record")
                        .long("record")
                        .value_name("FILE")
                        .value_parser(value_parser!(PathBuf))
                        .required(true)
                        .help("A file with the one record, written as the source writes them, without a header"),
                ),
        )
}

fn spec_args(command: Command) -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let file = |name: &'static str, help: &'static str| text(name, "FILE", help).value_parser(value_parser!(PathBuf));
    command
        .arg(text("op", "OP", "What to do").value_parser(Op::WORDS).default_value("import"))
        .arg(
            text("target", "TARGET", "Into what, or of what")
                .value_parser(Target::ALL.map(Target::as_str))
                .default_value("claims"),
        )
        .arg(file("csv", "Rows from a CSV file with a header, as the workers find it"))
        .arg(file("jsonl", "Rows from a file with a JSON object a line, as the workers find it"))
        .arg(
            text("postgres", "NAME", "Rows from the database at WINDLASS_SOURCE_<NAME>, opened read-only")
                .requires("table"),
        )
        .group(ArgGroup::new("source").args(["csv", "jsonl", "postgres"]))
        .arg(text("table", "TABLE", "The table of the source database"))
        .arg(text("key", "COLUMN", "Its unique column, in whose order it is read").default_value("id"))
        .arg(file("mapping", "How the source's columns become the target's (JSON); absent: as they are"))
        .arg(
            text("policy", "POLICY", "What bad rows do: stay behind, or stop everything")
                .value_parser(["quarantine", "strict"])
                .default_value("quarantine"),
        )
        .arg(text("as-of", "INSTANT", "Later days are in the future (RFC 3339, or a day); now if absent"))
        .arg(text("people", "SOURCE", "The source that the people belong to").default_value("import"))
        .arg(text(
            "backup",
            "REF",
            "What to go back to: FILE@SHA256, FILE with FILE.sha256 beside it, or snapshot:NAME",
        ))
        .arg(text("chunk-rows", "N", "The most rows of a chunk").value_parser(value_parser!(u64)).default_value("5000"))
        .arg(
            text("duty", "SHARE", "The share of the time to work, up to 1")
                .value_parser(value_parser!(f64))
                .default_value("1"),
        )
        .arg(text("parallel", "N", "How many chunks at once").value_parser(value_parser!(i32)).default_value("2"))
        .arg(text("subjects", "FROM..TO", "recompute: the first person and the last").value_parser(subjects))
        .arg(text("days", "FROM..TO", "recompute: the first day and the last").value_parser(days))
        .arg(text("request", "ID", "erase: the request").value_parser(value_parser!(i64)))
        .arg(file("out", "export: the file to write, as the workers find it"))
}

/// The spec that the arguments make.
pub(super) fn spec(args: &ArgMatches) -> Result<Spec, CliError> {
    let word = |name: &str| args.get_one::<String>(name).map(String::as_str);
    let missing = |what: &str| CliError::usage(format!("{what} is missing"));
    let target: Target = word("target").unwrap_or_default().parse()?;
    let op = match word("op").unwrap_or_default() {
        "recompute" => Op::Recompute(Recompute {
            subjects: args.get_one("subjects").copied().ok_or_else(|| missing("--subjects FROM..TO"))?,
            days: args.get_one("days").copied().ok_or_else(|| missing("--days FROM..TO"))?,
            chunk_subjects: args.get_one("chunk-rows").copied().unwrap_or(1_000).min(1_000),
        }),
        "erase" => Op::Erase { request_id: args.get_one("request").copied().ok_or_else(|| missing("--request ID"))? },
        "retention" => Op::Retention,
        "seed_benchmarks" => Op::SeedBenchmarks,
        "export" => {
            let path: Option<&PathBuf> = args.get_one("out");
            Op::Export(Export { target, path: absolute(path.cloned().ok_or_else(|| missing("--out FILE"))?) })
        }
        _ => Op::Import(Box::new(import(args, target)?)),
    };
    let pace = Pace {
        duty: args.get_one("duty").copied().unwrap_or(1.0),
        parallel: args.get_one("parallel").copied().unwrap_or(2),
        ..Pace::default()
    };
    Ok(Spec { op, pace })
}

fn import(args: &ArgMatches, target: Target) -> Result<Import, CliError> {
    let word = |name: &str| args.get_one::<String>(name).cloned();
    let path = |name: &str| args.get_one::<PathBuf>(name).cloned();
    let source = match (path("csv"), path("jsonl"), word("postgres")) {
        (Some(path), ..) => Source::Csv { path: absolute(path) },
        (_, Some(path), _) => Source::Jsonl { path: absolute(path) },
        (.., Some(dsn)) => {
            Source::Postgres { dsn, table: word("table").unwrap_or_default(), key: word("key").unwrap_or_default() }
        }
        _ => return Err(CliError::usage("name a source: --csv FILE, --jsonl FILE or --postgres NAME --table TABLE")),
    };
    let mapping = match path("mapping") {
        Some(path) => {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| CliError::failed(format!("failed to read {}: {error}", path.display())))?;
            serde_json::from_str(&text)
                .map_err(|error| CliError::failed(format!("{} is no mapping: {error}", path.display())))?
        }
        None => Mapping::default(),
    };
    let backup = match word("backup") {
        Some(text) => match text.parse::<Backup>()? {
            Backup::Dump { path, sha256 } => Backup::Dump { path: absolute(path), sha256 },
            snapshot @ Backup::Snapshot(_) => snapshot,
        },
        None => return Err(BackupError::Missing.into()),
    };
    Ok(Import {
        target,
        source,
        mapping,
        policy: if word("policy").as_deref() == Some("strict") { Policy::Strict } else { Policy::Quarantine },
        limits: Limits::default(),
        as_of: as_of(word("as-of").as_deref())?,
        people: word("people").unwrap_or_default(),
        chunk_rows: args.get_one("chunk-rows").copied().unwrap_or(5_000),
        chunk_bytes: 4 << 20,
        backup,
    })
}

#[expect(clippy::disallowed_methods, reason = "a person who names no day means today, by the clock in front of them")]
fn as_of(text: Option<&str>) -> Result<DateTime<Utc>, CliError> {
    let Some(text) = text else { return Ok(std::time::SystemTime::now().into()) };
    let day = || Some(text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc());
    text.parse()
        .ok()
        .or_else(day)
        .ok_or_else(|| CliError::usage(format!("{text:?} is no instant; write 2026-01-12T06:00:00Z or 2026-01-12")))
}

fn subjects(text: &str) -> Result<(i64, i64), String> {
    range(text).ok_or_else(|| "write the first id and the last, as 1..1000".to_owned())
}

fn days(text: &str) -> Result<(NaiveDate, NaiveDate), String> {
    range(text).ok_or_else(|| "write the first day and the last, as 2025-10-01..2025-12-31".to_owned())
}

fn range<T: std::str::FromStr + PartialOrd>(text: &str) -> Option<(T, T)> {
    let (from, to) = text.split_once("..")?;
    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
    (from <= to).then_some((from, to))
}

/// The workers look from where they stand.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}
