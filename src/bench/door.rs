//! The door over HTTP, served in this process, and one connection to it.

use std::io::{BufRead, BufReader, Error, Read, Write};
use std::net::TcpStream;

use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, block_in_place};

use super::job::Noop;
use crate::http::Api;
use crate::job::Job;

/// How many requests the API serves at once.
const CONNECTIONS: usize = 16;

/// A connection that is kept, and the API behind it until this is dropped.
#[derive(Debug)]
pub(super) struct Door {
    connection: BufReader<TcpStream>,
    api: JoinHandle<Result<(), Error>>,
}

impl Door {
    /// Serves an API on a free port and connects to it.
    pub(super) async fn open(db: &PgPool) -> Result<Self, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Api::new(db.clone(), CONNECTIONS).without_tokens().router();
        let api = tokio::spawn(async move { axum::serve(listener, router).await });
        let connection = TcpStream::connect(address)?;
        connection.set_nodelay(true)?;
        Ok(Self { connection: BufReader::new(connection), api })
    }

    /// Enqueues a job, and returns when the answer says that it is there.
    pub(super) fn post(&mut self, job: &Noop) -> Result<(), Error> {
        let body = serde_json::json!({ "kind": Noop::KIND, "args": job }).to_string();
        // Its thread waits for an answer that another of this runtime's gives.
        block_in_place(|| self.ask(&body))
    }

    fn ask(&mut self, body: &str) -> Result<(), Error> {
        let length = body.len();
        let request = format!(
            "POST /v1/jobs HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.connection.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length, mut line) = (String::new(), 0, String::new());
        while self.connection.read_line(&mut line)? > 2 {
            if status.is_empty() {
                status.clone_from(&line);
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(Error::other)?;
            }
            line.clear();
        }
        let mut answer = vec![0; length];
        self.connection.read_exact(&mut answer)?;
        if status.starts_with("HTTP/1.1 201") {
            return Ok(());
        }
        Err(Error::other(format!("{}: {}", status.trim(), String::from_utf8_lossy(&answer))))
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.api.abort();
    }
}
