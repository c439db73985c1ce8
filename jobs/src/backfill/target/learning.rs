//! Learners and what they did, as the product exports them.

use super::Statements;
use crate::backfill::table::{Column, Rule, Table};

/// The columns of a learner.
pub(super) const LEARNERS: Table = Table {
    name: "learners",
    version: "v1",
    columns: &[
        Column::required("learner_id", Rule::Text),
        Column::optional("cohort_id", Rule::Text),
        Column::required("tz", Rule::Zone),
        Column::required("enrolled_at", Rule::Instant),
        Column::optional("hours_per_week", Rule::Number(0.0, 168.0)),
        Column::optional("target_score", Rule::Number(0.0, 1.0)),
        Column::optional("days_to_exam", Rule::Integer(-36_500, 36_500)),
        Column::optional("declared_cohort", Rule::Text),
    ],
    in_order: &[],
};

/// The columns of an interaction.
pub(super) const INTERACTIONS: Table = Table {
    name: "interactions",
    version: "v1",
    columns: &[
        Column::required("interaction_id", Rule::Text),
        Column::required("learner_id", Rule::Text),
        Column::required("ts", Rule::Instant),
        Column::required("domain", Rule::Text),
        Column::required("capability", Rule::Text),
        Column::optional("topic", Rule::Text),
        Column::optional("objective", Rule::Text),
        Column::optional("difficulty", Rule::Choice(&["easy", "medium", "hard"])),
        Column::optional("assessment_type", Rule::Text),
        Column::optional("correct", Rule::Flag),
        Column::required("duration_s", Rule::Integer(0, 86_400)),
    ],
    in_order: &[],
};

pub(super) const LEARNERS_STATEMENTS: Statements = Statements {
    mark_existing: include_str!("../sql/learners_mark_existing.sql"),
    prepare: Some(include_str!("../sql/learners_prepare.sql")),
    integrate: include_str!("../sql/learners_integrate.sql"),
    count: include_str!("../sql/learners_count.sql"),
    revert: None,
    export: None,
};

pub(super) const INTERACTIONS_STATEMENTS: Statements = Statements {
    mark_existing: include_str!("../sql/interactions_mark_existing.sql"),
    prepare: Some(include_str!("../sql/interactions_prepare.sql")),
    integrate: include_str!("../sql/interactions_integrate.sql"),
    count: include_str!("../sql/interactions_count.sql"),
    revert: None,
    export: None,
};
