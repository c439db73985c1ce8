//! Publishing a month's text, and withdrawing it. The month's dirty bucket is the lock of both: a text made from what was
//! before a withdrawal is not published after it.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use windlass::{JobContext, JobError};

use super::store::{self, Text};
use crate::buckets::{Dirt, Scope};
use crate::calendar::{Zone, month_start};
use crate::deps::Deps;
use crate::outbox::{self, Message, Topic};

/// What a text is made from. It is published only if that is still so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Basis {
    pub(super) subject_id: i64,
    pub(super) month: NaiveDate,
    pub(super) dirty_seq: i64,
    pub(super) reset_at: Option<DateTime<Utc>>,
}

/// What a job has come to.
#[derive(Debug)]
pub(super) enum End {
    /// This text.
    Text(Box<Text>),
    /// The published text stands.
    Unchanged,
    /// There is too little to tell: no text.
    TooLittle,
}

/// Ends a job with what it has come to.
pub(super) async fn end(cx: &JobContext<Deps>, basis: Basis, with: End) -> Result<(), JobError> {
    let mut tx = cx.db().begin().await?;
    let told = match lock(&mut tx, basis).await? {
        Lock::Held => {
            let told = write(&mut tx, basis, &with).await?;
            store::close_bucket(&mut tx, basis.subject_id, basis.month, basis.dirty_seq).await?;
            told
        }
        Lock::Pending => return Err(JobError::snooze(super::tell::PENDING)),
        Lock::Gone => {
            tracing::info!("nothing to tell: the person is gone, or the month has a newer job");
            None
        }
    };
    cx.complete(&mut tx).await?;
    tx.commit().await?;
    if let Some(topic) = told {
        outbox::notify(cx.db(), topic).await;
    }
    Ok(())
}

/// Publishes a text that may be replaced by a better one soon: the job goes on.
pub(super) async fn meanwhile(cx: &JobContext<Deps>, basis: Basis, text: Text) -> Result<(), sqlx::Error> {
    let mut tx = cx.db().begin().await?;
    if matches!(lock(&mut tx, basis).await?, Lock::Held) {
        let told = write(&mut tx, basis, &End::Text(Box::new(text))).await?;
        tx.commit().await?;
        if let Some(topic) = told {
            outbox::notify(cx.db(), topic).await;
        }
    }
    Ok(())
}

enum Lock {
    Held,
    Pending,
    Gone,
}

async fn lock(tx: &mut PgConnection, basis: Basis) -> Result<Lock, sqlx::Error> {
    let Basis { subject_id, month, dirty_seq, reset_at } = basis;
    match store::lock_subject(tx, subject_id).await? {
        Some(subject) if !subject.erased => {
            let newer = store::lock_bucket(tx, subject_id, month).await? > dirty_seq;
            // A reset since the aggregates were read has made them another person's, so to say.
            let behind = subject.reset_at != reset_at || store::is_pending(&mut *tx, subject_id, month).await?;
            Ok(if newer {
                Lock::Gone
            } else if behind {
                Lock::Pending
            } else {
                Lock::Held
            })
        }
        _ => Ok(Lock::Gone),
    }
}

async fn write(tx: &mut PgConnection, basis: Basis, end: &End) -> Result<Option<Topic>, sqlx::Error> {
    let Basis { subject_id, month, .. } = basis;
    match end {
        End::Unchanged => Ok(None),
        End::TooLittle => take_back(tx, subject_id, Some(month), Some(month)).await,
        End::Text(text) => {
            let version = store::publish(tx, subject_id, text).await?;
            let message = Message { subject_id, bucket: month, version: version.into() };
            outbox::add(tx, Topic::MonthlyReady, &[message]).await?;
            Ok(Some(Topic::MonthlyReady))
        }
    }
}

/// Withdraws what is published of these months.
async fn take_back(
    tx: &mut PgConnection,
    subject_id: i64,
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
) -> Result<Option<Topic>, sqlx::Error> {
    let withdrawn = store::withdraw(tx, subject_id, first, last).await?;
    let message = |&(bucket, version): &(NaiveDate, i32)| Message { subject_id, bucket, version: version.into() };
    let messages: Vec<_> = withdrawn.iter().map(message).collect();
    outbox::add(tx, Topic::MonthlyWithdrawn, &messages).await?;
    Ok((!messages.is_empty()).then_some(Topic::MonthlyWithdrawn))
}

/// Withdraws the published text of `date`'s month, in the caller's transaction, until it is told again: for whoever excludes,
/// includes or deletes a session and makes its aggregates dirty. Call [`outbox::notify`] after the commit.
///
/// # Errors
///
/// The database's.
pub async fn withdraw(tx: &mut PgConnection, subject_id: i64, zone: Zone, date: NaiveDate) -> Result<(), sqlx::Error> {
    // First the bucket, which is the lock: a job that is about to publish ends before, or finds a newer sequence.
    let mut dirt = Dirt::new();
    dirt.add(Scope::Narrative, subject_id, zone, date);
    dirt.write(tx).await?;
    let month = month_start(date);
    take_back(tx, subject_id, Some(month), Some(month)).await?;
    Ok(())
}

/// Withdraws every published text of the months up to `date`'s, or of all: for a reset or an erasure, which hold the person's
/// row. They are not told again unless their aggregates are made anew.
///
/// # Errors
///
/// The database's.
pub async fn withdraw_until(
    tx: &mut PgConnection,
    subject_id: i64,
    date: Option<NaiveDate>,
) -> Result<(), sqlx::Error> {
    take_back(tx, subject_id, None, date.map(month_start)).await?;
    Ok(())
}
