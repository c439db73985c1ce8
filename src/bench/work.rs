//! What a worker process of the bench does: a worker like every other, whose jobs do nothing.

use std::io::{Read, Write, stdin, stdout};
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::oneshot;

use super::figure::float;
use super::job::{Noop, Notes, QUEUE};
use crate::model::WorkerOptions;
use crate::registry::Registry;
use crate::store::Store;
use crate::telemetry::{Exposition, ExpositionError};
use crate::worker::{WorkerError, WorkerPool};

/// How often it says how far it is.
const SAY: Duration = Duration::from_millis(2);

/// What a process of the bench is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    /// There are jobs 0 to this.
    pub(crate) jobs: usize,
    /// How many run at once.
    pub(crate) slots: usize,
    /// How many are held at once.
    pub(crate) held: usize,
    /// Of how many queues.
    pub(crate) queues: usize,
}

/// Why it did not work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkError {
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error(transparent)]
    Exposition(#[from] ExpositionError),
    #[error("failed to say what was done: {0}")]
    Said(#[from] std::io::Error),
}

/// Works until standard input is shut, and says on standard output what was done.
pub(crate) async fn work(db: PgPool, asked: Work, options: WorkerOptions) -> Result<(), WorkError> {
    // Telemetry costs what it costs.
    let _exposition = Exposition::start("127.0.0.1:0", &[]).await?;
    let notes = Arc::new(Notes::of(asked.jobs));
    let (shut, is_shut) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = stdin().read_to_end(&mut Vec::new());
        let _ = shut.send(());
    });
    // An idle worker has nothing to say, and saying so every other millisecond would cost more than its idling.
    let saying = (asked.jobs > 0).then(|| tokio::spawn(say(Arc::clone(&notes))));
    let pool = WorkerPool::new(Store::new(db), registry(asked.queues), Arc::clone(&notes));
    let worked = pool.options(asked.of(options)).run(async { drop(is_shut.await) }).await;
    if let Some(saying) = saying {
        saying.abort();
        let _ = saying.await;
    }
    worked?;
    let mut out = stdout().lock();
    out.write_all(b"\n")?;
    out.write_all(&notes.to_bytes())?;
    Ok(out.flush()?)
}

impl Work {
    /// The worker's options: the configuration's, but for what is asked here.
    fn of(self, options: WorkerOptions) -> WorkerOptions {
        let slots = self.slots.max(1);
        let prefetch = float(self.held.saturating_sub(slots) as u64) / float(slots as u64);
        WorkerOptions { queues: Vec::new(), slots: [(QUEUE.to_owned(), slots)].into(), prefetch, ..options }
    }
}

/// The bench's kind, and others in queues of their own where nothing ever comes.
fn registry(queues: usize) -> Registry<Arc<Notes>> {
    (1..queues).fold(Registry::default().register::<Noop>(), |registry, i| {
        let leaked = |name: String| -> &'static str { name.leak() };
        registry.register_as::<Noop>(leaked(format!("bench_idle_{i}")), leaked(format!("bench_idle_{i}")))
    })
}

async fn say(notes: Arc<Notes>) {
    let mut said = 0;
    loop {
        tokio::time::sleep(SAY).await;
        let all = notes.all();
        if all != said && writeln!(stdout().lock(), "{all}").is_ok() {
            said = all;
        }
    }
}
