//! The pieces that the kinds' JSON Schemas are made of. They say what serde would say, before anything is stored; what only the whole
//! of some arguments tells (a range that begins after its end) is left to it.

use serde_json::{Value, json};

/// An object of these fields and no others.
pub(crate) fn object(required: &[(&str, Value)], optional: &[(&str, Value)]) -> Value {
    let fields: serde_json::Map<String, Value> =
        required.iter().chain(optional).map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let names: Vec<&str> = required.iter().map(|(name, _)| *name).collect();
    json!({ "type": "object", "properties": fields, "required": names, "additionalProperties": false })
}

/// One of these.
pub(crate) fn any_of(schemas: &[Value]) -> Value {
    json!({ "anyOf": schemas })
}

/// It, or null.
pub(crate) fn nullable(schema: Value) -> Value {
    any_of(&[schema, json!({ "type": "null" })])
}

/// One of these words.
pub(crate) fn words(words: &[&str]) -> Value {
    json!({ "enum": words })
}

/// An id, or another 64-bit number.
pub(crate) fn int64() -> Value {
    json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX })
}

/// A 32-bit number.
pub(crate) fn int32() -> Value {
    json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX })
}

/// A range of ids.
pub(crate) fn shard() -> Value {
    object(&[("from", int64()), ("to", int64())], &[])
}

/// An instant, as RFC 3339 has it.
pub(crate) fn instant() -> Value {
    let time = r"[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)";
    matching(&format!("{DAY}{time}"))
}

/// A date.
pub(crate) fn date() -> Value {
    matching(DAY)
}

/// An ISO week, like `2026-W47`.
pub(crate) fn week() -> Value {
    matching(r"\d{4}-W(0[1-9]|[1-4]\d|5[0-3])")
}

/// A month, like `2026-10`.
pub(crate) fn month() -> Value {
    matching(r"\d{4}-(0[1-9]|1[0-2])")
}

/// A UUID.
pub(crate) fn uuid() -> Value {
    matching("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
}

const DAY: &str = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])";

fn matching(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": format!("^{}$", pattern.replace(r"\d", "[0-9]")) })
}
