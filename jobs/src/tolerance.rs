//! Comparing a computed value with a threshold.
//!
//! Not a general approximate equality: only the one rule every formula shares.

/// Whether `value` reaches `threshold`, counting values within 1e-9 of it as equal.
///
/// Without the margin 0.7 - 0.6 would miss a threshold of 0.1.
#[must_use]
pub fn at_least(value: f64, threshold: f64) -> bool {
    value >= threshold - EQUAL_WITHIN
}

/// Whether `value` is down at `threshold`, counting values within 1e-9 of it as equal.
#[must_use]
pub fn at_most(value: f64, threshold: f64) -> bool {
    value <= threshold + EQUAL_WITHIN
}

const EQUAL_WITHIN: f64 = 1e-9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_at_its_threshold_counts_in_spite_of_rounding() {
        let tenth = 0.7 - 0.6; // a little less
        assert!(at_least(tenth, 0.1));
        assert!(at_most(-tenth, -0.1));
        assert!(!at_least(0.099_999_99, 0.1));
        assert!(!at_most(-0.099_999_99, -0.1));
    }
}
