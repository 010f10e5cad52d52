//! Tables `token`, `reply`.

use super::{Conn, expect_one, from_json, to_json};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::token::{Token, TokenInput};
use rusqlite::{OptionalExtension, Row, params};

/// The digits of this data folder.
pub(crate) fn profile(c: &Conn) -> Result<String> {
    Ok(c.prepare_cached("SELECT value FROM meta WHERE key = 'profile'")?.query_row([], |r| r.get(0))?)
}

pub(crate) fn insert(c: &Conn, input: &TokenInput, sha256: &[u8], by: &str, now: Millis) -> Result<i64> {
    c.execute(
        "INSERT INTO token (name, sha256, scopes, created_by, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![input.name, sha256, to_json(&input.scopes), by, now.0, input.expires_at.map(|at| at.0)],
    )?;
    Ok(c.last_insert_rowid())
}

const TOKEN: &str = "SELECT id, name, scopes, created_by, created_at, expires_at, revoked_at, used_at, sha256, refused_at FROM token";

fn token(r: &Row<'_>) -> Result<Token> {
    let at = |n: usize| r.get::<_, Option<i64>>(n).map(|at| at.map(Millis));
    Ok(Token {
        id: r.get(0)?,
        name: r.get(1)?,
        scopes: from_json("token.scopes", &r.get::<_, String>(2)?)?,
        created_by: r.get(3)?,
        created_at: Millis(r.get(4)?),
        expires_at: at(5)?,
        revoked_at: at(6)?,
        used_at: at(7)?,
    })
}

pub(crate) fn list(c: &Conn) -> Result<Vec<Token>> {
    let mut query = c.prepare_cached(&format!("{TOKEN} ORDER BY id DESC"))?;
    let mut rows = query.query([])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(token(r)?);
    }
    Ok(all)
}

pub(crate) fn get(c: &Conn, id: i64) -> Result<Token> {
    find(c, id)?.ok_or_else(|| Error::NotFound { what: "token", id: id.to_string() })
}

pub(crate) fn find(c: &Conn, id: i64) -> Result<Option<Token>> {
    let mut query = c.prepare_cached(&format!("{TOKEN} WHERE id = ?1"))?;
    let mut rows = query.query([id])?;
    rows.next()?.map(token).transpose()
}

/// A token, the hash of its text as it is kept, and when it was last refused.
type Hashed = (Token, Vec<u8>, Option<Millis>);

/// The token whose text has this hash.
pub(crate) fn by_hash(c: &Conn, sha256: &[u8]) -> Result<Option<Hashed>> {
    let mut query = c.prepare_cached(&format!("{TOKEN} WHERE sha256 = ?1"))?;
    let mut rows = query.query([sha256])?;
    let Some(r) = rows.next()? else { return Ok(None) };
    Ok(Some((token(r)?, r.get(8)?, r.get::<_, Option<i64>>(9)?.map(Millis))))
}

pub(crate) fn revoke(c: &Conn, id: i64, by: &str, now: Millis) -> Result<()> {
    let rows =
        c.execute("UPDATE token SET revoked_at = ?2, revoked_by = ?3 WHERE id = ?1 AND revoked_at IS NULL", params![id, now.0, by])?;
    expect_one(rows, || format!("token {id}"))
}

pub(crate) fn used(c: &Conn, id: i64, now: Millis) -> Result<()> {
    c.execute("UPDATE token SET used_at = ?2 WHERE id = ?1", params![id, now.0])?;
    Ok(())
}

pub(crate) fn refused(c: &Conn, id: i64, now: Millis) -> Result<()> {
    c.execute("UPDATE token SET refused_at = ?2 WHERE id = ?1", params![id, now.0])?;
    Ok(())
}

/// What was answered under a key, and the hash of what was asked.
pub(crate) fn reply(c: &Conn, token: i64, key: &str) -> Result<Option<(Vec<u8>, String)>> {
    let mut query = c.prepare_cached("SELECT request_sha256, reply FROM reply WHERE token = ?1 AND key = ?2")?;
    Ok(query.query_row(params![token, key], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
}

/// Keeps an answer, and lets go of a few that are older than `until`.
pub(crate) fn keep_reply(c: &Conn, token: i64, key: &str, sha256: &[u8], reply: &str, now: Millis, until: Millis) -> Result<()> {
    c.prepare_cached("INSERT INTO reply (token, key, request_sha256, reply, at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![token, key, sha256, reply, now.0])?;
    c.prepare_cached("DELETE FROM reply WHERE (token, key) IN (SELECT token, key FROM reply WHERE at < ?1 ORDER BY at LIMIT 4)")?
        .execute([until.0])?;
    Ok(())
}
