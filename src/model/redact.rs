//! What may be shown. Of arguments: the fields that the kind allows, of all others the type and the size. Of errors: the text
//! without what looks like a secret or an address.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::RawJson;

/// The arguments with only these fields shown; a dot leads into a field's own fields.
///
/// ```
/// use serde_json::json;
/// use windlass::model::redacted;
/// let args = json!({"op": "erase", "person": {"id": 7, "name": "Ana"}});
/// assert_eq!(
///     redacted(&args, &["op", "person.id"]),
///     json!({"op": "erase", "person": {"id": 7, "name": "text of 3 characters"}})
/// );
/// ```
#[must_use]
pub fn redacted(args: &Value, shown: &[impl AsRef<str>]) -> Value {
    let shown: Vec<&str> = shown.iter().map(AsRef::as_ref).collect();
    hide(args, "", &shown)
}

/// The same of arguments as they are stored, which may be none that a decoder can read.
#[must_use]
pub fn redacted_raw(args: &RawJson, shown: &[impl AsRef<str>]) -> Value {
    match serde_json::from_str(args.as_str()) {
        Ok(args) => redacted(&args, shown),
        Err(_) => Value::String(format!("{} bytes of JSON", args.as_str().len())),
    }
}

fn hide(value: &Value, path: &str, shown: &[&str]) -> Value {
    if shown.contains(&path) {
        return value.clone();
    }
    match value {
        // Names of fields are the program's, unless a map has people's for keys: so only where one of them is shown.
        Value::Object(fields) if path.is_empty() || shown.iter().any(|field| below(field, path)) => {
            let hidden = fields.iter().map(|(name, value)| {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                (name.clone(), hide(value, &inner, shown))
            });
            Value::Object(hidden.collect::<Map<_, _>>())
        }
        Value::Null => Value::Null,
        Value::Bool(_) => "true or false".into(),
        Value::Number(_) => "number".into(),
        Value::String(text) => format!("text of {} characters", text.chars().count()).into(),
        Value::Array(items) => format!("list of {}", items.len()).into(),
        Value::Object(fields) => format!("object of {}", fields.len()).into(),
    }
}

fn below(field: &str, path: &str) -> bool {
    field.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'))
}

/// What looks like a secret or an address: `name=value` where the name says so, a bearer's token, a URL's user and password, an
/// e-mail address, a key of one of the usual shapes.
static SECRETS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let parts = [
        r#"(?P<name>(?i:password|passwd|pwd|secret|token|api[-_ ]?key|authorization|cookie)["']?\s*[:=]\s*)["']?(?:(?i:bearer|basic)\s+)?[^\s"',;&]+"#,
        r"(?P<bearer>(?i:bearer)\s+)[A-Za-z0-9._~+/=-]{8,}",
        r"(?P<url>[a-z][a-z0-9+.-]*://)[^\s/@:]*:[^\s/@]*@",
        r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
        r"\b(?:sk|pk|ghp|gho|xox[abp]|AKIA|windlass)[-_][A-Za-z0-9_-]{12,}",
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+",
    ];
    Regex::new(&parts.join("|")).ok()
});

/// An error's text without secrets and addresses.
///
/// ```
/// use windlass::model::masked;
/// assert_eq!(masked("401 for token=abc123, mail ana@example.com"), "401 for token=[hidden], mail [hidden]");
/// assert_eq!(masked("postgres://ana:pw@db/x refused"), "postgres://[hidden]@db/x refused");
/// ```
#[must_use]
pub fn masked(text: &str) -> String {
    let Some(secrets) = SECRETS.as_ref() else { return text.to_owned() };
    secrets
        .replace_all(text, |found: &regex::Captures<'_>| {
            let kept = ["name", "bearer", "url"].iter().find_map(|group| found.name(group));
            let at = if found.name("url").is_some() { "@" } else { "" };
            format!("{}[hidden]{at}", kept.map_or("", |kept| kept.as_str()))
        })
        .into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_shown_has_a_type_and_a_size() {
        let args = json!({"id": 17, "words": "hello there", "list": [1, 2], "on": true, "none": null, "map": {"a": 1}});
        let seen = json!({
            "id": "number", "words": "text of 11 characters", "list": "list of 2", "on": "true or false", "none": null,
            "map": "object of 1"
        });
        assert_eq!(redacted(&args, &[] as &[&str]), seen);
        assert_eq!(redacted(&args, &["id"])["id"], 17);
        assert_eq!(redacted(&args, &["map.a"])["map"], json!({"a": 1}));
        assert_eq!(redacted(&args, &["map"])["map"], json!({"a": 1}));
        assert_eq!(redacted(&json!("bare words"), &["id"]), "text of 10 characters");
    }

    #[test]
    fn secrets_and_addresses_are_hidden_and_the_rest_stays() {
        for (text, seen) in [
            ("Authorization: Bearer abc.def.ghi", "Authorization: [hidden]"),
            ("sent bearer 0123456789abcdef", "sent bearer [hidden]"),
            (r#"{"api_key": "xyz", "n": 1}"#, r#"{"api_key": [hidden]", "n": 1}"#),
            ("sk-live0123456789abcdef refused", "[hidden] refused"),
            ("subject 17: column \"x\" is 3", "subject 17: column \"x\" is 3"),
            ("<b>not</b> an address: a@b", "<b>not</b> an address: a@b"),
        ] {
            assert_eq!(masked(text), seen);
        }
    }
}
