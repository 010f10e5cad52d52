//! A move of a level on one page, for somebody who was not there.
//!
//! Invariant: a report says what was stored when the level was moved, and nothing that came later. The rows that it names (charter, epoch,
//! drafter version) never change.

use crate::audit::{self, AuditsView};
use crate::automation::LevelMove;
use crate::charter::CharterVersion;
use crate::clock::Millis;
use crate::desk::Desk;
use crate::epoch::Epoch;
use crate::error::{Error, Result};
use crate::id::{LevelMoveId, UseCaseId};
use crate::model::Sampling;
use crate::output::Output;
use crate::storage::{self, Conn};
use serde::{Deserialize, Serialize};

/// What stood when a level was moved; stored with the move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stood {
    /// The numbers of the charter's version and of the epoch, within the use case.
    pub charter: i64,
    pub epoch: i64,
    pub audits: AuditsView,
}

/// All that an auditor needs to follow a move.
#[derive(Debug, Clone, PartialEq)]
pub struct MoveReport {
    pub use_case: String,
    /// The charter that held, with its terms.
    pub charter: CharterVersion,
    /// With the evidence of each step that it took.
    pub level_move: LevelMove,
    /// What drafted, in words.
    pub drafter: String,
    /// The epoch that the move was made in, in words.
    pub epoch: String,
    /// The audits as they stood, without the single ones. `None` in moves from before they were kept.
    pub audits: Option<AuditsView>,
}

/// What drafts, as far as a report names it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Drafter {
    pub n: i64,
    pub model: String,
    pub sha256: String,
    pub prompt_n: i64,
    pub sampling: Sampling,
    pub output: Output,
}

/// Keeps what stands now for a move that is about to be made.
pub(crate) fn stands(c: &Conn, now: Millis, use_case: UseCaseId) -> Result<Stood> {
    Ok(Stood {
        charter: storage::charter::current(c, use_case)?.n,
        epoch: storage::epoch::current(c, use_case)?.n,
        audits: audit::view::of(c, now, use_case)?,
    })
}

impl Desk {
    /// A move of a level with all that it rested on.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn move_report(&self, id: LevelMoveId) -> Result<MoveReport> {
        self.read(|c| {
            let (use_case, level_move, stood) = storage::level_move::get(c, id)?;
            let missing = |what: &'static str| Error::NotFound { what, id: format!("of move {id}") };
            let charters = storage::charter::versions(c, use_case)?;
            let charter = charters.into_iter().find(|version| match &stood {
                Some(stood) => version.n == stood.charter,
                None => version.at <= level_move.at,
            });
            let epochs = storage::epoch::list(c, use_case)?;
            let epoch = epochs.into_iter().find(|epoch| match &stood {
                Some(stood) => epoch.n == stood.epoch,
                None => epoch.started_at <= level_move.at,
            });
            let epoch = epoch.ok_or_else(|| missing("epoch"))?;
            let drafter = epoch.key.drafter_version.map(|version| storage::use_case::drafter(c, version)).transpose()?;
            Ok(MoveReport {
                use_case: storage::use_case::get(c, use_case)?.input.name,
                charter: charter.ok_or_else(|| missing("charter"))?,
                drafter: drafter.as_ref().map_or_else(|| "nothing drafts".to_owned(), in_words),
                epoch: epoch_in_words(&epoch),
                audits: stood.map(|stood| stood.audits),
                level_move,
            })
        })
    }
}

fn in_words(drafter: &Drafter) -> String {
    let Sampling { temperature, top_k, top_p, min_p, repeat_penalty, max_tokens, stop } = &drafter.sampling;
    let stop = match stop.len() {
        0 => String::new(),
        1 => ", 1 stop text".to_owned(),
        n => format!(", {n} stop texts"),
    };
    let output = match &drafter.output {
        Output::Text => String::new(),
        Output::Labels { labels } => format!(", held to the labels {}", labels.join(", ")),
        Output::Json { schema } => format!(", held to the JSON Schema {schema}"),
    };
    format!(
        "drafter version {}: {} (SHA-256 {}), prompt version {}, temperature {temperature}, top-k {top_k}, top-p {top_p}, min-p {min_p}, \
         repeat penalty {repeat_penalty}, at most {max_tokens} tokens{stop}{output}",
        drafter.n, drafter.model, drafter.sha256, drafter.prompt_n
    )
}

fn epoch_in_words(epoch: &Epoch) -> String {
    format!(
        "epoch {} ({}); attempt {} with δ divided accordingly, threshold {}, audit share {}, hold rules version {}",
        epoch.n, epoch.why, epoch.attempt, epoch.key.threshold, epoch.key.check_share, epoch.hold_rules_n
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drafts_is_told_so_that_it_can_be_found_again() {
        let sampling = Sampling {
            temperature: 0.7,
            top_k: 40,
            top_p: 0.95,
            min_p: 0.05,
            repeat_penalty: 1.1,
            max_tokens: 200,
            stop: vec!["\n\n".into()],
        };
        let drafter = Drafter { n: 3, model: "Small".into(), sha256: "ab12".into(), prompt_n: 2, sampling, output: Output::Text };
        let text = "drafter version 3: Small (SHA-256 ab12), prompt version 2, temperature 0.7, top-k 40, top-p 0.95, min-p 0.05, \
             repeat penalty 1.1, at most 200 tokens, 1 stop text";
        assert_eq!(in_words(&drafter), text);
        let labels = Output::Labels { labels: vec!["order".into(), "other".into()] };
        assert_eq!(in_words(&Drafter { output: labels, ..drafter }), format!("{text}, held to the labels order, other"));
    }
}
