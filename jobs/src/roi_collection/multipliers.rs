//! What each archetype is expected to bring for what it costs.

use super::Archetype;

/// One multiplier an archetype: value by cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Multipliers([f64; 5]);

/// A multiplier that cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("the multiplier of {} is {value}; it must be a number above 0", archetype.as_str())]
pub struct BadMultiplier {
    /// Whose.
    pub archetype: Archetype,
    /// What it is.
    pub value: f64,
}

impl Multipliers {
    /// In the archetypes' order.
    ///
    /// # Errors
    ///
    /// [`BadMultiplier`]: one is not a finite number above 0; a prediction would be divided by it.
    pub fn new(values: [f64; 5]) -> Result<Self, BadMultiplier> {
        match Archetype::ALL.into_iter().zip(values).find(|(_, value)| !(value.is_finite() && *value > 0.0)) {
            Some((archetype, value)) => Err(BadMultiplier { archetype, value }),
            None => Ok(Self(values)),
        }
    }

    /// An archetype's.
    #[must_use]
    pub fn of(&self, archetype: Archetype) -> f64 {
        self.0[archetype as usize]
    }

    /// Their mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / 5.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiplier_is_a_number_above_zero() {
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = Multipliers::new([1.0, 1.0, 1.0, value, 1.0]).unwrap_err();
            assert_eq!(error.archetype, Archetype::LongTermRetainer);
        }
        let multipliers = Multipliers::new([1.8, 1.6, 1.4, 1.5, 1.0]).unwrap();
        assert_eq!(multipliers.of(Archetype::PowerUser), 1.4);
        assert!((multipliers.mean() - 1.46).abs() < 1e-12);
    }
}
