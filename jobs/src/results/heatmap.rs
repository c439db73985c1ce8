//! Heatmaps as JSON: by learner, kind and cell.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Serialize;
use sqlx::PgPool;
use sqlx::types::Json;

use super::maybe_digits;
use crate::calendar::{Zone, week_label, week_start};
use crate::weekly_aggregation::learner::week_no;

/// How many weeks a heatmap shows.
const WEEKS: u64 = 8;

/// A cell of a heatmap.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Cell {
    n: i32,
    #[serde(serialize_with = "maybe_digits")]
    accuracy: Option<f64>,
    low_n: bool,
}

impl Cell {
    fn of([graded, correct]: [i32; 2], suppress_below: i64) -> Self {
        let accuracy = (graded > 0).then(|| f64::from(correct) / f64::from(graded));
        Self { n: graded, accuracy, low_n: graded > 0 && i64::from(graded) < suppress_below }
    }
}

/// The heatmaps of learners: kind, then cell.
pub type Heatmaps = BTreeMap<String, BTreeMap<String, BTreeMap<String, Cell>>>;

/// Graded and right answers, by the ids or words of row and column.
type Counted = BTreeMap<String, [i32; 2]>;

/// The heatmaps of a source's first `learners` learners as of `as_of`. Of domains and weeks every cell is there, else those with
/// data. A cell of fewer than `suppress_below` answers says so.
///
/// # Errors
///
/// The database's.
pub async fn heatmaps(
    db: &PgPool,
    source: &str,
    learners: i64,
    as_of: DateTime<Utc>,
    suppress_below: i64,
) -> Result<Heatmaps, sqlx::Error> {
    let items: Vec<(i32, String, String)> = sqlx::query_as(include_str!("sql/curriculum.sql")).fetch_all(db).await?;
    let domains: Vec<String> =
        items.iter().filter(|(_, kind, _)| kind == "domain").map(|(_, _, name)| name.clone()).collect();
    let names: HashMap<i32, String> = items.into_iter().map(|(id, _, name)| (id, name)).collect();
    let rows: Vec<(String, String, String, Json<Counted>)> =
        sqlx::query_as(include_str!("sql/heatmaps.sql")).bind(source).bind(learners).bind(as_of).fetch_all(db).await?;
    let mut heatmaps = Heatmaps::new();
    for (learner, tz, kind, Json(stored)) in rows {
        let weeks = weeks(Zone::parse(&tz).local_date(as_of));
        let mut cells: BTreeMap<String, Cell> = BTreeMap::new();
        if kind == "domain_week" {
            let all = domains.iter().flat_map(|domain| weeks.values().map(move |week| format!("{domain}|{week}")));
            cells.extend(all.map(|place| (place, Cell::default())));
        }
        for (place, counted) in stored {
            let (row, column) = place.split_once('|').unwrap_or((&place, ""));
            let row = row.parse().ok().and_then(|id: i32| names.get(&id)).map_or(row, String::as_str);
            let week = column.parse().ok().and_then(|number: i32| weeks.get(&number));
            let column = week.filter(|_| kind == "domain_week").map_or(column, String::as_str);
            cells.insert(format!("{row}|{column}"), Cell::of(counted, suppress_below));
        }
        heatmaps.entry(learner).or_default().insert(kind, cells);
    }
    Ok(heatmaps)
}

/// The weeks up to that of `today`, by number.
fn weeks(today: NaiveDate) -> BTreeMap<i32, String> {
    (0..WEEKS)
        .map(|back| week_start(today) - Days::new(7 * back))
        .map(|week| (week_no(week), week_label(week)))
        .collect()
}
