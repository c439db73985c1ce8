//! What an API counts.

use std::time::Duration;

use metrics::{counter, histogram};

use super::{HTTP_DURATION, HTTP_REQUESTS};

/// A request was answered.
pub(crate) fn answered(route: &str, method: &'static str, code: &'static str, took: Duration) {
    counter!(HTTP_REQUESTS, "route" => route.to_owned(), "method" => method, "code" => code).increment(1);
    histogram!(HTTP_DURATION, "route" => route.to_owned(), "method" => method).record(took);
}

/// Brings what is counted of these routes, by template and method, into being at zero.
#[cfg(feature = "cli")]
pub(crate) fn requests_start_at_zero<'a>(routes: impl Iterator<Item = (&'a str, &'a str)>) {
    for (route, method) in routes {
        for code in ["2xx", "4xx", "5xx"] {
            counter!(HTTP_REQUESTS, "route" => route.to_owned(), "method" => method.to_uppercase(), "code" => code)
                .increment(0);
        }
    }
}
