//! A database with a fixture set's learners, their use and their archetypes, and its sources of entries.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde_json::json;
use sqlx::PgPool;
use windlass::model::Outcome;
use windlass::testing::{Database, Ran};
use windlass::{Client, Enqueue, JobExt};
use windlass_jobs::RoiCollection;
use windlass_jobs::roi_collection::{Bounds, Op, Window, set_multipliers};

use super::inputs::{Config, Interaction, Learner, archetypes, rows};
use crate::support::{database, fixtures, run};

/// The people's source in these tests.
pub(crate) const PEOPLE: &str = "people";

pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) config: Config,
}

impl World {
    /// The learners of a set, its settings and multipliers, and its two files as the sources `costs` and `values`.
    pub(crate) async fn new(set: &str) -> Self {
        Self::on(database().await, set).await
    }

    pub(crate) async fn on(database: Database, set: &str) -> Self {
        let config = Config::read(set);
        let db = database.pool();
        learners(db, set).await;
        let settings = json!({
            "book_zone": "UTC", "kappa": config.kappa, "cap": config.cap, "min_n": config.min_n,
            "activate_automatically": true,
        });
        let sql = "update insights.coefficients set body = $1 where name = 'roi'";
        sqlx::query(sql).bind(settings).execute(db).await.unwrap();
        let mut connection = db.acquire().await.unwrap();
        set_multipliers(&mut connection, &config.multipliers(), "test", "the set's").await.unwrap();
        let plan = "insert into insights.experiments (experiment, win_start, win_end) values ($1, $2, $3)";
        sqlx::query(plan).bind(&config.experiment).bind(config.start()).bind(config.as_of).execute(db).await.unwrap();
        for (source, side) in [("costs", "cost"), ("values", "value")] {
            let path = fixtures(set).join("inputs").join(format!("{source}.csv"));
            let sql = "insert into insights.roi_sources (source, side, format, location, subject_source)
                       values ($1, $2, 'csv', $3, $4)";
            let insert = sqlx::query(sql).bind(source).bind(side).bind(path.to_str().unwrap());
            insert.bind(PEOPLE).execute(db).await.unwrap();
        }
        Self { database, config }
    }

    pub(crate) fn db(&self) -> &PgPool {
        self.database.pool()
    }

    pub(crate) fn bounds(&self) -> Bounds {
        Bounds { start: self.config.start(), end: self.config.as_of }
    }

    pub(crate) fn job(&self, op: Op) -> RoiCollection {
        RoiCollection::of(op, Window::instants(self.config.start(), self.config.as_of))
    }

    pub(crate) fn collect(&self, source: &str) -> RoiCollection {
        let from = Window::instants(self.config.start() - chrono::TimeDelta::days(60), self.config.as_of);
        RoiCollection { source: Some(source.to_owned()), ..RoiCollection::of(Op::Collect, from) }
    }

    pub(crate) fn readout(&self) -> RoiCollection {
        RoiCollection { experiment: Some(self.config.experiment.clone()), ..self.job(Op::AbReadout) }
    }

    /// A rollup of each cohort: what a rollup of all makes only once.
    pub(crate) async fn rollups(&self) -> Vec<RoiCollection> {
        let cohorts: Vec<i32> =
            sqlx::query_scalar("select cohort_id from insights.cohorts order by 1").fetch_all(self.db()).await.unwrap();
        let of = |cohort_id| RoiCollection { cohort_id: Some(cohort_id), ..self.job(Op::Rollup) };
        cohorts.into_iter().map(of).collect()
    }

    /// Runs jobs, and what they make, under keys that let them through; all must complete.
    pub(crate) async fn run(&self, jobs: impl IntoIterator<Item = RoiCollection>) -> Vec<Ran> {
        let ran = self.try_run(jobs).await;
        assert!(ran.iter().all(|ran| ran.outcome == Outcome::Completed), "{ran:?}");
        ran
    }

    pub(crate) async fn try_run(&self, jobs: impl IntoIterator<Item = RoiCollection>) -> Vec<Ran> {
        let client = Client::new(self.db().clone());
        for job in jobs {
            let key = uuid::Uuid::now_v7().to_string();
            client.enqueue(self.db(), Enqueue::from(job.unique(key))).await.unwrap();
        }
        run(&self.database).await
    }

    /// Everything, once, in its order.
    pub(crate) async fn run_all(&self) {
        self.run([self.collect("costs"), self.collect("values")]).await;
        self.run([self.job(Op::Rollup)]).await;
        self.run([self.job(Op::Calibrate), self.readout()]).await;
    }

    pub(crate) async fn execute(&self, sql: &'static str) {
        sqlx::query(sql).execute(self.db()).await.unwrap();
    }

    pub(crate) async fn one<T>(&self, sql: &'static str) -> T
    where
        T: Send + Unpin + Debug + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        sqlx::query_scalar(sql).fetch_one(self.db()).await.unwrap()
    }
}

async fn learners(db: &PgPool, set: &str) {
    let all: Vec<Learner> = rows(set, "learners.csv");
    let archetypes = archetypes(set);
    let of = |id: &str| archetypes.get(id).map(|archetype| archetype.as_str());
    let ids: Vec<&str> = all.iter().map(|learner| learner.learner_id.as_str()).collect();
    let cohorts: Vec<&str> = all.iter().map(|learner| learner.cohort_id.as_str()).collect();
    let sql = "insert into insights.cohorts (name) select distinct c from unnest($1::text[]) as c order by c";
    sqlx::query(sql).bind(&cohorts).execute(db).await.unwrap();
    let sql = "with people as (
                   insert into insights.subjects (source, external_id, enrolled_at)
                   select $3, id, now() from unnest($1::text[]) with ordinality as t (id, n) order by n
                   returning subject_id, external_id)
               insert into insights.learners (subject_id, enrolled_at, cohort_id)
               select p.subject_id, now(), c.cohort_id
                 from unnest($1::text[], $2::text[]) as t (id, cohort)
                 join people p on p.external_id = t.id join insights.cohorts c on c.name = t.cohort";
    sqlx::query(sql).bind(&ids).bind(&cohorts).bind(PEOPLE).execute(db).await.unwrap();
    let sql = "insert into insights.learner_metrics (subject_id, as_of, week_no, weeks_observed, usage_28d, usage_90d,
                   is_specialist, provisional, velocity_raw, velocity_ema, velocity_next, adoption_rate, entropy_bits,
                   concentration, top_share, transfer, reuse, retention_strength, momentum, churn_risk, confidence,
                   archetype, scores, position, percentiles)
               select p.subject_id, now(), 0, 0, 0, 0, false, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, t.archetype,
                      '{0,0,0,0,0}', '{0,0,0,0}', '{}'
                 from unnest($1::text[], $2::text[]) as t (id, archetype) join insights.subjects p on p.external_id = t.id
                where t.archetype is not null";
    let known: Vec<_> = ids.iter().map(|id| of(id)).collect();
    sqlx::query(sql).bind(&ids).bind(known).execute(db).await.unwrap();
    used(db, set).await;
}

/// Interactions, and what is told of them: the first use of each capability.
async fn used(db: &PgPool, set: &str) {
    let all: Vec<Interaction> = rows(set, "interactions.csv");
    let mut numbers: BTreeMap<&str, i32> = BTreeMap::new();
    for used in &all {
        let next = i32::try_from(numbers.len()).unwrap();
        numbers.entry(&used.capability).or_insert(next);
    }
    let ids: Vec<&str> = all.iter().map(|used| used.learner_id.as_str()).collect();
    let times: Vec<_> = all.iter().map(|used| used.ts).collect();
    let capabilities: Vec<i32> = all.iter().map(|used| numbers[used.capability.as_str()]).collect();
    let months = "select insights.make_month(m) from (select distinct date_trunc('month', t)::date as m
                    from unnest($1::timestamptz[]) as t) as months";
    sqlx::query(months).bind(&times).execute(db).await.unwrap();
    let sql = "insert into insights.interactions (subject_id, day, local_date, ts, domain, capability, duration_s, interaction_id)
               select p.subject_id, t.ts::date, t.ts::date, t.ts, 1, t.capability, 0, t.n::text
                 from unnest($1::text[], $2::timestamptz[], $3::integer[]) with ordinality as t (id, ts, capability, n)
                 join insights.subjects p on p.external_id = t.id";
    sqlx::query(sql).bind(&ids).bind(&times).bind(&capabilities).execute(db).await.unwrap();
    let sql = "insert into insights.capability_usage (subject_id, capability, domain, uses, first_use, last_use)
               select subject_id, capability, 1, count(*), min(ts), max(ts) from insights.interactions group by 1, 2";
    sqlx::query(sql).execute(db).await.unwrap();
}

/// The tables of results as text, without times, ids that differ and counts of changes.
pub(crate) async fn tables(db: &PgPool) -> String {
    let mut all = String::new();
    for (table, leave) in [
        ("roi_entries", "{subject_id}"),
        ("roi_learner", "{computed_at,computed_seq,subject_id}"),
        ("roi_cohort", "{computed_at,computed_seq}"),
        ("calibrations", "{}"),
        ("calibration_runs", "{created_at,activated_at}"),
        ("ab_readouts", "{}"),
        ("alerts", "{opened_at,last_seen,closed_at}"),
    ] {
        let sql = format!(
            "select coalesce(string_agg((to_jsonb(t) - '{leave}'::text[])::text, E'\\n'
                    order by (to_jsonb(t) - '{leave}'::text[])::text), '') from insights.{table} t"
        );
        let rows: String = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(db).await.unwrap();
        all += &format!("-- {table}\n{rows}\n");
    }
    all
}

/// Says where two texts of tables differ, and not the whole of them.
pub(crate) fn assert_same(left: &str, right: &str) {
    let only = |these: &str, those: &str| {
        let those: std::collections::BTreeSet<&str> = those.lines().collect();
        these.lines().filter(|line| !those.contains(line)).take(5).collect::<Vec<_>>().join("\n")
    };
    assert!(left == right, "only left:\n{}\nonly right:\n{}", only(left, right), only(right, left));
}
