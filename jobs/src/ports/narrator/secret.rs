//! A secret: something that is used and never shown.

use std::fmt;

use sha2::{Digest, Sha256};

/// A key. Nothing prints it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Keeps `value`, without white space at its ends: a file's line feed is no part of a key.
    #[must_use]
    pub fn new(value: &str) -> Self {
        Self(value.trim().to_owned())
    }

    /// The value, for whoever must send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What tells it from other keys and does not lead back to it.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 8] {
        let mut first = [0; 8];
        first.copy_from_slice(&Sha256::digest(&self.0)[..8]);
        first
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_it() {
        let secret = Secret::new(" sk-123\n");
        assert_eq!(secret.expose(), "sk-123");
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)).matches("sk").count(), 0);
        assert_ne!(secret.fingerprint(), Secret::new("sk-124").fingerprint());
    }
}
