//! The key under which an erasure remembers whom it erased.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The variable that holds it.
pub const VARIABLE: &str = "WINDLASS_ERASURE_KEY";
/// The fewest bytes.
const SHORTEST: usize = 16;

/// A secret. It does not print itself. With another key the requests before it can no longer be matched to people when a
/// backup is restored, so keep it as long as the backups.
#[derive(Clone)]
pub struct ErasureKey(Vec<u8>);

/// The key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is none.
    #[error(
        "{VARIABLE} is not set; give it a random secret of at least {SHORTEST} bytes and keep it as long as your backups"
    )]
    Missing,
    /// It is guessed too soon.
    #[error("{VARIABLE} has {0} bytes; it takes at least {SHORTEST}")]
    Short(usize),
}

impl ErasureKey {
    /// A key.
    ///
    /// # Errors
    ///
    /// [`KeyError::Short`].
    pub fn new(secret: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        let secret = secret.into();
        if secret.len() < SHORTEST { Err(KeyError::Short(secret.len())) } else { Ok(Self(secret)) }
    }

    /// That of the environment.
    ///
    /// # Errors
    ///
    /// [`KeyError`].
    pub fn from_env() -> Result<Self, KeyError> {
        let secret = std::env::var_os(VARIABLE).filter(|secret| !secret.is_empty()).ok_or(KeyError::Missing)?;
        Self::new(secret.into_encoded_bytes())
    }

    /// HMAC-SHA-256 of a person, by the source's own id: it is the same after a restore.
    #[must_use]
    pub fn hash(&self, source: &str, external_id: &str) -> Vec<u8> {
        // A key of any length will do for an HMAC.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return Vec::new() };
        for part in [source, external_id] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().to_vec()
    }
}

impl fmt::Debug for ErasureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErasureKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_long_enough_and_silent() {
        assert_eq!(ErasureKey::new("short").unwrap_err(), KeyError::Short(5));
        let key = ErasureKey::new("a-secret-of-24-bytes-yes").unwrap();
        assert!(!format!("{key:?}").contains("secret"));
        assert_eq!(key.hash("crm", "u1").len(), 32);
        assert_eq!(key.hash("crm", "u1"), key.hash("crm", "u1"));
        assert_ne!(key.hash("crm", "u1"), key.hash("crmu", "1"));
        assert_ne!(key.hash("crm", "u1"), ErasureKey::new("another-secret-of-24-b").unwrap().hash("crm", "u1"));
    }
}
