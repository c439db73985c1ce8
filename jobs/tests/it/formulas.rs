//! The pure formulas over each fixture set: inputs in, files out, compared row by row.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use windlass_jobs::calendar::Zone;
use windlass_jobs::post_session_analysis::{Analysis, Role};
use windlass_jobs::results::{
    ControlCases, SessionBucketRow, SessionVectorRow, TurnImpactRow, write_csv, write_json, write_jsonl,
};

use crate::compare;
use crate::support::{fixtures, folder};

#[test]
fn post_session_analysis_of_open_a_is_as_expected() {
    check("open-a");
}

#[test]
fn post_session_analysis_of_open_b_is_as_expected() {
    check("open-b");
}

fn check(set: &str) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(set);
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("formulas").join(set);
    fs::create_dir_all(&out).unwrap();
    analyse(&fixtures.join("inputs"), &out);
    for file in ["session_vectors.jsonl", "turn_impacts.csv", "session_buckets.jsonl"] {
        let agreement = compare::files(&fixtures.join("expected").join(file), &out.join(file))
            .unwrap_or_else(|differences| panic!("{differences}"));
        assert!(agreement.rows > 0, "{file} is empty");
        eprintln!("{set}/{file}: {agreement:?}");
    }
}

#[test]
fn every_case_of_control_has_its_answer() {
    for set in ["open-a", "open-b"] {
        let file = folder(&format!("formulas/{set}/control")).join("control.json");
        let cases = fs::read_to_string(fixtures(set).join("inputs/control_cases.json")).unwrap();
        let cases: ControlCases = serde_json::from_str(&cases).unwrap();
        write_json(File::create(&file).unwrap(), &cases.answers()).unwrap();
        compare::files(&fixtures(set).join("expected/control.json"), &file)
            .unwrap_or_else(|differences| panic!("{set}: {differences}"));
    }
}

#[derive(Deserialize)]
struct Session {
    session_id: String,
    started_at: DateTime<Utc>,
    tz: String,
}

#[derive(Deserialize)]
struct Turn {
    session_id: String,
    turn_index: i32,
    role: Role,
    text: String,
}

fn analyse(inputs: &Path, out: &Path) {
    let sessions: Vec<Session> = csv::Reader::from_path(inputs.join("sessions.csv"))
        .unwrap()
        .into_deserialize()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut turns: HashMap<String, Vec<Turn>> = HashMap::new();
    for line in fs::read_to_string(inputs.join("turns.jsonl")).unwrap().lines() {
        let turn: Turn = serde_json::from_str(line).unwrap();
        turns.entry(turn.session_id.clone()).or_default().push(turn);
    }

    let (mut vectors, mut impacts, mut buckets) = (Vec::new(), Vec::new(), Vec::new());
    for session in &sessions {
        let id = &session.session_id;
        let mut analysis = Analysis::new();
        for turn in turns.get(id).into_iter().flatten() {
            analysis.turn(turn.turn_index, turn.role, &turn.text).unwrap();
        }
        let (vector, of_turns) = analysis.finish();
        vectors.push(SessionVectorRow::new(id, &vector));
        impacts.extend(of_turns.iter().map(|turn| TurnImpactRow::new(id, turn)));
        buckets.push(SessionBucketRow::new(id, session.started_at, Zone::parse(&session.tz)));
    }

    let create = |file: &str| BufWriter::new(File::create(out.join(file)).unwrap());
    write_jsonl(create("session_vectors.jsonl"), vectors).unwrap();
    write_csv(create("turn_impacts.csv"), &TurnImpactRow::NAMES, impacts).unwrap();
    write_jsonl(create("session_buckets.jsonl"), buckets).unwrap();
}
