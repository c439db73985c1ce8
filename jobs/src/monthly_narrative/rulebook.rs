//! The rulebook: limits, lists and patterns of the checks and of the rubric, as the data files give them. Not the checks.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use fancy_regex::Regex;
use serde::Deserialize;

use super::code::Code;

/// The compiled-in rulebook, parsed at its first use.
pub static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the files are compiled in, and a test parses them")]
    Rulebook::parse(
        include_str!("../../data/narrative_rules.json"),
        include_str!("../../data/stopwords.txt"),
        include_str!("../../data/template_fragments.txt"),
    )
    .expect("the compiled-in rulebook parses")
});

/// What a text is held against.
#[derive(Debug)]
pub struct Rulebook {
    /// Lengths and limits.
    pub limits: Limits,
    /// Patterns of personal data, each with its code.
    pub pii: Vec<(Code, Regex)>,
    /// Banned parts of the lower-case text.
    pub banned: Vec<String>,
    /// Words of which one makes a text actionable.
    pub action_words: HashSet<String>,
    /// Words of which one speaks of change.
    pub change_words: HashSet<String>,
    /// Capitalised words that are no names, in lower case.
    pub allowed_names: HashSet<String>,
    /// The rubric's weights.
    pub weights: Weights,
    /// The score that is enough.
    pub pass: f64,
    /// Words that say nothing alone.
    pub stopwords: HashSet<String>,
    /// The template's literal pieces.
    pub fragments: Vec<String>,
}

/// Lengths and limits of the checks.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Limits {
    /// The fewest words.
    pub min_words: usize,
    /// The most words.
    pub max_words: usize,
    /// Tokens of a run that is shared with a turn.
    pub ngram_tokens: usize,
    /// Characters of one.
    pub run_chars: usize,
    /// The lowest valence.
    pub tone_floor: f64,
    /// The most words between quotation marks.
    pub quotation_max_words: usize,
}

/// The rubric's weights; they add up to one.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Weights {
    /// Of numbers that the contract bears out.
    pub grounding: f64,
    /// Of speaking of this month.
    pub specificity: f64,
    /// Of a length between 60 and 180 words.
    pub brevity: f64,
    /// Of not sounding dark.
    pub tone: f64,
    /// Of something to do.
    pub actionability: f64,
}

/// Why a rulebook cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulebookError {
    /// The JSON file.
    #[error("failed to read narrative_rules.json: {0}")]
    Json(#[from] serde_json::Error),
    /// A pattern is missing, or none.
    #[error("narrative_rules.json: pattern {code} is missing or no regular expression")]
    Pattern {
        /// Its code.
        code: Code,
    },
    /// A run of no length is shared by everything.
    #[error("narrative_rules.json: {0} must be at least 1")]
    Limit(&'static str),
}

/// The codes whose patterns the file gives; `pii_card` is a check digit's matter (`personal`).
const PATTERNS: [Code; 5] = [Code::PiiEmail, Code::PiiUrl, Code::PiiIp, Code::PiiSsn, Code::PiiPhone];

#[derive(Deserialize)]
struct File {
    checks: Limits,
    pii: HashMap<String, String>,
    banned_substrings_of_lowercased_text: Vec<String>,
    rubric_action_words: HashSet<String>,
    rubric_change_words: HashSet<String>,
    allowed_names: HashSet<String>,
    rubric_weights: Weights,
    rubric_pass: f64,
}

impl Rulebook {
    /// Reads a rulebook, a list of stop words and the template's pieces, one a line.
    ///
    /// # Errors
    ///
    /// Says which entry is not as it should be.
    pub fn parse(json: &str, stopwords: &str, fragments: &str) -> Result<Self, RulebookError> {
        let file: File = serde_json::from_str(json)?;
        for (name, length) in [("ngram_tokens", file.checks.ngram_tokens), ("run_chars", file.checks.run_chars)] {
            if length == 0 {
                return Err(RulebookError::Limit(name));
            }
        }
        let pattern = |code: Code| {
            // `pii_url` ignores case, as the file's note says.
            let case = if code == Code::PiiUrl { "(?i)" } else { "" };
            let source = file.pii.get(code.as_str()).ok_or(RulebookError::Pattern { code })?;
            let regex = Regex::new(&format!("{case}{source}")).map_err(|_| RulebookError::Pattern { code })?;
            Ok((code, regex))
        };
        let lines = |text: &str| text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        Ok(Self {
            limits: file.checks,
            pii: PATTERNS.into_iter().map(pattern).collect::<Result<_, RulebookError>>()?,
            banned: file.banned_substrings_of_lowercased_text,
            action_words: file.rubric_action_words,
            change_words: file.rubric_change_words,
            allowed_names: file.allowed_names,
            weights: file.rubric_weights,
            pass: file.rubric_pass,
            stopwords: lines(stopwords).into_iter().collect(),
            fragments: lines(fragments),
        })
    }
}
