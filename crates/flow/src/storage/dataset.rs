//! Tables `dataset_version`, `dataset_part`, `dataset_copy`, `purged_item`, and what datasets read of decisions.

use super::item::verdict;
use super::level_move::level;
use super::{Conn, expect_one, from_json, to_json};
use crate::clock::Millis;
use crate::dataset::lineage::Held;
use crate::dataset::list::{Entry, Source};
use crate::dataset::requests::Request;
use crate::dataset::selection::{Choosing, Facts, Said};
use crate::dataset::taught::{ChoiceWords, PromptOf, Words};
use crate::dataset::version::{Copy, DatasetVersion, NewCopy, NewVersion};
use crate::error::{Error, Result};
use crate::evidence::reading_time;
use crate::id::{DecisionId, ItemId, PreferenceId, UseCaseId};
use crate::item::Field;
use crate::review::MadeBy;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

pub(super) const FACTS: &str = include_str!("dataset/facts_after.sql");
pub(super) const WORDS: &str = include_str!("dataset/words.sql");
pub(super) const CHOICES: &str = include_str!("dataset/choices_after.sql");

fn made_by(text: &str) -> MadeBy {
    if text == "policy" { MadeBy::Policy } else { MadeBy::Person }
}

fn codes(json: &str) -> Result<Vec<String>> {
    if json == "[]" { Ok(Vec::new()) } else { from_json("reasons", json) }
}

/// A page of decisions, by id. `numbers` are those of the drafter versions, by their row id.
pub(crate) fn facts_after(
    c: &Conn,
    use_case: UseCaseId,
    after: DecisionId,
    limit: usize,
    numbers: &HashMap<i64, i64>,
) -> Result<Vec<Facts>> {
    let mut query = c.prepare_cached(FACTS)?;
    let mut rows = query.query(params![use_case.0, after.0, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut all = Vec::with_capacity(limit);
    while let Some(r) = rows.next()? {
        all.push(facts(r, numbers)?);
    }
    Ok(all)
}

fn facts(r: &Row<'_>, numbers: &HashMap<i64, i64>) -> Result<Facts> {
    let text =
        |at: usize| -> Result<&str> { r.get_ref(at)?.as_str().map_err(|e| Error::Damaged(format!("column {at} of a decision: {e}"))) };
    let by = made_by(text(4)?);
    let decided = verdict(text(6)?)?;
    let (said, viewed, second) = match by {
        MadeBy::Person => {
            let said = Said { by: r.get(5)?, verdict: decided, reasons: codes(text(7)?)?, edit_distance: r.get(8)? };
            let second = r.get_ref(25)?.as_str_or_null().map_err(|e| Error::Damaged(e.to_string()))?.map(verdict).transpose()?;
            (Some(said), r.get::<_, i64>(9)?, second.map(|second| second == decided))
        }
        MadeBy::Policy => match r.get::<_, Option<String>>(20)? {
            Some(auditor) => {
                let audited = verdict(text(21)?)?;
                let said = Said { by: auditor, verdict: audited, reasons: codes(text(22)?)?, edit_distance: r.get(23)? };
                (Some(said), r.get::<_, i64>(24)?, Some(audited == decided))
            }
            None => (None, 0, None),
        },
    };
    let version: i64 = r.get(18)?;
    Ok(Facts {
        id: DecisionId(r.get(0)?),
        item: ItemId(r.get(1)?),
        at: Millis(r.get(2)?),
        level: level(text(3)?)?,
        made_by: by,
        rushed: said.is_some() && rushed(text(16)?, r.get::<_, i64>(19)?.unsigned_abs(), viewed.unsigned_abs())?,
        said,
        second,
        bulk: r.get(10)?,
        taken_back: r.get(11)?,
        corrected: r.get(12)?,
        slice: r.get(13)?,
        seeded: r.get(14)?,
        purged: r.get(15)?,
        draft_n: r.get(17)?,
        drafter_n: number(numbers, version)?,
    })
}

fn number(numbers: &HashMap<i64, i64>, version: i64) -> Result<i64> {
    numbers.get(&version).copied().ok_or_else(|| Error::Damaged(format!("drafter version {version} is of another use case")))
}

/// A page of choices between two drafts, by id.
pub(crate) fn choices_after(
    c: &Conn,
    use_case: UseCaseId,
    after: PreferenceId,
    limit: usize,
    numbers: &HashMap<i64, i64>,
) -> Result<Vec<Choosing>> {
    let mut query = c.prepare_cached(CHOICES)?;
    let mut rows = query.query(params![use_case.0, after.0, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        let fields = r.get_ref(11)?.as_str().map_err(|e| Error::Damaged(format!("item.fields: {e}")))?;
        all.push(Choosing {
            id: PreferenceId(r.get(0)?),
            item: ItemId(r.get(1)?),
            at: Millis(r.get(2)?),
            slice: r.get(3)?,
            seeded: r.get(4)?,
            purged: r.get(5)?,
            tie: r.get(6)?,
            person: r.get(7)?,
            taken_back: r.get(8)?,
            drafters: [number(numbers, r.get(9)?)?, number(numbers, r.get(10)?)?],
            rushed: rushed(fields, r.get::<_, i64>(12)?.unsigned_abs(), r.get::<_, i64>(13)?.unsigned_abs())?,
        });
    }
    Ok(all)
}

/// What was written about a choice that preferred one of two drafts.
pub(crate) fn choice(c: &Conn, id: PreferenceId) -> Result<ChoiceWords> {
    let mut query = c.prepare_cached(include_str!("dataset/choice.sql"))?;
    let mut rows = query.query([id.0])?;
    let Some(r) = rows.next()? else { return Err(Error::NotFound { what: "comparison", id: id.to_string() }) };
    Ok(ChoiceWords {
        id,
        item_uid: r.get(0)?,
        audience: super::use_case::audience(r.get_ref(1)?.as_str().unwrap_or_default())?,
        slice: r.get(2)?,
        fields: from_json("item.fields", r.get_ref(3)?.as_str().unwrap_or_default())?,
        drafter_version: r.get(4)?,
        chosen: r.get(5)?,
        rejected: r.get(6)?,
        person: r.get(7)?,
    })
}

/// Whether what was in view so long (ms) can hardly have been read. A request's JSON is never shorter than its words, so that most need not
/// be taken apart.
fn rushed(fields: &str, draft_characters: u64, viewed: u64) -> Result<bool> {
    let viewed = Duration::from_millis(viewed);
    if viewed >= reading_time(fields.len() as u64 + draft_characters) {
        return Ok(false);
    }
    let fields: Vec<Field> = from_json("item.fields", fields)?;
    let asked: usize = fields.iter().map(|field| field.value.chars().count()).sum();
    Ok(viewed < reading_time(asked as u64 + draft_characters))
}

/// What was written about a decision.
pub(crate) fn words(c: &Conn, id: DecisionId) -> Result<Words> {
    let mut query = c.prepare_cached(WORDS)?;
    let mut rows = query.query([id.0])?;
    let Some(r) = rows.next()? else { return Err(Error::NotFound { what: "decision", id: id.to_string() }) };
    // What a person said stands in the decision, or in the audit of it.
    let said = match made_by(r.get_ref(8)?.as_str().unwrap_or_default()) {
        MadeBy::Person => 9,
        MadeBy::Policy => 13,
    };
    Ok(Words {
        decision: id,
        item_uid: r.get(0)?,
        audience: super::use_case::audience(r.get_ref(1)?.as_str().unwrap_or_default())?,
        slice: r.get(2)?,
        fields: from_json("item.fields", r.get_ref(3)?.as_str().unwrap_or_default())?,
        draft: r.get(4)?,
        hint: r.get(5)?,
        drafter_version: r.get(6)?,
        replaced: match r.get_ref(7)?.as_str_or_null().map_err(|e| Error::Damaged(e.to_string()))? {
            Some(json) => from_json("draft.text", json)?,
            None => Vec::new(),
        },
        actor: r.get(said)?,
        verdict: verdict(r.get_ref(said + 1)?.as_str().unwrap_or_default())?,
        text: r.get(said + 2)?,
        reasons: codes(r.get_ref(said + 3)?.as_str().unwrap_or("[]"))?,
    })
}

/// The words that each drafter version of a use case asks its model with, by row id.
pub(crate) fn prompts(c: &Conn, use_case: UseCaseId) -> Result<HashMap<i64, PromptOf>> {
    let mut query = c.prepare_cached(
        "SELECT v.id, v.n, p.system_prompt, p.template, m.sha256, json_extract(m.facts, '$.name') FROM drafter_version v
         JOIN prompt p ON p.id = v.prompt JOIN model m ON m.id = v.model WHERE v.use_case = ?1",
    )?;
    let rows = query.query_map([use_case.0], |r| {
        Ok((
            r.get(0)?,
            PromptOf { n: r.get(1)?, system_prompt: r.get(2)?, template: r.get(3)?, model_sha256: r.get(4)?, model_name: r.get(5)? },
        ))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The requests of decided items, by item. Known-bad and purged ones are not among them.
pub(crate) fn requests_after(c: &Conn, use_case: UseCaseId, after: ItemId, limit: usize) -> Result<Vec<Request>> {
    let mut query = c.prepare_cached(
        "SELECT i.id, i.external_id, i.request_sha256, i.audience, i.slice, i.priority, i.fields FROM item i
         WHERE i.id > ?2 AND i.use_case = ?1 AND i.seeded = 0 AND i.state IN ('approved', 'delivered', 'rejected')
           AND NOT EXISTS (SELECT 1 FROM purged_item p WHERE p.item = i.id)
         ORDER BY i.id LIMIT ?3",
    )?;
    let mut rows = query.query(params![use_case.0, after.0, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(Request {
            item: ItemId(r.get(0)?),
            external_id: r.get(1)?,
            sha256: r.get(2)?,
            audience: r.get(3)?,
            slice: r.get(4)?,
            priority: r.get(5)?,
            fields: from_json("item.fields", &r.get::<_, String>(6)?)?,
        });
    }
    Ok(all)
}

/// The slices that decisions of a use case are in, the empty name for none; and the people who ever decided on this machine.
pub(crate) fn slices(c: &Conn, use_case: UseCaseId) -> Result<Vec<String>> {
    let mut query = c.prepare_cached("SELECT DISTINCT slice FROM kind_count WHERE use_case = ?1 AND n > 0 ORDER BY slice")?;
    let mut all = Vec::new();
    let mut rows = query.query([use_case.0])?;
    while let Some(r) = rows.next()? {
        all.push(from_json::<Option<String>>("kind_count.slice", &r.get::<_, String>(0)?)?.unwrap_or_default());
    }
    Ok(all)
}

pub(crate) fn people(c: &Conn) -> Result<Vec<String>> {
    let mut query = c.prepare_cached("SELECT person FROM reviewer ORDER BY person")?;
    Ok(query.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
}

// --- versions

const VERSION: &str = "SELECT id, use_case, n, selection, recipe, left_out, manifest, made_by, at FROM dataset_version";

fn version(r: &Row<'_>) -> Result<DatasetVersion> {
    Ok(DatasetVersion {
        id: r.get(0)?,
        use_case: UseCaseId(r.get(1)?),
        n: r.get(2)?,
        selection: from_json("dataset_version.selection", &r.get::<_, String>(3)?)?,
        recipe: from_json("dataset_version.recipe", &r.get::<_, String>(4)?)?,
        left_out: from_json("dataset_version.left_out", &r.get::<_, String>(5)?)?,
        manifest: from_json("dataset_version.manifest", &r.get::<_, String>(6)?)?,
        made_by: r.get(7)?,
        at: Millis(r.get(8)?),
        copies: Vec::new(),
    })
}

/// Newest first, each with its copies.
pub(crate) fn versions(c: &Conn, use_case: UseCaseId) -> Result<Vec<DatasetVersion>> {
    let mut query = c.prepare_cached(&format!("{VERSION} WHERE use_case = ?1 ORDER BY n DESC"))?;
    let mut rows = query.query([use_case.0])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        let mut found = version(r)?;
        found.copies = copies(c, found.id)?;
        all.push(found);
    }
    Ok(all)
}

pub(crate) fn nth(c: &Conn, use_case: UseCaseId, n: i64) -> Result<DatasetVersion> {
    let mut query = c.prepare_cached(&format!("{VERSION} WHERE use_case = ?1 AND n = ?2"))?;
    let mut rows = query.query(params![use_case.0, n])?;
    let found = rows.next()?.map(version).transpose()?;
    let mut found = found.ok_or_else(|| Error::NotFound { what: "dataset version", id: n.to_string() })?;
    found.copies = copies(c, found.id)?;
    Ok(found)
}

/// The number of the newest version; 0 before the first.
pub(crate) fn newest(c: &Conn, use_case: UseCaseId) -> Result<i64> {
    let mut query = c.prepare_cached("SELECT coalesce(max(n), 0) FROM dataset_version WHERE use_case = ?1")?;
    Ok(query.query_row([use_case.0], |r| r.get(0))?)
}

/// Keeps a version with its list. Returns its row id.
pub(crate) fn insert(c: &Conn, of: &NewVersion<'_>, person: &str, now: Millis) -> Result<i64> {
    c.prepare_cached(
        "INSERT INTO dataset_version (use_case, n, selection, recipe, left_out, manifest, made_by, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        of.use_case.0,
        of.n,
        to_json(of.selection),
        to_json(of.recipe),
        to_json(&of.left_out),
        to_json(of.manifest),
        person,
        now.0
    ])?;
    let id = c.last_insert_rowid();
    let mut query = c.prepare_cached("INSERT INTO dataset_part (version, source, first, last, entries) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (source, part) in of.parts {
        query.execute(params![id, source.as_str(), part.first, part.last, part.entries])?;
    }
    Ok(id)
}

/// The parts of a version's list, in order: with its first id and its entries.
pub(crate) fn each_part(c: &Conn, version: i64, source: Source, each: &mut dyn FnMut(i64, &[u8]) -> Result<()>) -> Result<()> {
    let mut query = c.prepare_cached("SELECT first, entries FROM dataset_part WHERE version = ?1 AND source = ?2 ORDER BY first")?;
    let mut rows = query.query(params![version, source.as_str()])?;
    while let Some(r) = rows.next()? {
        let entries = r.get_ref(1)?;
        each(r.get(0)?, entries.as_blob().map_err(|e| Error::Damaged(format!("dataset_part.entries: {e}")))?)?;
    }
    Ok(())
}

pub(super) const PART: &str =
    "SELECT first, entries FROM dataset_part WHERE version = ?1 AND source = ?2 AND first <= ?3 AND last >= ?3 ORDER BY first DESC LIMIT 1";

/// What became of one in a version; `None` where it was not among what the version was made of.
pub(crate) fn entry(c: &Conn, version: i64, source: Source, id: i64) -> Result<Option<Entry>> {
    let mut query = c.prepare_cached(PART)?;
    let part: Option<(i64, Vec<u8>)> = query.query_row(params![version, source.as_str(), id], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    let Some((first, entries)) = part else { return Ok(None) };
    let all = crate::dataset::list::entries(first, &entries)?;
    Ok(all.into_iter().find(|entry| entry.id == id))
}

// --- copies

fn copies(c: &Conn, version: i64) -> Result<Vec<Copy>> {
    let mut query =
        c.prepare_cached("SELECT id, folder, made_by, at FROM dataset_copy WHERE version = ?1 AND state = 'placed' ORDER BY id")?;
    let rows = query.query_map([version], |r| {
        Ok(Copy { id: r.get(0)?, folder: r.get::<_, String>(1)?.into(), made_by: r.get(2)?, at: Millis(r.get(3)?) })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A folder is begun to be written, of a version that is there already or of one to come.
pub(crate) fn begin_copy(c: &Conn, of: &NewCopy<'_>, now: Millis) -> Result<i64> {
    c.prepare_cached(
        "INSERT INTO dataset_copy (use_case, version, folder, temporary, owner, state, made_by, at) VALUES (?1, ?2, ?3, ?4, ?5, 'writing', ?6, ?7)",
    )?
    .execute(params![of.use_case.0, of.version, of.folder.to_string_lossy(), of.temporary.to_string_lossy(), of.owner, of.person, now.0])?;
    Ok(c.last_insert_rowid())
}

/// All its files are written, under the temporary name.
pub(crate) fn complete_copy(c: &Conn, id: i64, version: i64) -> Result<()> {
    let rows =
        c.execute("UPDATE dataset_copy SET state = 'complete', version = ?2 WHERE id = ?1 AND state = 'writing'", params![id, version])?;
    expect_one(rows, || format!("copy {id} of a dataset"))
}

pub(crate) fn place_copy(c: &Conn, id: i64) -> Result<()> {
    let rows = c.execute("UPDATE dataset_copy SET state = 'placed' WHERE id = ?1 AND state = 'complete'", [id])?;
    expect_one(rows, || format!("copy {id} of a dataset"))
}

pub(crate) fn drop_copy(c: &Conn, id: i64) -> Result<()> {
    let rows = c.execute("UPDATE dataset_copy SET state = 'dropped' WHERE id = ?1 AND state IN ('writing', 'complete')", [id])?;
    expect_one(rows, || format!("copy {id} of a dataset"))
}

/// A copy that has not got its name: of a maker who is at it, or who is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenCopy {
    pub id: i64,
    pub folder: String,
    pub temporary: String,
    pub owner: String,
    /// Of a version that stands.
    pub complete: bool,
}

pub(crate) fn open_copies(c: &Conn) -> Result<Vec<OpenCopy>> {
    let mut query = c.prepare_cached(
        "SELECT id, folder, temporary, owner, state = 'complete' FROM dataset_copy WHERE state IN ('writing', 'complete') ORDER BY id",
    )?;
    let rows = query.query_map([], |r| {
        Ok(OpenCopy { id: r.get(0)?, folder: r.get(1)?, temporary: r.get(2)?, owner: r.get(3)?, complete: r.get(4)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

// --- lineage

pub(super) const DECISIONS_OF_ITEM: &str =
    "SELECT d.id, d.undone_at IS NOT NULL FROM draft r CROSS JOIN decision d ON d.draft = r.id WHERE r.item = ?1 ORDER BY d.id";

/// All decisions on an item, with whether they were taken back.
pub(crate) fn decisions_of(c: &Conn, item: ItemId) -> Result<Vec<(DecisionId, bool)>> {
    let mut query = c.prepare_cached(DECISIONS_OF_ITEM)?;
    let rows = query.query_map([item.0], |r| Ok((DecisionId(r.get(0)?), r.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All choices between drafts of an item, those that were taken back too.
pub(crate) fn choices_of(c: &Conn, item: ItemId) -> Result<Vec<PreferenceId>> {
    let mut query = c.prepare_cached("SELECT id FROM preference WHERE item = ?1 ORDER BY id")?;
    Ok(query.query_map([item.0], |r| r.get(0).map(PreferenceId))?.collect::<rusqlite::Result<_>>()?)
}

/// The item that one is about.
pub(crate) fn item_of(c: &Conn, source: Source, id: i64) -> Result<ItemId> {
    let (what, sql) = match source {
        Source::Decision => ("decision", "SELECT item FROM decision WHERE id = ?1"),
        Source::Comparison => ("comparison", "SELECT item FROM preference WHERE id = ?1"),
    };
    c.prepare_cached(sql)?.query_row([id], |r| r.get(0).map(ItemId)).optional()?.ok_or_else(|| Error::NotFound { what, id: id.to_string() })
}

/// The versions in which one of these stands, oldest first.
pub(crate) fn held(c: &Conn, use_case: UseCaseId, of: &[(Source, i64)]) -> Result<Vec<Held>> {
    let mut versions = versions(c, use_case)?;
    versions.reverse();
    let mut all = Vec::new();
    for version in versions {
        for (source, id) in of {
            if let Some(entry) = entry(c, version.id, *source, *id)?
                && let Some(side) = entry.became.side()
            {
                all.push(Held { version: version.n, source: *source, id: *id, side, copies: version.copies.clone() });
            }
        }
    }
    Ok(all)
}

pub(crate) fn purge(c: &Conn, item: ItemId, person: &str, why: &str, now: Millis) -> Result<()> {
    let rows = c.execute(
        "INSERT OR IGNORE INTO purged_item (item, purged_by, why, at) VALUES (?1, ?2, ?3, ?4)",
        params![item.0, person, why, now.0],
    )?;
    expect_one(rows, || format!("item {item}"))
}

pub(crate) fn is_purged(c: &Conn, item: ItemId) -> Result<bool> {
    Ok(c.prepare_cached("SELECT EXISTS (SELECT 1 FROM purged_item WHERE item = ?1)")?.query_row([item.0], |r| r.get(0))?)
}

/// How many items were purged: grows whenever one is.
pub(crate) fn purged(c: &Conn) -> Result<i64> {
    Ok(c.prepare_cached("SELECT count(*) FROM purged_item")?.query_row([], |r| r.get(0))?)
}

/// All that rests on an item that was purged.
pub(crate) fn purged_ids(c: &Conn) -> Result<HashSet<(Source, i64)>> {
    let mut all = HashSet::new();
    for (source, sql) in [
        (Source::Decision, "SELECT d.id FROM purged_item p CROSS JOIN draft r ON r.item = p.item CROSS JOIN decision d ON d.draft = r.id"),
        (Source::Comparison, "SELECT x.id FROM purged_item p CROSS JOIN preference x ON x.item = p.item"),
    ] {
        let mut query = c.prepare_cached(sql)?;
        for id in query.query_map([], |r| r.get(0))? {
            all.insert((source, id?));
        }
    }
    Ok(all)
}

/// An item by its uid, or by its number.
pub(crate) fn item_named(c: &Conn, named: &str) -> Result<ItemId> {
    let by_uid: Option<i64> = c.prepare_cached("SELECT id FROM item WHERE uid = ?1")?.query_row([named], |r| r.get(0)).optional()?;
    let id = match (by_uid, named.parse::<i64>()) {
        (Some(id), _) => Some(id),
        (None, Ok(number)) => c.prepare_cached("SELECT id FROM item WHERE id = ?1")?.query_row([number], |r| r.get(0)).optional()?,
        (None, Err(_)) => None,
    };
    id.map(ItemId).ok_or_else(|| Error::NotFound { what: "item", id: named.to_owned() })
}
