//! Answers that a reader may keep as long as they are still so: an entity tag of the bytes, asked about each time.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// People's own: in no shared cache; and what they have taken back must not be shown from one, so it is asked about each time.
const CACHE: &str = "private, no-cache";
/// So many bytes of the hash make a tag.
const TAG: usize = 16;

/// The answer, or that it is as it was when the asker had it last.
pub(super) fn tagged(headers: &HeaderMap, answer: &impl Serialize) -> Response {
    let body = serde_json::to_vec(answer).unwrap_or_default();
    let tag = Sha256::digest(&body).iter().take(TAG).fold(String::new(), |tag, byte| tag + &format!("{byte:02x}"));
    let tag = format!("\"{tag}\"");
    let about = [(ETAG, tag.clone()), (CACHE_CONTROL, CACHE.to_owned()), (VARY, "Authorization".to_owned())];
    if is_known(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    (about, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// Whether `If-None-Match` names the tag, weakly or not, or any.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_is_known_is_not_sent_again() {
        let first = tagged(&HeaderMap::new(), &[1, 2]);
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
        for (known, status) in [
            (tag.clone(), StatusCode::NOT_MODIFIED),
            (format!("\"x\", W/{tag}"), StatusCode::NOT_MODIFIED),
            ("*".to_owned(), StatusCode::NOT_MODIFIED),
            ("\"x\"".to_owned(), StatusCode::OK),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, HeaderValue::from_str(&known).unwrap());
            assert_eq!(tagged(&headers, &[1, 2]).status(), status, "{known}");
            assert_eq!(tagged(&headers, &[1, 3]).status() == StatusCode::NOT_MODIFIED, known == "*");
        }
    }
}
