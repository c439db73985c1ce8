//! What schemathesis makes of `openapi.json`, sent to an API that runs: `make fuzz`.

use std::process::Command;

use windlass::http::{Caller, Role};

use super::Stage;
use super::clients::{file, tool};
use crate::support::token;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes most of a minute"]
async fn whatever_is_sent_the_answer_is_documented_and_never_a_500() {
    let stage = Stage::set().await;
    let caller = Caller { name: "schemathesis".to_owned(), role: Role::Admin, queues: None };
    let token = token(&stage.database.store(), &caller, None).await.reveal();
    let folder = std::env::temp_dir().join(format!("windlass-schemathesis-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(&folder).unwrap();
    let output = Command::new(tool("python/bin/schemathesis"))
        // It keeps what it has found in the folder where it runs.
        .current_dir(&folder)
        .args(["run", "--no-color", "--url", &format!("http://{}", stage.api.address("/v1"))])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--phases", "coverage,fuzzing,stateful", "--max-examples", "50", "--seed", "7"])
        .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance"])
        .args(["--checks", "response_headers_conformance,response_schema_conformance,unsupported_method"])
        .args(["--continue-on-failure", "--suppress-health-check", "all", "--generation-database", "none"])
        .arg(file("openapi.json"))
        .output()
        .unwrap();
    stage.clear().await;
    std::fs::remove_dir_all(&folder).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    // Everything that is documented was asked.
    let contract: serde_json::Value = serde_json::from_slice(&std::fs::read(file("openapi.json")).unwrap()).unwrap();
    let paths = contract["paths"].as_object().unwrap().values();
    let operations: usize = paths.map(|path| path.as_object().unwrap().len()).sum();
    assert!(said.contains(&format!("Tested: {operations}\n")), "{operations}: {said}");
}
