//! Who may call over HTTP, as the tables keep it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;

use super::{Deed, Store, StoreError, sql};
use crate::model::By;

/// A token to be stored.
#[derive(Clone)]
pub struct NewToken {
    /// Its public part.
    pub id: String,
    /// The SHA-256 of its secret part.
    pub secret: Vec<u8>,
    /// Whose it is.
    pub name: String,
    /// `read`, `enqueue`, `operate` or `admin`.
    pub role: String,
    /// The queues it is for; none: all.
    pub queues: Option<Vec<String>>,
    /// Until when it is good; none: until it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A token that is good now. Not `Debug`: it holds what the secret is compared with.
#[derive(Clone, sqlx::FromRow)]
pub struct TokenRow {
    /// Its public part.
    pub id: String,
    /// The SHA-256 of its secret part.
    pub secret: Vec<u8>,
    /// Whose it is.
    pub name: String,
    /// Its role.
    pub role: String,
    /// The queues it is for; none: all.
    pub queues: Option<Vec<String>>,
}

/// A token as operators see it.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct TokenSummary {
    /// Its public part.
    pub id: String,
    /// Whose it is.
    pub name: String,
    /// Its role.
    pub role: String,
    /// The queues it is for; none: all.
    pub queues: Option<Vec<String>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Stores a token.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsigned`]; [`StoreError::Database`].
    pub async fn create_token(&self, token: &NewToken, by: &By) -> Result<(), StoreError> {
        let NewToken { name, role, queues, expires_at, .. } = token;
        let after = json!({ "name": name, "role": role, "queues": queues, "expires_at": expires_at });
        let mut tx = self.db.begin().await?;
        self.note_in(&mut tx, by, Deed { after: Some(after), ..Deed::new("token.create", &token.id) }).await?;
        sqlx::query(sql::CREATE_TOKEN)
            .bind(&token.id)
            .bind(&token.secret)
            .bind(&token.name)
            .bind(&token.role)
            .bind(&token.queues)
            .bind(token.expires_at)
            .bind(self.clock.now())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// The token of this public part, if it is good now.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn token(&self, id: &str) -> Result<Option<TokenRow>, StoreError> {
        Ok(sqlx::query_as(sql::FIND_TOKEN).bind(id).bind(self.clock.now()).fetch_optional(&self.db).await?)
    }

    /// All tokens, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn tokens(&self) -> Result<Vec<TokenSummary>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_TOKENS).fetch_all(&self.db).await?)
    }

    /// Revokes a token; whether there is one of this id.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsigned`]; [`StoreError::Database`].
    pub async fn revoke_token(&self, id: &str, by: &By) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let done = sqlx::query(sql::REVOKE_TOKEN).bind(id).bind(self.clock.now()).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        self.note_in(&mut tx, by, Deed::new("token.revoke", id)).await?;
        tx.commit().await?;
        Ok(true)
    }
}
