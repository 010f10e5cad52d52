//! Blind re-reviews: a share of what people decided is judged once more by somebody else, who does not know what was said.
//!
//! Invariant: drawn by the item's random id, whatever the verdict is; never of a known-bad item, never for the person who decided, and none
//! where nobody else decides on this machine. What comes of it changes nothing but the figures of agreement.

use crate::audit::{self, Kind};
use crate::changes::Changes;
use crate::clock::Millis;
use crate::draft;
use crate::error::Result;
use crate::item::Item;
use crate::review::{Decision, Verdict};
use crate::reviewers::{DAYS, days_before};
use crate::storage::{self, Conn};

/// Draws a person's decision, in its transaction. It can be judged once its text is out, or at once where none goes out.
pub(crate) fn drawn(c: &Conn, now: Millis, item: &Item, decision: &Decision, changes: &mut Changes) -> Result<()> {
    let (share, _) = storage::reviewers::shares(c, item.use_case)?;
    if draft::draw_of(b"re-review", &item.uid) >= share {
        return Ok(());
    }
    if !storage::reviewers::another_since(c, &decision.actor, days_before(now, DAYS))? {
        return Ok(());
    }
    storage::audit::insert(c, Kind::ReReview, item, decision.id, share, now)?;
    match decision.verdict {
        Verdict::Reject => audit::ready(c, now, item, changes),
        Verdict::Approve | Verdict::Edit => Ok(()),
    }
}
