//! `gait token`: who may ask over the local API.

use crate::show;
use anyhow::{Result, bail};
use clap::Subcommand;
use flow::clock::Millis;
use flow::token::{Scope, Token, TokenInput};
use flow::{Desk, Person};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Make a token and show its text, once.
    Create {
        /// What it is for: a name that no other token has.
        name: String,
        /// What it may do: submit, read, deliver, admin.
        #[arg(long, value_delimiter = ',', default_value = "submit,read,deliver")]
        scopes: Vec<String>,
        /// Days until it ends; without it, it does not.
        #[arg(long)]
        days: Option<u32>,
    },
    /// List the tokens, without their texts.
    List,
    /// Revoke a token: from the next request on it is refused.
    Revoke {
        /// Its name, or its number in the list.
        token: String,
    },
}

pub fn run(desk: &Desk, person: &Person, command: &TokenCommand, as_json: bool) -> Result<ExitCode> {
    match command {
        TokenCommand::Create { name, scopes, days } => create(desk, person, name, scopes, *days, as_json),
        TokenCommand::List => {
            list(&desk.tokens()?, desk.now(), as_json);
            Ok(ExitCode::SUCCESS)
        }
        TokenCommand::Revoke { token } => {
            let id = named(&desk.tokens()?, token)?;
            let token = desk.revoke_token(person, id)?;
            if as_json {
                show::print(&in_json(&token));
            } else {
                println!("{}", show::plain(&format!("{}: revoked", token.name)));
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn create(desk: &Desk, person: &Person, name: &str, scopes: &[String], days: Option<u32>, as_json: bool) -> Result<ExitCode> {
    let scopes = scopes.iter().map(|word| scope(word)).collect::<Result<Vec<_>>>()?;
    let expires_at = days.map(|days| desk.now().plus(Duration::from_secs(u64::from(days) * 86_400)));
    let input = TokenInput { name: name.to_owned(), scopes, expires_at };
    let (token, text) = desk.create_token(person, &input, &serve::secret()?)?;
    if as_json {
        let mut value = in_json(&token);
        value["token"] = json!(text);
        show::print(&value);
    } else {
        eprintln!("{}", show::plain(&format!("{}: made. Its text is shown now and never again:", token.name)));
        println!("{text}");
    }
    Ok(ExitCode::SUCCESS)
}

fn scope(word: &str) -> Result<Scope> {
    match Scope::ALL.into_iter().find(|scope| scope.as_str() == word.trim()) {
        Some(scope) => Ok(scope),
        None => bail!("--scopes: expected submit, read, deliver or admin (found {word:?})"),
    }
}

fn named(tokens: &[Token], token: &str) -> Result<i64> {
    let found = tokens.iter().find(|known| known.name == token && known.revoked_at.is_none());
    match found.or_else(|| tokens.iter().find(|known| known.id.to_string() == token)) {
        Some(known) => Ok(known.id),
        None => bail!("there is no token {token:?}; `gait token list` lists them"),
    }
}

fn list(tokens: &[Token], now: Millis, as_json: bool) {
    if as_json {
        return show::print(&tokens.iter().map(in_json).collect());
    }
    for token in tokens {
        let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
        let state = match (token.revoked_at, token.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(at)) if at <= now => "expired",
            (None, Some(_) | None) => "good",
        };
        let used =
            token.used_at.map_or_else(|| "never used".to_owned(), |at| format!("used {} minutes ago", (now.0 - at.0).max(0) / 60_000));
        println!("{}", show::plain(&format!("{} · {} · {} · {state} · {used}", token.id, token.name, scopes.join(", "))));
    }
}

fn in_json(token: &Token) -> Value {
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    json!({ "id": token.id, "name": token.name, "scopes": scopes, "created_by": token.created_by, "created_at": token.created_at.0,
        "expires_at": token.expires_at.map(|at| at.0), "revoked_at": token.revoked_at.map(|at| at.0), "used_at": token.used_at.map(|at| at.0) })
}
