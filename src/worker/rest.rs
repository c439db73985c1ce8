//! What goes over everything from the beginning of time goes over what a forgotten transaction keeps from being vacuumed away, too:
//! it must not keep a processor busy with that.

use std::time::{Duration, Instant};

/// It rests for so many times what it took …
const TIMES: u32 = 20;
/// … but no longer than this.
const LONGEST: Duration = Duration::from_mins(1);

/// The rest after something that took so long.
pub(super) fn rest_after(took: Duration) -> Duration {
    (took * TIMES).min(LONGEST)
}

/// When one may begin at the beginning of time again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    until: Instant,
}

impl Rest {
    /// None yet.
    pub(super) fn over() -> Self {
        Self { until: Instant::now() }
    }

    /// Whether it is over.
    pub(super) fn is_over(self) -> bool {
        self.until <= Instant::now()
    }

    /// When it is.
    pub(super) fn until(self) -> Instant {
        self.until
    }

    /// After what began then and has ended now, well or badly: what failed may have been broken off because it took too long.
    pub(super) fn after(began: Instant) -> Self {
        Self { until: Instant::now() + rest_after(began.elapsed()) }
    }
}
