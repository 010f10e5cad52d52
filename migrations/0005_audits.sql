-- Audits of what went out alone, the brake and the detector over them, falls of a level with their cause, notices, corrections.

-- A level falls by what audits and reviews find, no longer by a floor under acceptance.
ALTER TABLE use_case DROP COLUMN floor;
ALTER TABLE use_case ADD COLUMN audit_due_hours INTEGER NOT NULL DEFAULT 24 CHECK (audit_due_hours BETWEEN 1 AND 8760);
-- How often the rule has lowered the level. A part of the epoch, so that old evidence does not buy the level back.
ALTER TABLE use_case ADD COLUMN falls INTEGER NOT NULL DEFAULT 0 CHECK (falls >= 0);
ALTER TABLE epoch ADD COLUMN falls INTEGER NOT NULL DEFAULT 0;
-- Whether somebody was told of the audits that are overdue now.
ALTER TABLE use_case ADD COLUMN overdue_told INTEGER NOT NULL DEFAULT 0 CHECK (overdue_told IN (0, 1));
-- A file that notices are appended to.
ALTER TABLE use_case ADD COLUMN notice_sink TEXT;

-- `check_share` is the share that is audited after it went out, and nothing goes out with a smaller one than 1 %.
UPDATE use_case SET check_share = 0.01 WHERE check_share < 0.01;
INSERT INTO epoch (use_case, n, drafter_version, threshold, check_share, hold_rules, charter, started_at, why)
SELECT e.use_case, e.n + 1, e.drafter_version, e.threshold, 0.01, e.hold_rules,
       (SELECT c.id FROM charter c WHERE c.use_case = e.use_case ORDER BY c.n DESC LIMIT 1),
       CAST(unixepoch('subsec') * 1000 AS INTEGER), 'share to audit ' || e.check_share || ' → 0.01: what goes out alone is audited'
FROM epoch e
WHERE e.check_share < 0.01 AND e.n = (SELECT max(o.n) FROM epoch o WHERE o.use_case = e.use_case);

-- A second look at a decision: an audit of one by policy, or a blind re-review of a person's. Drawn with its probability before the
-- text leaves. `due_at` is null until there is something to look at. Append-only but for its end.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('audit', 're_review')),
  item INTEGER NOT NULL REFERENCES item (id),
  decision INTEGER NOT NULL REFERENCES decision (id),
  epoch INTEGER NOT NULL REFERENCES epoch (id),
  -- Of the item, repeated here for counting.
  slice TEXT,
  probability REAL NOT NULL CHECK (probability > 0 AND probability <= 1),
  created_at INTEGER NOT NULL,
  delivered_at INTEGER,
  due_at INTEGER,
  state TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
  verdict TEXT CHECK (verdict IN ('approve', 'edit', 'reject')),
  text TEXT,
  reasons TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(reasons)),
  note TEXT,
  edit_distance REAL,
  viewed_ms INTEGER CHECK (viewed_ms >= 0),
  -- By the terms of the epoch in which it went out.
  loss REAL CHECK (loss BETWEEN 0 AND 1),
  bad INTEGER CHECK (bad IN (0, 1)),
  actor TEXT,
  -- When it ended, done or dropped.
  at INTEGER,
  UNIQUE (decision, kind),
  CHECK ((delivered_at IS NULL) = (due_at IS NULL)),
  CHECK ((state = 'open') = (at IS NULL)),
  CHECK ((state = 'done') = (verdict IS NOT NULL)),
  CHECK (state <> 'done' OR (actor IS NOT NULL AND loss IS NOT NULL AND bad IS NOT NULL AND edit_distance IS NOT NULL AND viewed_ms IS NOT NULL)),
  CHECK (verdict IS NULL OR (verdict = 'edit') = (text IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX audit_open_once ON audit (item) WHERE state = 'open';
CREATE INDEX audit_due ON audit (due_at) WHERE state = 'open';
CREATE INDEX audit_by_slice ON audit (epoch, kind, slice);
CREATE INDEX audit_by_item ON audit (item);
CREATE TRIGGER audit_keeps_its_draw BEFORE UPDATE OF id, kind, item, decision, epoch, slice, probability, created_at ON audit
BEGIN SELECT raise(ABORT, 'how an audit was drawn never changes'); END;
CREATE TRIGGER audit_ends_once BEFORE UPDATE ON audit WHEN old.state <> 'open' BEGIN SELECT raise(ABORT, 'an audit that has ended never changes'); END;
CREATE TRIGGER audit_never_goes BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'audits are append-only'); END;

-- The brake and the detector, from one move of the level or start of an epoch to the next; the newest of a use case is at work.
CREATE TABLE watch (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  epoch INTEGER NOT NULL REFERENCES epoch (id),
  level TEXT NOT NULL CHECK (level IN ('crawl', 'walk', 'run')),
  -- The brake that it began with; both are also computed again from the verdicts.
  first_brake TEXT NOT NULL CHECK (json_valid(first_brake)),
  brake TEXT NOT NULL CHECK (json_valid(brake)),
  detector TEXT NOT NULL CHECK (json_valid(detector)),
  started_at INTEGER NOT NULL
) STRICT;
CREATE INDEX watch_by_use_case ON watch (use_case, id);

-- What brake and detector were told, in the order of verdicts. A decision that is taken back leaves.
CREATE TABLE watch_verdict (
  id INTEGER PRIMARY KEY,
  watch INTEGER NOT NULL REFERENCES watch (id),
  -- The draft that went out alone, or would have.
  draft INTEGER NOT NULL REFERENCES draft (id),
  audit INTEGER UNIQUE REFERENCES audit (id),
  decision INTEGER UNIQUE REFERENCES decision (id),
  bad INTEGER NOT NULL CHECK (bad IN (0, 1)),
  -- Whether it was in view as long as reading takes.
  read INTEGER NOT NULL CHECK (read IN (0, 1)),
  at INTEGER NOT NULL,
  CHECK ((audit IS NULL) <> (decision IS NULL))
) STRICT;
CREATE INDEX watch_verdict_by_watch ON watch_verdict (watch, id);
-- Which decision a draft led to when it went out alone.
CREATE INDEX decision_by_policy_draft ON decision (draft) WHERE made_by = 'policy';

-- Why the rule lowered a level, when it got worse by its estimate, and the items that went out alone since.
ALTER TABLE level_move ADD COLUMN cause TEXT CHECK (cause IN ('drift', 'audits_missing', 'sink_failing', 'model_changed'));
ALTER TABLE level_move ADD COLUMN changed_at INTEGER;
ALTER TABLE level_move ADD COLUMN changed_item INTEGER REFERENCES item (id);
ALTER TABLE level_move ADD COLUMN out_since TEXT CHECK (out_since IS NULL OR json_valid(out_since));
CREATE TRIGGER level_move_cause_is_of_a_fall BEFORE INSERT ON level_move WHEN new.cause IS NOT NULL AND new.made_by <> 'rule'
BEGIN SELECT raise(ABORT, 'only the rule lowers a level for a cause'); END;
CREATE TRIGGER level_move_rule_only_lowers BEFORE INSERT ON level_move
WHEN new.made_by = 'rule' AND (new.level_from, new.level_to) NOT IN (VALUES ('run', 'walk'), ('walk', 'crawl'))
BEGIN SELECT raise(ABORT, 'the rule lowers a level by one step'); END;

-- A decision on what is out already: it corrects the one that went out.
ALTER TABLE decision ADD COLUMN corrects INTEGER REFERENCES decision (id);
CREATE UNIQUE INDEX decision_corrects_once ON decision (corrects) WHERE corrects IS NOT NULL;
CREATE TRIGGER decision_keeps_what_it_corrects BEFORE UPDATE OF corrects ON decision
BEGIN SELECT raise(ABORT, 'a decision never changes; it can only be taken back'); END;
-- The id of the delivery whose text this one corrects; and since when a delivery has failed.
ALTER TABLE delivery ADD COLUMN corrects TEXT;
ALTER TABLE delivery ADD COLUMN failed_since INTEGER;
CREATE INDEX delivery_failing ON delivery (failed_since) WHERE failed_since IS NOT NULL;

-- What is out and was found bad, until it is corrected or left as it is.
CREATE TABLE correction (
  id INTEGER PRIMARY KEY,
  item INTEGER NOT NULL REFERENCES item (id),
  -- The decision whose text is out.
  decision INTEGER NOT NULL REFERENCES decision (id),
  -- The audit that found it; null where a person did without one.
  audit INTEGER REFERENCES audit (id),
  -- What the auditor wrote, or what was sent.
  text TEXT,
  state TEXT NOT NULL CHECK (state IN ('open', 'sent', 'dismissed')),
  opened_at INTEGER NOT NULL,
  ended_at INTEGER,
  ended_by TEXT,
  note TEXT,
  CHECK ((state = 'open') = (ended_at IS NULL)),
  CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX correction_open_once ON correction (item) WHERE state = 'open';
CREATE INDEX correction_by_item ON correction (item);

-- What people are told though they did not ask, and its way to the file that notices go to.
CREATE TABLE notice (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  kind TEXT NOT NULL CHECK (kind IN ('fell', 'brake', 'audits_overdue', 'sink_failing', 'model_changed', 'correction')),
  words TEXT NOT NULL,
  level_move INTEGER REFERENCES level_move (id),
  seen_at INTEGER,
  seen_by TEXT,
  -- Null where no file was named when it was made.
  sink TEXT,
  state TEXT NOT NULL CHECK (state IN ('kept', 'waiting', 'sending', 'done', 'failed')),
  not_before INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER,
  last_error TEXT,
  CHECK ((sink IS NULL) = (state = 'kept'))
) STRICT;
CREATE INDEX notice_due ON notice (not_before, id) WHERE state IN ('waiting', 'sending', 'failed');

-- The stamp of a model's file at the last look, so that a file that changed is noticed without reading it again and again.
ALTER TABLE model ADD COLUMN checked_stamp TEXT;
