//! What an application says of itself, beside what the engine says of its jobs.

use std::pin::Pin;
use std::sync::Arc;

use metrics::gauge;
use sqlx::PgConnection;

use super::{Metric, describe_all};

/// An application's own metrics. Its counters and its gauges of the process it sets itself, where things happen; what stands in
/// its tables is read by one worker for all, so that no number of workers multiplies it.
pub struct Instruments<D> {
    /// Its catalogue: counters and gauges.
    pub metrics: &'static [Metric],
    /// Brings its counters into being at zero: a first failure must be an increase, not an appearance.
    pub start_at_zero: fn(),
    /// Reads its sampled gauges, in a transaction that may only read and takes five seconds at most.
    pub sample: for<'a> fn(&'a mut PgConnection, D) -> Sampled<'a>,
}

/// Readings on their way.
pub type Sampled<'a> = Pin<Box<dyn Future<Output = Result<Vec<Reading>, sqlx::Error>> + Send + 'a>>;

/// What reads them, with what it needs.
pub(crate) type Read = Arc<dyn for<'a> Fn(&'a mut PgConnection) -> Sampled<'a> + Send + Sync>;

/// A gauge as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Its name in the catalogue.
    pub metric: &'static str,
    /// Its labels; their values come from closed lists.
    pub labels: Vec<(&'static str, String)>,
    /// What it says.
    pub value: f64,
}

impl<D> Clone for Instruments<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Instruments<D> {}

impl<D: Clone + Send + Sync + 'static> Instruments<D> {
    /// Tells the recorder what each metric says, and begins.
    pub(crate) fn begin(&self) {
        describe_all(self.metrics);
        (self.start_at_zero)();
    }

    /// What reads the sampled gauges.
    pub(crate) fn reader(self, deps: D) -> Read {
        Arc::new(move |tx| (self.sample)(tx, deps.clone()))
    }
}

/// Shows these readings, and of `before` no more what is not among them.
pub(crate) fn show(readings: &[Reading], before: &[Reading]) {
    for reading in readings {
        gauge!(reading.metric, &reading.labels).set(reading.value);
    }
    let same = |a: &Reading, b: &Reading| a.metric == b.metric && a.labels == b.labels;
    for gone in before.iter().filter(|old| !readings.iter().any(|new| same(new, old))) {
        // A gauge cannot be taken back; the exposition leaves this one out.
        gauge!(gone.metric, &gone.labels).set(f64::NAN);
    }
}
