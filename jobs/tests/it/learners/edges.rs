//! Little to go by: cohorts of four, learners who did nothing, and one domain for all.

use std::fmt::Write as _;

use sqlx::PgPool;
use windlass_jobs::demo::learners::Learners;

use super::{loaded_from, run_week, write};
use crate::support::{folder, number};

/// Five learners of one cohort and four of another, each with a week's answers in the one domain; and one who did nothing.
fn inputs() -> Learners {
    let folder = folder("learners/edges");
    let (mut learners, mut interactions) = (
        "learner_id,cohort_id,tz,enrolled_at,hours_per_week,target_score,days_to_exam,declared_cohort\n".to_owned(),
        "interaction_id,learner_id,ts,domain,capability,topic,objective,difficulty,assessment_type,correct,duration_s\n"
            .to_owned(),
    );
    for n in 0..9 {
        let cohort = if n < 5 { "five" } else { "four" };
        writeln!(learners, "l{n},{cohort},Mars/Olympus,2025-12-01T00:00:00Z,,,,nowhere").unwrap();
        for day in 1..=6 {
            let correct = (n + day) % 3 % 2;
            writeln!(interactions, "i{n}-{day},l{n},2026-01-0{day}T10:00:00Z,only,c{day},,,,,{correct},60").unwrap();
        }
    }
    learners += "idle,four,UTC,2025-12-01T00:00:00Z,2,0.7,5,four\n";
    let config = r#"{"as_of": "2026-01-12T06:00:00Z", "domains": ["only"], "total_domains": 1}"#;
    for (name, text) in [("learners.csv", &*learners), ("interactions.csv", &*interactions), ("config.json", config)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    Learners::read(&folder).unwrap().unwrap()
}

async fn one<T>(db: &PgPool, sql: &'static str) -> T
where
    T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
}

#[tokio::test]
async fn little_to_go_by_is_told_as_little_and_never_as_nonsense() {
    let set = inputs();
    let database = loaded_from(&set, 1).await;
    run_week(&database, &set, None).await;
    let db = database.pool();

    // Nobody is to be read out of a cohort of four: it is counted, and no more.
    let cohort =
        "select string_agg(distinct concat_ws(' ', c.name, b.n, b.suppressed, b.mean is null, b.p90 is null), ',')
                    from insights.benchmarks b join insights.cohorts c using (cohort_id)";
    assert_eq!(one::<String>(db, cohort).await, "five 5 f f f,four 4 t t t");

    // Who did nothing is measured in nothing, and counts as one who did not stay.
    assert_eq!(number(db, "select count(*) from insights.learner_metrics").await, 9);
    let idle = "select count(*) from insights.learner_metrics m join insights.subjects p using (subject_id)
                 where p.external_id = 'idle'";
    assert_eq!(number(db, idle).await, 0);
    let stayed = "select (retention ->> '30')::float8 from insights.learner_summaries";
    assert!((one::<f64>(db, stayed).await - 0.9).abs() < 1e-9);

    // One domain of one is all there is to concentrate on, and nothing to transfer to.
    let one_domain = "select count(*) from insights.learner_metrics
                       where entropy_bits = 0 and concentration = 1 and top_share = 1 and transfer = 0";
    assert_eq!(number(db, one_domain).await, 9);
    let shares = "select count(*) from insights.learner_metrics where churn_risk between 0 and 1 and provisional
                     and confidence = 0.5 and archetype = 'generalist'";
    assert_eq!(number(db, shares).await, 9);

    // The cohort that they declare is none: told, and they are matched with nobody.
    assert_eq!(number(db, "select mapping_errors::bigint from insights.learner_summaries").await, 9);
    // And it can be told.
    write(db, &set).await;
}
