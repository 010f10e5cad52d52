-- How a person came upon what they decided, items that are known to be bad, and who decides.

-- Null in decisions by policy, and in those from before, which count as the next one of the queue.
ALTER TABLE decision ADD COLUMN found_order TEXT CHECK (found_order IN ('priority', 'least_confident', 'oldest', 'random'));
ALTER TABLE decision ADD COLUMN found_filtered INTEGER CHECK (found_filtered IN (0, 1));
ALTER TABLE decision ADD COLUMN found_picked INTEGER CHECK (found_picked IN (0, 1));
ALTER TABLE decision ADD COLUMN found_bulk INTEGER CHECK (found_bulk IN (0, 1));
CREATE TRIGGER decision_says_how_it_was_found BEFORE INSERT ON decision
WHEN new.found_order IS NOT NULL AND (new.found_filtered IS NULL OR new.found_picked IS NULL OR new.found_bulk IS NULL)
BEGIN SELECT raise(ABORT, 'how an item was found is told whole'); END;
CREATE TRIGGER decision_keeps_how_it_was_found BEFORE UPDATE OF found_order, found_filtered, found_picked, found_bulk ON decision
BEGIN SELECT raise(ABORT, 'a decision never changes; it can only be taken back'); END;

-- The share of decided items that a second person judges unseen, and the share of known-bad items in what enters review. The second is a
-- part of the epoch: without it evidence would be of reviewers of whom nobody knows what they miss.
ALTER TABLE use_case ADD COLUMN re_review_share REAL NOT NULL DEFAULT 0.05 CHECK (re_review_share BETWEEN 0 AND 0.5);
ALTER TABLE use_case ADD COLUMN gold_share REAL NOT NULL DEFAULT 0 CHECK (gold_share BETWEEN 0 AND 0.5);
ALTER TABLE epoch ADD COLUMN gold_share REAL NOT NULL DEFAULT 0;

-- An item that is known to be bad: it looks like any other until somebody has decided it, and goes nowhere. It is made ready to be
-- decided, and ends rejected, whatever the verdict was.
ALTER TABLE item ADD COLUMN seeded INTEGER NOT NULL DEFAULT 0 CHECK (seeded IN (0, 1));
CREATE TABLE seeded (
  item INTEGER PRIMARY KEY REFERENCES item (id),
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  -- The real one that it was made from, and its faulty draft.
  original INTEGER NOT NULL REFERENCES item (id),
  draft INTEGER NOT NULL REFERENCES draft (id),
  audience TEXT NOT NULL CHECK (audience IN ('internal', 'external')),
  fault TEXT NOT NULL CHECK (fault IN ('wrong_number', 'wrong_name', 'missing_step', 'by_admin')),
  note TEXT,
  made_by TEXT NOT NULL,
  at INTEGER NOT NULL,
  -- How it ended.
  decision INTEGER UNIQUE REFERENCES decision (id),
  epoch INTEGER REFERENCES epoch (id),
  caught INTEGER CHECK (caught IN (0, 1)),
  CHECK ((decision IS NULL) = (epoch IS NULL) AND (decision IS NULL) = (caught IS NULL))
) STRICT;
CREATE INDEX seeded_by_use_case ON seeded (use_case, fault, caught);
CREATE INDEX seeded_by_epoch ON seeded (epoch, audience, caught) WHERE epoch IS NOT NULL;
CREATE INDEX seeded_by_original ON seeded (original);
CREATE TRIGGER seeded_is_decided_once BEFORE UPDATE ON seeded WHEN old.decision IS NOT NULL
BEGIN SELECT raise(ABORT, 'what became of a known-bad item never changes'); END;
CREATE TRIGGER seeded_keeps_what_it_is BEFORE UPDATE OF item, use_case, original, draft, audience, fault, note, made_by, at ON seeded
BEGIN SELECT raise(ABORT, 'a known-bad item never changes'); END;
CREATE TRIGGER seeded_never_goes BEFORE DELETE ON seeded BEGIN SELECT raise(ABORT, 'known-bad items are append-only'); END;
CREATE TRIGGER item_seeded_is_for_ever BEFORE UPDATE OF seeded ON item WHEN new.seeded <> old.seeded
BEGIN SELECT raise(ABORT, 'whether an item is known to be bad never changes'); END;
CREATE TRIGGER item_seeded_begins_in_review BEFORE INSERT ON item WHEN new.seeded = 1 AND new.state <> 'in_review'
BEGIN SELECT raise(ABORT, 'a known-bad item is made ready to be decided'); END;
CREATE TRIGGER item_seeded_goes_nowhere BEFORE UPDATE OF state ON item
WHEN new.seeded = 1 AND (new.state NOT IN ('in_review', 'escalated', 'rejected') OR old.state = 'rejected')
BEGIN SELECT raise(ABORT, 'a known-bad item is only ever decided, and once'); END;
CREATE TRIGGER delivery_is_of_no_seeded_item BEFORE INSERT ON delivery WHEN (SELECT seeded FROM item WHERE id = new.item) = 1
BEGIN SELECT raise(ABORT, 'a known-bad item is never delivered'); END;
CREATE TRIGGER audit_is_of_no_seeded_item BEFORE INSERT ON audit WHEN (SELECT seeded FROM item WHERE id = new.item) = 1
BEGIN SELECT raise(ABORT, 'a known-bad item is judged once'); END;
CREATE TRIGGER decision_on_a_seeded_item_is_a_persons BEFORE INSERT ON decision
WHEN new.made_by = 'policy' AND (SELECT seeded FROM item WHERE id = new.item) = 1
BEGIN SELECT raise(ABORT, 'policy never decides a known-bad item'); END;
CREATE TRIGGER decision_on_a_seeded_item_stands BEFORE UPDATE OF undone_at ON decision WHEN (SELECT seeded FROM item WHERE id = new.item) = 1
BEGIN SELECT raise(ABORT, 'a decision on a known-bad item stands: its answer was told'); END;
-- While it waits it is counted as the work that it is; once it is decided it is counted nowhere but among its own.
DROP TRIGGER item_counted_on;
CREATE TRIGGER item_counted_on AFTER UPDATE OF state ON item WHEN old.state <> new.state BEGIN
  UPDATE item_count SET n = n - 1 WHERE use_case = old.use_case AND state = old.state;
  INSERT INTO item_count SELECT new.use_case, new.state, 1 WHERE new.seeded = 0 OR new.state <> 'rejected' ON CONFLICT DO UPDATE SET n = n + 1;
END;

-- Who decides on this machine, and when they last did: a second look needs a second person.
CREATE TABLE reviewer (person TEXT PRIMARY KEY, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO reviewer SELECT actor, max(at) FROM decision WHERE made_by = 'person' GROUP BY actor;
CREATE TRIGGER reviewer_decided AFTER INSERT ON decision WHEN new.made_by = 'person' BEGIN
  INSERT INTO reviewer VALUES (new.actor, new.at) ON CONFLICT DO UPDATE SET last_at = max(last_at, excluded.last_at);
END;
