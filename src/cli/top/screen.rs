//! What was seen, as a screen and as text.

use chrono::{DateTime, Utc};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Cell, Paragraph, Row, Table};

use super::look::{Look, Queue};
use crate::cli::terminal::{instant, table};
use crate::model::QueueGauges;

/// From here on a wait is worth a look, and then somebody's evening.
const LONG_SECONDS: f64 = 30.0;
const TOO_LONG_SECONDS: f64 = 300.0;
/// The same for a transaction.
const OLD_SECONDS: f64 = 60.0;
const TOO_OLD_SECONDS: f64 = 600.0;

const QUEUE_COLUMNS: [&str; 12] = [
    "queue",
    "ready",
    "oldest",
    "scheduled",
    "retry",
    "blocked",
    "parked",
    "running",
    "dead",
    "came/h",
    "ended/h",
    "paused by",
];
const WORKER_COLUMNS: [&str; 5] = ["host", "pid", "version", "queues", "lease"];
const CAUSE_COLUMNS: [&str; 5] = ["open", "kind", "reason", "since", "cause"];

/// As text, for scripts and for where there is no terminal.
pub(super) fn text(look: &Look) -> String {
    let tables = [
        table(&QUEUE_COLUMNS, look.queues.iter().map(|queue| queue_cells(queue).to_vec())),
        table(&WORKER_COLUMNS, worker_cells(look).into_iter().map(|(cells, _)| cells.to_vec())),
        table(&CAUSE_COLUMNS, cause_cells(look).into_iter().map(|cells| cells.to_vec())),
    ];
    format!("{}\n\n{}", head(look), tables.join("\n\n"))
}

/// As a screen; `trouble` is why it is not as fresh as it should be.
pub(super) fn draw(frame: &mut Frame<'_>, look: &Look, trouble: Option<&str>) {
    let queues = u16::try_from(look.queues.len()).unwrap_or(u16::MAX).saturating_add(3);
    let [top, middle, lower, bottom] =
        Layout::vertical([Constraint::Length(2), Constraint::Max(queues), Constraint::Fill(1), Constraint::Fill(1)])
            .areas(frame.area());
    let state = trouble.map_or_else(
        || Span::raw("q ends this"),
        |trouble| Span::styled(format!("not fresh: {trouble}"), Style::new().fg(Color::Red)),
    );
    let oldest = heat(look.oldest_transaction_seconds, OLD_SECONDS, TOO_OLD_SECONDS);
    let lines = vec![Line::from(Span::styled(head(look), oldest)), Line::from(state)];
    frame.render_widget(Paragraph::new(lines), top);

    let rows = look.queues.iter().map(|queue| (queue_cells(queue), queue_style(queue)));
    let widths = [16, 8, 9, 9, 7, 8, 7, 8, 7, 9, 9, 12].map(Constraint::Length);
    show(frame, middle, "Queues", &QUEUE_COLUMNS, rows, widths);
    let rows = worker_cells(look).into_iter().map(|(cells, lives)| (cells, if lives { plain() } else { red() }));
    let widths = [
        Constraint::Length(24),
        Constraint::Length(8),
        Constraint::Length(10),
        Constraint::Fill(1),
        Constraint::Length(16),
    ];
    show(frame, lower, "Workers", &WORKER_COLUMNS, rows, widths);
    let rows = cause_cells(look).into_iter().map(|cells| (cells, plain()));
    let widths = [
        Constraint::Length(8),
        Constraint::Length(24),
        Constraint::Length(14),
        Constraint::Length(9),
        Constraint::Fill(1),
    ];
    show(frame, bottom, "Dead letters by cause", &CAUSE_COLUMNS, rows, widths);
}

fn show<const N: usize>(
    frame: &mut Frame<'_>,
    place: Rect,
    title: &str,
    columns: &[&str; N],
    rows: impl Iterator<Item = ([String; N], Style)>,
    widths: [Constraint; N],
) {
    let rows = rows.map(|(cells, style)| Row::new(cells.map(Cell::from)).style(style));
    let header = Row::new(columns.map(Cell::from)).style(Style::new().add_modifier(Modifier::BOLD));
    let block = Block::new().borders(Borders::TOP).title(title.to_owned());
    frame.render_widget(Table::new(rows, widths).header(header).block(block), place);
}

fn head(look: &Look) -> String {
    let ready: i64 = look.queues.iter().map(|queue| queue.holds.ready).sum();
    let running: i64 = look.queues.iter().map(|queue| queue.holds.running).sum();
    let living = look.workers.iter().filter(|worker| worker.lives).count();
    format!(
        "{}  {ready} due, {running} running, {living} workers  oldest transaction {}  rows {} live, {} dead",
        instant(look.at),
        age(look.oldest_transaction_seconds),
        look.live_rows,
        look.dead_rows
    )
}

fn queue_cells(queue: &Queue) -> [String; 12] {
    let QueueGauges { ready, scheduled, retry, blocked, parked, running, dead, oldest_ready_seconds } = queue.holds;
    let more = if queue.capped { "+" } else { "" };
    [
        queue.name.clone(),
        ready.to_string(),
        oldest_ready_seconds.map_or_else(String::new, age),
        scheduled.to_string(),
        retry.to_string(),
        blocked.to_string(),
        parked.to_string(),
        running.to_string(),
        dead.to_string(),
        format!("{}{more}", queue.came),
        format!("{}{more}", queue.ended),
        queue.paused_by.clone().unwrap_or_default(),
    ]
}

fn queue_style(queue: &Queue) -> Style {
    if queue.paused_by.is_some() {
        return Style::new().fg(Color::Blue);
    }
    heat(queue.holds.oldest_ready_seconds.unwrap_or(0.0), LONG_SECONDS, TOO_LONG_SECONDS)
}

fn worker_cells(look: &Look) -> Vec<([String; 5], bool)> {
    let cells = |worker: &crate::store::WorkerRow| {
        let lease = if worker.lives {
            format!("{} left", age(worker.lease_seconds))
        } else {
            format!("gone for {}", age(-worker.lease_seconds))
        };
        let cells =
            [worker.host.clone(), worker.pid.to_string(), worker.version.clone(), worker.queues.join(", "), lease];
        (cells, worker.lives)
    };
    look.workers.iter().map(cells).collect()
}

fn cause_cells(look: &Look) -> Vec<[String; 5]> {
    let since = |at: DateTime<Utc>| age((look.at - at).as_seconds_f64());
    let causes = look.causes.iter().map(|cause| {
        [
            cause.open.to_string(),
            cause.kind.clone(),
            cause.reason.clone(),
            since(cause.first_died_at),
            cause.title.clone(),
        ]
    });
    causes.collect()
}

fn heat(seconds: f64, long: f64, too_long: f64) -> Style {
    if seconds >= too_long {
        red()
    } else if seconds >= long {
        Style::new().fg(Color::Yellow)
    } else {
        plain()
    }
}

fn red() -> Style {
    Style::new().fg(Color::Red)
}

fn plain() -> Style {
    Style::new()
}

/// Two digits are enough for who looks.
fn age(seconds: f64) -> String {
    match seconds {
        ..60.0 => format!("{seconds:.0} s"),
        ..3600.0 => format!("{:.0} min", seconds / 60.0),
        ..172_800.0 => format!("{:.0} h", seconds / 3600.0),
        _ => format!("{:.0} d", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn seen() -> Look {
        let at = "2026-03-01T12:00:00Z".parse().unwrap();
        let holds = QueueGauges { ready: 7, oldest_ready_seconds: Some(90.0), dead: 3, ..QueueGauges::default() };
        let queue = Queue { name: "mail".to_owned(), paused_by: None, holds, came: 12, ended: 5, capped: true };
        Look {
            at,
            queues: vec![queue],
            workers: Vec::new(),
            causes: Vec::new(),
            oldest_transaction_seconds: 700.0,
            live_rows: 7,
            dead_rows: 0,
        }
    }

    #[test]
    fn a_screen_shows_the_queues_and_what_is_the_matter() {
        let mut terminal = Terminal::new(TestBackend::new(120, 20)).unwrap();
        terminal.draw(|frame| draw(frame, &seen(), Some("the database did not answer in time"))).unwrap();
        let screen = terminal.backend().to_string();
        for part in ["mail", "2 min", "12+", "12 min", "not fresh: the database", "Dead letters by cause"] {
            assert!(screen.contains(part), "{part}: {screen}");
        }
        // However small the window is.
        Terminal::new(TestBackend::new(3, 2)).unwrap().draw(|frame| draw(frame, &seen(), None)).unwrap();
    }
}
