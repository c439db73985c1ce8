//! Where a cohort's ROI is going.

/// How many periods count, at most: the last ones that have a ratio.
pub const PERIODS: usize = 6;
const FEWEST: usize = 3;
/// By what share of the mean the line must rise or fall a period.
const STEP: f64 = 0.02;

/// Where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// Up by more than 2 % of the mean a period.
    Improving,
    /// Down by more than that.
    Degrading,
    /// Neither.
    Stable,
}

impl Trend {
    /// Its stored name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Improving => "improving",
            Self::Degrading => "degrading",
            Self::Stable => "stable",
        }
    }
}

/// The trend of the last at most [`PERIODS`] ratios, oldest first (domain.md 6.3): the least-squares slope by the mean.
/// Absent for fewer than three.
#[must_use]
pub fn trend(ratios: &[f64]) -> Option<Trend> {
    let last = &ratios[ratios.len().saturating_sub(PERIODS)..];
    if last.len() < FEWEST {
        return None;
    }
    let places = || (0_u32..).map(f64::from).zip(last);
    let n: f64 = last.iter().map(|_| 1.0).sum();
    let mean = last.iter().sum::<f64>() / n;
    let middle = (n - 1.0) / 2.0;
    let rise: f64 = places().map(|(place, ratio)| (place - middle) * (ratio - mean)).sum();
    let spread: f64 = places().map(|(place, _)| (place - middle).powi(2)).sum();
    // A mean of zero has no share: nothing but zeros, or gains and losses that cancel out.
    let step = if mean == 0.0 { 0.0 } else { rise / spread / mean };
    Some(match step {
        step if !crate::tolerance::at_most(step, STEP) => Trend::Improving,
        step if !crate::tolerance::at_least(step, -STEP) => Trend::Degrading,
        _ => Trend::Stable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_takes_three_periods_and_two_per_cent() {
        assert_eq!(trend(&[1.0, 2.0]), None);
        assert_eq!(trend(&[1.0, 1.1, 1.2]), Some(Trend::Improving));
        assert_eq!(trend(&[1.2, 1.1, 1.0]), Some(Trend::Degrading));
        assert_eq!(trend(&[0.98, 1.0, 1.02]), Some(Trend::Stable), "exactly 2 % is not above it");
        assert_eq!(trend(&[0.0, 0.0, 0.0]), Some(Trend::Stable));
    }

    #[test]
    fn only_the_last_six_count() {
        assert_eq!(trend(&[9.0, 9.0, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5]), Some(Trend::Improving));
    }
}
