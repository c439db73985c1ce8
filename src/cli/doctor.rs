//! `windlass doctor`: what is wrong, and what to do.

use chrono::Utc;
use serde::Serialize;
use sqlx::PgPool;

use super::terminal::table;
use super::{Application, CliError, Connected, Host};
use crate::store::{LetterFilter, Migrations, Pooling, Server, Store, StoreError, Upkeep};

/// The oldest server the statements are written for.
const OLDEST_SERVER: i32 = 150_000;
/// A transaction open for longer keeps the dead rows of the queue.
const OLD_TRANSACTION_SECONDS: f64 = 300.0;

/// Dead rows below this are autovacuum's daily work.
const MANY_DEAD_ROWS: i64 = 100_000;
/// Clocks farther apart than this mislead people who compare logs with due times.
const CLOCKS_APART_SECONDS: f64 = 5.0;

#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    verdict: Verdict,
    found: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warning,
    Wrong,
}

pub(super) async fn run<A: Application>(application: &A, host: &Host) -> Result<(), CliError> {
    let connected = host.connect().await?;
    let db = &connected.db;
    let mut findings = vec![Finding::ok("database", connected.shown_url.clone()), pooler(&connected)];
    let store = Store::new(db.clone());
    let about = store.server().await?;
    findings.extend([server(&about), durability(&about)]);
    findings.push(oldest_transaction(&store).await?);
    let mut whole = true;
    for migrations in std::iter::once(Migrations::engine()).chain(application.migrations()) {
        let finding = schema(db, &migrations).await?;
        whole &= finding.verdict == Verdict::Ok;
        findings.push(finding);
    }
    if whole {
        findings.extend(upkeep(&store).await?);
        findings.push(workers(&store).await?);
        findings.push(versions(&store).await?);
        findings.push(dead_letters(&store).await?);
    }
    let wrong = findings.iter().filter(|finding| finding.verdict == Verdict::Wrong).count();
    host.terminal().answer(&findings, |findings| {
        table(
            &["what", "verdict", "found"],
            findings.iter().map(|finding| {
                let verdict = match finding.verdict {
                    Verdict::Ok => "ok",
                    Verdict::Warning => "warning",
                    Verdict::Wrong => "WRONG",
                };
                vec![finding.what.to_owned(), verdict.to_owned(), finding.found.clone()]
            }),
        )
    })?;
    if wrong > 0 { Err(CliError::failed(format!("{wrong} thing(s) wrong; see above"))) } else { Ok(()) }
}

impl Finding {
    fn ok(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Ok, found: found.into() }
    }

    fn when(wrong: bool, verdict: Verdict, what: &'static str, found: String, advice: &str) -> Self {
        if wrong { Self { what, verdict, found: format!("{found}: {advice}") } } else { Self::ok(what, found) }
    }
}

fn pooler(connected: &Connected) -> Finding {
    let found = match connected.pooling {
        Pooling::Own => return Finding::ok("pooler", "none that lends out server processes"),
        Pooling::Shared => "lends out server processes by transaction".to_owned(),
    };
    let advice =
        "workers poll instead of being woken, and cannot bound what their connections hold; set database.direct_url";
    Finding::when(connected.direct.is_none(), Verdict::Warning, "pooler", found, advice)
}

fn server(server: &Server) -> Finding {
    let found = format!("PostgreSQL {}", server.version);
    Finding::when(server.number < OLDEST_SERVER, Verdict::Wrong, "server", found, "15 or newer is needed")
}

fn durability(server: &Server) -> Finding {
    let Server { fsync, synchronous_commit: commit, .. } = server;
    let found = format!("fsync {fsync}, synchronous_commit {commit}");
    let advice = "a crash of the server loses committed jobs; turn both on";
    Finding::when(fsync != "on" || commit == "off", Verdict::Warning, "durability", found, advice)
}

async fn oldest_transaction(store: &Store) -> Result<Finding, StoreError> {
    let age = store.oldest_transaction_seconds().await?;
    let advice = "it keeps dead rows and slows every claim; find it in pg_stat_activity";
    let old = age > OLD_TRANSACTION_SECONDS;
    Ok(Finding::when(old, Verdict::Warning, "oldest transaction", format!("{age:.0} s"), advice))
}

async fn schema(db: &PgPool, migrations: &Migrations) -> Result<Finding, CliError> {
    let state = migrations.state(db).await?;
    let found = format!("{} at version {} of {}", state.schema, state.found, state.needed);
    Ok(Finding::when(state.found < state.needed, Verdict::Wrong, "schema", found, "run `windlass migrate`"))
}

/// The history's days, the dead rows, and how far the two clocks are apart.
async fn upkeep(store: &Store) -> Result<[Finding; 3], StoreError> {
    let asked = Utc::now();
    let Upkeep { days_ahead, live_rows, dead_rows, now } = store.upkeep().await?;
    let apart = (now - asked).as_seconds_f64();
    let days = Finding::when(
        days_ahead < 2,
        Verdict::Warning,
        "history",
        format!("{days_ahead} days ahead"),
        "ended jobs will fall into the default partition; a worker makes the days, as does `windlass migrate`",
    );
    let dead = Finding::when(
        dead_rows > MANY_DEAD_ROWS && dead_rows > 4 * live_rows,
        Verdict::Warning,
        "dead rows",
        format!("{dead_rows} beside {live_rows} live ones"),
        "autovacuum does not keep up; look for an old transaction, and at autovacuum's settings",
    );
    let clock = Finding::when(
        apart.abs() > CLOCKS_APART_SECONDS,
        Verdict::Warning,
        "clock",
        format!("the server's is {apart:+.1} s from this machine's"),
        "due times follow the server's; set both by NTP",
    );
    Ok([days, dead, clock])
}

/// Programs of several versions work side by side during a roll-out, not for days.
async fn versions(store: &Store) -> Result<Finding, StoreError> {
    let versions = store.versions().await?;
    let shown: Vec<String> = versions.iter().map(|(version, workers)| format!("{workers} of {version}")).collect();
    let found = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
    Ok(Finding::when(
        versions.len() > 1,
        Verdict::Warning,
        "versions",
        found,
        "a roll-out is under way, or was not finished",
    ))
}

async fn workers(store: &Store) -> Result<Finding, StoreError> {
    let living = store.living_workers().await?;
    let advice = "nothing runs jobs; start one with `windlass worker`";
    Ok(Finding::when(living == 0, Verdict::Warning, "workers", format!("{living} alive"), advice))
}

async fn dead_letters(store: &Store) -> Result<Finding, StoreError> {
    let open = store.dead_letters(&LetterFilter { limit: 1000, ..LetterFilter::default() }).await?.len();
    let found = if open == 1000 { "1000 or more open".to_owned() } else { format!("{open} open") };
    Ok(Finding::when(open > 0, Verdict::Warning, "dead letters", found, "look at them with `windlass dead list`"))
}
