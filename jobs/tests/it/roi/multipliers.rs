//! Multipliers from the command line: set and taken into use by people who say who they are.

use serde_json::Value;

use crate::support::{database, number, windlass};

#[tokio::test]
async fn the_command_line_sets_lists_and_activates() {
    let database = database().await;
    let url = database.url();
    let run = |args: &[&str]| -> Result<Value, String> {
        let output = windlass(&url, &[&["--json", "multipliers"], args].concat());
        if output.status.success() {
            Ok(serde_json::from_slice(&output.stdout).unwrap())
        } else {
            Err(String::from_utf8(output.stderr).unwrap())
        }
    };
    let set = |fast: &str| {
        run(&[
            "set",
            "--fast-learner",
            fast,
            "--specialist",
            "1.6",
            "--power-user",
            "1.4",
            "--long-term-retainer",
            "1.5",
            "--generalist",
            "1",
            "--by",
            "ana",
            "--why",
            "as planned",
        ])
    };
    assert_eq!(set("1.8").unwrap()["version"], 1);
    assert_eq!(set("1.9").unwrap()["version"], 2);
    assert!(set("0").unwrap_err().contains("the multiplier of fast_learner is 0"));
    assert_eq!(run(&["activate", "1", "--by", "ben"]).unwrap()["version"], 1);
    assert!(run(&["activate", "9", "--by", "ben"]).unwrap_err().contains("no version 9"));
    assert!(run(&["activate", "1"]).unwrap_err().contains("--by"));

    let all = run(&["list"]).unwrap();
    let seen: Vec<_> =
        all.as_array().unwrap().iter().map(|one| (one["version"].clone(), one["active"].clone())).collect();
    assert_eq!(seen, [(2.into(), false.into()), (1.into(), true.into())]);
    assert_eq!(all[1]["multipliers"], serde_json::json!([1.8, 1.6, 1.4, 1.5, 1.0]));
    assert_eq!((&all[1]["activated_by"], &all[1]["why"]), (&Value::from("ben"), &Value::from("as planned")));
    assert_eq!(number(database.pool(), "select count(*) from insights.calibrations where active").await, 5);
}
