-- What a draft's confidence is made of, the calibrators that make it, and the thresholds that a ladder tries.

-- Append-only: each fit is a new version. `fitted` is JSON of the names of the features, what was fitted, what counted as accepted, and how
-- good it was on later decisions than it was fitted on.
CREATE TABLE calibrator (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  n INTEGER NOT NULL CHECK (n >= 1),
  -- It says nothing of the drafts of another one.
  drafter_version INTEGER NOT NULL REFERENCES drafter_version (id),
  fitted TEXT NOT NULL CHECK (json_valid(fitted)),
  -- The data it saw: how many decisions, the last of them, and the SHA-256 of their ids in order.
  decisions INTEGER NOT NULL CHECK (decisions > 0),
  last_decision INTEGER NOT NULL REFERENCES decision (id),
  decisions_sha256 TEXT NOT NULL CHECK (length(decisions_sha256) = 64),
  fitted_by TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (use_case, n)
) STRICT;
CREATE INDEX calibrator_by_version ON calibrator (drafter_version, n);
CREATE TRIGGER calibrator_never_changes BEFORE UPDATE ON calibrator BEGIN SELECT raise(ABORT, 'a calibrator never changes; a fit is a new version'); END;
CREATE TRIGGER calibrator_never_goes BEFORE DELETE ON calibrator BEGIN SELECT raise(ABORT, 'calibrators are append-only'); END;

-- The features of a draft (JSON, named and versioned), the geometric mean of its token probabilities, and the calibrator that gave the
-- confidence. Null in drafts from before: their confidence is that mean.
ALTER TABLE draft ADD COLUMN features TEXT CHECK (features IS NULL OR json_valid(features));
ALTER TABLE draft ADD COLUMN raw_confidence REAL;
ALTER TABLE draft ADD COLUMN calibrator INTEGER REFERENCES calibrator (id);

-- Who sets the threshold: a person, or the ladder. Both parts of an epoch.
ALTER TABLE use_case ADD COLUMN threshold_by TEXT NOT NULL DEFAULT 'person' CHECK (threshold_by IN ('person', 'ladder'));
ALTER TABLE epoch ADD COLUMN threshold_by TEXT NOT NULL DEFAULT 'person' CHECK (threshold_by IN ('person', 'ladder'));
ALTER TABLE epoch ADD COLUMN calibrator INTEGER REFERENCES calibrator (id);

-- The thresholds of an epoch for one audience, laid on the scores of drafts up to `last_draft`, without their verdicts.
CREATE TABLE ladder (
  epoch INTEGER NOT NULL REFERENCES epoch (id),
  audience TEXT NOT NULL CHECK (audience IN ('internal', 'external')),
  marks TEXT NOT NULL CHECK (json_valid(marks)),
  scores INTEGER NOT NULL CHECK (scores > 0),
  last_draft INTEGER NOT NULL REFERENCES draft (id),
  at INTEGER NOT NULL,
  PRIMARY KEY (epoch, audience)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER ladder_never_changes BEFORE UPDATE ON ladder BEGIN SELECT raise(ABORT, 'the thresholds of an epoch never change'); END;
CREATE TRIGGER ladder_never_goes BEFORE DELETE ON ladder BEGIN SELECT raise(ABORT, 'ladders are append-only'); END;
