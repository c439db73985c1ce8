//! ROI: the formulas, the tables and the job, against the fixtures.

mod fixtures;
mod formulas;
mod inputs;
mod world;
