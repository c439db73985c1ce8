//! The results as files, under the fixtures' names and formats. The same inputs give the same bytes.

use std::fs::File;
use std::io::{BufWriter, Error};
use std::path::Path;

use super::{Conversation, Inputs};
use crate::post_session_analysis::{Stored, turn};
use crate::results::{HumanValence, SessionBucketRow, SessionVectorRow, TurnImpactRow, write_csv, write_jsonl};

/// Writes all files that these inputs call for.
pub(super) fn write(out: &Path, inputs: &Inputs, results: &Stored) -> Result<(), Error> {
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
    write_csv(create("turn_impacts.csv")?, impacts)?;
    let buckets = results
        .sessions
        .iter()
        .map(|session| SessionBucketRow::on(&session.external_id, session.local_date, session.tz_valid));
    write_jsonl(create("session_buckets.jsonl")?, buckets)
}

/// How people rated a conversation, if they did: the mean of its turns' ratings, weighted as the turns are.
fn human_valence(conversation: &Conversation) -> Option<f64> {
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
