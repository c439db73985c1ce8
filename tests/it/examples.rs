//! Every program of `examples/greet` runs as it stands, and the person that it is about is greeted once.

use std::process::{Command, Output};
use std::time::Duration;

use windlass::http::{Caller, Role};
use windlass::testing::Database;

use crate::contract::clients::{compiled, file, tool};
use crate::process::{Worker, program};
use crate::support::{number, token, until};

fn said(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_of_four_languages_have_people_greeted_once() {
    let database = Database::new(Vec::new()).await.unwrap();
    let (db, url) = (database.pool(), database.url());
    said(Command::new(program("greet")).args(["migrate", "--database-url", &url]));
    // It publishes the kind, and does the rest below.
    let worker = Worker::of("greet", "worker", &url, &[]);
    let caller = Caller { name: "shop".to_owned(), role: Role::Enqueue, queues: Some(vec!["default".to_owned()]) };
    let token = token(&database.store(), &caller, None).await.reveal();
    let api = Worker::of("greet", "api", &url, &[]);
    let address = format!("http://{}", api.address("/v1"));

    let of = |path: &str| file("examples/greet").join(path);
    let python = || Command::new(tool("python/bin/python"));
    let node = |path: &str| {
        let mut node = Command::new("node");
        node.arg(compiled(&format!("examples/greet/{path}")));
        node
    };
    let mut ids = vec![
        said(Command::new(program("greet")).args(["sign-up", "Ana", "--database-url", &url])),
        said(Command::new("psql").args(["-XqAt", &url, "--set", "name=Bo", "--file"]).arg(of("sign_up.sql"))),
        said(python().arg(of("sign_up_psycopg.py")).arg("Cem").env("DATABASE_URL", &url)),
        said(node("sign_up_pg.ts").arg("Dana").env("DATABASE_URL", &url)),
    ];
    for (name, mut command) in [("Eli", python()), ("Fay", node("greet_fetch.ts")), ("Gus", Command::new("sh"))] {
        match name {
            "Eli" => drop(command.arg(of("greet_httpx.py"))),
            "Gus" => drop(command.arg(of("greet_curl.sh"))),
            _ => {}
        }
        let person: i64 = sqlx::query_scalar("insert into shop.people (name) values ($1) returning id")
            .bind(name)
            .fetch_one(db)
            .await
            .unwrap();
        command.arg(person.to_string()).env("WINDLASS_API", &address).env("WINDLASS_TOKEN", &token);
        let first = said(&mut command);
        // curl shows the whole answer, which says of a second time that the job was there.
        let again = said(&mut command);
        assert!(first == again || again.contains("\"created\":false"), "{name}: {first} {again}");
        ids.push(first);
    }
    let id = |text: &String| {
        let found = text.split(['"', '\n']).find(|part| part.len() == 36);
        found.unwrap_or_else(|| panic!("no id in {text:?}")).to_owned()
    };
    ids = ids.iter().map(id).collect();
    until(db, "select count(*) from shop.greetings", Duration::from_secs(20), |greeted| greeted == 7).await;
    worker.signal("TERM");
    assert!(worker.wait().success());
    let done: Vec<String> = sqlx::query_scalar("select id::text from windlass.history where outcome = 'completed'")
        .fetch_all(db)
        .await
        .unwrap();
    ids.sort();
    assert_eq!(ids.len(), 7);
    assert!(ids.iter().all(|id| done.contains(id)), "{ids:?} {done:?}");
    assert_eq!(number(db, "select count(*) from windlass.jobs").await, 0);
}
