//! What can happen, at random.

use proptest::prelude::*;

use super::model::Scope;

/// What is done in a step. Numbers named `pick` choose among what there is, round and round.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Enqueue { key: Option<(u8, Scope)>, args: u8, order: Option<u8>, max_failures: i32, priority: u8, delay: i64 },
    Claim { session: usize, limit: usize },
    ClaimByTheGone { pick: usize },
    Settle { pick: usize, ending: End, batch: bool },
    SettleLate { pick: usize, ending: End },
    Leave { session: usize },
    Lapse { session: usize },
    Rescue,
    Turn { seconds: i64 },
    Pause(bool),
    Cancel { pick: usize },
    Replay { pick: usize },
    Unpark,
    Unblock,
    Prune,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Completed,
    Cancelled,
    Expired,
    Retry(u64),
    Snooze(u64),
    RetryAfter(u64),
    Release,
    Park,
    Bury,
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        4 => Just(End::Completed),
        1 => Just(End::Cancelled),
        1 => Just(End::Expired),
        3 => (0..90_u64).prop_map(End::Retry),
        1 => (0..90_u64).prop_map(End::Snooze),
        1 => (0..90_u64).prop_map(End::RetryAfter),
        2 => Just(End::Release),
        1 => Just(End::Park),
        2 => Just(End::Bury),
    ]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let scope =
        prop_oneof![Just(Scope::Forever), Just(Scope::WhileLive), Just(Scope::ForAMinute), Just(Scope::PerHour)];
    let some_key = prop::option::of((0..3_u8, scope));
    let new = (some_key, 0..2_u8, prop::option::of(0..2_u8), 1..4_i32, 1..5_u8, 0..60_i64);
    prop_oneof![
        8 => new.prop_map(|(key, args, order, max_failures, priority, delay)| {
            Step::Enqueue { key, args, order, max_failures, priority, delay: (delay - 40).max(0) }
        }),
        8 => (0..3_usize, 1..4_usize).prop_map(|(session, limit)| Step::Claim { session, limit }),
        1 => (0..9_usize).prop_map(|pick| Step::ClaimByTheGone { pick }),
        8 => (0..9_usize, end(), any::<bool>()).prop_map(|(pick, ending, batch)| Step::Settle { pick, ending, batch }),
        3 => (0..9_usize, end()).prop_map(|(pick, ending)| Step::SettleLate { pick, ending }),
        1 => (0..3_usize).prop_map(|session| Step::Leave { session }),
        1 => (0..3_usize).prop_map(|session| Step::Lapse { session }),
        3 => Just(Step::Rescue),
        3 => (1..100_i64).prop_map(|seconds| Step::Turn { seconds }),
        1 => any::<bool>().prop_map(Step::Pause),
        2 => (0..9_usize).prop_map(|pick| Step::Cancel { pick }),
        2 => (0..9_usize).prop_map(|pick| Step::Replay { pick }),
        1 => Just(Step::Unpark),
        1 => Just(Step::Unblock),
        1 => Just(Step::Prune),
    ]
}
