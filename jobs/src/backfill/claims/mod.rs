//! Claims: the first target. Its columns, and what gates 2 to 4 look at.

pub mod audit;
pub mod chance;
pub mod cv;
pub mod logistic;
pub mod split;
pub mod splitmix;

use chrono::NaiveDate;

use super::table::{Column, Rule, Table};

/// The columns of a claim, frozen as v1.0.
pub const TABLE: Table = Table {
    name: "claims",
    version: "v1.0",
    columns: &[
        Column::required("claim_id", Rule::Text),
        Column::required("seller_id", Rule::Text),
        Column::required("source", Rule::Choice(&SOURCES)),
        Column::required("claim_type", Rule::Choice(&TYPES)),
        Column::required("event_date", Rule::Date),
        Column::required("filed_date", Rule::Date),
        Column::optional("resolved_date", Rule::Date),
        Column::optional("marketplace", Rule::Text),
        Column::required("quantity", Rule::Integer(1, 1_000_000)),
        Column::required("amount_cents", Rule::Integer(0, 1_000_000_000_000)),
        Column::required("evidence_count", Rule::Integer(0, 1_000_000)),
        Column::required("prior_claims", Rule::Integer(0, 1_000_000)),
        Column::required("label", Rule::Label(&LABELS)),
    ],
    in_order: &[4, 5, 6],
};

/// Where claims come from.
pub const SOURCES: [&str; 3] = ["production_log", "historical_event", "seller_record"];
/// What they are about.
pub const TYPES: [&str; 6] = ["lost", "damaged", "customer_return", "overcharge", "removal", "other"];
/// How they are labelled.
pub const LABELS: [&str; 2] = ["claimable", "non_claimable"];
/// The numbers that gates 2 to 4 look at, in the order of [`Features::values`].
pub const FEATURES: [&str; 5] = ["quantity", "amount_cents", "evidence_count", "prior_claims", "days_to_file"];

/// What the gates need of a claim: its place in time and its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Features {
    /// In the order of [`FEATURES`].
    pub values: [f64; 5],
    /// Its label.
    pub claimable: bool,
}

/// A claim, as far as the gates look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Its id.
    pub claim_id: String,
    /// When it happened.
    pub event_date: NaiveDate,
    /// Its source.
    pub source: String,
    /// Its type.
    pub claim_type: String,
    /// Its numbers.
    pub features: Features,
}

impl Claim {
    /// Of a good row's cells, in the order of [`TABLE`]; none of a row that is not good.
    #[must_use]
    pub fn of(cells: &[Option<String>]) -> Option<Self> {
        let text = |place: usize| cells.get(place)?.as_deref();
        let number = |place: usize| text(place)?.parse::<f64>().ok();
        let day = |place: usize| text(place)?.parse::<NaiveDate>().ok();
        let event_date = day(4)?;
        #[expect(clippy::cast_precision_loss, reason = "days between two dates of this age")]
        let days_to_file = (day(5)? - event_date).num_days() as f64;
        Some(Self {
            claim_id: text(0)?.to_owned(),
            event_date,
            source: text(2)?.to_owned(),
            claim_type: text(3)?.to_owned(),
            features: Features {
                values: [number(8)?, number(9)?, number(10)?, number(11)?, days_to_file],
                claimable: text(12)? == LABELS[0],
            },
        })
    }
}
