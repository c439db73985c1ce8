//! Goes through every state that a model can reach, the nearest first. It knows nothing of leases.
//!
//! Ours rather than `stateright`'s: that one's `eventually` holds on acyclic models only, as its documentation says, and a
//! lease goes round in circles; that every state has a way to a good end it cannot ask at all. It would also bring a web
//! server for these hundred lines.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::hash::Hash;

/// More than any model here has: a mistake in one should end, too.
const MOST: usize = 1_000_000;

/// What can happen, and what must not.
pub(super) trait Model {
    type State: Clone + Eq + Hash;
    type Step: Copy + Display;

    fn first(&self) -> Self::State;
    /// The same for states of which one is enough, because they differ in names only.
    fn key(&self, state: &Self::State) -> Self::State;
    /// Everything that can happen next.
    fn next(&self, state: &Self::State) -> Vec<(Self::Step, Self::State)>;
    /// The promise that a state breaks.
    fn broken(&self, state: &Self::State) -> Option<&'static str>;
    /// Whether everything has come to its end.
    fn ended(&self, state: &Self::State) -> bool;
    /// What a step is called.
    fn name(step: Self::Step) -> &'static str;
    /// Whether a step may be counted on: neither bad luck nor somebody's help.
    fn counts_on(&self, step: Self::Step, before: &Self::State) -> bool;
}

/// What was found.
pub(super) struct Verdict {
    pub(super) states: usize,
    pub(super) steps: usize,
    /// The names of the steps that happened.
    pub(super) seen: HashSet<&'static str>,
    /// The promise that was broken, and the shortest way there.
    pub(super) counterexample: Option<(&'static str, Vec<String>)>,
}

/// What a model that can get stuck breaks.
pub(super) const EVERY_JOB_ENDS: &str = "from every state a way leads to every job's end";

struct Graph<S> {
    /// By which step, and from where, each state was reached first.
    came: Vec<Option<(u32, S)>>,
    /// From where each state is reached by steps that one may count on.
    from: Vec<Vec<u32>>,
    ended: Vec<u32>,
}

/// Explores all of it, or up to the first broken promise.
pub(super) fn check<M: Model>(model: &M) -> Verdict {
    let first = model.first();
    let mut known = HashMap::from([(model.key(&first), 0_u32)]);
    let mut states = vec![first];
    let mut graph = Graph { came: vec![None], from: vec![Vec::new()], ended: Vec::new() };
    let (mut steps, mut seen) = (0, HashSet::new());
    let mut at = 0;
    while let Some(state) = states.get(at).cloned() {
        let here = u32::try_from(at).unwrap();
        if let Some(promise) = model.broken(&state) {
            let counterexample = Some((promise, graph.way_to(here)));
            return Verdict { states: states.len(), steps, seen, counterexample };
        }
        if model.ended(&state) {
            graph.ended.push(here);
        }
        for (step, next) in model.next(&state) {
            steps += 1;
            seen.insert(M::name(step));
            let counts = model.counts_on(step, &state);
            let to = match known.entry(model.key(&next)) {
                Entry::Occupied(old) => *old.get(),
                Entry::Vacant(new) => {
                    let number = u32::try_from(states.len()).unwrap();
                    states.push(next);
                    graph.came.push(Some((here, step)));
                    graph.from.push(Vec::new());
                    *new.insert(number)
                }
            };
            if counts {
                graph.from[to as usize].push(here);
            }
        }
        at += 1;
        assert!(at < MOST, "the model has no bounds");
    }
    let counterexample = graph.stuck().map(|state| (EVERY_JOB_ENDS, graph.way_to(state)));
    Verdict { states: states.len(), steps, seen, counterexample }
}

impl<S: Copy + Display> Graph<S> {
    fn way_to(&self, state: u32) -> Vec<String> {
        let mut way = Vec::new();
        let mut at = state;
        while let Some((before, step)) = self.came[at as usize] {
            way.push(step.to_string());
            at = before;
        }
        way.reverse();
        way
    }

    /// The nearest state from which no way leads to the end.
    fn stuck(&self) -> Option<u32> {
        let mut can_end = vec![false; self.came.len()];
        let mut open = self.ended.clone();
        while let Some(state) = open.pop() {
            if !std::mem::replace(&mut can_end[state as usize], true) {
                open.extend(&self.from[state as usize]);
            }
        }
        can_end.iter().position(|can| !can).map(|state| u32::try_from(state).unwrap())
    }
}
