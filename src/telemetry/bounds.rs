//! The guard of label values that no closed list of ours holds: so many are taken as they come, the rest is `other`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, PoisonError, RwLock};

use metrics::counter;

use super::OVERFLOW;

/// So many values of a label there may be.
const MOST: usize = 200;

/// Those that there are, by label.
static SEEN: LazyLock<RwLock<BTreeMap<&'static str, BTreeSet<String>>>> = LazyLock::new(RwLock::default);

/// The value itself, or `other` where the label has too many already.
pub(crate) fn bounded(label: &'static str, value: &str) -> String {
    let known = SEEN.read().unwrap_or_else(PoisonError::into_inner).get(label).is_some_and(|seen| seen.contains(value));
    if known || admit(label, value) {
        return value.to_owned();
    }
    counter!(OVERFLOW, "label" => label).increment(1);
    "other".to_owned()
}

fn admit(label: &'static str, value: &str) -> bool {
    let mut all = SEEN.write().unwrap_or_else(PoisonError::into_inner);
    let seen = all.entry(label).or_default();
    let admitted = seen.len() < MOST || seen.contains(value);
    if admitted {
        seen.insert(value.to_owned());
    }
    admitted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_takes_so_many_values_and_knows_them_again() {
        for n in 0..MOST {
            assert_eq!(bounded("of a test", &n.to_string()), n.to_string());
        }
        assert_eq!(bounded("of a test", "one too many"), "other");
        assert_eq!(bounded("of a test", "0"), "0");
        assert_eq!(bounded("of another test", "one too many"), "one too many");
    }
}
