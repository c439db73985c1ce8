//! What a program publishes of a kind, so that others can enqueue it without its code.

use serde_json::Value;
use sqlx::types::Json;

use super::{Policy, Priority};

/// One kind, as the table `windlass.kinds` holds it.
///
/// ```
/// use windlass::model::PublishedKind;
///
/// let greet = PublishedKind::new("greet", "default");
/// assert_eq!((greet.args_version, greet.max_failures), (1, 10));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedKind {
    /// Its stable name.
    pub kind: &'static str,
    /// Its queue.
    pub queue: &'static str,
    /// The version of its arguments' shape.
    pub args_version: i16,
    /// How urgent its jobs are unless an enqueue says otherwise.
    pub priority: Priority,
    /// How many failed attempts make one of its jobs a dead letter.
    pub max_failures: i32,
    /// The argument fields that two jobs of one key must share; none: all.
    pub identity: Option<&'static [&'static str]>,
    /// A JSON Schema of its arguments.
    pub args_schema: Option<Value>,
    /// The fields of its arguments that anybody who may look may see.
    pub shown: &'static [&'static str],
}

impl PublishedKind {
    /// A kind by the default policy, version 1 of its arguments.
    #[must_use]
    pub fn new(kind: &'static str, queue: &'static str) -> Self {
        let Policy { priority, max_failures, .. } = Policy::DEFAULT;
        Self { kind, queue, args_version: 1, priority, max_failures, identity: None, args_schema: None, shown: &[] }
    }
}

/// The same, as it is read back.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct PublishedRow {
    /// Its stable name.
    pub kind: String,
    /// Its queue.
    pub queue: String,
    /// The version of its arguments' shape.
    pub args_version: i16,
    /// How urgent its jobs are, 1 to 4.
    pub priority: i16,
    /// How many failed attempts make a dead letter.
    pub max_failures: i32,
    /// The argument fields that two jobs of one key must share; none: all.
    pub identity: Option<Json<Vec<String>>>,
    /// A JSON Schema of its arguments.
    pub args_schema: Option<Value>,
    /// The fields of its arguments that anybody who may look may see.
    pub shown: Json<Vec<String>>,
}
