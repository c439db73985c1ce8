//! Panics, told by their place and not by their words: a panic message may quote the text it stumbled over.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Replaces the process's panic hook by one that logs where a panic happened and not what it said.
///
/// `cli::main` calls it. A program that runs a [`WorkerPool`](super::WorkerPool) itself should too: the standard hook
/// prints the message, and slicing a string in the wrong place prints the string.
pub fn hide_panic_messages() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!(place, "panicked at {place}");
        LAST.set(Some(place));
    }));
}

/// Drives `future`; a panic inside it becomes an error that says where.
pub(super) async fn catch<F: Future + ?Sized>(mut future: Pin<Box<F>>) -> Result<F::Output, String> {
    poll_fn(move |cx| {
        LAST.take();
        // The future is not polled again after a panic, so nothing broken is ever seen.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(_message) => Poll::Ready(Err(match LAST.take() {
                Some(place) => format!("panicked at {place}"),
                None => "panicked".to_owned(),
            })),
        }
    })
    .await
}
