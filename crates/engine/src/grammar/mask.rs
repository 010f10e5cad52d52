//! A set of tokens.
//!
//! Invariant: holds only tokens of the vocabulary; what lies beyond it is not allowed.

use llguidance::toktrie::SimpleVob;

/// The tokens that may come next.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mask(SimpleVob);

impl From<SimpleVob> for Mask {
    fn from(set: SimpleVob) -> Self {
        Self(set)
    }
}

impl Mask {
    /// None of so many tokens.
    pub(crate) fn empty(vocabulary: usize) -> Self {
        Self(SimpleVob::alloc(vocabulary))
    }

    pub(crate) fn allow(&mut self, id: u32) {
        if (id as usize) < self.0.len() {
            self.0.allow_token(id);
        }
    }

    pub(crate) fn allows(&self, id: u32) -> bool {
        (id as usize) < self.0.len() && self.0.is_allowed(id)
    }

    /// Writes the logits of allowed tokens to `out`; those of others become minus infinity.
    pub(crate) fn apply(&self, logits: &[f32], out: &mut Vec<f32>) {
        out.clear();
        out.resize(logits.len(), f32::NEG_INFINITY);
        for id in self.ids() {
            if let (Some(out), Some(logit)) = (out.get_mut(id as usize), logits.get(id as usize)) {
                *out = *logit;
            }
        }
    }

    /// Allowed tokens, lowest id first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.0.iter()
    }

    /// The token, where only one is allowed: there is nothing to draw.
    pub(crate) fn only(&self) -> Option<u32> {
        let mut ids = self.ids();
        ids.next().filter(|_| ids.next().is_none())
    }
}
