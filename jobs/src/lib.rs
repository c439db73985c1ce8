//! The jobs of a coaching product: what happens after a conversation has closed. One folder a job.
//!
//! The engine that runs them is `windlass`; nothing here knows how a queue works.

pub mod alerts;
mod apart;
mod application;
pub mod backfill;
pub mod buckets;
pub mod calendar;
pub mod control;
pub mod demo;
mod deps;
pub mod http;
pub mod learners;
pub mod learning;
pub mod monthly_narrative;
pub mod outbox;
pub mod ports;
pub mod post_session_analysis;
pub mod results;
pub mod roi_collection;
mod schema;
pub mod sessions;
pub mod telemetry;
pub mod tolerance;
pub mod weekly_aggregation;

pub use application::{Jobs, migrations};
pub use backfill::Backfill;
pub use deps::Deps;
pub use monthly_narrative::MonthlyNarrative;
pub use post_session_analysis::PostSessionAnalysis;
pub use roi_collection::RoiCollection;
pub use weekly_aggregation::WeeklyAggregation;

use windlass::{Overlap, Registry, Schedule};

/// The one list.
#[must_use]
pub fn registry() -> Registry<Deps> {
    let registry = Registry::default()
        .program(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
        .instruments(telemetry::instruments())
        .register::<PostSessionAnalysis>()
        .register::<WeeklyAggregation>()
        .register::<MonthlyNarrative>()
        .register::<RoiCollection>()
        .register::<Backfill>()
        // Every minute what has become due; the buckets say when they are.
        .schedule(Schedule::each("weekly-aggregation", "* * * * *", WeeklyAggregation::dispatch).overlap(Overlap::Skip))
        .schedule(
            Schedule::each("monthly-narrative", "*/10 * * * *", MonthlyNarrative::dispatch).overlap(Overlap::Skip),
        )
        .schedule(Schedule::each("learners", "0 2 * * Mon", WeeklyAggregation::learners))
        .schedule(Schedule::each("retention", "30 3 * * *", Backfill::dispatch));
    roi_collection::schedules().into_iter().fold(registry, Registry::schedule)
}
