-- What a use case is for and what counts as bad there; what holds a draft back; and the epochs in which evidence counts.

-- Append-only: a change of a charter is a new version.
CREATE TABLE charter (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  n INTEGER NOT NULL CHECK (n >= 1),
  charter TEXT NOT NULL CHECK (json_valid(charter)),
  changed_by TEXT NOT NULL,
  note TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (use_case, n)
) STRICT;
CREATE TRIGGER charter_never_changes BEFORE UPDATE ON charter BEGIN SELECT raise(ABORT, 'a charter never changes; a change is a new version'); END;
CREATE TRIGGER charter_never_goes BEFORE DELETE ON charter BEGIN SELECT raise(ABORT, 'versions of a charter are append-only'); END;

-- Append-only: a change of the hold rules is a new version of all of them.
CREATE TABLE hold_rules (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  n INTEGER NOT NULL CHECK (n >= 1),
  rules TEXT NOT NULL CHECK (json_valid(rules)),
  changed_by TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (use_case, n)
) STRICT;
CREATE TRIGGER hold_rules_never_change BEFORE UPDATE ON hold_rules BEGIN SELECT raise(ABORT, 'hold rules never change; a change is a new version'); END;
CREATE TRIGGER hold_rules_never_go BEFORE DELETE ON hold_rules BEGIN SELECT raise(ABORT, 'versions of hold rules are append-only'); END;

-- A stretch of time in which nothing changed that evidence rests on: what drafts, the policy, and what the charter calls
-- bad and allows. Append-only.
CREATE TABLE epoch (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  n INTEGER NOT NULL CHECK (n >= 1),
  drafter_version INTEGER REFERENCES drafter_version (id),
  threshold REAL NOT NULL,
  check_share REAL NOT NULL,
  hold_rules INTEGER NOT NULL REFERENCES hold_rules (id),
  charter INTEGER NOT NULL REFERENCES charter (id),
  started_at INTEGER NOT NULL,
  why TEXT NOT NULL,
  UNIQUE (use_case, n)
) STRICT;
CREATE TRIGGER epoch_never_changes BEFORE UPDATE ON epoch BEGIN SELECT raise(ABORT, 'an epoch never changes; a change starts a new one'); END;
CREATE TRIGGER epoch_never_goes BEFORE DELETE ON epoch BEGIN SELECT raise(ABORT, 'epochs are append-only'); END;

-- What a person may switch at any moment without touching the evidence. Its history is in `event`.
ALTER TABLE use_case ADD COLUMN cap_per_hour INTEGER CHECK (cap_per_hour >= 0);
ALTER TABLE use_case ADD COLUMN paused_at INTEGER;
ALTER TABLE use_case ADD COLUMN paused_by TEXT;
ALTER TABLE use_case ADD COLUMN paused_why TEXT;

-- Use cases that are there already: the default charter, no hold rules, the first epoch.
INSERT INTO charter (use_case, n, charter, changed_by, note, at)
SELECT id, 1, json_object(
  'why', '',
  'risk', json('{"cost":"low","what":"","who":"","reversible":true}'),
  'role', json('{"part":"auxiliary","initiative":"reactive","behaviour":"static"}'),
  'audience', audience,
  'bad', json('{"distance":0.1,"grades":null}'),
  'limits', json('{"walk":{"epsilon":0.05,"delta":0.05},"run":{"epsilon":0.01,"delta":0.05}}'),
  'targets', json('{"share_automated":null,"volume_per_day":null,"response_seconds":null,"hours_saved_per_month":null}'),
  'minimum', json('{"quality":null,"ttft_ms":null,"tpot_ms":null,"cost_per_request":null,"slice_gap":null}'),
  'milestones', json('[]')
), 'gait', 'the charter that a use case begins with', created_at
FROM use_case;
INSERT INTO hold_rules (use_case, n, rules, changed_by, at) SELECT id, 1, '[]', 'gait', created_at FROM use_case;
INSERT INTO epoch (use_case, n, drafter_version, threshold, check_share, hold_rules, charter, started_at, why)
SELECT u.id, 1, u.drafter_version, u.threshold, u.check_share, r.id, c.id, u.created_at, 'all that was decided before epochs were kept'
FROM use_case u JOIN charter c ON c.use_case = u.id JOIN hold_rules r ON r.use_case = u.id;

-- What a decision was taken under. Those that are there already count to the first epoch.
ALTER TABLE decision ADD COLUMN epoch INTEGER REFERENCES epoch (id);
ALTER TABLE decision ADD COLUMN charter INTEGER REFERENCES charter (id);
UPDATE decision SET (epoch, charter) =
  (SELECT e.id, e.charter FROM item i JOIN epoch e ON e.use_case = i.use_case WHERE i.id = decision.item);
CREATE TRIGGER decision_has_its_terms BEFORE INSERT ON decision WHEN new.epoch IS NULL OR new.charter IS NULL
BEGIN SELECT raise(ABORT, 'a decision names its epoch and its charter'); END;
CREATE TRIGGER decision_keeps_its_terms BEFORE UPDATE OF epoch, charter ON decision
BEGIN SELECT raise(ABORT, 'a decision never changes; it can only be taken back'); END;
-- How much went out alone lately.
CREATE INDEX decision_by_policy ON decision (at) WHERE made_by = 'policy';
-- Whether anything was decided in an epoch.
CREATE INDEX decision_by_epoch ON decision (epoch);

-- The reason of a route in words, the hold rule that matched, and the draw of the check: its probability, and whether it was
-- drawn. Null in drafts from before, which count to the first epoch.
ALTER TABLE draft ADD COLUMN route_words TEXT;
ALTER TABLE draft ADD COLUMN route_hold TEXT;
ALTER TABLE draft ADD COLUMN check_probability REAL;
ALTER TABLE draft ADD COLUMN check_drawn INTEGER CHECK (check_drawn IN (0, 1));
ALTER TABLE draft ADD COLUMN epoch INTEGER REFERENCES epoch (id);

-- The part of the machine's time that went into a draft, microseconds; null in drafts from before.
ALTER TABLE draft ADD COLUMN compute_us INTEGER;
