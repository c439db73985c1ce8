//! How long a failed attempt waits. The only file that names `backoff`, so that it can be replaced in a day.

use std::time::Duration;

use backoff::ExponentialBackoffBuilder;
use backoff::backoff::Backoff;

use super::RetryPolicy;

/// Beyond this many failures the wait no longer grows; it keeps the n-th step from costing n steps.
const LONGEST_SERIES: u32 = 64;

impl RetryPolicy {
    /// The wait after the `failures`-th failure (1 = the first).
    ///
    /// `seed` decides the jitter: jobs that fail together wait differently, and the same failure of the same job always
    /// waits the same, which is what a test can check.
    #[must_use]
    pub fn delay(&self, failures: u32, seed: u64) -> Duration {
        // The crate would end the series after 15 minutes and draw its jitter, after the cap, from a global generator.
        let mut series = ExponentialBackoffBuilder::new()
            .with_initial_interval(self.base.min(self.cap))
            .with_multiplier(self.factor.max(1.0))
            .with_max_interval(self.cap)
            .with_randomization_factor(0.0)
            .with_max_elapsed_time(None)
            .build();
        let mut wait = self.base.min(self.cap);
        for _ in 0..failures.clamp(1, LONGEST_SERIES) {
            wait = series.next_backoff().unwrap_or(self.cap);
        }
        let spread = self.jitter.clamp(0.0, 1.0) * (2.0 * unit(seed ^ u64::from(failures)) - 1.0);
        wait.mul_f64(1.0 + spread).min(self.cap)
    }
}

/// A number in [0, 1) from a seed, by `SplitMix64` (Steele, Lea & Flood 2014).
#[expect(clippy::cast_precision_loss, reason = "the upper 53 bits are exactly what an f64 holds")]
fn unit(seed: u64) -> f64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    (z >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: RetryPolicy =
        RetryPolicy { base: Duration::from_secs(5), factor: 3.0, cap: Duration::from_mins(10), jitter: 0.0 };

    #[test]
    fn waits_grow_by_the_factor_up_to_the_cap() {
        let waits: Vec<u64> = (1..=7).map(|n| PLAIN.delay(n, 0).as_secs()).collect();
        assert_eq!(waits, [5, 15, 45, 135, 405, 600, 600]);
    }

    #[test]
    fn a_long_series_stays_at_the_cap() {
        assert_eq!(PLAIN.delay(u32::MAX, 0), PLAIN.cap);
    }

    #[test]
    fn jitter_spreads_jobs_and_repeats_for_the_same_one() {
        let policy = RetryPolicy { jitter: 0.2, ..PLAIN };
        let waits: Vec<f64> = (0..1000).map(|seed| policy.delay(2, seed).as_secs_f64()).collect();
        assert!(waits.iter().all(|w| (12.0..=18.0).contains(w)));
        let mean = waits.iter().sum::<f64>() / 1000.0;
        assert!((mean - 15.0).abs() < 0.2, "mean {mean}");
        assert_eq!(policy.delay(2, 7), policy.delay(2, 7));
        assert_ne!(policy.delay(2, 7), policy.delay(2, 8));
    }
}
