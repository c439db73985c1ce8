//! Whether a server answers. A socket that accepts proves little: a server that recovers, stops or hangs has one too.

use std::io::ErrorKind;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};

/// A backend of a busy machine takes its time.
const ANSWER: Duration = Duration::from_secs(5);

/// What was found at a socket.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pong {
    /// A server that answers queries.
    Ready,
    /// Somebody, and what it said: a server that starts, recovers, stops or hangs.
    Busy(String),
    /// Nobody.
    Absent,
}

/// Asks a query. Blocks, also within a runtime, and therefore has a thread and a runtime of its own.
pub(super) fn ping(options: PgConnectOptions) -> Pong {
    let asked = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let answered = tokio::time::timeout(ANSWER, ask(&options)).await;
            answered.unwrap_or_else(|_elapsed| Err(std::io::Error::from(ErrorKind::TimedOut).into()))
        })
    });
    match asked.join() {
        Ok(Ok(())) => Pong::Ready,
        Ok(Err(sqlx::Error::Io(error)))
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
        {
            Pong::Absent
        }
        // Too many clients: a server that works.
        Ok(Err(sqlx::Error::Database(error))) if error.code().as_deref() == Some("53300") => Pong::Ready,
        Ok(Err(error)) => Pong::Busy(error.to_string()),
        Err(_panic) => Pong::Busy("the question panicked".to_owned()),
    }
}

async fn ask(options: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let mut connection = options.connect().await?;
    connection.execute("select 1").await?;
    connection.close().await
}
