//! ROI: the formulas, the tables and the job, against the fixtures.

mod again;
mod alerts;
mod calibrating;
mod fixtures;
mod formulas;
mod inputs;
mod killed;
mod multipliers;
mod people;
mod reconciling;
mod scheduled;
mod volume;
mod world;
