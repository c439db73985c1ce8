//! Jobs that do what they are told, for tests of the engine: as an application, so that real worker processes run them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::job::{Job, JobContext, JobError};
use crate::model::{Policy, RetryPolicy};
use crate::registry::Registry;
use crate::store::Migrations;

/// What a toy does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Ends well.
    Succeed,
    /// Writes its effect and completes in one transaction.
    Complete,
    /// Says that it completes, and rolls back.
    CompleteAndRollBack,
    /// Fails as often as this, then ends well.
    Fail(i32),
    /// Gives up at once.
    Discard,
    /// Asks to be run later, once.
    Snooze(u64),
    /// Is not wanted any more.
    Cancel,
    /// Panics, with a secret in its message.
    Panic,
    /// Kills its process.
    Abort,
    /// Takes memory, up to four gigabytes, untouched.
    Hoard,
    /// Never ends.
    Hang,
    /// Waits until it is asked to stop, and heeds that.
    WaitForCancel,
    /// Asks for itself to be cancelled, and fails.
    CancelYourself,
    /// Blocks its thread for so many milliseconds.
    Block(u64),
    /// Computes for so many milliseconds.
    Spin(u64),
    /// Notes its start, waits until the gate opens, then completes with its effect.
    WaitForGate,
    /// The same, and ends well without completing itself.
    WaitAndSucceed,
    /// Gives up unless the gate is open, with this for a cause; then notes its effect.
    NeedGate(String),
}

/// A toy: notes each start in `toys.starts`, and its effect in `toys.effects`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toy {
    /// Which one.
    pub number: i64,
    /// What it does.
    pub act: Act,
    /// Its idempotency key.
    #[serde(default)]
    pub key: Option<String>,
    /// Its ordering key.
    #[serde(default)]
    pub line: Option<String>,
}

impl Toy {
    /// A toy without a key.
    #[must_use]
    pub fn new(number: i64, act: Act) -> Self {
        Self { number, act, key: None, line: None }
    }
}

impl Job for Toy {
    const KIND: &'static str = "toy";
    const QUEUE: &'static str = "toys";
    const POLICY: Policy = Policy {
        max_failures: 3,
        timeout: Duration::from_mins(5),
        retry: RetryPolicy { base: Duration::from_secs(10), factor: 2.0, cap: Duration::from_mins(1), jitter: 0.0 },
        ..Policy::DEFAULT
    };
    type Deps = ();

    const SHOWN: &'static [&'static str] = &["number"];

    fn unique_key(&self) -> Option<String> {
        self.key.clone()
    }

    fn ordering_key(&self) -> Option<String> {
        self.line.clone()
    }

    fn args_schema() -> Option<serde_json::Value> {
        Some(serde_json::json!({
            "type": "object",
            "properties": { "number": { "type": "integer" }, "key": { "type": ["string", "null"] } },
            "required": ["number", "act"]
        }))
    }

    async fn run(&self, cx: &JobContext<()>) -> Result<(), JobError> {
        sqlx::query("insert into toys.starts (number, attempt, pid) values ($1, $2, $3)")
            .bind(self.number)
            .bind(cx.attempt())
            .bind(i64::from(std::process::id()))
            .execute(cx.db())
            .await?;
        match &self.act {
            Act::Complete => self.complete(cx, true).await,
            Act::CompleteAndRollBack => self.complete(cx, false).await,
            Act::Fail(times) if cx.attempt() <= *times => Err(JobError::retry(format!("failure {}", cx.attempt()))),
            Act::Discard => Err(JobError::discard("told to give up")),
            Act::Snooze(seconds) if cx.attempt() == 1 => Err(JobError::snooze(Duration::from_secs(*seconds))),
            Act::Succeed | Act::Fail(_) | Act::Snooze(_) => Ok(()),
            Act::Cancel => Err(JobError::cancel()),
            #[expect(clippy::panic, reason = "it is told to")]
            Act::Panic => panic!("a-secret-in-a-panic"),
            Act::WaitForCancel => {
                cx.cancelled().await;
                Err(JobError::cancel())
            }
            Act::CancelYourself => {
                sqlx::query("update windlass.jobs set cancel_requested_at = now() where id = $1")
                    .bind(cx.id())
                    .execute(cx.db())
                    .await?;
                Err(JobError::retry("told to fail"))
            }
            Act::Block(milliseconds) => {
                std::thread::sleep(Duration::from_millis(*milliseconds));
                Ok(())
            }
            Act::Spin(milliseconds) => {
                let started = std::time::Instant::now();
                while started.elapsed() < Duration::from_millis(*milliseconds) {
                    std::hint::spin_loop();
                }
                Ok(())
            }
            Act::Abort => std::process::abort(),
            Act::Hoard => {
                let hoard: Vec<Vec<u8>> =
                    (0..4_096).map(|_| std::hint::black_box(Vec::with_capacity(1 << 20))).collect();
                drop(hoard);
                Ok(())
            }
            Act::Hang => std::future::pending().await,
            Act::WaitForGate => {
                wait_for_gate(cx.db()).await?;
                self.complete(cx, true).await
            }
            Act::WaitAndSucceed => Ok(wait_for_gate(cx.db()).await?),
            Act::NeedGate(_) if is_gate_open(cx.db()).await? => self.complete(cx, true).await,
            Act::NeedGate(cause) => Err(JobError::discard(format!("no gate for toy {}: {cause}", self.number))),
        }
    }
}

impl Toy {
    async fn complete(&self, cx: &JobContext<()>, commit: bool) -> Result<(), JobError> {
        let mut tx = cx.db().begin().await?;
        sqlx::query("insert into toys.effects (number, attempt) values ($1, $2)")
            .bind(self.number)
            .bind(cx.attempt())
            .execute(&mut *tx)
            .await?;
        cx.complete(&mut tx).await?;
        if commit {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(())
    }
}

/// A toy with a short patience.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hasty {}

impl Job for Hasty {
    const KIND: &'static str = "hasty";
    const QUEUE: &'static str = "hasty";
    const POLICY: Policy = Policy { timeout: Duration::from_millis(50), max_failures: 2, ..Policy::DEFAULT };
    type Deps = ();

    async fn run(&self, _: &JobContext<()>) -> Result<(), JobError> {
        std::future::pending().await
    }
}

/// The toys' registry.
#[must_use]
pub fn registry() -> Registry<()> {
    Registry::default().register::<Toy>().register::<Hasty>()
}

/// The toys' tables.
#[must_use]
pub fn migrations() -> Migrations {
    Migrations::new("toys", sqlx::migrate!("./src/testing/migrations"))
}

/// Opens the gate that [`Act::WaitForGate`] waits for.
///
/// # Errors
///
/// The database's.
pub async fn open_gate(db: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query("insert into toys.gate default values").execute(db).await?;
    Ok(())
}

async fn is_gate_open(db: &PgPool) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from toys.gate)").fetch_one(db).await
}

async fn wait_for_gate(db: &PgPool) -> Result<(), sqlx::Error> {
    while !is_gate_open(db).await? {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
