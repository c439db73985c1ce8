//! `windlass enqueue`.

use std::io::Read;

use serde_json::json;

use super::args::EnqueueArgs;
use super::{Application, CliError, Host};
use crate::client::{Client, EnqueueError};
use crate::model::Enqueued;
use crate::store::Migrations;

pub(super) async fn run<A: Application>(application: &A, host: &Host, args: EnqueueArgs) -> Result<(), CliError> {
    let text = read(&args.args)?;
    let value = serde_json::from_str(&text).map_err(|error| CliError::failed(format!("--args is no JSON: {error}")))?;
    let mut job = application.registry().admit(&args.kind, value)?;
    if let Some(key) = args.key {
        job.unique_key = Some(key);
    }
    job.delay = args.after.unwrap_or_default();
    let connected = host.connect().await?;
    Migrations::engine().require(&connected.db).await?;
    let client = Client::new(connected.db.clone());
    let answers = client.enqueue_raw(&connected.db, &[job]).await?;
    for answer in answers {
        let answer = match answer.map_err(EnqueueError::from)? {
            Enqueued::Created(id) => json!({ "id": id, "created": true }),
            Enqueued::Existing(id, standing) => json!({ "id": id, "created": false, "standing": standing.as_str() }),
        };
        host.terminal().answer(&answer, |answer| {
            let id = answer["id"].as_str().unwrap_or_default();
            if answer["created"] == true {
                return format!("enqueued job {id}");
            }
            let standing = answer["standing"].as_str().unwrap_or_default();
            format!("job {id} ({standing}) has this key already; nothing was enqueued")
        })?;
    }
    client.wake_and_wait().await;
    Ok(())
}

fn read(args: &str) -> Result<String, CliError> {
    if args == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    match args.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| CliError::failed(format!("failed to read the arguments from {path}: {error}"))),
        None => Ok(args.to_owned()),
    }
}
