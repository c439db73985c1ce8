//! When the ops run by themselves, in UTC: collect, then compare, then compute.

use windlass::{Overlap, Schedule};

use super::{Op, RoiCollection, Window};

/// Over how many days before its tick a calibration looks.
const CALIBRATED_DAYS: u64 = 90;

/// The schedules of this kind (domain.md 6.1).
#[must_use]
pub fn schedules() -> Vec<Schedule<RoiCollection>> {
    let dispatch = RoiCollection {
        op: Op::Dispatch,
        window: None,
        cohort_id: None,
        source: None,
        dirty_seq: None,
        experiment: None,
    };
    vec![
        Schedule::each("roi-collect", "0 3 * * *", |tick| RoiCollection::of(Op::Collect, Window::days_before(tick, 1))),
        Schedule::each("roi-reconcile", "0 4 * * *", |tick| {
            RoiCollection::of(Op::Reconcile, Window::days_before(tick, 1))
        }),
        // Monday's metrics are begun at 02:00; archetypes are this week's by now.
        Schedule::each("roi-week", "0 5 * * Mon", |tick| RoiCollection::of(Op::Rollup, Window::week_before(tick))),
        Schedule::each("roi-month", "15 5 1 * *", |tick| RoiCollection::of(Op::Rollup, Window::month_before(tick))),
        Schedule::each("roi-calibrate", "0 6 1 * *", |tick| {
            RoiCollection::of(Op::Calibrate, Window::days_before(tick, CALIBRATED_DAYS))
        }),
        Schedule::new("roi-dispatch", "*/10 * * * *", dispatch).overlap(Overlap::Skip),
    ]
}

#[cfg(test)]
mod tests {
    use windlass::Registry;

    use super::*;
    use crate::Deps;

    #[test]
    fn every_schedule_can_be_fired() {
        let registry = Registry::<Deps>::default().program("jobs", "1.0.0").register::<RoiCollection>();
        schedules().into_iter().fold(registry, Registry::schedule).check().unwrap();
    }
}
