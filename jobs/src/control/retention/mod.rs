//! What is kept only for a time: what people said, what it did to them, their days, and what calls of models cost. Weeks and months stay while the account lives.
//!
//! Dropping a month takes a moment and no scan. Not when this runs: that is the caller's, the operation `retention` of `backfill`.

use chrono::{Days, Months, NaiveDate};
use sqlx::PgPool;

/// How many people's days are looked at in one statement.
const PEOPLE: i64 = 1_000;

/// For how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Turns; a month goes when all of it is older.
    pub turns: Days,
    /// Their impacts, likewise.
    pub turn_impacts: Days,
    /// A person's days.
    pub days: Months,
    /// The ledger of calls; a month goes when all of it is older.
    pub ledger: Months,
}

impl Default for Keep {
    fn default() -> Self {
        Self { turns: Days::new(180), turn_impacts: Days::new(400), days: Months::new(25), ledger: Months::new(7 * 12) }
    }
}

/// What went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Months of turns, by their first days.
    pub turns: Vec<NaiveDate>,
    /// Months of impacts.
    pub turn_impacts: Vec<NaiveDate>,
    /// Days of people.
    pub days: u64,
    /// Months of the ledger.
    pub ledger: Vec<NaiveDate>,
}

/// Drops what was too old on `today`. It may be repeated, and broken off anywhere; what fails keeps nothing else from going.
///
/// # Errors
///
/// The database's; a lock timeout among them, where somebody reads the table for long: try again.
pub async fn run(db: &PgPool, today: NaiveDate, keep: Keep) -> Result<Dropped, sqlx::Error> {
    let turns = drop_months(db, "turns", today - keep.turns).await;
    let turn_impacts = drop_months(db, "turn_impacts", today - keep.turn_impacts).await;
    let ledger = drop_months(db, "cost_ledger", today - keep.ledger).await;
    let days = prune_days(db, today - keep.days).await;
    Ok(Dropped { turns: turns?, turn_impacts: turn_impacts?, days: days?, ledger: ledger? })
}

async fn prune_days(db: &PgPool, before: NaiveDate) -> Result<u64, sqlx::Error> {
    let (mut after, mut days) = (i64::MIN, 0);
    loop {
        let people: Vec<i64> =
            sqlx::query_scalar(include_str!("sql/next_people.sql")).bind(after).bind(PEOPLE).fetch_all(db).await?;
        let Some(last) = people.last() else { return Ok(days) };
        after = *last;
        let pruned = sqlx::query(include_str!("sql/prune_days.sql")).bind(people).bind(before).execute(db).await?;
        days += pruned.rows_affected();
    }
}

async fn drop_months(db: &PgPool, table: &str, before: NaiveDate) -> Result<Vec<NaiveDate>, sqlx::Error> {
    let mut tx = db.begin().await?;
    // A dropped partition locks its table; who waits for that lock holds up everybody behind.
    sqlx::query("set local lock_timeout = '5s'").execute(&mut *tx).await?;
    let months =
        sqlx::query_scalar(include_str!("sql/drop_months.sql")).bind(table).bind(before).fetch_all(&mut *tx).await?;
    tx.commit().await?;
    Ok(months)
}
