//! The monthly narrative: its formulas against fixtures, and the job.

mod texts;
