//! Whether a run may go on: it gives way to replicas that lag, to a queue that goes before, and to a machine that is busy.

use sqlx::PgPool;

use super::spec::Pace;

/// What a run gives way to; nothing if it may go on.
pub(super) async fn held_back_by(db: &PgPool, pace: &Pace) -> Result<Option<String>, sqlx::Error> {
    let (lag, oldest): (Option<f64>, Option<f64>) =
        sqlx::query_as(include_str!("sql/health.sql")).bind(&pace.queue).fetch_one(db).await?;
    Ok(judge(pace, lag, oldest, load_per_cpu()))
}

fn judge(pace: &Pace, lag: Option<f64>, oldest: Option<f64>, load: Option<f64>) -> Option<String> {
    if lag.is_some_and(|lag| lag > pace.replication_lag_seconds) {
        return Some("a replica lags behind".to_owned());
    }
    if oldest.is_some_and(|oldest| oldest > pace.oldest_ready_seconds) {
        return Some(format!("jobs wait in the queue {:?}", pace.queue));
    }
    load.is_some_and(|load| load > pace.load_per_cpu).then(|| "the machine is busy".to_owned())
}

/// The load of the last minute for each processor, where the system tells.
fn load_per_cpu() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    let load: f64 = text.split_ascii_whitespace().next()?.parse().ok()?;
    let cpus = std::thread::available_parallelism().ok()?.get();
    Some(load / f64::from(u32::try_from(cpus).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_gives_way_to_what_is_over_its_limit() {
        let pace = Pace::default();
        assert_eq!(judge(&pace, None, None, None), None);
        assert_eq!(judge(&pace, Some(10.0), Some(30.0), Some(16.0)), None);
        assert!(judge(&pace, Some(10.1), None, None).unwrap().contains("replica"));
        assert!(judge(&pace, None, Some(30.1), None).unwrap().contains("analysis"));
        assert!(judge(&pace, None, None, Some(16.1)).unwrap().contains("busy"));
    }
}
