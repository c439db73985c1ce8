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

/// How far behind the first free call a turn may be. There is no turn back: without this, turns that nobody takes (the job was
/// cancelled, or the rules told the month) would keep everybody after them from calls that are free.
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// A turn for one who was refused until `free`: behind everybody who has one, up to [`LONGEST`], and then from the front again. It
/// is no promise: who comes first may have the call, and who finds none takes another turn.
pub(super) fn take_turn(next: &mut Option<DateTime<Utc>>, free: DateTime<Utc>, spacing: TimeDelta) -> DateTime<Utc> {
    let turn = next.filter(|&next| next > free && next - free <= LONGEST).unwrap_or(free);
    *next = turn.checked_add_signed(spacing);
    turn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_follow_one_another_and_begin_again_after_an_hour() {
        let free: DateTime<Utc> = "2026-03-09T10:00:00Z".parse().unwrap();
        let mut next = None;
        let turns: Vec<_> = (0..63).map(|_| take_turn(&mut next, free, TimeDelta::minutes(1)) - free).collect();
        let expected: Vec<_> = (0..=60).chain(0..2).map(TimeDelta::minutes).collect();
        assert_eq!(turns, expected);
        // What has gone by is nobody's turn.
        let later = free + TimeDelta::days(1);
        assert_eq!(take_turn(&mut next, later, TimeDelta::minutes(1)), later);
    }
}
