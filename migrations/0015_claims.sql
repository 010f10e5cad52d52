-- Items that somebody holds: few, however many there are. What a clock that jumped left behind is found by it.
CREATE INDEX item_claimed ON item (lease_until) WHERE lease_until IS NOT NULL;
