//! What a person should look at: raised while it lasts, closed when it is over. Not a page or a mail: those read the
//! table.

use serde_json::Value;
use sqlx::PgConnection;

/// How urgent an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Look today.
    Warning,
    /// Look now.
    Critical,
}

impl Severity {
    /// Its stored name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// An alert. Its body holds ids, dates and figures: never people's words or names.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// What it is about. One of a key is open at a time.
    pub key: String,
    /// How urgent it is.
    pub severity: Severity,
    /// What to know.
    pub body: Value,
}

/// Opens these alerts, or brings them up to date where they are open.
///
/// # Errors
///
/// The database's.
pub async fn raise(tx: &mut PgConnection, alerts: &[Alert]) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/raise.sql"))
        .bind(alerts.iter().map(|alert| alert.key.as_str()).collect::<Vec<_>>())
        .bind(alerts.iter().map(|alert| alert.severity.as_str()).collect::<Vec<_>>())
        .bind(alerts.iter().map(|alert| &alert.body).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    Ok(())
}

/// Closes those of these keys that are open.
///
/// # Errors
///
/// The database's.
pub async fn close(tx: &mut PgConnection, keys: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/close.sql")).bind(keys).execute(tx).await?;
    Ok(())
}
