//! `windlass migrate`.

use super::terminal::table;
use super::{Application, CliError, Host};
use crate::store::Store;

pub(super) async fn run<A: Application>(application: &A, host: &Host) -> Result<(), CliError> {
    let connected = host.connect().await?;
    let states = host.migrate(&connected, application.migrations()).await?;
    Store::new(connected.db.clone()).publish(&application.registry().published_kinds()).await?;
    let versions: serde_json::Map<String, serde_json::Value> =
        states.iter().map(|state| (state.schema.to_owned(), state.found.into())).collect();
    host.terminal().answer(&versions, |_| {
        table(&["schema", "version"], states.iter().map(|state| vec![state.schema.to_owned(), state.found.to_string()]))
    })
}
