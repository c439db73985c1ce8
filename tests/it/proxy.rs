//! A network between a worker and its database that can fall silent.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

/// What the network lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// Everything.
    Up,
    /// Everything but answers that hold this text.
    DeafTo(&'static str),
    /// Nothing.
    Silent,
}

/// Forwards connections to a server's Unix socket. A connection that lost a byte is dead for good, and nobody at its
/// ends is told: as when a router forgets it.
pub(crate) struct Proxy {
    url: String,
    network: Arc<Mutex<Network>>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// In front of the server that `url` names by its socket.
    pub(crate) async fn start(url: &str) -> Self {
        let (address, folder) = url.split_once("?host=").unwrap();
        let socket = format!("{folder}/.s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("{}?sslmode=disable", address.replace("@localhost/", &format!("@127.0.0.1:{port}/")));
        let network = Arc::new(Mutex::new(Network::Up));
        let task = tokio::spawn({
            let network = Arc::clone(&network);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let server = UnixStream::connect(&socket).await.unwrap();
                    tokio::spawn(forward(client, server, Arc::clone(&network)));
                }
            }
        });
        Self { url, network, task }
    }

    /// The server's URL through this network.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on it lets this through.
    pub(crate) fn set(&self, network: Network) {
        *self.network.lock().unwrap() = network;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(mut client: TcpStream, mut server: UnixStream, network: Arc<Mutex<Network>>) {
    let (mut request, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    let mut dead = false;
    loop {
        let (count, is_request) = tokio::select! {
            read = client.read(&mut request) => (read.unwrap_or(0), true),
            read = server.read(&mut answer) => (read.unwrap_or(0), false),
        };
        dead |= match *network.lock().unwrap() {
            Network::Up => false,
            Network::DeafTo(text) => {
                !is_request && answer[..count].windows(text.len()).any(|part| part == text.as_bytes())
            }
            Network::Silent => true,
        };
        if dead {
            // Not even the end of the connection comes through.
            std::future::pending::<()>().await;
        }
        let sent = match is_request {
            _ if count == 0 => return,
            true => server.write_all(&request[..count]).await,
            false => client.write_all(&answer[..count]).await,
        };
        if sent.is_err() {
            return;
        }
    }
}
