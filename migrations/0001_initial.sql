-- Gait's first schema. Forward only: never edited once landed; a change is a new file.
-- Times are milliseconds since 1970 (UTC). Ids are in order of arrival.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Model files on this machine, pinned by content. Forgotten ones stay as rows: old drafts name them.
CREATE TABLE model (
  id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
  path TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('starter', 'imported')),
  facts TEXT NOT NULL CHECK (json_valid(facts)),
  added_at INTEGER NOT NULL,
  removed_at INTEGER
) STRICT;

CREATE TABLE use_case (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
  guidelines TEXT NOT NULL,
  audience TEXT NOT NULL CHECK (audience IN ('internal', 'external')),
  reasons TEXT NOT NULL CHECK (json_valid(reasons)),
  threshold REAL NOT NULL CHECK (threshold BETWEEN 0 AND 1),
  check_share REAL NOT NULL CHECK (check_share BETWEEN 0 AND 1),
  floor REAL NOT NULL CHECK (floor BETWEEN 0 AND 1),
  level TEXT NOT NULL DEFAULT 'crawl' CHECK (level IN ('crawl', 'walk', 'run')),
  sampling TEXT NOT NULL CHECK (json_valid(sampling)),
  prompt INTEGER REFERENCES prompt (id),
  -- Null while no model is chosen.
  drafter_version INTEGER REFERENCES drafter_version (id),
  is_sample INTEGER NOT NULL DEFAULT 0 CHECK (is_sample IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX use_case_one_sample ON use_case (is_sample) WHERE is_sample = 1;

-- Immutable. A change of the words is a new version.
CREATE TABLE prompt (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  n INTEGER NOT NULL,
  system_prompt TEXT NOT NULL,
  template TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (use_case, n),
  UNIQUE (use_case, system_prompt, template)
) STRICT;

-- Exactly what drafts: model + prompt + sampling (adapter and retrieval come with their features).
CREATE TABLE drafter_version (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  n INTEGER NOT NULL,
  model INTEGER NOT NULL REFERENCES model (id),
  prompt INTEGER NOT NULL REFERENCES prompt (id),
  sampling TEXT NOT NULL CHECK (json_valid(sampling)),
  created_at INTEGER NOT NULL,
  UNIQUE (use_case, n),
  UNIQUE (use_case, model, prompt, sampling)
) STRICT;

CREATE TABLE sink (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  kind TEXT NOT NULL CHECK (kind IN ('outbox', 'folder')),
  path TEXT NOT NULL,
  audience TEXT CHECK (audience IN ('internal', 'external')),
  removed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX sink_once ON sink (use_case, kind, path, coalesce(audience, '')) WHERE removed_at IS NULL;

CREATE TABLE item (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  source TEXT NOT NULL,
  -- The request's own id, or the hash of its content where it has none.
  request_key TEXT NOT NULL CHECK (length(request_key) BETWEEN 1 AND 512),
  external_id TEXT,
  request_sha256 TEXT NOT NULL CHECK (length(request_sha256) = 64),
  fields TEXT NOT NULL CHECK (json_valid(fields)),
  audience TEXT NOT NULL CHECK (audience IN ('internal', 'external')),
  slice TEXT,
  priority INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100),
  state TEXT NOT NULL CHECK (state IN ('received', 'drafting', 'drafted', 'in_review', 'approved', 'delivered', 'failed', 'rejected', 'escalated')),
  -- The draft that is judged, its confidence repeated here for ordering.
  draft INTEGER REFERENCES draft (id),
  confidence REAL,
  attempts INTEGER NOT NULL DEFAULT 0,
  run_after INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  -- A claim: of the drafting worker in state drafting, of a person in states in_review and escalated.
  -- The epoch grows with every claim; a holder of an older one is fenced off.
  lease_owner TEXT,
  lease_epoch INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (use_case, source, request_key),
  CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
) STRICT;
CREATE INDEX item_by_state ON item (use_case, state, priority DESC, id);
CREATE INDEX item_to_draft ON item (run_after, id) WHERE state IN ('received', 'drafting');

-- Append-only: a draft never changes.
CREATE TABLE draft (
  id INTEGER PRIMARY KEY,
  item INTEGER NOT NULL REFERENCES item (id),
  n INTEGER NOT NULL,
  drafter_version INTEGER NOT NULL REFERENCES drafter_version (id),
  seed INTEGER NOT NULL,
  hint TEXT,
  prompt_sha256 TEXT NOT NULL,
  text TEXT NOT NULL,
  tokens TEXT NOT NULL CHECK (json_valid(tokens)),
  confidence REAL NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  ttft_us INTEGER NOT NULL,
  tpot_us INTEGER NOT NULL,
  stop TEXT NOT NULL CHECK (stop IN ('end', 'stop_text', 'length', 'context')),
  route_outcome TEXT NOT NULL CHECK (route_outcome IN ('review', 'auto')),
  route_reason TEXT NOT NULL,
  route_level TEXT NOT NULL CHECK (route_level IN ('crawl', 'walk', 'run')),
  route_threshold REAL NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (item, n)
) STRICT;
CREATE TRIGGER draft_never_changes BEFORE UPDATE ON draft BEGIN SELECT raise(ABORT, 'a draft never changes'); END;

-- Append-only but for being taken back, once.
CREATE TABLE decision (
  id INTEGER PRIMARY KEY,
  item INTEGER NOT NULL REFERENCES item (id),
  draft INTEGER NOT NULL REFERENCES draft (id),
  lease_epoch INTEGER NOT NULL,
  made_by TEXT NOT NULL CHECK (made_by IN ('person', 'policy')),
  actor TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'edit', 'reject')),
  text TEXT,
  reasons TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(reasons)),
  note TEXT,
  edit_distance REAL NOT NULL DEFAULT 0,
  viewed_ms INTEGER NOT NULL DEFAULT 0 CHECK (viewed_ms >= 0),
  level TEXT NOT NULL,
  at INTEGER NOT NULL,
  undone_at INTEGER,
  undone_by TEXT,
  CHECK ((verdict = 'edit') = (text IS NOT NULL)),
  CHECK ((undone_at IS NULL) = (undone_by IS NULL))
) STRICT;
-- One decision stands for an item at a time.
CREATE UNIQUE INDEX decision_standing ON decision (item) WHERE undone_at IS NULL;
CREATE INDEX decision_by_actor ON decision (actor, id) WHERE undone_at IS NULL;
CREATE INDEX decision_by_draft ON decision (draft);
CREATE TRIGGER decision_never_changes BEFORE UPDATE OF id, item, draft, lease_epoch, made_by, actor, verdict, text, reasons, note, edit_distance, viewed_ms, level, at ON decision
BEGIN SELECT raise(ABORT, 'a decision never changes; it can only be taken back'); END;

-- What a person has typed and not yet decided.
CREATE TABLE typed (
  item INTEGER NOT NULL REFERENCES item (id),
  person TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (item, person)
) STRICT, WITHOUT ROWID;

-- Skipped: back to the queue, but not to this person.
CREATE TABLE skip (
  item INTEGER NOT NULL REFERENCES item (id),
  person TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (item, person)
) STRICT, WITHOUT ROWID;

-- Approved text on its way to a sink; `uid` is the stable message id a receiver removes repeats by.
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  decision INTEGER NOT NULL REFERENCES decision (id),
  item INTEGER NOT NULL REFERENCES item (id),
  sink INTEGER NOT NULL REFERENCES sink (id),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'done', 'failed', 'withdrawn')),
  not_before INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER,
  last_error TEXT,
  done_at INTEGER,
  UNIQUE (decision, sink)
) STRICT;
CREATE INDEX delivery_due ON delivery (not_before, id) WHERE state IN ('waiting', 'sending', 'failed');
CREATE INDEX delivery_by_item ON delivery (item);

CREATE TABLE level_move (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  level_from TEXT NOT NULL CHECK (level_from IN ('crawl', 'walk', 'run')),
  level_to TEXT NOT NULL CHECK (level_to IN ('crawl', 'walk', 'run')),
  made_by TEXT NOT NULL CHECK (made_by IN ('person', 'rule')),
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  evidence TEXT NOT NULL CHECK (json_valid(evidence)),
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX level_move_by_use_case ON level_move (use_case, id);

-- Everything that happened, in words a person can read; append-only.
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  kind TEXT NOT NULL,
  use_case INTEGER REFERENCES use_case (id),
  item INTEGER REFERENCES item (id),
  detail TEXT
) STRICT;
CREATE INDEX event_by_item ON event (item, id) WHERE item IS NOT NULL;
CREATE INDEX event_by_use_case ON event (use_case, id);
CREATE TRIGGER event_never_changes BEFORE UPDATE ON event BEGIN SELECT raise(ABORT, 'events are append-only'); END;
CREATE TRIGGER event_never_goes BEFORE DELETE ON event BEGIN SELECT raise(ABORT, 'events are append-only'); END;

-- Counts by state, kept by triggers, so that a header never scans the queue.
CREATE TABLE item_count (
  use_case INTEGER NOT NULL,
  state TEXT NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 0),
  PRIMARY KEY (use_case, state)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER item_counted_in AFTER INSERT ON item BEGIN
  INSERT INTO item_count VALUES (new.use_case, new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER item_counted_on AFTER UPDATE OF state ON item WHEN old.state <> new.state BEGIN
  UPDATE item_count SET n = n - 1 WHERE use_case = old.use_case AND state = old.state;
  INSERT INTO item_count VALUES (new.use_case, new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;

-- Full-text search over the request's words, trigram so that Korean and parts of numbers are found too.
CREATE VIRTUAL TABLE item_text USING fts5 (body, content = '', contentless_delete = 1, tokenize = 'trigram');
