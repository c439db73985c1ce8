//! What a command ends with when it does not end well.

use std::error::Error;

/// A failure of a command.
#[derive(Debug)]
pub struct CliError {
    code: u8,
    cause: Box<dyn Error + Send + Sync>,
}

impl CliError {
    /// The command was called wrongly: exit code 2.
    pub fn usage(text: impl Into<String>) -> Self {
        Self { code: 2, cause: text.into().into() }
    }

    /// The command failed: exit code 1.
    pub fn failed(text: impl Into<String>) -> Self {
        Self { code: 1, cause: text.into().into() }
    }

    /// Nobody confirmed it: exit code 3.
    pub fn unconfirmed(text: impl Into<String>) -> Self {
        Self { code: 3, cause: text.into().into() }
    }

    /// It was done in part: exit code 4.
    pub fn partial(text: impl Into<String>) -> Self {
        Self { code: 4, cause: text.into().into() }
    }

    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.code
    }

    /// The error and its causes in one line, nothing said twice.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.cause.to_string();
        let mut cause = self.cause.source();
        while let Some(next) = cause {
            let next_text = next.to_string();
            if !text.contains(&next_text) {
                text = format!("{text}: {next_text}");
            }
            cause = next.source();
        }
        text
    }
}

// Like `JobError`, it is no `Error` itself, so that `?` takes every one that is.
impl<E: Error + Send + Sync + 'static> From<E> for CliError {
    fn from(error: E) -> Self {
        Self { code: 1, cause: Box::new(error) }
    }
}
