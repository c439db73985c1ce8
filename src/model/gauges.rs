//! What a queue holds, in numbers.

/// What one queue holds. Counts are capped: at 50,001 of each priority for what is ready, 10,001 for what waits, 100,001
/// for the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, sqlx::FromRow)]
pub struct QueueGauges {
    /// Due.
    pub ready: i64,
    /// Due later, never failed.
    pub scheduled: i64,
    /// Due later, after a failure.
    pub retry: i64,
    /// Behind another one of its ordering key.
    pub blocked: i64,
    /// For who knows its kind, or for its kind to be resumed.
    pub parked: i64,
    /// In a worker's hand.
    pub running: i64,
    /// Open dead letters.
    pub dead: i64,
    /// How long the oldest due job has waited.
    pub oldest_ready_seconds: Option<f64>,
}
