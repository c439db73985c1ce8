//! The contract by other programs: psql and curl, a call a job; Python and TypeScript, a process for all cases.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::{Asked, Sent, Stage};

/// What `.ci/clients.sh` installed.
pub(crate) fn tool(path: &str) -> PathBuf {
    let tool = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/tools").join(path);
    assert!(tool.exists(), "{} is missing; run `.ci/clients.sh target/tools`", tool.display());
    tool
}

/// A file of the repository.
pub(crate) fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs a program with this on its standard input.
fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // Apart: a program that refuses early reads no more.
    let feeding = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    output
}

/// A JSON line a case from a program that was given all cases and three callers.
fn lines(
    command: &mut Command,
    asked: &[Asked],
    credentials: &[String; 3],
    before: Option<String>,
) -> Vec<Vec<String>> {
    let cases: Vec<String> = asked.iter().map(|one| one.json().to_string()).collect();
    let path = std::env::temp_dir().join(format!("windlass-contract-{}.jsonl", uuid::Uuid::now_v7()));
    std::fs::write(&path, cases.join("\n")).unwrap();
    let output = run(command.arg(&path).args(before).args(credentials), "");
    std::fs::remove_file(&path).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(super) fn python(stage: &Stage, asked: &[Asked]) -> Vec<Vec<String>> {
    lines(Command::new(tool("python/bin/python")).arg(file("tests/contract/client.py")), asked, &stage.urls, None)
}

pub(super) fn typescript(stage: &Stage, asked: &[Asked]) -> Vec<Vec<String>> {
    let program = compiled("tests/contract/client.ts");
    let api = format!("http://{}", stage.api.address("/v1"));
    lines(Command::new("node").arg(program), asked, &stage.tokens, Some(api))
}

/// A TypeScript program, checked and made one that any Node runs, beside the packages that it uses.
pub(crate) fn compiled(path: &str) -> PathBuf {
    let folder = tool("node").join("compiled").join(uuid::Uuid::now_v7().to_string());
    std::fs::create_dir_all(&folder).unwrap();
    let program = folder.join(file(path).file_name().unwrap());
    std::fs::copy(file(path), &program).unwrap();
    let output = Command::new("node")
        // Where the types of Node itself are looked for.
        .current_dir(tool("node"))
        .arg(tool("node/node_modules/typescript/bin/tsc"))
        .args(["--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck"])
        .arg(&program)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    program.with_extension("js")
}

pub(super) fn psql(stage: &Stage, asked: &[Asked]) -> Vec<Vec<String>> {
    asked.iter().map(|one| psql_case(&stage.urls[one.whose as usize], one)).collect()
}

/// One psql for a case that stands together, one for each job otherwise.
fn psql_case(url: &str, asked: &Asked) -> Vec<String> {
    if !asked.together {
        return asked.send.iter().map(|sent| psql_run(url, &[call(sent)], !sent.many)).collect();
    }
    let statements: Vec<String> = asked.send.iter().map(call).collect();
    vec![psql_run(url, &statements, false)]
}

fn psql_run(url: &str, statements: &[String], single: bool) -> String {
    let begun = "\\set ON_ERROR_STOP on\n\\set VERBOSITY verbose\nbegin;\n";
    let script: Vec<String> = statements.iter().map(|call| format!("{call};\n\\echo done\n")).collect();
    let output =
        run(Command::new("psql").args(["-XqAt", "-F", ",", url]), &format!("{begun}{}commit;\n", script.concat()));
    let rows = String::from_utf8(output.stdout).unwrap();
    if output.status.success() {
        let word = |row: &str| match row.split(',').collect::<Vec<_>>()[..] {
            [_, _, "t", _] => "conflict".to_owned(),
            [_, "t", ..] => "created".to_owned(),
            [_, _, _, standing] => format!("existing, {standing}"),
            _ => format!("broken: {row}"),
        };
        return rows.lines().filter(|row| *row != "done").map(word).collect::<Vec<_>>().join("; ");
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let Some((_, error)) = said.split_once("ERROR:  ") else {
        return if said.contains("does not exist") { "unauthorised".to_owned() } else { format!("broken: {said}") };
    };
    let (code, message) = error.split_once(": ").unwrap();
    let (place, message) = match message.strip_prefix("job ").and_then(|rest| rest.split_once(": ")) {
        Some((place, message)) => (place.parse().unwrap_or(1), message),
        None => (1, message),
    };
    // So many statements before this one were done.
    let place = place + rows.lines().filter(|row| *row == "done").count();
    match code {
        "42501" => "forbidden".to_owned(),
        _ if !code.starts_with("22") => format!("broken: {error}"),
        _ if single => format!("refused: {message}"),
        _ => format!("refused at {place}: {message}"),
    }
}

/// The statement of a job, or of a batch.
fn call(sent: &Sent) -> String {
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    if sent.many || sent.raw {
        let jobs = if sent.many { sent.text.clone() } else { format!("[{}]", sent.text) };
        let jobs = literal(&jobs);
        return format!("select id, created, conflict, standing from windlass.enqueue_many({jobs}) order by place");
    }
    let job: Value = serde_json::from_str(&sent.text).unwrap();
    let named = job.as_object().unwrap().iter().map(|(field, value)| match value {
        Value::String(text) if !matches!(field.as_str(), "args" | "key_scope") => {
            format!("{field} => {}", literal(text))
        }
        value => format!("{field} => {}", literal(&value.to_string())),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    format!("select id, created, conflict, standing from windlass.enqueue({named})")
}

pub(super) fn curl(stage: &Stage, asked: &[Asked]) -> Vec<Vec<String>> {
    let api = format!("http://{}", stage.api.address("/v1"));
    let case = |one: &Asked| {
        let token = &stage.tokens[one.whose as usize];
        if one.together {
            let texts: Vec<&str> = one.send.iter().map(|sent| sent.text.as_str()).collect();
            return vec![post(token, &format!("{api}/v1/jobs:batch"), &format!("{{\"jobs\": [{}]}}", texts.join(",")))];
        }
        let one_of = |sent: &Sent| {
            if sent.many {
                post(token, &format!("{api}/v1/jobs:batch"), &format!("{{\"jobs\": {}}}", sent.text))
            } else {
                post(token, &format!("{api}/v1/jobs"), &sent.text)
            }
        };
        one.send.iter().map(one_of).collect()
    };
    asked.iter().map(case).collect()
}

fn post(token: &str, url: &str, body: &str) -> String {
    let output = run(
        Command::new("curl")
            .args([
                "--silent",
                "--show-error",
                "--max-time",
                "20",
                "--write-out",
                "\n%{http_code}",
                "--data-binary",
                "@-",
            ])
            .args(["--header", "content-type: application/json", "--header", &format!("authorization: Bearer {token}")])
            .arg(url),
        body,
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (answer, status) = text.rsplit_once('\n').unwrap();
    let answer: Value = serde_json::from_str(answer).unwrap();
    let word = |job: &Value| match &job["standing"] {
        Value::String(standing) => format!("existing, {standing}"),
        _ => "created".to_owned(),
    };
    match status.parse::<u16>().unwrap() {
        200 | 201 => match answer["results"].as_array() {
            Some(results) => results.iter().map(word).collect::<Vec<_>>().join("; "),
            None => word(&answer),
        },
        401 => "unauthorised".to_owned(),
        403 => "forbidden".to_owned(),
        _ if answer["type"] == "urn:windlass:problem:key-conflict" => "conflict".to_owned(),
        400..500 => {
            let place = answer["place"].as_u64().map(|place| format!(" at {place}")).unwrap_or_default();
            format!("refused{place}: {}", answer["detail"].as_str().unwrap())
        }
        _ => format!("broken: {answer}"),
    }
}
