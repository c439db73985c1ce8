//! Who sends too slowly or too much is told so, and holds up nobody.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use windlass::http::Api;

use crate::support::database;

/// An API for one request at once, on a socket.
async fn serve(database: &windlass::testing::Database) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let door = Api::new(database.pool().clone(), 1).without_tokens().router();
    tokio::spawn(async move { axum::serve(listener, door).await.unwrap() });
    address
}

/// Sends this as it stands.
async fn send(address: std::net::SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Who is refused before the end may find the connection closed.
    let _ = stream.write_all(bytes).await;
    stream
}

async fn answer(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

const GET: &[u8] = b"GET /v1/kinds HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_slow_to_come_holds_up_nobody_and_is_given_up() {
    let database = database().await;
    let address = serve(&database).await;
    let started = Instant::now();
    let mut slow = Vec::new();
    for path in ["/v1/jobs", "/v1/jobs:batch", "/v1/queues/toys:pause"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: 100\r\n\r\n{{"
        );
        slow.push(send(address, head.as_bytes()).await);
    }
    let seen = answer(send(address, GET).await).await;
    assert!(seen.starts_with("HTTP/1.1 200"), "{seen}");
    for slow in slow {
        let told = answer(slow).await;
        assert!(told.starts_with("HTTP/1.1 408") && told.contains("urn:windlass:problem:timeout"), "{told}");
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_or_longer_headers_than_anybody_needs_are_refused() {
    let database = database().await;
    let address = serve(&database).await;
    let many: String = (0..10_000).map(|n| format!("X-{n}: x\r\n")).collect::<Vec<_>>().concat();
    let long = format!("X: {}\r\n", "x".repeat(10_000_000));
    for bomb in [many, long] {
        let head = format!("GET /v1/kinds HTTP/1.1\r\nHost: x\r\n{bomb}Connection: close\r\n\r\n");
        let told = answer(send(address, head.as_bytes()).await).await;
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 431"), "{told}");
        let seen = answer(send(address, GET).await).await;
        assert!(seen.starts_with("HTTP/1.1 200"), "{seen}");
    }
}
