//! How a person came upon the item that they decided.
//!
//! Invariant: kept with the decision for ever, and asked only of acceptances: what was looked for is no sample of all there is, but a bad
//! one is bad however it was found.

use super::Order;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Of the list that it was taken from.
    pub order: Order,
    /// The list showed only a part of the queue: a slice, or what has some words.
    pub filtered: bool,
    /// The person opened this one rather than take the next.
    pub picked: bool,
    /// Decided at once with others.
    pub bulk: bool,
}

impl Found {
    /// The next one of the whole queue.
    pub fn next(order: Order) -> Self {
        Self { order, filtered: false, picked: false, bulk: false }
    }

    /// Whether the person or the draft had a part in which one it was. Arrival, urgency and chance know nothing of what a draft is like.
    pub fn chosen(self) -> bool {
        let by_the_draft = match self.order {
            Order::LeastConfident => true,
            Order::Priority | Order::Oldest | Order::Random => false,
        };
        by_the_draft || self.filtered || self.picked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut Found), chosen: bool) {
        let mut found = Found::next(Order::Priority);
        change(&mut found);
        assert_eq!(found.chosen(), chosen, "{found:?}");
    }

    #[test]
    fn what_comes_next_by_arrival_urgency_or_chance_was_not_chosen() {
        check(|_| (), false);
        check(|f| f.order = Order::Oldest, false);
        check(|f| f.order = Order::Random, false);
        check(|f| f.bulk = true, false);
        check(|f| f.order = Order::LeastConfident, true);
        check(|f| f.filtered = true, true);
        check(|f| f.picked = true, true);
    }
}
