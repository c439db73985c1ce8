//! Many jobs in one statement.

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::body::Lines;
use super::jobs::Accepted;
use super::problem::Scoped;
use super::token::{Caller, Role};
use super::{Api, Problem};
use crate::client::EnqueueError;
use crate::model::{JobRequest, NewJob};
use crate::store::StoreError;

/// The most jobs of a batch.
const MOST: usize = 10_000;

/// How a batch is taken.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct How {
    /// `true`: what is wrong has a problem for its result, and the others are stored. Else all or nothing.
    #[serde(default)]
    partial: bool,
}

/// Jobs.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch<'a> {
    /// 1 to 10,000.
    #[schema(value_type = Vec<JobRequest>)]
    #[serde(borrow)]
    jobs: Vec<&'a RawValue>,
}

/// What became of each, in their order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Results {
    results: Vec<Outcome>,
}

/// What became of one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(super) enum Outcome {
    Accepted(Accepted),
    Problem(Problem),
}

/// Enqueues many jobs in one statement: all or nothing, or each for itself.
#[utoipa::path(
    post, path = "/v1/jobs:batch", tag = "jobs", params(How),
    request_body(content((Batch = "application/json"), (String = "application/x-ndjson"))),
    responses(
        (status = 200, description = "What became of each", body = Results),
        (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A key belongs to a job with other arguments, or is in flight; nothing is stored", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "One is refused; nothing is stored", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn enqueue(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<How>, axum::extract::rejection::QueryRejection>,
    lines: Lines,
) -> Result<Json<Results>, Problem> {
    caller.must(Role::Enqueue)?;
    let Query(How { partial }) = query.map_err(|error| Problem::malformed(error.body_text()))?;
    let _place = api.place()?;
    let asked = read(&lines)?;
    let mut jobs: Vec<Result<NewJob, Problem>> = Vec::with_capacity(asked.len());
    for (place, text) in asked.into_iter().enumerate() {
        let job = admit(&api, &caller, text).await.map_err(|problem| problem.at(place + 1));
        match job {
            Err(problem) if !partial => return Err(problem),
            job => jobs.push(job),
        }
    }
    let fit: Vec<NewJob> = jobs.iter().filter_map(|job| job.as_ref().ok().cloned()).collect();
    let mut tx = api.db.begin().await.map_err(StoreError::from)?;
    let mut answers = api.client.enqueue_raw(&mut *tx, &fit).await?.into_iter();
    let mut results = Vec::with_capacity(jobs.len());
    for (place, job) in jobs.into_iter().enumerate() {
        let answer = if let Err(problem) = job {
            Err(problem)
        } else {
            let answer = answers.next().ok_or(StoreError::NoAnswer)?;
            answer.map_err(|conflict| Problem::from(EnqueueError::from(conflict)).at(place + 1))
        };
        results.push(match answer {
            Ok(enqueued) => Outcome::Accepted(Accepted::of(enqueued)),
            Err(problem) if partial => Outcome::Problem(problem),
            // The transaction is rolled back: nothing is stored.
            Err(problem) => return Err(problem),
        });
    }
    api.client.commit(tx).await.map_err(StoreError::from)?;
    Ok(Json(Results { results }))
}

/// The jobs' texts: each is decoded for itself, so that what is wrong with one is a problem of that one.
fn read(lines: &Lines) -> Result<Vec<&[u8]>, Problem> {
    let jobs: Vec<&[u8]> = match lines {
        Lines::Whole(bytes) => {
            let batch: Batch = serde_json::from_slice(bytes).map_err(|error| Problem::malformed(error.to_string()))?;
            batch.jobs.into_iter().map(|job| job.get().as_bytes()).collect()
        }
        Lines::Each(bytes) => bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect(),
    };
    if jobs.is_empty() || jobs.len() > MOST {
        return Err(Problem::malformed(format!("a batch has 1 to {MOST} jobs; this one has {}", jobs.len())));
    }
    Ok(jobs)
}

async fn admit(api: &Api, caller: &Caller, text: &[u8]) -> Result<NewJob, Problem> {
    let request: JobRequest = serde_json::from_slice(text).map_err(|error| Problem::malformed(error.to_string()))?;
    let job = api.admission.admit(request).await?;
    caller.must_with(Role::Enqueue, &job.queue)?;
    Ok(job)
}
