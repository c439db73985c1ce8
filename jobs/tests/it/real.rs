//! The analyzer against people: 300 product reviews, each sentence rated by 20 of them
//! (Hutto & Gilbert 2014).
//!
//! And purchases and claims, by the demo. None of it is ours, or in the repository: `make real` fetches it.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Deserialize;
use serde_json::Value;
use windlass_jobs::post_session_analysis::{Analysis, Role};
use windlass_jobs::results::HumanValence;

use crate::compare;
use crate::support::{database, folder, number, windlass};

/// How far the analyzer and people agree: by turn, and by session.
const BY_TURN: f64 = 0.592_122_554_323;
const BY_SESSION: f64 = 0.763_548_433_712;

#[derive(Deserialize)]
struct Turn {
    session_id: String,
    turn_index: i32,
    role: Role,
    text: String,
    human_valence: f64,
}

#[test]
#[ignore = "needs the reviews: python3 jobs/tests/real/fetch.py"]
fn valence_agrees_with_people() {
    let text = fs::read_to_string(fetched().join("reviews_turns.jsonl")).unwrap();
    let turns: Vec<Turn> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();

    let (mut by_turn, mut by_session) = (Vec::new(), Vec::new());
    for session in turns.chunk_by(|a, b| a.session_id == b.session_id) {
        let (mut analysis, mut human) = (Analysis::new(), HumanValence::default());
        for turn in session {
            let score = analysis.turn(turn.turn_index, turn.role, &turn.text).unwrap().unwrap();
            human.add(score.weight, turn.human_valence);
            by_turn.push((score.valence, turn.human_valence));
        }
        by_session.push((analysis.finish().0.valence.unwrap(), human.mean().unwrap()));
    }

    let (turn, session) = (pearson(&by_turn), pearson(&by_session));
    eprintln!("correlation by turn {turn:.12}, by session {session:.12}");
    assert!((turn - BY_TURN).abs() < 1e-9);
    assert!((session - BY_SESSION).abs() < 1e-9);
}

#[tokio::test]
#[ignore = "needs reviews, purchases and claims: make real"]
async fn the_demo_of_real_data_writes_the_expected_figures() {
    let database = database().await;
    let (inputs, out) = (fetched(), folder("demo/real"));
    let args = ["demo", "--inputs", inputs.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let output = windlass(&database.url(), &args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    // What people said of a review is theirs, and so not among what we expect; but it must agree as well as it does.
    let mut ours = String::new();
    for line in fs::read_to_string(out.join("reviews_vectors.jsonl")).unwrap().lines() {
        let mut row: Value = serde_json::from_str(line).unwrap();
        row.as_object_mut().unwrap().remove("human_valence").unwrap();
        ours += &row.to_string();
        ours.push('\n');
    }
    fs::write(out.join("ours.jsonl"), ours).unwrap();
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/expected");
    for (expected, actual, least) in [
        (expected.join("reviews_vectors.jsonl"), out.join("ours.jsonl"), 300),
        (expected.join("summary.json"), out.join("summary.json"), 50),
    ] {
        let agreement = compare::files(&expected, &actual).unwrap_or_else(|differences| panic!("{differences}"));
        assert!(agreement.rows >= least || agreement.numbers >= least, "{agreement:?}");
        eprintln!("{agreement:?}");
    }
    for table in ["select count(*) from insights.claims", "select count(*) from insights.backfill_staging"] {
        assert_eq!(number(database.pool(), table).await, 0, "{table}");
    }
}

/// The folder they were fetched into.
pub(crate) fn fetched() -> PathBuf {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/fetched");
    env::var_os("WINDLASS_REVIEWS").map_or(fetched, PathBuf::from)
}

fn pearson(pairs: &[(f64, f64)]) -> f64 {
    let mean = |of: fn(&(f64, f64)) -> f64| {
        let (sum, count) = pairs.iter().fold((0.0, 0.0), |(sum, n), pair| (sum + of(pair), n + 1.0));
        sum / count
    };
    let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|pair| of(pair.0 - x, pair.1 - y)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}
