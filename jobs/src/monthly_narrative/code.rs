//! What can be wrong with a text: a closed list. Nothing of the text itself.

use std::fmt;

/// A failed check. The order is that of the names, so that a list of codes is always written alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "`checks` says when each is given")]
pub enum Code {
    BannedPhrase,
    ControlChar,
    Empty,
    LeakName,
    LeakNgram,
    LeakRun,
    PiiCard,
    PiiEmail,
    PiiIp,
    PiiPhone,
    PiiSsn,
    PiiUrl,
    Quotation,
    ToneNegative,
    TooLong,
    TooShort,
    UnsupportedNumber,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::BannedPhrase,
        Self::ControlChar,
        Self::Empty,
        Self::LeakName,
        Self::LeakNgram,
        Self::LeakRun,
        Self::PiiCard,
        Self::PiiEmail,
        Self::PiiIp,
        Self::PiiPhone,
        Self::PiiSsn,
        Self::PiiUrl,
        Self::Quotation,
        Self::ToneNegative,
        Self::TooLong,
        Self::TooShort,
        Self::UnsupportedNumber,
    ];

    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BannedPhrase => "banned_phrase",
            Self::ControlChar => "control_char",
            Self::Empty => "empty",
            Self::LeakName => "leak_name",
            Self::LeakNgram => "leak_ngram",
            Self::LeakRun => "leak_run",
            Self::PiiCard => "pii_card",
            Self::PiiEmail => "pii_email",
            Self::PiiIp => "pii_ip",
            Self::PiiPhone => "pii_phone",
            Self::PiiSsn => "pii_ssn",
            Self::PiiUrl => "pii_url",
            Self::Quotation => "quotation",
            Self::ToneNegative => "tone_negative",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::UnsupportedNumber => "unsupported_number",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
