//! Backfill: bring data in, compute it anew, take it out, in chunks that survive a kill.

pub mod claims;
pub mod mapping;
pub mod progress;
pub mod quality;
pub mod reason;
pub mod report;
pub mod table;
pub mod tile;
