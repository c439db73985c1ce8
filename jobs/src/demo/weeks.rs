//! People's weeks as a small picture.

use chrono::NaiveDate;

use crate::calendar::week_label;
use crate::weekly_aggregation::spectrum::StoredBucket;

/// How many people are shown.
const SHOWN: usize = 3;
/// How many weeks, at most: the newest.
const WEEKS: i64 = 53;
/// From -1 to 1.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One line a person, of those with the most weeks: the valence of each week, a dot where there is none.
pub(super) fn sparklines(weeks: &[StoredBucket]) -> Vec<String> {
    let mut people: Vec<&[StoredBucket]> = weeks.chunk_by(|a, b| a.external_id == b.external_id).collect();
    people.sort_by_key(|weeks| std::cmp::Reverse(weeks.len()));
    people.into_iter().take(SHOWN).filter_map(line).collect()
}

fn line(weeks: &[StoredBucket]) -> Option<String> {
    let (first, last) = (weeks.first()?, weeks.last()?);
    let shown = (last.first_day - first.first_day).num_weeks().min(WEEKS - 1);
    let from = last.first_day - chrono::TimeDelta::weeks(shown);
    let picture: String = (0..=shown).map(|week| bar(weeks, from + chrono::TimeDelta::weeks(week))).collect();
    let average = last.values.as_ref().and_then(|values| values.valence_ema);
    let average = average.map_or_else(String::new, |average| format!("  average {average:+.2}"));
    Some(format!("{picture}  {} {} to {}{average}", first.external_id, week_label(from), week_label(last.first_day)))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a valence is between -1 and 1")]
fn bar(weeks: &[StoredBucket], monday: NaiveDate) -> char {
    let week = weeks.iter().find(|week| week.first_day == monday).and_then(|week| week.values.as_ref());
    week.map_or('·', |week| BARS[((week.valence.clamp(-1.0, 1.0) + 1.0) * 3.5).round() as usize])
}
