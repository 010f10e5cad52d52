//! The local API and its tokens.

use flow::clock::Millis;
use flow::{local_api, token};
use serde::{Deserialize, Serialize};
use specta::Type;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ApiSetting {
    pub on: bool,
    /// 1024 to 65535.
    pub port: u16,
    /// Also on `::1`.
    pub v6: bool,
}

impl From<local_api::ApiSetting> for ApiSetting {
    fn from(setting: local_api::ApiSetting) -> Self {
        Self { on: setting.on, port: setting.port, v6: setting.v6 }
    }
}

impl From<ApiSetting> for local_api::ApiSetting {
    fn from(setting: ApiSetting) -> Self {
        Self { on: setting.on, port: setting.port, v6: setting.v6 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ApiView {
    pub setting: ApiSetting,
    /// Where it listens now; the page to try it is there too.
    pub address: Option<String>,
    /// Why it does not listen though it is on.
    pub problem: Option<String>,
    /// Newest first.
    pub tokens: Vec<Token>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    Submit,
    Read,
    Deliver,
    Admin,
}

impl From<token::Scope> for Scope {
    fn from(scope: token::Scope) -> Self {
        match scope {
            token::Scope::Submit => Self::Submit,
            token::Scope::Read => Self::Read,
            token::Scope::Deliver => Self::Deliver,
            token::Scope::Admin => Self::Admin,
        }
    }
}

impl From<Scope> for token::Scope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Submit => Self::Submit,
            Scope::Read => Self::Read,
            Scope::Deliver => Self::Deliver,
            Scope::Admin => Self::Admin,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    pub id: i64,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_by: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    /// To the minute.
    pub used_at: Option<i64>,
}

impl From<token::Token> for Token {
    fn from(token: token::Token) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scopes: token.scopes.into_iter().map(Into::into).collect(),
            created_by: token.created_by,
            created_at: token.created_at.0,
            expires_at: token.expires_at.map(|at| at.0),
            revoked_at: token.revoked_at.map(|at| at.0),
            used_at: token.used_at.map(|at| at.0),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TokenInput {
    pub name: String,
    pub scopes: Vec<Scope>,
    /// Days until it ends; null for no end.
    pub days: Option<u32>,
}

impl TokenInput {
    pub fn at(self, now: Millis) -> token::TokenInput {
        token::TokenInput {
            name: self.name,
            scopes: self.scopes.into_iter().map(Into::into).collect(),
            expires_at: self.days.map(|days| now.plus(Duration::from_secs(u64::from(days) * 86_400))),
        }
    }
}

/// A token that was made just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NewToken {
    /// Shown once.
    pub text: String,
    pub view: ApiView,
}
