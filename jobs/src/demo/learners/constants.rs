//! The constants of the inputs, as the active version of the coefficients; and those that held before, put back.

use serde_json::{Value, json};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};

use super::inputs::{Config, Roi};

/// The versions that held before, by name.
#[derive(Clone, Debug, Default)]
#[must_use = "they are to be put back"]
pub struct Constants(Vec<(&'static str, i32)>);

/// Makes these changes of the coefficients of these names hold.
pub(in crate::demo) async fn adopt(
    tx: &mut PgConnection,
    changes: &[(&'static str, Value)],
) -> Result<Constants, sqlx::Error> {
    let mut before = Vec::new();
    for (name, change) in changes {
        let active: Option<(i32, Json<Value>)> =
            sqlx::query_as(include_str!("sql/deactivate.sql")).bind(name).fetch_optional(&mut *tx).await?;
        let (version, Json(mut body)) = active.ok_or(sqlx::Error::RowNotFound)?;
        merge(&mut body, change);
        sqlx::query(include_str!("sql/adopt.sql")).bind(name).bind(Json(body)).execute(&mut *tx).await?;
        before.push((*name, version));
    }
    Ok(Constants(before))
}

/// The changes that a set's configuration makes.
pub(super) fn of(config: &Config, roi: Option<&Roi>) -> Vec<(&'static str, Value)> {
    let learning = ("learning", json!({ "total_domains": config.total_domains }));
    let roi = roi.map(|Roi { kappa, cap, min_n, .. }| {
        // What a demo finds out takes no effect by itself.
        let change = json!({
            "book_zone": "UTC", "kappa": kappa, "cap": cap, "min_n": min_n, "activate_automatically": false,
        });
        ("roi", change)
    });
    [learning].into_iter().chain(roi).collect()
}

/// Lays `change` over `body`, object by object.
fn merge(body: &mut Value, change: &Value) {
    match (body, change) {
        (Value::Object(body), Value::Object(change)) => {
            for (name, change) in change {
                merge(body.entry(name.as_str()).or_insert(Value::Null), change);
            }
        }
        (body, change) => *body = change.clone(),
    }
}

impl Constants {
    /// Makes them hold again.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn put_back(self, db: &PgPool) -> Result<(), sqlx::Error> {
        let mut tx = db.begin().await?;
        for (name, version) in self.0 {
            sqlx::query(include_str!("sql/deactivate.sql")).bind(name).execute(&mut *tx).await?;
            sqlx::query(include_str!("sql/activate.sql")).bind(name).bind(version).execute(&mut *tx).await?;
        }
        tx.commit().await
    }
}
