//! Work that takes its thread for long, done on a thread of its own. Not a way to do more of it at once.

/// Runs `work` where it holds up nobody else's.
///
/// # Errors
///
/// [`Stopped`]: there is no answer.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stopped> {
    let stopped = |error: tokio::task::JoinError| if error.is_panic() { Stopped::Panicked } else { Stopped::Cancelled };
    tokio::task::spawn_blocking(work).await.map_err(stopped)
}

/// Why work done apart has no answer. tokio's own error repeats what a panic said, which may quote the text it stumbled over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stopped {
    /// The log says where.
    #[error("panicked on a thread of its own; the log says where")]
    Panicked,
    /// The process ends.
    #[error("not begun: the process ends")]
    Cancelled,
}

#[cfg(test)]
mod tests {
    use windlass::JobError;

    use super::*;

    #[tokio::test]
    async fn a_panics_words_are_not_repeated() {
        assert_eq!(apart(|| 7).await, Ok(7));
        let stopped = apart(|| panic!("a-secret-in-a-panic")).await.unwrap_err();
        let recorded = format!("{:?}", JobError::from(stopped));
        assert!(recorded.contains("Retry") && recorded.contains("the log says where"), "{recorded}");
        assert!(!recorded.contains("secret"), "{recorded}");
    }
}
