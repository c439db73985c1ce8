//! A replay as it goes.

use std::time::Duration;

use uuid::Uuid;

use super::super::{CliError, Host};
use super::plan;
use crate::store::Store;

/// How often it looks.
const EVERY: Duration = Duration::from_millis(500);

/// Draws a bar until the replay rests, then says how it is.
pub(super) async fn watch(host: &Host, store: &Store, id: Uuid) -> Result<(), CliError> {
    let first = store.show_replay(id).await?;
    let bar = host.terminal().bar(u64::from(first.letters.unsigned_abs()), "replay");
    loop {
        let replay = store.show_replay(id).await?;
        bar.set_position(u64::from(replay.over().unsigned_abs()));
        let died = replay.died_same + replay.died_other;
        bar.set_message(format!(
            "{}: {} well, {died} died, {} running",
            replay.state, replay.succeeded, replay.running
        ));
        if replay.rests() {
            bar.finish_and_clear();
            return plan::status(host, store, id).await;
        }
        tokio::time::sleep(EVERY).await;
    }
}
