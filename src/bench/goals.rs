//! What the engine is to reach, and whether it did: with the figure, also where it falls short.

use serde::Serialize;

use super::Figures;

/// How soon a job is to start, in milliseconds: one in two, and 99 in 100.
const AT_ONCE: [Limit; 2] = [Limit::AtMost(1.0), Limit::AtMost(5.0)];

/// One goal.
struct Goal {
    what: &'static str,
    says: &'static str,
    /// The figure that is shown.
    figure: &'static str,
    /// What is compared with the limit.
    judged: Judged,
    limit: Limit,
}

#[derive(Clone, Copy)]
enum Judged {
    /// The figure itself.
    Itself,
    /// This one, which was taken round by round.
    By(&'static str),
    /// The figure in terms of this one.
    Beside(&'static str),
}

#[derive(Clone, Copy)]
enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    /// What was measured.
    pub(crate) what: &'static str,
    /// What it is to be.
    pub(crate) goal: &'static str,
    /// What it is.
    pub(crate) figure: String,
    /// In terms of what it is compared with.
    pub(crate) ratio: String,
    /// ✓, or what is missing.
    pub(crate) met: String,
}

const GOALS: [Goal; 20] = [
    goal("drain", "≥ 2 × graphile-worker", "drain.rate", Judged::Beside("graphile.rate"), Limit::AtLeast(2.0)),
    goal("", "≥ 55 % of the ceiling", "drain.rate", Judged::Beside("ceiling.rate"), Limit::AtLeast(0.55)),
    goal(
        "drain, claims ≤ 32",
        "≥ 2 × graphile-worker",
        "small.rate",
        Judged::Beside("graphile.small"),
        Limit::AtLeast(2.0),
    ),
    goal(
        "drain beside piles",
        "≥ 95 % of it alone",
        "backlog.everything.rate",
        Judged::By("backlog.everything.ratio"),
        Limit::AtLeast(0.95),
    ),
    goal(
        "steady, a transaction held open",
        "≥ 90 % of the rate without",
        "horizon.pinned.rate",
        Judged::By("horizon.rate_ratio"),
        Limit::AtLeast(0.9),
    ),
    goal("", "p99 < 2 × without", "horizon.pinned.p99", Judged::By("horizon.p99_ratio"), Limit::AtMost(2.0)),
    goal(
        "enqueue, 8 clients",
        "≥ 95 % of a bare insert",
        "enqueue.8.rate",
        Judged::By("enqueue.8.ratio"),
        Limit::AtLeast(0.95),
    ),
    goal(
        "enqueue, 32 clients",
        "≥ 95 % of a bare insert",
        "enqueue.32.rate",
        Judged::By("enqueue.32.ratio"),
        Limit::AtLeast(0.95),
    ),
    goal("bulk enqueue", "≥ 60 % of copy", "enqueue.bulk.rate", Judged::By("enqueue.bulk.ratio"), Limit::AtLeast(0.6)),
    goal("idle pickup, pool", "p50 ≤ 1 ms", "latency.pool.p50", Judged::Itself, AT_ONCE[0]),
    goal("", "p99 ≤ 5 ms", "latency.pool.p99", Judged::Itself, AT_ONCE[1]),
    goal("idle pickup, client.commit(tx)", "p50 ≤ 1 ms", "latency.client_commit.p50", Judged::Itself, AT_ONCE[0]),
    goal("", "p99 ≤ 5 ms", "latency.client_commit.p99", Judged::Itself, AT_ONCE[1]),
    goal("idle pickup, API", "p50 ≤ 1 ms", "latency.api.p50", Judged::Itself, AT_ONCE[0]),
    goal("", "p99 ≤ 5 ms", "latency.api.p99", Judged::Itself, AT_ONCE[1]),
    goal(
        "idle pickup, plain commit",
        "by the poll, 1 s",
        "latency.plain_commit.p99",
        Judged::Itself,
        Limit::AtMost(1_100.0),
    ),
    goal("idle, 100 queues", "< 5 statements/s", "idle.100.statements", Judged::Itself, Limit::AtMost(5.0)),
    goal("", "< 5 commits/s", "idle.100.commits", Judged::Itself, Limit::AtMost(5.0)),
    goal("", "< 0.5 % CPU", "idle.100.worker_cpu", Judged::Itself, Limit::AtMost(0.5)),
    goal("worker memory, 128 slots", "< 60 MB", "idle.memory_at_128_slots", Judged::Itself, Limit::AtMost(60.0)),
];

const fn goal(what: &'static str, says: &'static str, figure: &'static str, judged: Judged, limit: Limit) -> Goal {
    Goal { what, says, figure, judged, limit }
}

/// Every goal, by what was measured.
pub(crate) fn verdicts(figures: &Figures) -> Vec<Verdict> {
    GOALS.iter().map(|goal| goal.verdict(figures)).collect()
}

impl Goal {
    fn verdict(&self, figures: &Figures) -> Verdict {
        let median = |name: &str| figures.get(name).map(|figure| figure.median);
        let figure = figures.get(self.figure);
        let (judged, ratio) = match self.judged {
            Judged::Itself => (median(self.figure), None),
            Judged::By(name) => (median(name), median(name)),
            Judged::Beside(name) => {
                let ratio = median(self.figure).zip(median(name)).map(|(figure, other)| figure / other);
                (ratio, ratio)
            }
        };
        let verdict = match (figure, judged) {
            (Some(_), Some(value)) => self.limit.verdict(value),
            (None, _) => format!("not measured: {}", self.figure),
            (_, None) => match self.judged {
                Judged::Itself => format!("not measured: {}", self.figure),
                Judged::By(name) | Judged::Beside(name) => format!("not measured in this run: {name}"),
            },
        };
        Verdict {
            what: self.what,
            goal: self.says,
            figure: figure
                .map_or_else(|| "–".to_owned(), |figure| format!("{} {}", number(figure.median), figure.unit)),
            ratio: ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            met: verdict,
        }
    }
}

impl Limit {
    fn verdict(self, value: f64) -> String {
        match self {
            Self::AtLeast(limit) if value >= limit => "✓".to_owned(),
            Self::AtMost(limit) if value <= limit => "✓".to_owned(),
            Self::AtLeast(limit) => format!("✗ {} of the goal", percent(value / limit)),
            Self::AtMost(limit) => format!("✗ {} × the goal", number(value / limit)),
        }
    }
}

/// As many digits as one can believe.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        1000.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(verdicts: &[Verdict], goal: &str) -> [String; 3] {
        let found = verdicts.iter().find(|verdict| verdict.goal == goal).unwrap();
        [found.figure.clone(), found.ratio.clone(), found.met.clone()]
    }

    #[test]
    fn a_goal_is_met_or_says_what_is_missing_or_that_nobody_looked() {
        let mut figures = Figures::default();
        figures.add("drain.rate", "jobs/s", 150_000.0);
        figures.add("ceiling.rate", "jobs/s", 250_000.0);
        figures.add("enqueue.bulk.rate", "jobs/s", 200_000.0);
        figures.add("enqueue.bulk.ratio", "of copy", 0.45);
        figures.add("latency.pool.p50", "ms", 0.8);
        figures.add("latency.pool.p99", "ms", 12.5);
        let all = verdicts(&figures);
        assert_eq!(line(&all, "≥ 55 % of the ceiling"), ["150000 jobs/s", "0.60", "✓"]);
        assert_eq!(line(&all, "≥ 60 % of copy"), ["200000 jobs/s", "0.45", "✗ 75 % of the goal"]);
        assert_eq!(line(&all, "p50 ≤ 1 ms"), ["0.80 ms", "", "✓"]);
        assert_eq!(line(&all, "p99 ≤ 5 ms"), ["12.5 ms", "", "✗ 2.50 × the goal"]);
        assert_eq!(
            line(&all, "≥ 2 × graphile-worker"),
            ["150000 jobs/s", "", "not measured in this run: graphile.rate"]
        );
        assert_eq!(line(&all, "< 60 MB"), ["–", "", "not measured: idle.memory_at_128_slots"]);
    }
}
