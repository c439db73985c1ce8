//! A real Prometheus with a real Alertmanager behind it, for minutes made of seconds.

#![expect(clippy::print_stdout, reason = "how long an alert takes is worth knowing when a test fails")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// So much shorter are the rules' times.
const FASTER: f64 = 30.0;
/// How long either may take to begin, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_mins(1);

/// The dashboards.
pub(crate) const BOARDS: [&str; 3] = ["job-health.json", "queue.json", "insights.json"];

/// Both, killed when dropped.
pub(crate) struct Prometheus {
    processes: Vec<Child>,
    address: String,
    alertmanager: String,
    folder: PathBuf,
}

impl Prometheus {
    /// Starts them: every second these targets are read, each with its job and address, and the rules asked.
    pub(crate) fn start(targets: &[(&str, String)]) -> Self {
        let folder = std::env::temp_dir().join(format!("windlass-prometheus-{}-{}", std::process::id(), free_port()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let [address, alertmanager] = [(); 2].map(|()| format!("127.0.0.1:{}", free_port()));
        let rules = write("alerts.yml", &faster(&read("prometheus/alerts.yml")));
        let mut scrapes = String::new();
        for (job, target) in targets {
            writeln!(scrapes, "  - {{job_name: {job}, static_configs: [{{targets: ['{target}']}}]}}").unwrap();
        }
        let config = write(
            "prometheus.yml",
            &format!(
                "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: [{rules}]\n\
                 alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{alertmanager}']}}]}}]}}\nscrape_configs:\n{scrapes}"
            ),
        );
        // Ours as it is: what it holds back is what is tested.
        let routes = write("alertmanager.yml", &read("alertmanager/alertmanager.yml"));
        let mut starting = Self { processes: Vec::new(), address, alertmanager, folder: folder.clone() };
        starting.spawn(
            "prometheus",
            &[
                format!("--config.file={config}"),
                format!("--storage.tsdb.path={}", folder.join("data").display()),
                format!("--web.listen-address={}", starting.address),
                "--log.level=error".to_owned(),
            ],
        );
        starting.spawn(
            "prometheus-alertmanager",
            &[
                format!("--config.file={routes}"),
                format!("--storage.path={}", folder.join("alertmanager").display()),
                format!("--web.listen-address={}", starting.alertmanager),
                "--cluster.listen-address=".to_owned(),
                "--log.level=error".to_owned(),
            ],
        );
        for address in [&starting.address, &starting.alertmanager] {
            until(PATIENCE, || get(address, "/-/ready").filter(|answer| answer.starts_with("HTTP/1.0 200")));
        }
        starting
    }

    fn spawn(&mut self, program: &str, args: &[String]) {
        // They are there or `make` has said that they are not, and leaves these tests out.
        let child = Command::new(program).args(args).stdout(Stdio::null()).spawn().unwrap();
        self.processes.push(child);
    }

    /// What a query answers: series, each with its labels and its value.
    pub(crate) fn query(&self, query: &str) -> Result<Vec<(Value, f64)>, String> {
        let answer = get(&self.address, &format!("/api/v1/query?query={}", escaped(query))).unwrap_or_default();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let body: Value = serde_json::from_str(body).map_err(|error| format!("{error}: {answer}"))?;
        if body["status"] != "success" {
            return Err(body["error"].to_string());
        }
        let series = body["data"]["result"].as_array().cloned().unwrap_or_default();
        let value = |one: &Value| one["value"][1].as_str().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN);
        Ok(series.iter().map(|one| (one["metric"].clone(), value(one))).collect())
    }

    /// Waits until a query answers something.
    pub(crate) fn until_it_says(&self, query: &str) {
        until(PATIENCE, || self.query(query).ok().filter(|answer| !answer.is_empty()));
    }

    /// That a query is one, and is answered; not always at once: a short window may hold one reading only, which is no rate yet.
    pub(crate) fn must_answer(&self, who: &str, query: &str) {
        if self.query(query).unwrap_or_else(|error| panic!("{who}: {error}: {query}")).is_empty() {
            println!("{who} is not answered yet: {query}");
            self.until_it_says(query);
        }
    }

    /// Waits until all targets have been read, and the rules been asked some times.
    pub(crate) fn settle(&self, targets: usize) {
        until(PATIENCE, || (self.query("up == 1").ok()?.len() == targets).then_some(()));
        self.until_it_says("count_over_time(ALERTS{alertname=\"WindlassWatchdog\"}[20s]) > 5");
    }

    /// The alerts that somebody would be told of now, the heartbeat aside: what is held back is not.
    pub(crate) fn alerts(&self) -> BTreeSet<String> {
        let path = "/api/v2/alerts?active=true&inhibited=false&silenced=false";
        let answer = get(&self.alertmanager, path).unwrap_or_default();
        let body = answer.split_once("\r\n\r\n").map_or("[]", |(_, body)| body);
        let alerts: Vec<Value> = serde_json::from_str(body).unwrap_or_default();
        let names = alerts.iter().filter_map(|alert| alert["labels"]["alertname"].as_str());
        names.filter(|name| *name != "WindlassWatchdog").map(str::to_owned).collect()
    }

    /// Waits until exactly these alerts are told. Whatever else is told meanwhile is a mistake.
    pub(crate) fn expect(&self, fault: &str, wanted: &[&str], patience: Duration) {
        self.expect_beside(fault, wanted, &[], patience);
    }

    /// The same, where others may be told too.
    pub(crate) fn expect_beside(&self, fault: &str, wanted: &[&str], others: &[&str], patience: Duration) {
        let started = Instant::now();
        loop {
            let told = self.alerts();
            let wrong = told.iter().find(|name| !wanted.contains(&name.as_str()) && !others.contains(&name.as_str()));
            assert!(wrong.is_none(), "{fault}: {wrong:?} is told, and not only {wanted:?}: {:#?}", self.pending());
            if wanted.iter().all(|name| told.contains(*name)) {
                println!("{fault}: {told:?} after {:?}", started.elapsed());
                return;
            }
            assert!(
                started.elapsed() < patience,
                "{fault}: told of {told:?}, not of {wanted:?}: {:#?}",
                self.pending()
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Waits until nothing is told any more, and nothing is about to be.
    pub(crate) fn expect_quiet(&self, fault: &str, patience: Duration) {
        let started = Instant::now();
        while !(self.alerts().is_empty() && self.pending().is_empty()) {
            let pending = self.pending();
            assert!(started.elapsed() < patience, "after {fault}: {:?}, {pending:?}", self.alerts());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn pending(&self) -> Vec<String> {
        let asked = self.query("ALERTS{alertname!=\"WindlassWatchdog\"}").unwrap_or_default();
        asked.iter().map(|(labels, _)| labels.to_string()).collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A file of `dashboards/`.
pub(crate) fn read(name: &str) -> String {
    let path = dashboards().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `dashboards/`, seen from either package.
pub(crate) fn dashboards() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = [package, package.parent().unwrap()].map(|root| root.join("dashboards"));
    found.into_iter().find(|path| path.join("generate.py").exists()).unwrap()
}

/// Every query of a dashboard with its panel's title, as Grafana would ask it: of all queues and kinds.
pub(crate) fn queries(dashboard: &str) -> Vec<(String, String)> {
    let board: Value = serde_json::from_str(&read(dashboard)).unwrap();
    let panels = board["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row");
    let of = |panel: &Value| {
        let title = panel["title"].as_str().unwrap().to_owned();
        let targets = panel["targets"].as_array().unwrap().clone();
        targets.into_iter().map(move |target| {
            let query = target["expr"].as_str().unwrap();
            let query = query.replace("$__rate_interval", "10s").replace("$queue", ".*").replace("$kind", ".*");
            (title.clone(), query)
        })
    };
    panels.flat_map(of).collect()
}

/// A rule as it is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) alert: Option<String>,
    pub(crate) record: Option<String>,
    pub(crate) expr: String,
}

/// All of them, in their order.
pub(crate) fn rules() -> Vec<Rule> {
    let text = read("prometheus/alerts.yml");
    let mut rules: Vec<Rule> = Vec::new();
    let mut folded = false;
    for line in text.lines() {
        let word = line.trim();
        // A folded text goes on as long as it stands deeper.
        folded &= line.starts_with("          ");
        if let Some(name) = word.strip_prefix("- alert: ") {
            rules.push(Rule { alert: Some(name.to_owned()), ..Rule::default() });
        } else if let Some(name) = word.strip_prefix("- record: ") {
            rules.push(Rule { record: Some(name.to_owned()), ..Rule::default() });
        } else if let Some(expr) = word.strip_prefix("expr: ") {
            folded = expr == ">-";
            if !folded {
                expr.clone_into(&mut rules.last_mut().unwrap().expr);
            }
        } else if folded {
            let expr = &mut rules.last_mut().unwrap().expr;
            expr.push(' ');
            expr.push_str(word);
        }
    }
    assert!(rules.iter().all(|rule| !rule.expr.is_empty()), "{rules:#?}");
    rules
}

/// The rules with their times shortened: `for: 5m`, `[5m]`, and what is written as `5 * 60` or `2 * 3600`.
fn faster(rules: &str) -> String {
    let shorter = |text: &str| -> Option<String> {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let seconds = match unit {
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        Some(format!("{:.0}ms", number.parse::<f64>().ok()? * seconds * 1000.0 / FASTER))
    };
    let mut lines = Vec::new();
    for line in rules.lines() {
        if let Some((before, time)) = line.split_once("for: ").filter(|(before, _)| before.trim().is_empty()) {
            lines.push(format!("{before}for: {}", shorter(time).unwrap()));
            continue;
        }
        let mut parts = line.split('[');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (range, rest) = part.split_once(']').unwrap_or((part, ""));
            write!(text, "[{}]{rest}", shorter(range).unwrap_or_else(|| range.to_owned())).unwrap();
        }
        let text = text.replace(" * 3600", &format!(" * {}", 3600.0 / FASTER));
        lines.push(text.replace(" * 60", &format!(" * {}", 60.0 / FASTER)));
    }
    lines.join("\n")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// As HTTP/1.0, which has no chunks.
fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        write!(escaped, "%{byte:02X}").unwrap();
    }
    escaped
}

/// Waits until it says something.
pub(crate) fn until<T>(patience: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < patience, "nothing after {patience:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
