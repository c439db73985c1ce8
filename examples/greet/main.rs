//! An application whole: one job, and a command that enqueues it in the transaction that makes it necessary. Beside it the same
//! from other languages: by psql, Python (psycopg, httpx), TypeScript (pg, fetch) and curl.
//!
//! ```sh
//! cargo run --example greet -- dev            # a private Postgres, the API and the workers, until Ctrl-C
//! cargo run --example greet -- sign-up Ana
//! ```

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgPool;
use windlass::cli::{Application, CliError, Host};
use windlass::store::Migrations;
use windlass::{Client, Job, JobContext, JobError, Registry};

/// Greets a person once. The type is the job's arguments.
#[derive(Serialize, Deserialize)]
struct Greet {
    person_id: i64,
}

impl Job for Greet {
    const KIND: &'static str = "greet";
    type Deps = ();

    fn unique_key(&self) -> Option<String> {
        Some(format!("greet:{}", self.person_id))
    }

    /// For who enqueues it without this type.
    fn args_schema() -> Option<serde_json::Value> {
        Some(json!({"type": "object", "properties": {"person_id": {"type": "integer"}}, "required": ["person_id"]}))
    }

    async fn run(&self, cx: &JobContext<()>) -> Result<(), JobError> {
        let mut tx = cx.db().begin().await?;
        sqlx::query("insert into shop.greetings (person_id) values ($1)")
            .bind(self.person_id)
            .execute(&mut *tx)
            .await?;
        cx.complete(&mut tx).await?; // the effect and the end are one commit
        Ok(tx.commit().await?)
    }
}

/// Signs a person up and has them greeted: both happen, or neither.
async fn sign_up(db: &PgPool, name: &str) -> Result<String, CliError> {
    let client = Client::new(db.clone());
    let mut tx = db.begin().await?;
    let person_id = sqlx::query_scalar("insert into shop.people (name) values ($1) returning id")
        .bind(name)
        .fetch_one(&mut *tx)
        .await?;
    let enqueued =
        client.enqueue(&mut *tx, Greet { person_id }).await.map_err(|error| CliError::failed(error.to_string()))?;
    tx.commit().await?;
    client.wake_and_wait().await; // without it a worker finds the job within a second or so
    Ok(enqueued.id().to_string())
}

struct Shop;

impl Application for Shop {
    type Deps = ();

    fn registry(&self) -> Registry<()> {
        Registry::default().register::<Greet>()
    }

    async fn deps(&self, _: &PgPool) -> Result<(), CliError> {
        Ok(())
    }

    fn migrations(&self) -> Vec<Migrations> {
        vec![Migrations::new("shop", sqlx::migrate!("./examples/greet/migrations"))]
    }

    fn commands(&self) -> Vec<Command> {
        vec![Command::new("sign-up").about("Sign a person up").arg(Arg::new("name").required(true))]
    }

    async fn run(&self, _: &str, args: &ArgMatches, host: &Host) -> Result<(), CliError> {
        let connected = host.connect().await?;
        let name = args.get_one::<String>("name").map(String::as_str).unwrap_or_default();
        let job = sign_up(&connected.db, name).await?;
        host.terminal().answer(&json!({ "job": job }), |_| job.clone())
    }
}

fn main() -> ExitCode {
    windlass::cli::main(Shop)
}
