//! A browser without a window, spoken to as `WebDriver` says: JSON over HTTP, one request at a time.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_mins(1);
/// By what `WebDriver` names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with its driver. Both end when it is dropped.
pub(crate) struct Browser {
    driver: Child,
    address: String,
    session: String,
}

/// The driver's program, if it is there.
pub(crate) fn program() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&folders).map(|folder| folder.join("chromedriver")).collect();
    places.push("/usr/lib/chromium/chromedriver".into());
    places.into_iter().find(|place| place.exists())
}

impl Browser {
    /// Starts one, on a port of its own.
    pub(crate) fn start(program: &Path) -> Self {
        let mut driver = Command::new(program).arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.split_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let mut browser = Self { driver, address: format!("127.0.0.1:{}", port.unwrap()), session: String::new() };
        std::thread::spawn(move || lines.for_each(drop));
        // Without a sandbox of its own, which root may not have; it opens our own pages only.
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"];
        let options = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}}});
        let made = browser.call("POST", "/session", &options).unwrap();
        made["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        browser
    }

    /// Opens a page.
    pub(crate) fn open(&self, url: &str) {
        self.ask("url", &json!({ "url": url }));
    }

    /// Where it is.
    pub(crate) fn at(&self) -> String {
        self.run("return location.href", &json!([])).as_str().unwrap().to_owned()
    }

    /// Waits until it is at an address that ends so.
    pub(crate) fn wait_at(&self, end: &str) {
        self.wait("return location.href", &json!([]), &format!("it is not at {end}"), |at| at.ends_with(end));
    }

    /// What the first element of a selector says, as soon as it is there.
    pub(crate) fn text(&self, selector: &str) -> String {
        let script = "const found = document.querySelector(arguments[0]); return found ? found.innerText : null";
        let begun = Instant::now();
        loop {
            if let Some(text) = self.run(script, &json!([selector])).as_str() {
                return text.to_owned();
            }
            assert!(begun.elapsed() < PATIENCE, "{} has no {selector}", self.at());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// How many elements a selector finds.
    pub(crate) fn count(&self, selector: &str) -> i64 {
        self.run("return document.querySelectorAll(arguments[0]).length", &json!([selector])).as_i64().unwrap()
    }

    /// Clicks as a person does: on what can be seen. What follows is loaded when this returns.
    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.ask(&format!("element/{element}/click"), &json!({}));
    }

    /// Types into a field, in the place of what stands there.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.ask(&format!("element/{element}/clear"), &json!({}));
        self.ask(&format!("element/{element}/value"), &json!({ "text": text }));
    }

    /// Waits until the first element of a selector says something like that; the page may load itself again meanwhile.
    pub(crate) fn wait_for(&self, selector: &str, wanted: &str) {
        let script = "const found = document.querySelector(arguments[0]); return found ? found.innerText : ''";
        let not = format!("{selector} does not say {wanted:?}");
        self.wait(script, &json!([selector]), &not, |text| text.contains(wanted));
    }

    fn wait(&self, script: &str, arguments: &Value, not: &str, wanted: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        let path = format!("/session/{}/execute/sync", self.session);
        let body = json!({ "script": script, "args": arguments });
        let mut last = Value::Null;
        while begun.elapsed() < PATIENCE {
            // While a page goes and the next comes there is none to ask.
            last = self.call("POST", &path, &body).unwrap_or_default();
            if last.as_str().is_some_and(&wanted) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{not}, but {last}");
    }

    /// Runs a script in the page, past its policy.
    pub(crate) fn run(&self, script: &str, arguments: &Value) -> Value {
        self.ask("execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// The same with one that calls its last argument when it is done.
    pub(crate) fn run_to_end(&self, script: &str) -> Value {
        self.ask("execute/async", &json!({ "script": script, "args": [] }))
    }

    /// As on a screen of this width, light or dark.
    pub(crate) fn look(&self, width: i64, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let (height, phone) = if width < 600 { (844, true) } else { (800, false) };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &media);
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone});
        self.devtools("Emulation.setDeviceMetricsOverride", &screen);
    }

    /// A picture of the whole page.
    pub(crate) fn screenshot(&self, file: &Path) {
        let picture = self.devtools("Page.captureScreenshot", &json!({"captureBeyondViewport": true, "format": "png"}));
        std::fs::write(file, base64(picture["data"].as_str().unwrap())).unwrap();
    }

    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.ask("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    fn element(&self, selector: &str) -> String {
        let found = self.ask("element", &json!({ "using": "css selector", "value": selector }));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    fn ask(&self, what: &str, body: &Value) -> Value {
        let answer = self.call("POST", &format!("/session/{}/{what}", self.session), body);
        answer.unwrap_or_else(|error| {
            panic!("{what} {}: {error}", body.to_string().chars().take(200).collect::<String>())
        })
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.address).map_err(|error| error.to_string())?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            self.address,
            body.len()
        );
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .map_err(|error| error.to_string())?;
        let (good, answer) = read(&mut BufReader::new(stream)).map_err(|error| error.to_string())?;
        let mut value: Value = serde_json::from_slice(&answer).map_err(|error| error.to_string())?;
        let value = value["value"].take();
        if good { Ok(value) } else { Err(value["message"].to_string()) }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser with the session; killed alone it would leave it.
        let _ = self.call("DELETE", &format!("/session/{}", self.session), &json!({}));
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Whether an answer is good, and its body: no more than its length, for the browser inherits the socket and keeps it open.
fn read(stream: &mut impl BufRead) -> std::io::Result<(bool, Vec<u8>)> {
    let (mut good, mut length) = (false, 0);
    let mut line = String::new();
    while stream.read_line(&mut line)? > 2 {
        good |= line.starts_with("HTTP/1.1 200");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((good, body))
}

/// What a text of base64 holds.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::with_capacity(text.len() / 4 * 3));
    for digit in text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte)) {
        bits = bits << 6 | u32::try_from(digit).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    bytes
}

#[test]
fn base64_is_read() {
    assert_eq!(base64("d2luZGxhc3M="), b"windlass");
    assert_eq!(base64(""), b"");
}
