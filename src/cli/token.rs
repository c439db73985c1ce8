//! `windlass token`: who may call over HTTP.

use chrono::Utc;
use clap::Subcommand;
use serde_json::json;

use super::args::Name;
use super::terminal::{duration, instant, table};
use super::{CliError, Host};
use crate::http::{Caller, Role, Token};
use crate::store::{Migrations, Store};

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token; it is shown this once.
    Create {
        /// Whose it is: what its pauses and replays are signed with.
        name: String,
        /// read, enqueue, operate or admin; each includes those before it.
        #[arg(long)]
        role: Role,
        /// Only for these queues.
        #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
        queues: Vec<String>,
        /// For so long, for example 12h, 90d; until it is revoked if absent.
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        expires: Option<std::time::Duration>,
        #[command(flatten)]
        by: Name,
    },
    /// All tokens, never their secrets.
    List,
    /// Let nobody in by a token any more, within seconds.
    Revoke {
        /// The part after `windlass_`.
        id: String,
        #[command(flatten)]
        by: Name,
    },
}

pub(super) async fn run(host: &Host, command: TokenCommand) -> Result<(), CliError> {
    let connected = host.connect().await?;
    Migrations::engine().require(&connected.db).await?;
    let store = Store::new(connected.db.clone());
    match command {
        TokenCommand::Create { name, role, queues, expires, by } => {
            if name.is_empty() || name.chars().count() > 64 {
                return Err(CliError::usage("a token's name has 1 to 64 characters"));
            }
            let caller = Caller { name, role, queues: Some(queues).filter(|queues| !queues.is_empty()) };
            let token = Token::create(&store, &caller, expires.map(|time| Utc::now() + time), &by.by()).await?;
            let answer = json!({ "id": token.id(), "token": token.reveal() });
            host.terminal().answer(&answer, |_| format!("{}\nkeep it: it is not shown again", token.reveal()))
        }
        TokenCommand::List => host.terminal().answer(&store.tokens().await?, |tokens| {
            table(
                &["id", "name", "role", "queues", "made", "expires", "revoked"],
                tokens.iter().map(|token| {
                    vec![
                        token.id.clone(),
                        token.name.clone(),
                        token.role.clone(),
                        token.queues.as_ref().map_or_else(|| "all".to_owned(), |queues| queues.join(", ")),
                        instant(token.created_at),
                        token.expires_at.map(instant).unwrap_or_default(),
                        token.revoked_at.map(instant).unwrap_or_default(),
                    ]
                }),
            )
        }),
        TokenCommand::Revoke { id, by } => {
            if !store.revoke_token(&id, &by.by()).await? {
                return Err(CliError::failed(format!("no token {id:?} (`windlass token list` shows them)")));
            }
            host.terminal().answer(&json!({ "id": id, "done": "revoked" }), |_| format!("revoked token {id}"))
        }
    }
}
