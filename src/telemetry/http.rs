//! What an API counts.

use std::time::Duration;

use metrics::{counter, histogram};

use super::{HTTP_DURATION, HTTP_REQUESTS};

/// A request was answered.
pub(crate) fn answered(route: &str, method: &'static str, code: &'static str, took: Duration) {
    counter!(HTTP_REQUESTS, "route" => route.to_owned(), "method" => method, "code" => code).increment(1);
    histogram!(HTTP_DURATION, "route" => route.to_owned(), "method" => method).record(took);
}
