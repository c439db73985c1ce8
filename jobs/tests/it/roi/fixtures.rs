//! `roi.json`, by the job and its tables.

use std::fs;

use windlass_jobs::roi_collection::read_roi;

use super::world::{PEOPLE, World};
use crate::compare;
use crate::support::{fixtures, folder};

#[tokio::test]
async fn the_job_gives_roi_json() {
    for set in ["open-a", "open-b"] {
        let world = World::new(set).await;
        world.run_all().await;
        let file = read_roi(world.db(), PEOPLE, &world.bounds(), &world.config.experiment).await.unwrap();
        let path = folder(&format!("roi-job/{set}")).join("roi.json");
        fs::write(&path, serde_json::to_string(&file).unwrap()).unwrap();
        let agreement = compare::files(&fixtures(set).join("expected/roi.json"), &path)
            .unwrap_or_else(|differences| panic!("{set}: {differences}"));
        println!("{set}: {agreement:?}");
    }
}
