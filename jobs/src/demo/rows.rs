//! The results as files, under the fixtures' names and formats. The same inputs give the same bytes.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Error};
use std::path::Path;

use super::stages::{Forgotten, Outcome};
use super::{Conversation, Inputs};
use crate::post_session_analysis::turn;
use crate::results::{
    DayRow, Deletion, HumanValence, MonthRow, NarrativeRow, Removed, SessionBucketRow, SessionVectorRow, TimeCases,
    TurnImpactRow, WeekRow, write_csv, write_json, write_jsonl,
};

/// Writes all files that these inputs call for.
pub(super) fn write(out: &Path, inputs: &Inputs, outcome: &Outcome) -> Result<(), Error> {
    let results = &outcome.results;
    let create = |name: &str| File::create(out.join(name)).map(BufWriter::new);
    // Both stand in the order in which the sessions were opened.
    let vectors = results.sessions.iter().zip(&inputs.conversations).filter_map(|(session, conversation)| {
        let row = SessionVectorRow::new(&session.external_id, session.vector.as_ref()?);
        Some(row.with_human_valence(human_valence(conversation)))
    });
    if inputs.rated {
        return write_jsonl(create("reviews_vectors.jsonl")?, vectors);
    }
    write_jsonl(create("session_vectors.jsonl")?, vectors)?;
    let impacts = results.turns.iter().map(|turn| TurnImpactRow::new(&turn.external_id, &turn.impact));
    write_csv(create("turn_impacts.csv")?, &TurnImpactRow::NAMES, impacts)?;
    let buckets = results
        .sessions
        .iter()
        .map(|session| SessionBucketRow::on(&session.external_id, session.local_date, session.tz_valid));
    write_jsonl(create("session_buckets.jsonl")?, buckets)?;
    write_jsonl(create("daily.jsonl")?, outcome.days.iter().map(DayRow::new))?;
    if let Some(weeks) = &outcome.early_weeks {
        write_jsonl(create("weekly_stage1.jsonl")?, weeks.iter().map(WeekRow::new))?;
    }
    write_jsonl(create("weekly.jsonl")?, outcome.weeks.iter().map(WeekRow::new))?;
    write_jsonl(create("monthly.jsonl")?, outcome.months.iter().map(MonthRow::new))?;
    write_jsonl(create("narratives.jsonl")?, outcome.told.iter().map(NarrativeRow::new))?;
    write_json(create("time_cases.json")?, &TimeCases::carried()?)?;
    if let Some(forgotten) = &outcome.forgotten {
        write_json(create("deletion.json")?, &deletion(inputs, outcome, forgotten))?;
    }
    Ok(())
}

/// What was removed of a person, by the erasure's own counts. Of the analysis it is what was made of all of the person's sessions: the
/// tables had lost that of the excluded ones before.
fn deletion(inputs: &Inputs, outcome: &Outcome, forgotten: &Forgotten) -> Deletion {
    let is_theirs = |place: usize| inputs.conversations[place].person == forgotten.person;
    let sessions = outcome.results.sessions.iter().enumerate().filter(|(place, _)| is_theirs(*place));
    let theirs: HashSet<&str> = sessions.map(|(_, session)| session.external_id.as_str()).collect();
    let rows = |table: &str| forgotten.rows.get(table).copied().unwrap_or_default();
    let others = || inputs.conversations.iter().filter(|one| one.person != forgotten.person);
    Deletion {
        user_id: inputs.people[forgotten.person].0.clone(),
        deleted: Removed {
            sessions: rows("sessions"),
            turns: rows("turns"),
            session_vectors: theirs.len(),
            turn_impacts: outcome
                .results
                .turns
                .iter()
                .filter(|turn| theirs.contains(turn.external_id.as_str()))
                .count(),
            exclusions: inputs.wishes.excluded.iter().filter(|(place, _)| is_theirs(*place)).count(),
            daily: rows("spectrum_daily"),
            weekly: rows("spectrum_weekly"),
            monthly: rows("spectrum_monthly"),
        },
        remaining_sessions: others().count(),
        remaining_turns: others().map(|one| one.turns.len()).sum(),
    }
}

/// How people rated a conversation, if they did: the mean of its turns' ratings, weighted as the turns are.
pub(super) fn human_valence(conversation: &Conversation) -> Option<f64> {
    let mut mean = HumanValence::default();
    for said in &conversation.turns {
        if let Some(rating) = said.human_valence
            && let Some(score) = turn::score(&said.text)
        {
            mean.add(score.weight, rating);
        }
    }
    mean.mean()
}
