//! One contract, five clients: every case of `tests/contract/cases.json` ends alike from Rust, from SQL by psql and by Python,
//! and over HTTP by curl and by TypeScript, and leaves the same rows. `.ci/clients.sh` installs what the others need.

pub(crate) mod clients;
mod rust;
mod schemathesis;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use windlass::http::{Caller, Role};
use windlass::model::PublishedKind;
use windlass::testing::Database;

use crate::order::read;
use crate::process::Worker;
use crate::support::{database, token};

/// A case as the table holds it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "case")]
    name: String,
    #[serde(default, rename = "as")]
    whose: Whose,
    /// An array is a batch; `{"$raw": "…"}` is sent as it stands, whatever it is.
    send: Vec<Value>,
    /// In one transaction, where there is such a thing; else in one request.
    #[serde(default)]
    together: bool,
    expect: Vec<String>,
    stored: i64,
    in_sql: Option<InSql>,
}

/// What SQL does otherwise, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InSql {
    expect: Vec<String>,
    stored: i64,
    why: String,
}

/// Who sends: one who may, one who is unknown, and one who may not.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Whose {
    #[default]
    App,
    Nobody,
    Stranger,
}

impl Whose {
    const ALL: [(Self, &'static str); 3] = [(Self::App, "app"), (Self::Nobody, "nobody"), (Self::Stranger, "stranger")];

    fn word(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// What a client is asked to send.
struct Asked {
    whose: Whose,
    together: bool,
    send: Vec<Sent>,
}

struct Sent {
    text: String,
    /// It is an array of jobs.
    many: bool,
    /// It is not to be decoded by whoever sends it.
    raw: bool,
}

impl Asked {
    fn json(&self) -> Value {
        let jobs = self.send.iter().map(|sent| json!({"text": sent.text, "many": sent.many, "raw": sent.raw}));
        json!({"as": self.whose.word(), "together": self.together, "send": jobs.collect::<Value>()})
    }
}

impl Case {
    /// Every job bears its case's name as its subject, by which its rows are found.
    fn asked(&self) -> Asked {
        let named = |job: &Value| {
            let mut job = job.clone();
            job.as_object_mut().unwrap().insert("subject".to_owned(), json!(self.name));
            job
        };
        let send = self.send.iter().map(|sent| match (sent.get("$raw"), sent.as_array()) {
            (Some(raw), _) => {
                let name = format!("\"subject\": {}, \"kind\"", json!(self.name));
                Sent { text: raw.as_str().unwrap().replace("\"kind\"", &name), many: false, raw: true }
            }
            (None, Some(jobs)) => {
                Sent { text: expanded(jobs.iter().map(named).collect::<Value>().to_string()), many: true, raw: false }
            }
            (None, None) => {
                let text = expanded(named(sent).to_string());
                // What is nested too deep to be decoded is sent as it stands.
                let raw = serde_json::from_str::<Value>(&text).is_err();
                Sent { text, many: false, raw }
            }
        });
        Asked { whose: self.whose, together: self.together, send: send.collect() }
    }

    fn expected(&self, in_sql: bool) -> (&[String], i64) {
        match self.in_sql.as_ref().filter(|_| in_sql) {
            Some(InSql { expect, stored, why }) => {
                assert!(!why.is_empty(), "{}: why?", self.name);
                (expect, *stored)
            }
            None => (&self.expect, self.stored),
        }
    }
}

/// `{"$repeat": ["x", 3]}` is `"xxx"`, `{"$nest": 2}` is `[[1]]`.
fn expanded(mut text: String) -> String {
    for (mark, of) in [
        ("{\"$repeat\":[\"", (|inner| repeated(inner)) as fn(&str) -> String),
        ("{\"$nest\":", |inner| {
            let levels = inner.parse().unwrap();
            format!("{}1{}", "[".repeat(levels), "]".repeat(levels))
        }),
    ] {
        while let Some(at) = text.find(mark) {
            let end = at + text[at..].find('}').unwrap();
            let inner = of(&text[at + mark.len()..end]);
            text.replace_range(at..=end, &inner);
        }
    }
    text
}

fn repeated(inner: &str) -> String {
    let (what, times) = inner.trim_end_matches(']').split_once("\",").unwrap();
    format!("\"{}\"", what.repeat(times.parse().unwrap()))
}

/// A database with three kinds, an API before it, and the credentials of three callers.
struct Stage {
    database: Database,
    api: Worker,
    urls: [String; 3],
    tokens: [String; 3],
    roles: [String; 2],
}

impl Stage {
    async fn set() -> Self {
        let database = database().await;
        let schema = json!({"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]});
        let note = PublishedKind { args_schema: Some(schema), ..PublishedKind::new("note", "notes") };
        let tidy = PublishedKind { identity: Some(&["id"]), ..PublishedKind::new("tidy", "notes") };
        sqlx::query("delete from windlass.kinds").execute(database.pool()).await.unwrap();
        database.store().publish(&[note, tidy, PublishedKind::new("ping", "pings")]).await.unwrap();

        // Roles are the server's, not the database's.
        let roles = ["app", "stranger"].map(|name| format!("{name}_{}", uuid::Uuid::now_v7().simple()));
        let [app, stranger] = &roles;
        let grant = format!(
            "create role {app} login; create role {stranger} login; grant usage on schema windlass to {app}, {stranger};
             grant execute on function windlass.enqueue, windlass.enqueue_many, windlass.wake to {app}"
        );
        sqlx::raw_sql(AssertSqlSafe(grant)).execute(database.pool()).await.unwrap();
        let url = database.url();
        let urls =
            [app.as_str(), "nobody_at_all", stranger].map(|role| url.replacen("windlass@", &format!("{role}@"), 1));

        let mut tokens = [(); 3].map(|()| "windlass_00_00".to_owned());
        for (whose, queues) in [(Whose::App, vec!["notes", "pings"]), (Whose::Stranger, vec!["pings"])] {
            let queues = Some(queues.into_iter().map(str::to_owned).collect());
            let caller = Caller { name: whose.word().to_owned(), role: Role::Enqueue, queues };
            tokens[whose as usize] = token(&database.store(), &caller, None).await.reveal();
        }
        let api = Worker::api(&url, &[]);
        Self { database, api, urls, tokens, roles }
    }

    /// How many jobs each case has stored, and the rows themselves but for what nobody asked for.
    async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "select subject, (to_jsonb(j) - '{id, created_at}'::text[]
                   - (case when scheduled_at = created_at then 'scheduled_at' else '' end))::text
               from windlass.jobs j order by subject, id",
        )
        .fetch_all(self.database.pool())
        .await
        .unwrap();
        rows.into_iter().fold(BTreeMap::new(), |mut found, (case, row)| {
            found.entry(case).or_insert_with(Vec::new).push(row);
            found
        })
    }

    async fn clear(self) {
        let [app, stranger] = &self.roles;
        let gone = format!("drop owned by {app}, {stranger}; drop role {app}, {stranger}");
        sqlx::raw_sql(AssertSqlSafe(gone)).execute(self.database.pool()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_clients_get_the_same_answers_and_leave_the_same_rows() {
    let cases: Vec<Case> = serde_json::from_str(&read("tests/contract/cases.json")).unwrap();
    let asked: Vec<Asked> = cases.iter().map(Case::asked).collect();
    let mut first: Option<BTreeMap<String, Vec<String>>> = None;
    let mut wrong = Vec::new();
    for client in ["rust", "psql", "python", "curl", "typescript"] {
        let stage = Stage::set().await;
        let answers = match client {
            "rust" => rust::answers(&stage, &asked).await,
            "psql" => clients::psql(&stage, &asked),
            "python" => clients::python(&stage, &asked),
            "curl" => clients::curl(&stage, &asked),
            _ => clients::typescript(&stage, &asked),
        };
        let in_sql = matches!(client, "psql" | "python");
        let rows = stage.rows().await;
        stage.clear().await;
        assert_eq!(answers.len(), cases.len(), "{client}");
        for (case, answers) in cases.iter().zip(answers) {
            let (expect, stored) = case.expected(in_sql);
            let same = answers.len() == expect.len()
                && answers.iter().zip(expect).all(|(answer, expected)| answer.starts_with(expected.as_str()));
            let found = i64::try_from(rows.get(&case.name).map_or(0, Vec::len)).unwrap();
            if !same || found != stored {
                wrong.push(format!("{client}, {}: {answers:?}, {found} stored", case.name));
            }
        }
        let unasked = rows.keys().filter(|name| cases.iter().all(|case| case.name != **name));
        wrong.extend(unasked.map(|name| format!("{client} stored {name:?}, which is no case")));
        let first = first.get_or_insert_with(|| rows.clone());
        for (case, rows) in rows {
            let alike = first.get(&case).is_none_or(|theirs| *theirs == rows);
            if !alike {
                wrong.push(format!("{client}, {case}: {rows:#?} is not {:#?}", first[&case]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
