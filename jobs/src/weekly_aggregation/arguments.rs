//! The schema of the arguments: one object for each scope.

use serde_json::{Value, json};

use crate::schema::{any_of, instant, int32, int64, nullable, object, shard, week, words};

/// The arguments of every scope.
pub(super) fn schema() -> Value {
    let sequence = [("dirty_seq", nullable(int64()))];
    let scope = |word: &str| ("scope", json!({ "const": word }));
    let when = || [("bucket", week()), ("as_of", instant())];
    let nothing = || json!({ "type": "null" });
    let of = |word: &str, more: &[(&str, Value)], optional: &[(&str, Value)]| {
        object(&[&[scope(word)], &when()[..], more].concat(), &[&sequence[..], optional].concat())
    };
    any_of(&[
        object(&[scope("dispatch"), ("as_of", instant())], &[]),
        of("spectrum", &[("key", int64())], &[("shard", nothing())]),
        of("spectrum", &[("shard", shard())], &[("key", nothing())]),
        of("learner", &[("shard", shard()), ("step", words(&["measure", "retain", "classify", "forecast"]))], &[]),
        of("global", &[("stage", words(&["open", "half_lives", "rank", "finish", "judge"]))], &[]),
        of("cohort", &[("key", int32())], &[]),
    ])
}
