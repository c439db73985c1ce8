//! A suspect: a job that was in flight when its worker died, twice. It may have killed them, or have been in bad company.
//!
//! What a worker and the child process that runs a suspect say to each other, a line of JSON each, and the child's part of
//! it. When and where a suspect is run is the worker's part: `isolate`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{Claim, Ending, JobId};

/// So many lost workers make a suspect. Not one: a deploy or a lost node would send everything through one child at a time.
const LOST_WORKERS: i32 = 2;

/// Whether a job is to be run apart from the others.
pub(super) fn is_suspect(claim: &Claim) -> bool {
    claim.crashes >= LOST_WORKERS
}

/// What the worker asks for: the fence of its own claim. Not `Debug`: the URL may hold a password.
#[derive(Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) database_url: String,
    pub(crate) memory_megabytes: u64,
    pub(crate) queue: String,
    pub(crate) job: JobId,
    pub(crate) session: Uuid,
    pub(crate) attempt: i32,
}

/// What the child says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Said {
    /// Everything is ready: from here on it is the job that runs. A death before is not the job's fault.
    Begun,
    /// How the attempt ended. The worker settles it.
    Ended { ending: Ending, completed_itself: bool },
}

#[cfg(feature = "cli")]
pub(crate) use child::Suspect;

#[cfg(feature = "cli")]
mod child {
    use std::sync::Arc;

    use tokio::sync::watch;
    use tokio_util::sync::CancellationToken;

    use super::{Request, Said};
    use crate::model::{Claim, Ending, SessionId};
    use crate::registry::Registry;
    use crate::store::{Store, StoreError};
    use crate::worker::execute::{Held, Runner};
    use crate::worker::lease::Session;

    /// A suspect in the child, ready to run.
    #[derive(Debug)]
    pub(crate) struct Suspect<D> {
        runner: Runner<D>,
        claim: Arc<Claim>,
    }

    impl<D: Clone + Send + Sync + 'static> Suspect<D> {
        /// Reads the job that the worker holds.
        pub(crate) async fn load(
            store: Store,
            registry: Registry<D>,
            deps: D,
            request: &Request,
        ) -> Result<Self, StoreError> {
            let session = SessionId(request.session);
            let claim = store.held_claim(&request.queue, request.job, session, request.attempt).await?;
            Ok(Self { runner: Runner::new(store, registry, deps, CancellationToken::new()), claim: Arc::new(claim) })
        }

        /// Runs it as a worker would, without its lease: the worker kills this process when that is lost.
        pub(crate) async fn run(self) -> Said {
            let session = Session::new(self.claim.session);
            // A request to cancel is the worker's to deal with: it kills this process.
            let cancelled = watch::channel(false).1;
            match self.runner.run(&Held { claim: self.claim, session, cancelled, place: None }).await {
                Some(finished) => Said::Ended { ending: finished.ending, completed_itself: finished.completed_itself },
                // Nobody here cancels the session, so every attempt has an ending.
                None => Said::Ended { ending: Ending::Released, completed_itself: false },
            }
        }
    }
}
