//! The contract by Rust: the library itself.

use sqlx::{Connection, PgConnection, PgPool};
use windlass::model::{JobRequest, NewJob};
use windlass::store::StoreError;
use windlass::{Admission, AdmitError, Client, Enqueued, Store};

use super::{Asked, Sent, Stage, Whose};

pub(super) async fn answers(stage: &Stage, asked: &[Asked]) -> Vec<Vec<String>> {
    let mut answers = Vec::new();
    for one in asked {
        answers.push(case(stage, one).await);
    }
    answers
}

/// The library writes the tables itself, and so is used by a role that may.
fn url(stage: &Stage, whose: Whose) -> String {
    match whose {
        Whose::App => stage.database.url(),
        Whose::Nobody | Whose::Stranger => stage.urls[whose as usize].clone(),
    }
}

async fn case(stage: &Stage, asked: &Asked) -> Vec<String> {
    let url = url(stage, asked.whose);
    let mut connection = match PgConnection::connect(&url).await {
        Ok(connection) => connection,
        Err(error) => return vec![denied(&StoreError::from(error))],
    };
    let db = PgPool::connect(&url).await.unwrap();
    let client = Client::new(db.clone());
    let admission = Admission::new(Store::new(db));
    let mut answers = Vec::new();
    let mut tx = connection.begin().await.unwrap();
    for (place, sent) in asked.send.iter().enumerate() {
        match enqueue(&mut tx, &client, &admission, sent).await {
            Ok(answer) => answers.push(answer),
            Err((_, refused)) if asked.together => return vec![refused.replacen("refused", &at(place + 1), 1)],
            Err((Some(place), refused)) => answers.push(refused.replacen("refused", &at(place), 1)),
            Err((None, refused)) => answers.push(refused),
        }
        if !asked.together {
            client.commit(tx).await.unwrap();
            tx = connection.begin().await.unwrap();
        }
    }
    client.commit(tx).await.unwrap();
    answers
}

fn at(place: usize) -> String {
    format!("refused at {place}")
}

/// What became of a job, or of a batch's; or what is wrong with it, and with which of them.
async fn enqueue(
    db: &mut PgConnection,
    client: &Client,
    admission: &Admission,
    sent: &Sent,
) -> Result<String, (Option<usize>, String)> {
    let text = if sent.many { sent.text.clone() } else { format!("[{}]", sent.text) };
    let requests: Vec<JobRequest> = serde_json::from_str(&text).map_err(|error| (None, format!("refused: {error}")))?;
    let mut jobs: Vec<NewJob> = Vec::new();
    for (place, request) in requests.into_iter().enumerate() {
        let admitted = admission.admit(request).await;
        jobs.push(admitted.map_err(|error| (sent.many.then_some(place + 1), refused(&error)))?);
    }
    let answers = client.enqueue_raw(db, &jobs).await.map_err(|error| (None, format!("broken: {error}")))?;
    let words = answers.into_iter().map(|answer| match answer {
        Ok(Enqueued::Created(_)) => "created".to_owned(),
        Ok(Enqueued::Existing(_, standing)) => format!("existing, {}", standing.as_str()),
        Err(_conflict) => "conflict".to_owned(),
    });
    Ok(words.collect::<Vec<_>>().join("; "))
}

fn refused(error: &AdmitError) -> String {
    match error {
        AdmitError::Store(error) => denied(error),
        other => format!("refused: {other}"),
    }
}

fn denied(error: &StoreError) -> String {
    match error.sqlstate().as_deref() {
        Some("28000") => "unauthorised".to_owned(),
        Some("42501") => "forbidden".to_owned(),
        _ => format!("broken: {error}"),
    }
}
