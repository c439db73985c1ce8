//! Pictures of numbers. Each has its numbers in words beside it, for whoever cannot see it.

use maud::{Markup, html};

use super::elements::{count, counted};

/// Deaths an hour as bars, the oldest on the left.
pub(super) fn trend(hours: &[i64], wide: bool) -> Markup {
    let (bar, height) = if wide { (12, 72) } else { (4, 24) };
    let most = hours.iter().copied().max().unwrap_or_default();
    let total: i64 = hours.iter().sum();
    let last = hours.last().copied().unwrap_or_default();
    let width = bar * hours.len();
    let words = format!(
        "{} in {} hours; at most {} in one hour, {} in this one",
        counted(total, "death"),
        hours.len(),
        count(most),
        count(last)
    );
    html! {
        svg.trend.wide[wide] role="img" aria-label=(words) viewBox={"0 0 " (width) " " (height)}
            width=(width) height=(height) preserveAspectRatio="none" {
            title { (words) }
            @for (place, died) in hours.iter().enumerate() {
                // Something that is there is seen, however small beside the highest.
                @let share = if *died == 0 { 1 } else { (died * height).checked_div(most).unwrap_or_default().max(2) };
                rect .zero[*died == 0] x=(place * bar) y=(height - share) width=(bar - 1) height=(share) {}
            }
        }
    }
}

/// Shares of a whole as one bar: class, how many, what they are.
pub(super) fn shares(label: &str, whole: i64, parts: &[(&'static str, i64, &'static str)]) -> Markup {
    let words: Vec<String> = parts
        .iter()
        .filter(|(_, number, _)| *number > 0)
        .map(|(_, number, of)| format!("{} {of}", count(*number)))
        .collect();
    let words =
        format!("{label}: {} of {}", if words.is_empty() { "none".to_owned() } else { words.join(", ") }, count(whole));
    // In thousandths of the width: what is there is seen.
    let share = |number: i64| (number * 1_000).checked_div(whole).unwrap_or_default().max(i64::from(number > 0) * 4);
    let mut at = 0;
    let mut bars = Vec::new();
    for (class, number, _) in parts {
        bars.push((*class, at, share(*number)));
        at += share(*number);
    }
    html! {
        svg.shares role="img" aria-label=(words) viewBox="0 0 1000 10" preserveAspectRatio="none" width="100%" height="10" {
            title { (words) }
            rect.rest x="0" y="0" width="1000" height="10" {}
            @for (class, x, width) in bars {
                rect class=(class) x=(x) y="0" width=(width) height="10" {}
            }
        }
    }
}
