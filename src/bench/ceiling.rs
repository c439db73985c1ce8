//! The most that this server can do of what a queue must do: settle one batch and claim the next in one statement, by pgbench,
//! without history, leases, fences, retries, or a client that does anything.

use sqlx::{ConnectOptions, Connection, Executor};

use super::figure::{Figures, float};
use super::pgbench::{self, Script, Until};
use super::{Bench, BenchError};

/// As many as there are processors on the machine that the goals are for.
const CLIENTS: u64 = 2;

/// How much is claimed and settled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ceiling {
    /// So many rows.
    pub(crate) jobs: u64,
    /// So many at a time.
    pub(crate) claims: u64,
}

impl Ceiling {
    /// One round.
    pub(crate) async fn round(&self, bench: &Bench) -> Result<Figures, BenchError> {
        let claims = self.claims.max(1);
        let turns = (self.jobs / (CLIENTS * claims)).max(1);
        bench.say("preparing the ceiling");
        bench.ground.fresh().await?;
        let mut db = bench.ground.options().connect().await?;
        db.execute(sqlx::raw_sql(include_str!("sql/ceiling.sql"))).await?;
        // A batch for each client to spare, so that no claim comes back short.
        let rows = i64::try_from((turns + 1) * CLIENTS * claims).unwrap_or(i64::MAX);
        sqlx::query("insert into ceiling (payload) select jsonb_build_object('i', i) from generate_series(1, $1) i")
            .bind(rows)
            .execute(&mut db)
            .await?;
        db.close().await?;
        bench.ground.settle().await?;
        bench.say("the ceiling");
        let script = Script {
            text: include_str!("sql/settle_and_claim.sql"),
            clients: usize::try_from(CLIENTS).unwrap_or(1),
            until: Until::Times(turns),
            variables: vec![("claims", claims.to_string()), ("held", "{}".to_owned())],
        };
        let rate = pgbench::run(&bench.ground, script).await? * float(claims);
        let mut figures = Figures::default();
        figures.add("ceiling.rate", "jobs/s", rate);
        Ok(figures)
    }
}
