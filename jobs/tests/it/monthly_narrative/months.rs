//! The whole way: conversations, their analysis, the aggregates, the dispatch, the texts, against the fixtures.

use std::fs;

use serde_json::Value;
use sqlx::{PgPool, Row};
use windlass::model::Outcome;
use windlass::{Client, JobExt};
use windlass_jobs::MonthlyNarrative;
use windlass_jobs::control;
use windlass_jobs::demo::{Inputs, Loaded};

use crate::control::{key, settle};
use crate::support::{close, database, fixtures, loaded, run};

#[tokio::test]
async fn every_published_month_of_both_sets_is_the_fixtures() {
    for set in ["open-a", "open-b"] {
        let database = database().await;
        let db = database.pool();
        let inputs = Inputs::read(&fixtures(set).join("inputs")).unwrap();
        let loaded = loaded(db, &inputs).await;
        close(db, &loaded).await;
        grant(db, &inputs, &loaded).await;
        settle(&database).await;
        for round in 0..2 {
            let dispatch = MonthlyNarrative::dispatch("2100-01-01T00:00:00Z".parse().unwrap());
            let key = format!("dispatch {round}");
            Client::new(db.clone()).enqueue(db, dispatch.unique(key)).await.unwrap();
            let ran = run(&database).await;
            let errors: Vec<String> =
                sqlx::query_scalar("select error from windlass.attempts").fetch_all(db).await.unwrap();
            assert!(ran.iter().all(|ran| ran.outcome == Outcome::Completed), "{errors:?}");
        }

        let rows = sqlx::query(
            "select p.external_id, i.version, i.body, i.input, i.rubric, i.rubric_score from insights.insights i
               join insights.subjects p using (subject_id) order by p.external_id, i.month, i.version",
        )
        .fetch_all(db)
        .await
        .unwrap();
        let expected = fs::read_to_string(fixtures(set).join("expected/narratives.jsonl")).unwrap();
        let expected: Vec<Value> = expected
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|row| row["input"]["n_sessions"].as_i64().unwrap() >= 2)
            .collect();
        assert_eq!(rows.len(), expected.len(), "{set}");
        assert!(rows.len() > 20);
        for (row, expected) in rows.iter().zip(&expected) {
            assert_eq!(row.get::<String, _>("external_id"), expected["user_id"].as_str().unwrap());
            assert_eq!(row.get::<i32, _>("version"), 1);
            assert_eq!(row.get::<Value, _>("input"), expected["input"], "{set}");
            assert_eq!(row.get::<String, _>("body"), expected["text"].as_str().unwrap());
            let score: f64 = row.get("rubric_score");
            assert!((score - expected["rubric"]["score"].as_f64().unwrap()).abs() < 1e-9);
        }
    }
}

/// Grants what people ask for.
async fn grant(db: &PgPool, inputs: &Inputs, loaded: &Loaded) {
    let (client, wishes) = (Client::new(db.clone()), &inputs.wishes);
    let mut tx = db.begin().await.unwrap();
    for (place, at) in &wishes.excluded {
        let session = loaded.sessions[*place];
        control::exclude(&mut tx, &client, session.subject_id, session.session_id, Some(*at)).await.unwrap();
    }
    for place in &wishes.deleted {
        let session = loaded.sessions[*place];
        control::delete(&mut tx, &key(), session.subject_id, session.session_id).await.unwrap();
    }
    for (person, at) in &wishes.resets {
        control::reset(&mut tx, &key(), loaded.people[*person], Some(*at)).await.unwrap();
    }
    tx.commit().await.unwrap();
}
