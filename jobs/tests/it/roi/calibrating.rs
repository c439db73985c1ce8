//! Versions of the multipliers: made once a window, active one at a time, and what is published keeps its own.

use windlass::model::Outcome;
use windlass_jobs::roi_collection::{Op, activate};

use super::world::{World, assert_same, tables};

const ACTIVE: &str = "select string_agg(distinct version::text, ',') from insights.calibrations where active";

/// In open-b a change is 15 %: it waits for a person. In open-a all are small and the variance falls: it activates itself.
#[tokio::test]
async fn a_small_improvement_activates_itself_and_a_large_change_waits() {
    let world = World::new("open-a").await;
    world.run_all().await;
    assert_eq!(world.one::<String>(ACTIVE).await, "2");
    // Again, with the new version active: the window has its calibration.
    world.run([world.job(Op::Calibrate)]).await;
    assert_eq!(world.one::<i64>("select count(*) from insights.calibration_runs").await, 2);

    let world = World::new("open-b").await;
    world.run_all().await;
    assert_eq!(world.one::<String>(ACTIVE).await, "1");
    let before = tables(world.db()).await;
    world.run([world.job(Op::Calibrate)]).await;
    assert_same(&tables(world.db()).await, &before);
    activate(&mut world.db().acquire().await.unwrap(), 2, "ana").await.unwrap();
    assert_eq!(world.one::<String>(ACTIVE).await, "2");
    let refused = activate(&mut world.db().acquire().await.unwrap(), 9, "ana").await.unwrap_err();
    assert!(refused.to_string().contains('9'));
    assert_eq!(world.one::<String>(ACTIVE).await, "2");
}

#[tokio::test]
async fn nothing_activates_itself_where_a_person_must_approve() {
    let world = World::new("open-a").await;
    world
        .execute(
            "update insights.coefficients set body = body || '{\"activate_automatically\": false}' where name = 'roi'",
        )
        .await;
    world.run_all().await;
    assert_eq!(world.one::<String>(ACTIVE).await, "1");
}

#[tokio::test]
async fn what_is_published_keeps_its_version() {
    let world = World::new("open-a").await;
    world.run_all().await;
    let published = tables(world.db()).await;
    world.run(world.rollups().await).await;
    assert_same(&tables(world.db()).await, &published);
    let versions = "select string_agg(distinct calibration_version::text, ',') from insights.roi_cohort";
    assert_eq!(world.one::<String>(versions).await, "1");
    world.execute("delete from insights.roi_cohort").await;
    world.run(world.rollups().await).await;
    assert_eq!(world.one::<String>(versions).await, "2");
}

/// Late entries change a calibration that waits, and none that has taken effect.
#[tokio::test]
async fn late_entries_change_a_calibration_until_it_takes_effect() {
    let world = World::new("open-b").await;
    world.run([world.collect("costs")]).await;
    world.run([world.job(Op::Calibrate)]).await;
    world.run([world.collect("values")]).await;
    world.run([world.job(Op::Calibrate)]).await;
    let new = "select (version, round(new::numeric, 6))::text from insights.calibrations
                where version = 2 and archetype = 'fast_learner'";
    assert_eq!(world.one::<String>(new).await, "(2,1.655731)");
}

#[tokio::test]
async fn without_multipliers_there_is_no_prediction_and_no_calibration() {
    let world = World::new("open-a").await;
    world.execute("delete from insights.calibrations").await;
    world.run([world.collect("costs"), world.collect("values")]).await;
    world.run([world.job(Op::Rollup)]).await;
    let none =
        "select count(*) from insights.roi_cohort where actual is not null and predicted is null and alert is null";
    assert_eq!(world.one::<i64>(none).await, 5);
    assert_eq!(world.try_run([world.job(Op::Calibrate)]).await[0].outcome, Outcome::Buried);
}

#[tokio::test]
async fn nobody_peeks_at_an_experiment() {
    let world = World::new("open-a").await;
    world
        .execute(
            "insert into insights.experiments values (now() - interval '10 days', now() + interval '1 hour', 'early')",
        )
        .await;
    world
        .execute(
            "insert into insights.experiments values (now() - interval '10 days', now() - interval '1 hour', 'ended')",
        )
        .await;
    let early = windlass_jobs::RoiCollection { window: None, ..world.readout() };
    let early = windlass_jobs::RoiCollection { experiment: Some("early".to_owned()), ..early };
    let ended = windlass_jobs::RoiCollection { experiment: Some("ended".to_owned()), ..early.clone() };
    let other = windlass_jobs::RoiCollection { experiment: Some("ended".to_owned()), ..world.readout() };
    let ran = world.try_run([early, ended, other]).await;
    let outcomes: Vec<_> = ran.iter().map(|ran| ran.outcome).collect();
    assert_eq!(outcomes, [Outcome::Buried, Outcome::Completed, Outcome::Buried]);
    let metrics = "select string_agg(experiment || ' ' || metric, ',' order by metric) from insights.ab_readouts";
    assert_eq!(world.one::<String>(metrics).await, "ended archetypes,ended roi", "who is lost is not known yet");
}
