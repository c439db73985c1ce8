//! Half-life, rolling retention and reuse of real people: 6,919 purchases of 2,357 customers, 1997 and 1998.
//!
//! They are not ours and not in the repository: `tests/real/fetch_purchases.py` fetches them.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgPool;
use windlass::Client;
use windlass_jobs::WeeklyAggregation;
use windlass_jobs::calendar::Zone;
use windlass_jobs::learners::{self, Item, NewInteraction, NewLearner};
use windlass_jobs::sessions::{NewSubject, open_subjects};
use windlass_jobs::weekly_aggregation::Global;

use crate::support::{database, run};

/// The end of the last day.
const AS_OF: &str = "1998-07-01T00:00:00Z";

#[derive(Deserialize)]
struct Purchase {
    interaction_id: String,
    learner_id: String,
    ts: DateTime<Utc>,
}

#[tokio::test]
#[ignore = "needs the purchases: python3 jobs/tests/real/fetch_purchases.py"]
async fn real_people_come_back_as_often_as_an_independent_count_says() {
    let database = database().await;
    let db = database.pool();
    load(db).await;
    let client = Client::new(db.clone());
    for (run_no, gap) in [(1, 21), (2, 90)] {
        sqlx::query(
            "update insights.coefficients
                set body = jsonb_set(jsonb_set(body, '{retention,stopped_after_days}', to_jsonb($1::int)),
                                     '{retention,days}', '[30, 60, 90, 180, 365]')
              where name = 'learning'",
        )
        .bind(gap)
        .execute(db)
        .await
        .unwrap();
        let week = Global { dirty_seq: Some(run_no), ..Global::of(AS_OF.parse().unwrap()) };
        client.enqueue(db, WeeklyAggregation::Global(week)).await.unwrap();
        run(&database).await;
        let half_life: (f64, String) =
            sqlx::query_as("select days, method from insights.half_lives").fetch_one(db).await.unwrap();
        assert_eq!(half_life, (1.0, "km".to_owned()), "with a gap of {gap} days");
    }
    let retention: sqlx::types::Json<BTreeMap<String, f64>> =
        sqlx::query_scalar("select retention from insights.learner_summaries").fetch_one(db).await.unwrap();
    for (days, share) in [
        ("30", 0.434_026_304_625),
        ("60", 0.398_812_049_215),
        ("90", 0.379_295_714_892),
        ("180", 0.316_928_298_685),
        ("365", 0.181_162_494_697),
    ] {
        assert!((retention[days] - share).abs() < 1e-9, "after {days} days {}", retention[days]);
    }
    let reuse: f64 =
        sqlx::query_scalar("select avg(reuse) from insights.learner_measures").fetch_one(db).await.unwrap();
    assert!((reuse - 0.037_832_745_999).abs() < 1e-9, "{reuse}");
}

async fn load(db: &PgPool) {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/fetched");
    let folder = env::var_os("WINDLASS_PURCHASES").map_or(fetched, PathBuf::from);
    let purchases: Vec<Purchase> =
        csv::Reader::from_path(folder.join("cdnow.csv")).unwrap().into_deserialize().collect::<Result<_, _>>().unwrap();
    let mut first: BTreeMap<&str, DateTime<Utc>> = BTreeMap::new();
    for purchase in &purchases {
        let known = first.entry(&purchase.learner_id).or_insert(purchase.ts);
        *known = purchase.ts.min(*known);
    }
    let zone = Zone::parse("UTC");
    let mut tx = db.begin().await.unwrap();
    let people: Vec<_> = first.keys().map(|id| NewSubject { external_id: (*id).to_owned(), zone }).collect();
    let ids = open_subjects(&mut tx, "cdnow", &people).await.unwrap();
    let enrolled = first.values().zip(&ids).map(|(enrolled_at, subject_id)| NewLearner {
        subject_id: *subject_id,
        enrolled_at: *enrolled_at,
        cohort: None,
        exam_on: None,
        hours_per_week: None,
        target_score: None,
        declared_cohort: None,
    });
    learners::enrol(&mut tx, &enrolled.collect::<Vec<_>>()).await.unwrap();
    let ids: BTreeMap<&str, i64> = first.keys().copied().zip(ids).collect();
    let names = ["purchase".to_owned()];
    let domain = learners::add_items(&mut tx, Item::Domain, &names).await.unwrap()["purchase"];
    let capability = learners::add_items(&mut tx, Item::Capability, &names).await.unwrap()["purchase"];
    let bought = purchases.iter().map(|purchase| NewInteraction {
        subject_id: ids[purchase.learner_id.as_str()],
        interaction_id: purchase.interaction_id.clone(),
        ts: purchase.ts,
        zone,
        domain,
        capability,
        topic: None,
        objective: None,
        difficulty: None,
        assessment: None,
        correct: None,
        duration_s: 0,
    });
    learners::add_interactions(&mut tx, &bought.collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
}
