-- What the queue is looked through by: items that are alike lie in one pile, which is counted; and the words of drafts and decisions can be
-- found, not only those of requests. All of it follows from the rows; `gait doctor` compares the piles.

-- Items that are alike in all that a filter asks for, but for their confidence. A slice is its JSON text, so that none and an empty name are
-- two; the level is that of the newest draft, empty while there is none.
CREATE TABLE pile (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL,
  state TEXT NOT NULL,
  slice TEXT NOT NULL,
  source TEXT NOT NULL,
  level TEXT NOT NULL,
  UNIQUE (use_case, state, slice, source, level)
) STRICT;
-- How many lie in it, by confidence in twenty bins; -1 is none.
CREATE TABLE pile_count (
  pile INTEGER NOT NULL REFERENCES pile (id),
  bin INTEGER NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 0),
  PRIMARY KEY (pile, bin)
) STRICT, WITHOUT ROWID;

-- Null: it lies nowhere, as a known-bad item that is decided.
ALTER TABLE item ADD COLUMN pile INTEGER REFERENCES pile (id);
ALTER TABLE item ADD COLUMN bin INTEGER GENERATED ALWAYS AS (iif(confidence IS NULL, -1, max(0, min(19, CAST(confidence * 20 AS INTEGER))))) VIRTUAL;

INSERT INTO pile (use_case, state, slice, source, level)
SELECT DISTINCT i.use_case, i.state, json_quote(i.slice), i.source, coalesce(d.route_level, '')
FROM item i LEFT JOIN draft d ON d.id = i.draft
WHERE i.seeded = 0 OR i.state <> 'rejected';
UPDATE item SET pile = (
  SELECT p.id FROM pile p
  WHERE p.use_case = item.use_case AND p.state = item.state AND p.slice = json_quote(item.slice) AND p.source = item.source
    AND p.level = coalesce((SELECT d.route_level FROM draft d WHERE d.id = item.draft), ''))
WHERE seeded = 0 OR state <> 'rejected';
INSERT INTO pile_count SELECT pile, bin, count(*) FROM item WHERE pile IS NOT NULL GROUP BY 1, 2;

CREATE TRIGGER item_piled_in AFTER INSERT ON item WHEN new.seeded = 0 OR new.state <> 'rejected' BEGIN
  INSERT INTO pile (use_case, state, slice, source, level)
  VALUES (new.use_case, new.state, json_quote(new.slice), new.source, coalesce((SELECT d.route_level FROM draft d WHERE d.id = new.draft), ''))
  ON CONFLICT DO NOTHING;
  UPDATE item SET pile = (
    SELECT p.id FROM pile p
    WHERE p.use_case = new.use_case AND p.state = new.state AND p.slice = json_quote(new.slice) AND p.source = new.source
      AND p.level = coalesce((SELECT d.route_level FROM draft d WHERE d.id = new.draft), ''))
  WHERE id = new.id;
  INSERT INTO pile_count SELECT i.pile, i.bin, 1 FROM item i WHERE i.id = new.id ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER item_piled_on AFTER UPDATE OF state, draft, confidence ON item
WHEN old.state <> new.state OR old.draft IS NOT new.draft OR old.confidence IS NOT new.confidence BEGIN
  UPDATE pile_count SET n = n - 1
  WHERE pile = old.pile
    AND bin = iif(old.confidence IS NULL, -1, max(0, min(19, CAST(old.confidence * 20 AS INTEGER))));
  INSERT INTO pile (use_case, state, slice, source, level)
  SELECT new.use_case, new.state, json_quote(new.slice), new.source, coalesce((SELECT d.route_level FROM draft d WHERE d.id = new.draft), '')
  WHERE new.seeded = 0 OR new.state <> 'rejected'
  ON CONFLICT DO NOTHING;
  UPDATE item SET pile = (
    SELECT p.id FROM pile p
    WHERE (new.seeded = 0 OR new.state <> 'rejected')
      AND p.use_case = new.use_case AND p.state = new.state AND p.slice = json_quote(new.slice) AND p.source = new.source
      AND p.level = coalesce((SELECT d.route_level FROM draft d WHERE d.id = new.draft), ''))
  WHERE id = new.id;
  INSERT INTO pile_count SELECT i.pile, i.bin, 1 FROM item i WHERE i.id = new.id AND i.pile IS NOT NULL ON CONFLICT DO UPDATE SET n = n + 1;
END;

-- What a pile is in order by: arrival, urgency, confidence (none first), and chance, for the last letters of a UUIDv7 are random.
CREATE INDEX item_piled ON item (pile);
CREATE INDEX item_piled_by_priority ON item (pile, priority DESC);
CREATE INDEX item_piled_by_confidence ON item (pile, coalesce(confidence, -1.0));
CREATE INDEX item_piled_by_chance ON item (pile, substr(uid, 20));
-- What somebody holds.
CREATE INDEX item_held ON item (lease_owner) WHERE lease_owner IS NOT NULL;

-- The words of requests, each text with a line end behind it: the index knows parts of three characters, and so a word of two at the very
-- end has one too.
INSERT INTO item_text (item_text) VALUES ('delete-all');
INSERT INTO item_text (rowid, body)
SELECT i.id, coalesce(i.external_id, '') || coalesce((SELECT group_concat(char(10) || f.value ->> 'value', '') FROM json_each(i.fields) f), '') || char(10)
FROM item i;

-- The words of the newest draft of an item (row 2 × id), and of what was decided where that is another text (row 2 × id + 1).
CREATE VIRTUAL TABLE said_text USING fts5 (body, content = '', contentless_delete = 1, tokenize = 'trigram');
INSERT INTO said_text (rowid, body)
SELECT 2 * i.id, d.text || char(10) FROM item i JOIN draft d ON d.id = i.draft;
INSERT INTO said_text (rowid, body)
SELECT 2 * x.item + 1, coalesce(x.text, d.text) || char(10)
FROM decision x JOIN draft d ON d.id = x.draft JOIN item i ON i.id = x.item
WHERE x.undone_at IS NULL AND (x.verdict = 'edit' OR (x.verdict = 'approve' AND d.id IS NOT i.draft));

CREATE TRIGGER draft_said AFTER UPDATE OF draft ON item WHEN old.draft IS NOT new.draft BEGIN
  DELETE FROM said_text WHERE rowid = 2 * new.id;
  INSERT INTO said_text (rowid, body) SELECT 2 * new.id, d.text || char(10) FROM draft d WHERE d.id = new.draft;
END;
CREATE TRIGGER decision_said AFTER INSERT ON decision WHEN new.undone_at IS NULL AND new.verdict <> 'reject' BEGIN
  DELETE FROM said_text WHERE rowid = 2 * new.item + 1;
  INSERT INTO said_text (rowid, body)
  SELECT 2 * new.item + 1, coalesce(new.text, d.text) || char(10)
  FROM draft d JOIN item i ON i.id = d.item
  WHERE d.id = new.draft AND (new.verdict = 'edit' OR d.id IS NOT i.draft);
END;
CREATE TRIGGER decision_unsaid AFTER UPDATE OF undone_at ON decision WHEN old.undone_at IS NULL AND new.undone_at IS NOT NULL BEGIN
  DELETE FROM said_text WHERE rowid = 2 * new.item + 1;
END;

-- Terms of the indexes, in order.
CREATE VIRTUAL TABLE item_term USING fts5vocab (item_text, 'instance');
CREATE VIRTUAL TABLE said_term USING fts5vocab (said_text, 'instance');
