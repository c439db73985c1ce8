//! Being told to stop by a signal. Heard on a thread of its own: handlers that block their threads may hold all of the
//! runtime's, and then nothing on it hears anything.

use std::future::Future;
use std::io::{Error, ErrorKind};
use std::time::Duration;

use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// How much longer than a shutdown's patience it may take to hand jobs back and to take leave.
const FAREWELL: Duration = Duration::from_secs(10);

/// Resolves at SIGTERM or SIGINT. A second one cancels `hurry`: what runs is handed back at once. A third ends the process as
/// it stands, and so does the end of `patience` and of the time for a farewell: leases take care of the rest.
///
/// # Errors
///
/// The signals cannot be listened to.
pub(super) async fn stop_signal(
    patience: Duration,
    hurry: CancellationToken,
) -> Result<impl Future<Output = ()> + Send, Error> {
    let (ready, is_ready) = oneshot::channel();
    let (told, is_told) = oneshot::channel();
    std::thread::Builder::new().name("signals".to_owned()).spawn(
        move || match runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(hear(ready, told, hurry, patience + FAREWELL)),
            Err(error) => drop(ready.send(Err(error))),
        },
    )?;
    is_ready.await.map_err(|_| Error::from(ErrorKind::Other))??;
    Ok(async { drop(is_told.await) })
}

async fn hear(
    ready: oneshot::Sender<Result<(), Error>>,
    told: oneshot::Sender<()>,
    hurry: CancellationToken,
    deadline: Duration,
) {
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => return drop(ready.send(Err(error))),
    };
    // Who no longer listens has stopped already.
    let _ = ready.send(Ok(()));
    signals.next().await;
    let _ = told.send(());
    let again = async {
        signals.next().await;
        tracing::warn!("a second signal: handing back what runs");
        hurry.cancel();
        signals.next().await;
    };
    match tokio::time::timeout(deadline, again).await {
        Ok(()) => tracing::warn!("a third signal: ending at once"),
        Err(_elapsed) => tracing::warn!("not shut down after {deadline:?}: ending at once"),
    }
    std::process::exit(1);
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, Error> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
