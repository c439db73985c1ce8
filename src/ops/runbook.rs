//! What to do when an alert has woken somebody: `dashboards/RUNBOOK.md`, where a panel and a page can lead to.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::page::{Page, Room};
use super::session::Visitor;

const TEXT: &str = include_str!("../../dashboards/RUNBOOK.md");

pub(super) async fn show(visitor: Visitor) -> Response {
    let mut sections = TEXT.split("\n## ");
    let lead = sections.next().unwrap_or_default().trim_start_matches("# Runbook");
    let body = html! {
        h1 { "Runbook" }
        (paragraphs(lead))
        @for (name, text) in sections.filter_map(|section| section.split_once('\n')) {
            section {
                h2 id=(name.to_lowercase()) { (name) }
                // What stands between fences is to be typed.
                @for (number, part) in text.split("```").enumerate() {
                    @if number % 2 == 0 { (paragraphs(part)) } @else {
                        pre tabindex="0" { code { (part.split_once('\n').map_or(part, |(_language, code)| code)) } }
                    }
                }
            }
        }
    };
    Page { room: Room::Nowhere, title: "Runbook", visitor: Some(&visitor), read_at: None, again: None, body }
        .into_response()
}

/// Paragraphs with code in them; what is stressed there is plain here.
fn paragraphs(text: &str) -> Markup {
    html! {
        @for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
            p {
                @for (number, part) in paragraph.split('`').enumerate() {
                    @if number % 2 == 0 { (part.replace('*', "")) } @else { code { (part) } }
                }
            }
        }
    }
}
