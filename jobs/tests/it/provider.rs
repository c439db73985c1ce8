//! A provider of models for real workers: a server that answers every request alike, but may keep the first one waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// A server on the loopback.
pub(crate) struct Provider {
    url: String,
    asked: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Provider {
    /// One that bills 500 and 90 tokens for each request, and answers the first only after [`Provider::let_go`].
    pub(crate) async fn start(text: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let body = json!({
            "model": "small-1", "stop_reason": "end_turn", "content": [{"type": "text", "text": text}],
            "usage": {"input_tokens": 500, "output_tokens": 90},
        });
        let answer = Arc::new(body.to_string());
        tokio::spawn({
            let (asked, gate) = (Arc::clone(&asked), Arc::clone(&gate));
            async move {
                while let Ok((connection, _)) = listener.accept().await {
                    let (asked, gate, answer) = (Arc::clone(&asked), Arc::clone(&gate), Arc::clone(&answer));
                    tokio::spawn(async move { serve(connection, &asked, &gate, &answer).await });
                }
            }
        });
        Self { url, asked, gate }
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Answers the first request.
    pub(crate) fn let_go(&self) {
        self.gate.add_permits(1);
    }

    /// What a worker's environment says of it: the specification's prices of the cheap model, and a dearer one.
    pub(crate) fn variables(&self) -> Vec<(&str, &str)> {
        vec![
            ("WINDLASS_NARRATOR_URL", &self.url),
            ("WINDLASS_NARRATOR_KEY", "sk-made-up"),
            ("WINDLASS_NARRATOR_CHEAP_MODEL", "small-1"),
            ("WINDLASS_NARRATOR_CHEAP_PRICE_IN", "200000"),
            ("WINDLASS_NARRATOR_CHEAP_PRICE_OUT", "1100000"),
            ("WINDLASS_NARRATOR_STRONG_MODEL", "large-1"),
            ("WINDLASS_NARRATOR_STRONG_PRICE_IN", "3000000"),
            ("WINDLASS_NARRATOR_STRONG_PRICE_OUT", "15000000"),
        ]
    }
}

async fn serve(mut connection: TcpStream, asked: &AtomicUsize, gate: &Semaphore, answer: &str) {
    if read(&mut connection).await.is_none() {
        return;
    }
    if asked.fetch_add(1, Ordering::SeqCst) == 0 {
        gate.acquire().await.unwrap().forget();
    }
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
    // Whoever asked may be dead by now.
    let _ = connection.write_all((head + answer).as_bytes()).await;
}

/// A request, whole; nothing where the connection ends before.
pub(crate) async fn read(connection: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let n = connection.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
        text += &String::from_utf8_lossy(&buffer[..n]);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
        if body.len() >= length?.parse().ok()? {
            return Some(text);
        }
    }
}
