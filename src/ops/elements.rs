//! The small pieces that every page is made of.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};
use uuid::Uuid;

use crate::model::{JobId, cut};

/// A number as people read it: with a thin space between thousands.
pub(super) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut shown = String::from(if number < 0 { "−" } else { "" });
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push('\u{202f}');
        }
        shown.push(digit);
    }
    shown
}

/// The number and its noun: "1 letter", "2 letters".
pub(super) fn counted(number: i64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A length of time in its two largest units.
pub(super) fn length(time: TimeDelta) -> String {
    let seconds = time.num_seconds().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) if minutes < 10 => format!("{minutes} min {} s", seconds % 60),
        (0, 0, _) => format!("{minutes} min"),
        (0, ..) => format!("{hours} h {minutes} min"),
        (_, 0, _) | (10.., ..) => format!("{days} d"),
        _ => format!("{days} d {hours} h"),
    }
}

/// Seconds as the server counted them.
pub(super) fn age_of(seconds: f64) -> TimeDelta {
    Duration::try_from_secs_f64(seconds).ok().and_then(|age| TimeDelta::from_std(age).ok()).unwrap_or_default()
}

/// A moment in UTC, and how long ago it was or how soon it is.
pub(super) fn when(at: DateTime<Utc>, now: DateTime<Utc>) -> Markup {
    let away = if at > now { format!("in {}", length(at - now)) } else { format!("{} ago", length(now - at)) };
    html! {
        time datetime=(at.to_rfc3339()) { (at.format("%Y-%m-%d %H:%M:%S")) }
        " " span.age { (away) }
    }
}

/// How a word is meant: as a colour, which never says anything that the word does not.
fn tone(word: &str) -> &'static str {
    match word {
        "open" | "dead" | "died_same" | "died_other" | "lost" => "bad",
        "snoozed" | "stopped" | "paused" | "retired" | "key_taken" | "unknown_kind" | "gone" | "retry" | "reopened" => {
            "warn"
        }
        "resolved" | "succeeded" | "done" | "completed" | "active" | "alive" => "good",
        "running" | "canary" | "planning" | "planned" | "ready" | "available" => "busy",
        _ => "plain",
    }
}

/// A word that says how something stands.
pub(super) fn badge(word: &str) -> Markup {
    html! { span class={"badge " (tone(word))} { (word.replace('_', " ")) } }
}

/// What is known of a thing, by name.
pub(super) fn facts(facts: &[(&str, Markup)]) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in facts {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// A number that matters, with what it is.
pub(super) fn tile(name: &str, value: impl maud::Render, more: impl maud::Render) -> Markup {
    html! {
        div.tile { dt { (name) } dd { strong { (value) } span.age { (more) } } }
    }
}

/// Nothing to show, and what that means.
pub(super) fn empty(text: &str) -> Markup {
    html! { p.empty { (text) } }
}

/// What must be noticed. The tone is `bad`, `warn` or `good`.
pub(super) fn notice(tone: &str, title: &str, text: impl maud::Render) -> Markup {
    html! {
        div class={"notice " (tone)} role=(if tone == "bad" { "alert" } else { "status" }) {
            strong { (title) } " " span { (text) }
        }
    }
}

/// The way to the rest of a list.
pub(super) fn older(href: Option<String>) -> Markup {
    html! {
        @if let Some(href) = href {
            nav.older aria-label="More of this list" { a href=(href) rel="next" { "Older →" } }
        }
    }
}

/// A part of a path, or of a query, that holds anything.
pub(super) fn part(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => safe.push(char::from(byte)),
            _ => safe.extend(['%', hex(byte >> 4), hex(byte & 15)]),
        }
    }
    safe
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16).unwrap_or_default().to_ascii_uppercase()
}

/// The end of an id, by which it is told from its neighbours; whole what is none.
pub(super) fn short(id: &str) -> String {
    let end = id.parse::<Uuid>().ok().and_then(|_| id.rsplit('-').next());
    end.map_or_else(|| id.to_owned(), |end| format!("…{end}"))
}

/// A job's id in a list, with the way to its page; whole for whoever points at it.
pub(super) fn id(job: JobId) -> Markup {
    let whole = job.to_string();
    html! { a.id href={ "/ops/jobs/" (whole) } title=(whole) { (short(&whole)) } }
}

/// An error as a line of a list: its first line, cut.
pub(super) fn line(text: &str) -> String {
    cut(text.lines().next().unwrap_or_default(), 160)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lengths_are_as_people_read_them() {
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!((count(0), count(999), count(-1_000)), ("0".into(), "999".into(), "−1\u{202f}000".into()));
        assert_eq!((counted(1, "letter"), counted(2, "letter")), ("1 letter".into(), "2 letters".into()));
        for (seconds, shown) in [
            (0, "0 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (1_000, "16 min"),
            (7_260, "2 h 1 min"),
            (90_000, "1 d 1 h"),
            (86_400, "1 d"),
        ] {
            assert_eq!(length(TimeDelta::seconds(seconds)), shown);
        }
        assert_eq!(part("a b/ü?"), "a%20b%2F%C3%BC%3F");
    }
}
