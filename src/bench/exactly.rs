//! Each job exactly once: without that no figure counts.

use sqlx::{FromRow, PgConnection};

use super::job::Started;

/// What the tables say of a run's jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub(super) struct Tables {
    /// Live ones.
    pub(super) waiting: i64,
    /// Rows of the history.
    pub(super) ended: i64,
    /// Ids in those rows.
    pub(super) ids: i64,
    /// Dead letters.
    pub(super) dead: i64,
}

/// A run that did not do each job exactly once.
#[derive(Debug, thiserror::Error)]
#[error(
    "not every job was done exactly once, so there is no figure: of {asked} jobs {started} were started ({twice} more than once), \
     {ended} rows of {ids} jobs stand in the history, {waiting} jobs are not ended and {dead} are dead letters"
)]
pub(crate) struct Miscount {
    asked: u64,
    started: u64,
    twice: u64,
    ended: i64,
    ids: i64,
    waiting: i64,
    dead: i64,
}

/// Looks at the tables.
pub(super) async fn look(db: &mut PgConnection) -> Result<Tables, sqlx::Error> {
    sqlx::query_as(include_str!("sql/count.sql")).fetch_one(db).await
}

/// Whether of so many jobs each that was started has ended once, and nothing else happened. `left` of them may wait still.
pub(super) fn check(asked: u64, left: u64, started: &Started, tables: Tables) -> Result<(), Miscount> {
    let Tables { waiting, ended, ids, dead } = tables;
    let is = |count: i64, wanted: u64| u64::try_from(count) == Ok(wanted);
    let exact = started.twice == 0
        && is(ended, started.jobs)
        && is(ids, started.jobs)
        && is(dead, 0)
        && u64::try_from(waiting).is_ok_and(|waiting| waiting <= left && waiting + started.jobs == asked);
    if exact {
        return Ok(());
    }
    Err(Miscount { asked, started: started.jobs, twice: started.twice, ended, ids, waiting, dead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_not_done_exactly_once_is_noticed() {
        let started = |jobs, twice| Started { jobs, twice, at: Vec::new() };
        let whole = Tables { waiting: 0, ended: 10, ids: 10, dead: 0 };
        assert!(check(10, 0, &started(10, 0), whole).is_ok());
        assert!(check(12, 5, &started(10, 0), Tables { waiting: 2, ..whole }).is_ok(), "of a backlog some wait");
        for (started, tables) in [
            (started(10, 1), whole),
            (started(9, 0), whole),
            (started(10, 0), Tables { waiting: 1, ..whole }),
            (started(10, 0), Tables { ended: 9, ids: 9, ..whole }),
            (started(10, 0), Tables { ended: 11, ..whole }),
            (started(10, 0), Tables { ids: 9, ..whole }),
            (started(9, 0), Tables { ended: 9, ids: 9, dead: 1, ..whole }),
        ] {
            let said = check(10, 0, &started, tables).unwrap_err().to_string();
            assert!(said.contains("not every job was done exactly once"), "{said}");
        }
    }
}
