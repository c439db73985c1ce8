//! The lease protocol: every order of events that two workers, two jobs and two faults can bring about, which the tests of
//! the real thing cannot try. It says nothing of the statements themselves: `fence`, `crash` and `network` do.
//!
//! Left out, because each looks like something that is in: a registration whose answer is lost (a session that claims
//! nothing), a snooze (a release), several rescuers (each of their statements is one step).

mod checker;
mod protocol;
mod state;

use std::time::Instant;

use checker::{EVERY_JOB_ENDS, Verdict, check};
use protocol::{ALONE, EVENTS, FUNCTIONS, Flaw, LIVING, NEVER_LOST, ONE_END, ONE_ENDING, Protocol};

use crate::order::read;

/// How much may go wrong: a crash, a freeze, a failure, an answer that is lost or late, a cut line, a shutdown. Three keep
/// every promise too, without freezes: 851,848 states, minutes in a debug build.
const FAULTS: u8 = 2;

#[test]
fn in_every_order_of_events_every_job_ends_once_and_has_one_handler_at_a_time() {
    let verdict = explore(&Protocol { freezes: false, faults: FAULTS, flaw: None });
    assert!(verdict.counterexample.is_none(), "{:#?}", verdict.counterexample);
}

#[test]
fn in_every_order_of_events_with_workers_that_freeze_every_job_ends_once() {
    let verdict = explore(&Protocol { freezes: true, faults: FAULTS, flaw: None });
    assert!(verdict.counterexample.is_none(), "{:#?}", verdict.counterexample);
    // A step that never happened would prove nothing.
    let known = FUNCTIONS.iter().map(|(name, _)| *name).chain(EVENTS).collect();
    assert_eq!(verdict.seen, known, "left: what happened, right: what there is");
}

#[test]
fn every_promise_is_seen_broken_where_the_protocol_has_a_flaw() {
    for (flaw, freezes, promise) in [
        (Flaw::SettleIgnoresTheAttempt, false, ONE_ENDING),
        (Flaw::SettleIgnoresTheSession, false, ONE_ENDING),
        (Flaw::SettleRemovesFirst, false, NEVER_LOST),
        (Flaw::SettleRemembersFirst, false, ONE_END),
        (Flaw::NobodyStopsTheHandlers, false, ALONE),
        (Flaw::TheCondemnedMayRenew, true, LIVING),
        (Flaw::RescueByAge, false, LIVING),
        (Flaw::NobodyCorrects, false, EVERY_JOB_ENDS),
        (Flaw::NobodyRescues, false, EVERY_JOB_ENDS),
    ] {
        let verdict = explore(&Protocol { freezes, faults: FAULTS, flaw: Some(flaw) });
        let (broken, way) = verdict.counterexample.unwrap_or_else(|| panic!("{flaw:?} breaks nothing"));
        eprintln!("  {broken}, broken by: {}", way.join("; "));
        assert_eq!(broken, promise, "{flaw:?}: {way:#?}");
    }
}

#[test]
fn every_step_is_named_for_a_function_that_there_is() {
    for (name, file) in FUNCTIONS {
        let there = read(file).lines().any(|line| {
            line.split_once("fn ")
                .and_then(|(_, after)| after.strip_prefix(name))
                .is_some_and(|s| s.starts_with(['(', '<']))
        });
        assert!(there, "{file} has no fn {name}");
    }
}

fn explore(protocol: &Protocol) -> Verdict {
    let started = Instant::now();
    let verdict = check(protocol);
    eprintln!(
        "lease model, {} faults, {} freezes, flaw {:?}: {} states, {} steps, {:.1?}",
        protocol.faults,
        if protocol.freezes { "with" } else { "without" },
        protocol.flaw,
        verdict.states,
        verdict.steps,
        started.elapsed()
    );
    verdict
}
