//! How far a run is and when it will be done. The rate is of working time: a pause never counts.

use serde::Serialize;

/// The weight of the newest rate.
const ALPHA: f64 = 0.3;

/// A run's progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Progress {
    /// Rows done.
    pub done: u64,
    /// Of how many; 0 if it is not known.
    #[serde(skip)]
    pub total: u64,
    /// Rows by second of working time, smoothed; absent until something was done.
    pub rate: Option<f64>,
}

impl Progress {
    /// Of `total` rows nothing is done.
    #[must_use]
    pub const fn of(total: u64) -> Self {
        Self { done: 0, total, rate: None }
    }

    /// `rows` more, in so many seconds of work.
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
    pub fn add(&mut self, rows: u64, seconds: f64) {
        self.done += rows;
        if seconds > 0.0 {
            let now = rows as f64 / seconds;
            self.rate = Some(self.rate.map_or(now, |rate| ALPHA * now + (1.0 - ALPHA) * rate));
        }
    }

    /// The share that is done, 0 to 100.
    #[must_use]
    pub fn percent(&self) -> f64 {
        100.0 * super::quality::share(self.done, self.total)
    }

    /// The seconds of work that are left, once there is a rate.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
    pub fn eta_seconds(&self) -> Option<f64> {
        self.rate.filter(|rate| *rate > 0.0).map(|rate| self.total.saturating_sub(self.done) as f64 / rate)
    }
}

/// How long to wait after so many seconds of work, to work this share of the time (0 to 1].
#[must_use]
pub fn rest(work_seconds: f64, duty: f64) -> f64 {
    work_seconds * (1.0 / duty.clamp(0.01, 1.0) - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_duty_rests_as_long_as_it_worked() {
        assert!((rest(2.0, 0.5) - 2.0).abs() < 1e-12);
        assert!(rest(2.0, 1.0).abs() < 1e-12);
        assert!(rest(2.0, 0.0) < 200.0);
    }

    #[test]
    fn nothing_done_has_no_rate_and_no_end() {
        let mut progress = Progress::of(0);
        assert_eq!((progress.percent(), progress.eta_seconds()), (0.0, None));
        progress.add(0, 0.0);
        assert_eq!(progress.rate, None);
    }
}
