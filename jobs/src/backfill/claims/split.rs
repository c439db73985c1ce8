//! Which part of the data a claim is for: training, validation or test. It depends on the claim's id alone, so a claim never
//! moves as data grows, and no test row leaks into a later training.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// The parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// 70 %.
    Train,
    /// 15 %.
    Val,
    /// 15 %.
    Test,
}

impl Split {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    /// Of a claim: u = the first 8 bytes of SHA-256 of `claims-split:v1:{id}` over 2^64; below 0.70 training, below 0.85
    /// validation.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share of 2^64, compared with two decimals")]
    pub fn of(claim_id: &str) -> Self {
        let hash = Sha256::digest(format!("claims-split:v1:{claim_id}"));
        let first = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let share = first as f64 / 2_f64.powi(64);
        match share {
            _ if share < 0.70 => Self::Train,
            _ if share < 0.85 => Self::Val,
            _ => Self::Test,
        }
    }

    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }
}
