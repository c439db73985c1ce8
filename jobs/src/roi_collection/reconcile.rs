//! Whether the books say what the sources say. A difference is an alert, never a silent repair.

use chrono::{Days, NaiveDate};
use serde_json::json;
use sqlx::{FromRow, PgConnection};

use super::entry::Tally;
use super::window::Bounds;
use crate::alerts::{self, Alert, Severity};
use crate::calendar::Zone;

/// A day, or a day and category, on which source and books differ.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Difference {
    /// The day in the zone of the books.
    pub day: NaiveDate,
    /// The category; empty where days are compared.
    pub category: String,
    /// Entries in the source; of finance, totals.
    pub source_count: i64,
    /// Micro-dollars in the source.
    pub source_micros: i64,
    /// Entries in the books.
    pub booked_count: i64,
    /// Of these nobody's.
    pub unallocated_count: i64,
    /// Micro-dollars in the books.
    pub booked_micros: i64,
}

impl Difference {
    fn key(&self, source: &str) -> String {
        let Self { day, category, .. } = self;
        let of = if category.is_empty() { String::new() } else { format!(":{category}") };
        format!("{}:{day}{of}", prefix(source))
    }

    fn alert(&self, source: &str) -> Alert {
        let body = json!({
            "source": source, "day": self.day, "category": self.category,
            "source_count": self.source_count, "source_micros": self.source_micros,
            "booked_count": self.booked_count, "booked_micros": self.booked_micros,
            "unallocated_count": self.unallocated_count,
        });
        Alert { key: self.key(source), severity: Severity::Critical, body }
    }
}

fn prefix(source: &str) -> String {
    format!("roi_reconcile:{source}")
}

/// Compares what is staged of a source with what is booked of it on a window's whole days; opens an alert for each
/// difference, and
/// closes those of the window that are over. Rows that cannot be read are a difference of their own.
pub(super) async fn compare(
    tx: &mut PgConnection,
    source: &str,
    is_finance: bool,
    within: &Bounds,
    books: Zone,
    tally: &Tally,
) -> Result<Vec<Difference>, sqlx::Error> {
    let sql = if is_finance { include_str!("sql/compare_totals.sql") } else { include_str!("sql/compare_days.sql") };
    // A day that the window cuts is left to one that holds it whole.
    let whole =
        |day: NaiveDate| books.day_start(day) >= within.start && books.day_start(day + Days::new(1)) <= within.end;
    let mut differences: Vec<Difference> = sqlx::query_as(sql)
        .bind(source)
        .bind(within.start)
        .bind(within.end)
        .bind(books.tz.name())
        .fetch_all(&mut *tx)
        .await?;
    differences.retain(|difference| whole(difference.day));
    let mut raised: Vec<Alert> = differences.iter().map(|difference| difference.alert(source)).collect();
    let unread = format!("{}:bad_rows", prefix(source));
    if tally.bad() > 0 {
        let body = json!({ "source": source, "bad_rows": tally.reasons() });
        raised.push(Alert { key: unread.clone(), severity: Severity::Critical, body });
    }
    let open: Vec<(String, NaiveDate)> =
        sqlx::query_as(include_str!("sql/list_differences.sql")).bind(source).fetch_all(&mut *tx).await?;
    let mut over: Vec<String> = open.into_iter().filter(|(_, day)| whole(*day)).map(|(key, _)| key).collect();
    over.push(unread);
    over.retain(|key| raised.iter().all(|alert| alert.key != *key));
    alerts::close(tx, &over).await?;
    alerts::raise(tx, &raised).await?;
    Ok(differences)
}
