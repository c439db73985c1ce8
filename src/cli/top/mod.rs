//! `windlass top`: what the dashboards show first, in a terminal. It asks the tables itself, so it works where nothing collects
//! metrics, and where what collects them is gone.

mod look;
mod screen;

use std::io::IsTerminal;
use std::time::Duration;

use clap::Args;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};

use super::terminal::duration;
use super::{CliError, Host};
use crate::store::{Migrations, Store};
use look::{Look, look};

#[derive(Debug, Args)]
pub(super) struct TopArgs {
    /// Look once and print it, as is done where there is no terminal, and with --json.
    #[arg(long)]
    once: bool,
    /// How often to look.
    #[arg(long, default_value = "2s", value_name = "DURATION", value_parser = duration)]
    every: Duration,
}

pub(super) async fn run(host: &Host, args: TopArgs) -> Result<(), CliError> {
    let connected = host.connect().await?;
    Migrations::engine().require(&connected.db).await?;
    let store = Store::new(connected.db.clone());
    if args.once || host.terminal().json() || !std::io::stdout().is_terminal() {
        return host.terminal().answer(&look(&store).await?, screen::text);
    }
    let first = look(&store).await?;
    let mut terminal = ratatui::try_init()?;
    let ended = live(&mut terminal, &store, first, args.every.max(Duration::from_millis(200))).await;
    ratatui::restore();
    ended
}

/// Looks and draws until somebody has seen enough.
async fn live(
    terminal: &mut ratatui::DefaultTerminal,
    store: &Store,
    mut seen: Look,
    every: Duration,
) -> Result<(), CliError> {
    let mut trouble = None;
    loop {
        terminal.draw(|frame| screen::draw(frame, &seen, trouble.as_deref()))?;
        // A key is waited for on a thread that may be blocked.
        match tokio::task::spawn_blocking(move || key(every)).await?? {
            Key::Quit => return Ok(()),
            Key::Redraw => continue,
            Key::None => {}
        }
        match look(store).await {
            Ok(now) => (seen, trouble) = (now, None),
            // What was seen last stays, with what is the matter: a database that is away comes back.
            Err(error) => trouble = Some(error.to_string()),
        }
    }
}

enum Key {
    Quit,
    Redraw,
    None,
}

/// What somebody pressed within this time.
fn key(within: Duration) -> std::io::Result<Key> {
    if !event::poll(within)? {
        return Ok(Key::None);
    }
    Ok(match event::read()? {
        Event::Key(key) => match key.code {
            KeyCode::Char('q') | KeyCode::Esc => Key::Quit,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Key::Quit,
            _ => Key::None,
        },
        _ => Key::Redraw,
    })
}
