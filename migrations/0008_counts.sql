-- What is kept beside the decisions, so that no page reads all of them: counts, and the state of the evidence. Both follow from the
-- rows; `gait doctor` computes them anew and compares.

-- A decision with what it is counted by; none on a known-bad item. A slice is its JSON text, so that none and an empty name are two.
CREATE VIEW counted_decision AS
SELECT d.id, d.undone_at, i.use_case, d.at / 86400000 AS day, r.drafter_version, i.audience, json_quote(i.slice) AS slice,
       max(0, min(9, CAST(r.confidence * 10 AS INTEGER))) AS bin, d.made_by, r.route_reason = 'asked_by_person' AS asked, d.verdict
FROM decision d JOIN item i ON i.id = d.item JOIN draft r ON r.id = d.draft
WHERE i.seeded = 0;

-- Standing decisions by UTC day (counted from 1970-01-01).
CREATE TABLE day_count (
  use_case INTEGER NOT NULL,
  day INTEGER NOT NULL,
  drafter_version INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  asked INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 0),
  PRIMARY KEY (use_case, day, drafter_version, made_by, asked, verdict)
) STRICT, WITHOUT ROWID;
-- The same ones by what they were about; confidence in ten bins.
CREATE TABLE kind_count (
  use_case INTEGER NOT NULL,
  drafter_version INTEGER NOT NULL,
  audience TEXT NOT NULL,
  slice TEXT NOT NULL,
  bin INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  asked INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 0),
  PRIMARY KEY (use_case, drafter_version, audience, slice, bin, made_by, asked, verdict)
) STRICT, WITHOUT ROWID;

INSERT INTO day_count
SELECT use_case, day, drafter_version, made_by, asked, verdict, count(*) FROM counted_decision WHERE undone_at IS NULL GROUP BY 1, 2, 3, 4, 5, 6;
INSERT INTO kind_count
SELECT use_case, drafter_version, audience, slice, bin, made_by, asked, verdict, count(*)
FROM counted_decision WHERE undone_at IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;

CREATE TRIGGER decision_counted_in AFTER INSERT ON decision WHEN new.undone_at IS NULL BEGIN
  INSERT INTO day_count SELECT use_case, day, drafter_version, made_by, asked, verdict, 1 FROM counted_decision WHERE id = new.id
  ON CONFLICT DO UPDATE SET n = n + 1;
  INSERT INTO kind_count SELECT use_case, drafter_version, audience, slice, bin, made_by, asked, verdict, 1 FROM counted_decision WHERE id = new.id
  ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER decision_counted_out AFTER UPDATE OF undone_at ON decision WHEN old.undone_at IS NULL AND new.undone_at IS NOT NULL BEGIN
  UPDATE day_count SET n = n - 1 WHERE (use_case, day, drafter_version, made_by, asked, verdict) =
    (SELECT use_case, day, drafter_version, made_by, asked, verdict FROM counted_decision WHERE id = old.id);
  UPDATE kind_count SET n = n - 1 WHERE (use_case, drafter_version, audience, slice, bin, made_by, asked, verdict) =
    (SELECT use_case, drafter_version, audience, slice, bin, made_by, asked, verdict FROM counted_decision WHERE id = old.id);
END;

-- The evidence of a use case by all its decisions up to an item, in one epoch: JSON of the streams, which only a program that knows the
-- form reads. Some older states stay, so that little is computed again when the newest is dropped.
CREATE TABLE evidence_state (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  epoch INTEGER NOT NULL REFERENCES epoch (id),
  form INTEGER NOT NULL,
  up_to INTEGER NOT NULL REFERENCES item (id),
  -- How many decisions it was told.
  taken INTEGER NOT NULL CHECK (taken > 0),
  state TEXT NOT NULL CHECK (json_valid(state)),
  UNIQUE (use_case, up_to)
) STRICT;
-- A change behind a state drops it: a decision there is taken, or taken back, or an item is open again.
CREATE TRIGGER evidence_of_a_decision_behind AFTER INSERT ON decision WHEN (SELECT seeded FROM item WHERE id = new.item) = 0 BEGIN
  DELETE FROM evidence_state WHERE use_case = (SELECT use_case FROM item WHERE id = new.item) AND up_to >= new.item;
END;
CREATE TRIGGER evidence_of_what_is_taken_back AFTER UPDATE OF undone_at ON decision BEGIN
  DELETE FROM evidence_state WHERE use_case = (SELECT use_case FROM item WHERE id = new.item) AND up_to >= new.item;
END;
CREATE TRIGGER evidence_of_what_is_open_again AFTER UPDATE OF state ON item
WHEN new.state IN ('received', 'drafting', 'drafted', 'in_review', 'escalated')
 AND old.state NOT IN ('received', 'drafting', 'drafted', 'in_review', 'escalated') BEGIN
  DELETE FROM evidence_state WHERE use_case = new.use_case AND up_to >= new.id;
END;

-- People's standing decisions in the order of submission, with all that tells what waits for an older item.
CREATE INDEX decision_in_order ON decision (epoch, item, verdict, edit_distance, made_by, undone_at) WHERE undone_at IS NULL AND made_by = 'person';
-- Items that have no verdict yet: the oldest one holds the evidence up.
CREATE INDEX item_open ON item (use_case, id) WHERE state IN ('received', 'drafting', 'drafted', 'in_review', 'escalated') AND seeded = 0;
-- The same request once more.
CREATE INDEX item_by_request ON item (use_case, request_sha256);
-- Items for which a person had another draft made.
CREATE INDEX draft_asked ON draft (item) WHERE route_reason = 'asked_by_person';
-- What the newest drafts of a drafter version took.
CREATE INDEX draft_times ON draft (drafter_version, id, item, ttft_us, tpot_us, compute_us);
