-- What people did at the desk, in order, so that it can be taken back and done again, also after a restart; and comparisons of two drafts.

-- Which of two drafts of an item a person liked better, without knowing which is which. Append-only but for being taken back, once.
CREATE TABLE preference (
  id INTEGER PRIMARY KEY,
  item INTEGER NOT NULL REFERENCES item (id),
  -- As they were shown: left and right, by the order that the seed gives.
  first INTEGER NOT NULL REFERENCES draft (id),
  second INTEGER NOT NULL REFERENCES draft (id),
  seed INTEGER NOT NULL CHECK (seed >= 0),
  choice TEXT NOT NULL CHECK (choice IN ('first', 'second', 'tie')),
  -- The draft that was to be judged before.
  was INTEGER REFERENCES draft (id),
  person TEXT NOT NULL,
  viewed_ms INTEGER NOT NULL CHECK (viewed_ms >= 0),
  at INTEGER NOT NULL,
  undone_at INTEGER,
  undone_by TEXT,
  CHECK (first <> second),
  CHECK ((undone_at IS NULL) = (undone_by IS NULL))
) STRICT;
CREATE INDEX preference_by_item ON preference (item);
CREATE TRIGGER preference_never_changes BEFORE UPDATE OF id, item, first, second, seed, choice, was, person, viewed_ms, at ON preference
BEGIN SELECT raise(ABORT, 'a comparison never changes; it can only be taken back'); END;
CREATE TRIGGER preference_is_taken_back_once BEFORE UPDATE OF undone_at, undone_by ON preference WHEN old.undone_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'a comparison is taken back once'); END;
CREATE TRIGGER preference_never_goes BEFORE DELETE ON preference BEGIN SELECT raise(ABORT, 'comparisons are append-only'); END;

-- One thing that a person did. Done: it stands. Undone: it can be done again, the highest `undone_n` first. Gone: neither.
CREATE TABLE act (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  person TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('decide', 'bulk', 'skip', 'escalate', 'compare', 'audit', 'correct')),
  -- What was said with it, where it is kept nowhere else.
  note TEXT,
  at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('done', 'undone', 'gone')),
  undone_n INTEGER,
  CHECK ((state = 'undone') = (undone_n IS NOT NULL))
) STRICT;
CREATE INDEX act_done ON act (use_case, person, id) WHERE state = 'done';
CREATE INDEX act_undone ON act (use_case, person, undone_n) WHERE state = 'undone';
-- The items that it was done to, and what it left there: the row that stands now, or stood last.
CREATE TABLE act_part (
  act INTEGER NOT NULL REFERENCES act (id),
  item INTEGER NOT NULL REFERENCES item (id),
  decision INTEGER REFERENCES decision (id),
  preference INTEGER REFERENCES preference (id),
  -- The draft that was to be judged then.
  draft INTEGER REFERENCES draft (id),
  PRIMARY KEY (act, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX act_part_by_item ON act_part (item);

-- The newest thousand decisions that stand: what came before an audit or a correction stays where it is.
INSERT INTO act (id, use_case, person, kind, at, state)
SELECT d.id, i.use_case, d.actor, iif(d.corrects IS NULL, 'decide', 'correct'), d.at, 'done'
FROM (SELECT * FROM decision WHERE made_by = 'person' AND undone_at IS NULL ORDER BY id DESC LIMIT 1000) d JOIN item i ON i.id = d.item
WHERE i.seeded = 0
  AND NOT EXISTS (
    SELECT 1 FROM event e
    WHERE e.use_case = i.use_case AND e.actor = d.actor AND e.kind IN ('audited', 're_reviewed')
      AND e.id > (SELECT max(o.id) FROM event o
                  WHERE o.item = d.item AND o.actor = d.actor AND o.kind IN ('approved', 'edited', 'rejected', 'corrected')));
INSERT INTO act_part (act, item, decision, draft)
SELECT a.id, d.item, d.id, i.draft FROM act a JOIN decision d ON d.id = a.id JOIN item i ON i.id = d.item;
