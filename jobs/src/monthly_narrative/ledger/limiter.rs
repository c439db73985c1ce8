//! So many calls in any window, and no more: a log of the last ones. A bucket of tokens would let twice as many through.

use chrono::{DateTime, TimeDelta, Utc};

/// Refused: not before so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub TimeDelta);

/// Grants a call at `now`, or not: `granted` holds the last calls, the oldest first. Answers with the log that is to be kept.
///
/// # Errors
///
/// [`Refused`]: the window is full until its oldest call has left it.
pub fn next_call(
    granted: &[DateTime<Utc>],
    now: DateTime<Utc>,
    calls: usize,
    window: TimeDelta,
) -> Result<Vec<DateTime<Utc>>, Refused> {
    let mut kept: Vec<_> = granted.iter().copied().filter(|&at| now - at < window).collect();
    if kept.len() < calls {
        kept.push(now);
        return Ok(kept);
    }
    // With a limit of none there is nothing to wait for but time itself.
    let oldest = kept.len().checked_sub(calls).and_then(|at| kept.get(at));
    Err(Refused(oldest.map_or(window, |&oldest| oldest + window - now)))
}

/// A turn for one who was refused until `free`: behind everybody who has one. It is no promise: who comes first may have the
/// call, and who finds none takes another turn.
pub(super) fn take_turn(next: &mut Option<DateTime<Utc>>, free: DateTime<Utc>, spacing: TimeDelta) -> DateTime<Utc> {
    let turn = next.map_or(free, |next| next.max(free));
    *next = turn.checked_add_signed(spacing);
    turn
}
