//! Tokens: `windlass_<id>_<secret>`. The secret is 32 random bytes; the database keeps its SHA-256.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::model::{By, hex};
use crate::store::{NewToken, Store, StoreError, TokenRow};

const PREFIX: &str = "windlass";

/// What a token lets its holder do; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look.
    Read,
    /// Enqueue.
    Enqueue,
    /// Pause, resume, cancel.
    Operate,
    /// Everything.
    Admin,
}

impl Role {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Enqueue => "enqueue",
            Self::Operate => "operate",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let roles = [Self::Read, Self::Enqueue, Self::Operate, Self::Admin];
        let of = |role: &Role| role.as_str() == word;
        roles.into_iter().find(of).ok_or_else(|| format!("{word:?} is no role; read, enqueue, operate and admin are"))
    }
}

/// Who calls, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose token it is.
    pub name: String,
    /// What it lets its holder do.
    pub role: Role,
    /// The queues it is for; none: all.
    pub queues: Option<Vec<String>>,
}

impl Caller {
    /// Somebody who may do everything: where no token is asked for.
    pub(crate) fn anybody() -> Self {
        Self { name: "anybody".to_owned(), role: Role::Admin, queues: None }
    }

    /// As whoever does something, for the audit.
    #[must_use]
    pub fn by(&self, why: &str) -> By {
        By::new(self.name.clone(), why).through(self.role.as_str(), "")
    }

    /// Whether the queue is in its scope.
    #[must_use]
    pub fn reaches(&self, queue: &str) -> bool {
        self.queues.as_ref().is_none_or(|queues| queues.iter().any(|own| own == queue))
    }
}

/// A token as its holder sees it, once. It prints only by [`Token::reveal`].
pub struct Token {
    id: String,
    secret: String,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.id)
    }
}

impl Token {
    /// Makes one and stores what is needed to know it again.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsigned`]; [`StoreError::Database`].
    pub async fn create(
        store: &Store,
        caller: &Caller,
        expires_at: Option<DateTime<Utc>>,
        by: &By,
    ) -> Result<Self, StoreError> {
        let token = Self { id: random(6)?, secret: random(32)? };
        let new = NewToken {
            id: token.id.clone(),
            secret: digest(&token.secret),
            name: caller.name.clone(),
            role: caller.role.as_str().to_owned(),
            queues: caller.queues.clone(),
            expires_at,
        };
        store.create_token(&new, by).await?;
        Ok(token)
    }

    /// Its public part.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The token itself.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}_{}_{}", self.id, self.secret)
    }

    /// The token in an `Authorization` header.
    pub(crate) fn of_header(header: &str) -> Option<Self> {
        let (scheme, token) = header.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") { Self::of_text(token) } else { None }
    }

    /// A token as it was given out.
    pub(crate) fn of_text(token: &str) -> Option<Self> {
        let mut parts = token.trim().split('_');
        let parts = (parts.next()?, parts.next()?, parts.next()?, parts.next());
        let (PREFIX, id, secret, None) = parts else { return None };
        Some(Self { id: id.to_owned(), secret: secret.to_owned() })
    }

    /// Who holds it, if it is good.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub(super) async fn caller(&self, store: &Store) -> Result<Option<Caller>, StoreError> {
        let Some(TokenRow { secret, name, role, queues, .. }) = store.token(&self.id).await? else { return Ok(None) };
        let same: bool = digest(&self.secret).ct_eq(&secret).into();
        Ok(role.parse().ok().filter(|_| same).map(|role| Caller { name, role, queues }))
    }

    /// What it is remembered by for a few seconds.
    pub(super) fn fingerprint(&self) -> Vec<u8> {
        digest(&self.reveal())
    }
}

fn digest(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

fn random(bytes: usize) -> Result<String, StoreError> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(|error| StoreError::Random(error.to_string()))?;
    Ok(hex(&random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_and_a_secret_is_not_printed() {
        let token = Token::of_header("Bearer windlass_0a_ff").unwrap();
        assert_eq!((token.id(), token.reveal().as_str()), ("0a", "windlass_0a_ff"));
        assert_eq!(format!("{token:?}"), "Token(0a)");
        for wrong in
            ["", "Bearer", "Basic windlass_0a_ff", "Bearer windlass_0a", "Bearer other_0a_ff", "Bearer windlass_a_b_c"]
        {
            assert!(Token::of_header(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn roles_include_those_before_them() {
        assert!(Role::Read < Role::Enqueue && Role::Enqueue < Role::Operate && Role::Operate < Role::Admin);
        assert_eq!("operate".parse(), Ok(Role::Operate));
        assert!("root".parse::<Role>().unwrap_err().contains("read, enqueue, operate and admin"));
    }
}
