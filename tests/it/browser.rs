//! A night on call in a browser: sign in, find the worst group, plan, see the canaries stop it, mend the cause, replay the rest,
//! verify, read the audit. Each page is photographed, and looked over by axe-core.

mod door;
mod driver;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::Executor;
use windlass::dead_letters::By;
use windlass::http::{Caller, Role, Token};
use windlass::store::Target;
use windlass::testing::toys::{Act, Toy, open_gate, registry};
use windlass::testing::{Database, declare_schedules};
use windlass::{Client, JobExt, Missed, Schedule, Store, control};

use crate::pages::MARKUP;
use crate::process::Worker;
use crate::support::{database, number, token, until};
use door::Door;
use driver::Browser;

/// Where `make test` puts axe-core.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/axe-core/package/axe.min.js");
/// What it says of a page that a person could not use.
const GRAVE: [&str; 2] = ["serious", "critical"];
/// The screens: their width, and whether dark.
const SCREENS: [(i64, bool); 4] = [(1280, false), (1280, true), (390, false), (390, true)];
/// Letters of the worst group.
const WORST: i64 = 42;

/// A browser, what it looks at, and what was found.
struct Night {
    browser: Browser,
    door: Door,
    pictures: PathBuf,
    axe: String,
    findings: Vec<String>,
}

impl Night {
    fn open(&self, path: &str) {
        self.browser.open(&self.door.url(path));
    }

    fn sign_in(&self, token: &Token) {
        self.open("/ops/sign-in");
        self.browser.fill("#token", &token.reveal());
        self.browser.click(".sign-in button");
        self.browser.wait_at("/ops");
    }

    /// Photographs the page on every screen, and lets axe-core look at it in light and dark.
    fn look(&mut self, name: &str) {
        for (width, dark) in SCREENS {
            self.browser.look(width, dark);
            let scheme = if dark { "dark" } else { "light" };
            self.browser.screenshot(&self.pictures.join(format!("{name}-{width}-{scheme}.png")));
            let wide = "return document.documentElement.scrollWidth - window.innerWidth";
            let over = self.browser.run(wide, &json!([])).as_i64().unwrap();
            if over > 0 {
                self.findings.push(format!("{name} {width}: {over} pixels too wide"));
            }
            if width == 1280 || !dark {
                self.look_over(&format!("{name} {width} {scheme}"));
            }
        }
        self.browser.look(1280, false);
    }

    fn look_over(&mut self, name: &str) {
        if self.browser.run("return typeof window.axe", &json!([])) != "object" {
            self.browser.run(&self.axe, &json!([]));
        }
        let run = "const done = arguments[arguments.length - 1];
                   axe.run({resultTypes: ['violations']}).then(found => done(found.violations.map(one =>
                       ({impact: one.impact, id: one.id, nodes: one.nodes.map(node => node.html + ' ' + node.failureSummary)}))),
                       error => done(String(error)))";
        let found = self.browser.run_to_end(run);
        let violations = found.as_array().unwrap_or_else(|| panic!("axe-core did not run on {name}: {found}"));
        let grave = |one: &&Value| one["impact"].as_str().is_some_and(|impact| GRAVE.contains(&impact));
        self.findings.extend(violations.iter().filter(grave).map(|one| format!("{name}: {one:#}")));
    }

    /// Presses a button of an action after giving a reason.
    fn act(&self, form: &str, why: &str) {
        self.browser.fill(&format!("#{form}-why"), why);
        self.browser.click(&format!("form[action$='/{form}'] button"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_night_on_call_in_a_browser() {
    let (Some(program), Ok(axe)) = (driver::program(), std::fs::read_to_string(AXE)) else {
        assert!(
            std::env::var_os("CI").is_none(),
            "there is no chromedriver or no axe-core: .ci/chromium.sh installs them"
        );
        println!("SKIPPED: there is no chromedriver or no axe-core; `make test` installs them");
        return;
    };
    let database = database().await;
    let store = database.store();
    let worker = Worker::start(&database.url(), &[]);
    fill(&database).await;
    let (ana, rob) = (token_of(&store, "ana", Role::Operate).await, token_of(&store, "rob", Role::Read).await);
    let pictures = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/screenshots"));
    std::fs::create_dir_all(&pictures).unwrap();
    let door = Door::start(&database.url());
    let mut night = Night { browser: Browser::start(&program), door, pictures, axe, findings: Vec::new() };

    // In: a token that is not good is told so, a good one leads to where one wanted to go, and no script can read it.
    night.open("/ops");
    night.browser.fill("#token", "windlass_0a_ff");
    night.browser.click(".sign-in button");
    night.browser.wait_for(".notice", "That token is not good.");
    night.look("sign-in");
    night.sign_in(&ana);
    assert_eq!(night.browser.run("return document.cookie", &json!([])), "");
    night.look("overview");
    night.open("/ops/groups");
    night.look("groups");

    // The worst stands first, and what its error says is text.
    night.browser.click(".groups tbody a.title");
    night.browser.wait_for("h1", "<script>document.title = 'owned'</script>");
    assert_eq!((night.browser.count("script"), night.browser.count("main img")), (0, 0));
    assert_eq!(night.browser.run("return document.title.includes('owned ')", &json!([])), false);
    let group = night.browser.at();
    night.browser.click("details:has(form[action$='/note']) summary");
    night.browser.fill("#note-text", "The gate has been shut since 02:40. Bea looks at it.");
    night.act("note", "for the day shift");
    night.browser.wait_for("p.note", "Bea looks at it.");
    night.look("group");

    plan_and_stop(&mut night);
    let replay = night.browser.at().split('?').next().unwrap().to_owned();
    mend_and_finish(&mut night, &database).await;
    letter(&mut night, &group);

    night.open("/ops/replays");
    night.look("replays");
    night.open("/ops/schedules");
    night.browser.wait_for("table", "Europe/Berlin");
    night.look("schedules");
    night.open("/ops/audit");
    let audit = night.browser.text("table");
    for action in ["group.note", "replay.plan", "replay.start", "replay.stop", "replay.resume"] {
        assert!(audit.contains(action), "{audit} lacks {action}");
    }
    night.look("audit");

    strangers(&mut night, &rob, &group, &replay);
    let living = "select count(*) from windlass.workers where lease_until > now()";
    assert_eq!(number(database.pool(), living).await, 1, "the worker lived through it");
    drop(worker);
    assert!(night.findings.is_empty(), "{}", night.findings.join("\n"));
}

/// Plans a replay of the group in view, starts it, and sees its canaries die as before.
fn plan_and_stop(night: &mut Night) {
    night.browser.fill("#plan-why", "the gate is said to be open");
    night.browser.click("form[action='/ops/replays'] button");
    night.browser.wait_for("main", "Nothing has moved.");
    night.browser.wait_for("form[action$='/start'] button", "42 letters");
    night.look("replay-planned");
    night.browser.fill("#start-canary", "2");
    night.browser.fill("#start-rate", "200");
    night.act("start", "two first");
    night.browser.wait_for("header.page", "stopped");
    let told = night.browser.text(".notice.bad");
    assert!(told.contains("It stopped by itself") && told.contains("died as before"), "{told}");
    night.look("replay-stopped");
}

/// Mends the cause, lets the rest go, and verifies it.
async fn mend_and_finish(night: &mut Night, database: &Database) {
    open_gate(database.pool()).await.unwrap();
    night.act("resume", "now it is open");
    night.browser.wait_for("header.page", "done");
    let outcomes = night.browser.text(".outcomes");
    let said: Vec<&str> = outcomes.split_whitespace().collect();
    assert!(outcomes.contains("succeeded") && said.contains(&"40") && said.contains(&"2"), "{outcomes}");
    assert_eq!(number(database.pool(), "select count(*) from toys.effects").await, WORST - 2, "each once");
    // The canaries' own, which died again.
    night.browser.wait_for(".facts", "2 letters of the same causes");
    night.look("replay-done");
}

/// A letter that died again: its arguments are hidden, a field is revealed, an edit shows its difference.
fn letter(night: &mut Night, group: &str) {
    night.browser.open(group);
    night.browser.click(".table a.id");
    night.browser.wait_for("main", "object of 1");
    night.look("letter");
    night.browser.click("details:has(form[action$='/reveal']) summary");
    night.browser.fill("#reveal-field", "act");
    night.act("reveal", "is it the same gate?");
    night.browser.wait_for("section.notice", "need_gate");
    night.look("letter-revealed");
    night.browser.click("details:has(form[action$='/edit']) summary");
    night.browser.fill("#edit-patch", r#"[{"op": "replace", "path": "/number", "value": 7}]"#);
    night.act("edit", "the number was wrong");
    night.browser.wait_for("main", "Nothing is changed yet.");
    night.look("letter-difference");
    night.browser.click("form.confirm button");
    night.browser.wait_for(".notice", "new arguments");
    night.act("replay", "with the right number");
    night.browser.wait_for(".notice", "This job was made of the letter");
    night.look("job");
}

/// Who may not act is told so; so is another site, whoever is signed in.
fn strangers(night: &mut Night, reader: &Token, group: &str, replay: &str) {
    night.open("/ops");
    night.browser.click("header form button");
    night.sign_in(reader);
    night.browser.open(group);
    night.browser.wait_for("aside", "You may look.");
    assert_eq!(night.browser.count("main form[method=post]"), 0);
    night.look("group-reader");
    let send = "const form = document.createElement('form'); form.method = 'post'; form.action = arguments[0];
                const why = document.createElement('input'); why.name = 'why'; why.value = 'x';
                form.append(why); document.body.append(form); form.submit()";
    night.browser.run(send, &json!([format!("{group}/discard")]));
    night.browser.wait_for("h1", "Your token may not do this");
    night.look("forbidden");
    night.browser.open("data:text/html,<title>elsewhere</title><body></body>");
    night.browser.run(send, &json!([format!("{replay}/abort")]));
    night.browser.wait_for("h1", "Not from here");
    night.open("/ops/nothing");
    night.browser.wait_for("h1", "There is no such thing");
    night.look("not-found");
}

async fn token_of(store: &Store, name: &str, role: Role) -> Token {
    token(store, &Caller { name: name.to_owned(), role, queues: None }, None).await
}

/// What a product has at night: several causes, some work that waits, a paused queue, schedules.
async fn fill(database: &Database) {
    let client = Client::new(database.pool().clone());
    let causes: [(&str, i64); 5] = [
        ("provider answered 503 Service Unavailable", 17),
        ("no answer within 30 s", 9),
        ("column week is not there", 5),
        ("transcript is empty", 2),
        (MARKUP, WORST),
    ];
    for (cause, count) in causes {
        let jobs = (0..count).map(|number| Toy::new(number, Act::NeedGate(cause.to_owned())));
        client.enqueue_many(database.pool(), jobs).await.unwrap();
    }
    let later = (0..12).map(|number| Toy::new(number, Act::Succeed).after(Duration::from_hours(3)));
    client.enqueue_many(database.pool(), later).await.unwrap();
    let dead = "select count(*) from windlass.dead_letters";
    until(database.pool(), dead, Duration::from_mins(1), |dead| dead == 33 + WORST).await;
    until(database.pool(), "select count(*) from windlass.dead_letter_tallies", Duration::from_mins(1), |left| {
        left == 0
    })
    .await;
    control::pause(&database.store(), Target::Queue("hasty"), &By::new("bea", "the model is down")).await.unwrap();
    let nightly = Schedule::each("nightly-report", "0 3 * * *", |_| Toy::new(1, Act::Succeed));
    let hourly = Schedule::new("collect", "15 * * * *", Toy::new(2, Act::Succeed));
    let registry = registry().program("reports", "2.4.1");
    let registry = registry.schedule(nightly.zone("Europe/Berlin").missed(Missed::All(7))).schedule(hourly);
    declare_schedules(&database.store(), &registry).await.unwrap();
    database.pool().execute(include_str!("browser/day.sql")).await.unwrap();
}
