//! Why a row was not taken over: eleven closed reasons, in the order in which they are listed.

use serde::{Serialize, Serializer};

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Reason {
    /// Not as many fields as the header has, text that is not UTF-8 or cannot be stored, or no object.
    MalformedRow,
    /// A required cell is missing.
    MissingRequired,
    /// A date or instant that is none, or lies before the first one that is believed.
    BadDate,
    /// A date after the run's `as_of`.
    FutureDate,
    /// Dates that stand in the wrong order.
    DateOrder,
    /// A word that is not among those allowed.
    BadEnum,
    /// A label that is not among those allowed.
    BadLabel,
    /// A number that is none, or out of its range.
    BadNumber,
    /// The same as an earlier row of the batch.
    DupExact,
    /// Another row under the id of an earlier one.
    DupConflict,
    /// Another row under the id of an integrated one.
    ConflictsExisting,
}

impl Reason {
    /// All of them, in their order.
    pub const ALL: [Self; 11] = [
        Self::MalformedRow,
        Self::MissingRequired,
        Self::BadDate,
        Self::FutureDate,
        Self::DateOrder,
        Self::BadEnum,
        Self::BadLabel,
        Self::BadNumber,
        Self::DupExact,
        Self::DupConflict,
        Self::ConflictsExisting,
    ];

    /// Its code, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MalformedRow => "malformed_row",
            Self::MissingRequired => "missing_required",
            Self::BadDate => "bad_date",
            Self::FutureDate => "future_date",
            Self::DateOrder => "date_order",
            Self::BadEnum => "bad_enum",
            Self::BadLabel => "bad_label",
            Self::BadNumber => "bad_number",
            Self::DupExact => "dup_exact",
            Self::DupConflict => "dup_conflict",
            Self::ConflictsExisting => "conflicts_existing",
        }
    }
}

/// A row's reasons: a bit for each, as the staging table holds them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reasons(i32);

impl Reasons {
    /// What makes a row invalid by itself.
    pub const INVALID: Self = Self::of(&[
        Reason::MalformedRow,
        Reason::MissingRequired,
        Reason::BadDate,
        Reason::BadEnum,
        Reason::BadLabel,
        Reason::BadNumber,
    ]);
    /// What sets a row against time, or against other rows.
    pub const INCONSISTENT: Self =
        Self::of(&[Reason::FutureDate, Reason::DateOrder, Reason::DupConflict, Reason::ConflictsExisting]);
    /// What can be said only once all rows are there.
    pub const LATE: Self = Self::of(&[Reason::DupExact, Reason::DupConflict, Reason::ConflictsExisting]);

    /// These.
    #[must_use]
    pub const fn of(reasons: &[Reason]) -> Self {
        let (mut bits, mut place) = (0, 0);
        while place < reasons.len() {
            bits |= 1 << reasons[place] as u8;
            place += 1;
        }
        Self(bits)
    }

    /// The stored bits as reasons; unknown bits are dropped.
    #[must_use]
    pub const fn from_bits(bits: i32) -> Self {
        Self(bits & Self::of(&Reason::ALL).0)
    }

    /// As stored.
    #[must_use]
    pub const fn bits(self) -> i32 {
        self.0
    }

    /// One more.
    pub fn add(&mut self, reason: Reason) {
        self.0 |= 1 << reason as u8;
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether one of these is among them.
    #[must_use]
    pub const fn any_of(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// They, in their order.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |reason| self.0 & (1 << *reason as u8) != 0)
    }

    /// Their codes, in their order.
    #[must_use]
    pub fn codes(self) -> Vec<&'static str> {
        self.iter().map(Reason::as_str).collect()
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_stand_in_their_order_however_they_were_added() {
        let mut reasons = Reasons::default();
        assert!(reasons.is_empty());
        for reason in [Reason::ConflictsExisting, Reason::DateOrder, Reason::FutureDate] {
            reasons.add(reason);
        }
        assert_eq!(reasons.codes(), ["future_date", "date_order", "conflicts_existing"]);
        assert_eq!(Reasons::from_bits(reasons.bits() | 1 << 20), reasons);
        assert!(reasons.any_of(Reasons::LATE) && !reasons.any_of(Reasons::INVALID));
    }
}
