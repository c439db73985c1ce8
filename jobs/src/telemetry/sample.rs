//! What stands in the tables, as gauges.

use sqlx::PgConnection;
use windlass::telemetry::Reading;

use super::{ALERTS, BACKFILL_ETA, BACKFILL_PERCENT, BACKFILL_RATE, BREAKER, BUCKET_LAG, BUDGET_USED, ERASURE_OVERDUE};
use crate::alerts::Severity;
use crate::backfill::spec::Op;
use crate::buckets::Scope;
use crate::deps::Deps;
use crate::monthly_narrative::breaker::State;
use crate::monthly_narrative::ledger::EVERYBODY;

/// Reads all of them.
pub(super) async fn sample(tx: &mut PgConnection, deps: Deps) -> Result<Vec<Reading>, sqlx::Error> {
    let mut readings = Vec::new();
    let mut say = |metric, label, word: String, value| {
        readings.push(Reading { metric, labels: vec![(label, word)], value });
    };

    let lags: Vec<(String, Option<f64>)> = sqlx::query_as(include_str!("sql/bucket_lags.sql"))
        .bind(Scope::ALL.map(Scope::as_str))
        .fetch_all(&mut *tx)
        .await?;
    for (scope, seconds) in lags {
        say(BUCKET_LAG, "scope", scope, seconds.unwrap_or(0.0).max(0.0));
    }

    let spent: Option<i64> =
        sqlx::query_scalar(include_str!("sql/global_spend.sql")).bind(EVERYBODY).fetch_optional(&mut *tx).await?;
    #[expect(clippy::cast_precision_loss, reason = "a ratio to look at")]
    let used = spent.unwrap_or(0) as f64 / deps.narration.settings.global_micros.max(1) as f64;
    say(BUDGET_USED, "scope", EVERYBODY.to_owned(), used);

    let breakers: Vec<(String, String)> = sqlx::query_as(include_str!("sql/breakers.sql")).fetch_all(&mut *tx).await?;
    for (provider, state) in breakers {
        say(BREAKER, "provider", provider, level(&state));
    }

    let open: Vec<(String, i64)> = sqlx::query_as(include_str!("sql/open_alerts.sql")).fetch_all(&mut *tx).await?;
    for severity in [Severity::Warning, Severity::Critical].map(Severity::as_str) {
        let count = open.iter().find(|(of, _)| of == severity).map_or(0, |(_, count)| *count);
        #[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 alerts")]
        say(ALERTS, "severity", severity.to_owned(), count as f64);
    }

    let live: Vec<(String, f64, f64, f64)> =
        sqlx::query_as(include_str!("sql/backfill_progress.sql")).fetch_all(&mut *tx).await?;
    for op in Op::WORDS {
        let run = live.iter().find(|(of, ..)| of == op);
        let (percent, rate, eta) = run.map_or((100.0, 0.0, 0.0), |(_, percent, rate, eta)| (*percent, *rate, *eta));
        for (metric, value) in [(BACKFILL_PERCENT, percent), (BACKFILL_RATE, rate), (BACKFILL_ETA, eta)] {
            say(metric, "op", op.to_owned(), value);
        }
    }

    let overdue: f64 = sqlx::query_scalar(include_str!("sql/erasure_overdue.sql")).fetch_one(&mut *tx).await?;
    readings.push(Reading { metric: ERASURE_OVERDUE, labels: Vec::new(), value: overdue });
    Ok(readings)
}

/// A breaker's state as a height.
fn level(state: &str) -> f64 {
    match State::ALL.into_iter().find(|known| known.as_str() == state) {
        Some(State::Open) => 1.0,
        Some(State::HalfOpen) => 0.5,
        Some(State::Closed) | None => 0.0,
    }
}
