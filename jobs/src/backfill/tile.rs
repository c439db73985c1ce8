//! Cutting what has to be done into chunks that tile it: no gap, no overlap.

use serde::Serialize;

/// A chunk of keys: those after the first (exclusive) and up to the second (inclusive).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyChunk<K> {
    /// Its place.
    pub seq: i32,
    /// The last key of the chunk before; none for the first.
    pub after: Option<K>,
    /// Its last key.
    pub upto: K,
    /// How many keys it holds.
    pub rows: u64,
}

/// Cuts keys in rising order into chunks of `size` (the last may be smaller).
#[must_use]
pub fn key_chunks<K: Clone>(keys: &[K], size: usize) -> Vec<KeyChunk<K>> {
    let mut after = None;
    let chunks = (0..).zip(keys.chunks(size.max(1))).filter_map(|(seq, keys)| {
        let upto = keys.last()?.clone();
        Some(KeyChunk { seq, after: after.replace(upto.clone()), upto, rows: keys.len() as u64 })
    });
    chunks.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn chunks_tile_the_keys(keys in prop::collection::btree_set(0_u32..10_000, 0..300), size in 1_usize..70) {
            let keys: Vec<u32> = keys.into_iter().collect();
            let chunks = key_chunks(&keys, size);
            for key in &keys {
                let holds = |chunk: &&KeyChunk<u32>| chunk.after.is_none_or(|after| after < *key) && *key <= chunk.upto;
                prop_assert_eq!(chunks.iter().filter(holds).count(), 1);
            }
            prop_assert_eq!(chunks.iter().map(|chunk| chunk.rows).sum::<u64>(), keys.len() as u64);
        }
    }
}
