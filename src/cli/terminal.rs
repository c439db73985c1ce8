//! Answers: tables and bars for people, JSON for scripts.

use std::borrow::Cow;
use std::io::{ErrorKind, IsTerminal, Write};
use std::time::Duration;

use chrono::{DateTime, Utc};
use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::CliError;
use crate::model::JobId;

/// A line under the header, and nothing else.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Where answers go. The default one prints for people and draws no bars.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal {
    json: bool,
    live: bool,
}

impl Terminal {
    pub(super) fn new(json: bool) -> Self {
        Self { json, live: !json && std::io::stderr().is_terminal() }
    }

    /// Whether JSON was asked for.
    #[must_use]
    pub fn json(&self) -> bool {
        self.json
    }

    /// Prints an answer: `value` where JSON was asked for, otherwise what `text` makes of it.
    ///
    /// # Errors
    ///
    /// The value is not to be had as JSON, or could not be written. A reader that has gone is no error.
    pub fn answer<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) -> Result<(), CliError> {
        let answer = if self.json { serde_json::to_string_pretty(value)? } else { text(value) };
        print(std::io::stdout(), &answer)
            .map_err(|error| CliError::failed(format!("failed to write the answer: {error}")))
    }

    /// Prints a line for people; nothing where JSON was asked for.
    pub fn say(&self, text: impl Into<Cow<'static, str>>) {
        if !self.json {
            // The answer that follows would fail as well, and says so.
            let _ = print(std::io::stdout(), &text.into());
        }
    }

    /// Asks before something that cannot be undone with a keystroke; `yes` has answered already.
    ///
    /// # Errors
    ///
    /// Nobody said yes, or nobody is there to ask.
    pub fn confirm(&self, question: &str, yes: bool) -> Result<(), CliError> {
        if yes {
            return Ok(());
        }
        if self.json || !std::io::stdin().is_terminal() {
            return Err(CliError::unconfirmed(format!("{question} Nobody is there to answer: say --yes")));
        }
        let mut answer = String::new();
        let asked =
            write!(std::io::stderr(), "{question} [y/N] ").and_then(|()| std::io::stdin().read_line(&mut answer));
        match asked {
            Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
            _ => Err(CliError::unconfirmed("not confirmed; nothing is changed")),
        }
    }

    /// A bar for something long; shown on a terminal only.
    ///
    /// # Panics
    ///
    /// Never: the template is a literal that a test draws.
    #[must_use]
    pub fn bar(&self, length: u64, what: &'static str) -> ProgressBar {
        let target = if self.live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{prefix:>10} [{bar:30}] {pos}/{len}  {elapsed}  {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ");
        ProgressBar::with_draw_target(Some(length), target).with_style(style).with_prefix(what)
    }
}

/// A table of these columns.
#[must_use]
pub fn table(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns);
    table.add_rows(rows);
    table.to_string()
}

/// Names and values, one a line.
#[must_use]
pub fn facts<'a>(facts: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let facts: Vec<_> = facts.into_iter().collect();
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = facts.iter().map(|(name, value)| format!("{name:width$}  {value}")).collect();
    lines.join("\n")
}

/// An instant, as people read it.
#[must_use]
pub(super) fn instant(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Reads a job's id.
pub(super) fn job_id(text: &str) -> Result<JobId, String> {
    text.parse()
        .map_err(|_| "no job id; ids look like 0199a2b4-…: `windlass jobs list`, `windlass dead list`".to_owned())
}

/// Reads 90s, 15m, 2h, 3d.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no duration; write a number and s, m, h or d, for example 90s or 2d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number: u64 = text.trim_end_matches(unit).parse().map_err(|_| wrong())?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    number.checked_mul(seconds).filter(|seconds| *seconds < 86_400 * 36_500).map(Duration::from_secs).ok_or_else(wrong)
}

/// Reads 10/s, 300/m, 10: so many a second.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let wrong = || format!("{text:?} is no rate; write a number a second or a minute, for example 10/s or 300/m");
    let (number, seconds) = match text.split_once('/') {
        None | Some((_, "s")) => (text.trim_end_matches("/s"), 1.0),
        Some((number, "m")) => (number, 60.0),
        Some((number, "h")) => (number, 3600.0),
        Some(_) => return Err(wrong()),
    };
    number
        .parse::<f64>()
        .ok()
        .map(|number| number / seconds)
        .filter(|rate| rate.is_finite() && *rate > 0.0)
        .ok_or_else(wrong)
}

/// A small picture of numbers, the last at the right.
pub(super) fn sparkline(numbers: &[i64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = numbers.iter().copied().max().unwrap_or(0).max(1);
    let bar = |number: i64| match usize::try_from((number.max(0) * 7 + most - 1) / most) {
        Ok(_) if number == 0 => '·',
        Ok(height) => BARS[height.min(7)],
        Err(_) => '·',
    };
    numbers.iter().copied().map(bar).collect()
}

/// Says on standard error why the command failed.
pub(super) fn report(error: &CliError, json: bool) {
    let text = if json {
        serde_json::json!({ "error": error.text() }).to_string()
    } else {
        format!("error: {}", error.text())
    };
    // The exit code says that much where nobody listens.
    let _ = print(std::io::stderr(), &text);
}

/// Every print of the commands. A reader that went away, as `head` does, has what it wanted: the command goes on to its end.
fn print(mut to: impl Write, text: &str) -> std::io::Result<()> {
    match writeln!(to, "{text}").and_then(|()| to.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_a_number_and_a_unit() {
        assert_eq!(rate("10/s"), Ok(10.0));
        assert_eq!(rate("300/m"), Ok(5.0));
        assert_eq!(rate("2.5"), Ok(2.5));
        for wrong in ["", "fast", "0", "-1/s", "inf", "10/x", "/s"] {
            assert!(rate(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_small_picture_shows_what_is_more() {
        assert_eq!(sparkline(&[0, 1, 4, 8]), "·▂▅█");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn durations_are_a_number_and_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2d"), Ok(Duration::from_hours(48)));
        for wrong in ["", "s", "5", "5x", "-1s", "99999999999999999999d", "1e9d"] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
    }
}
