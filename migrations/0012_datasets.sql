-- Datasets: frozen versions of what decisions teach, where their files are, and items that no later version may hold.

-- Append-only. What was left out and the manifest are as they were when it was made.
CREATE TABLE dataset_version (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  n INTEGER NOT NULL CHECK (n >= 1),
  selection TEXT NOT NULL CHECK (json_valid(selection)),
  recipe TEXT NOT NULL CHECK (json_valid(recipe)),
  left_out TEXT NOT NULL CHECK (json_valid(left_out)),
  manifest TEXT NOT NULL CHECK (json_valid(manifest)),
  made_by TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (use_case, n)
) STRICT;
CREATE TRIGGER dataset_version_never_changes BEFORE UPDATE ON dataset_version
BEGIN SELECT raise(ABORT, 'a dataset version never changes; a change is a new version'); END;
CREATE TRIGGER dataset_version_never_goes BEFORE DELETE ON dataset_version BEGIN SELECT raise(ABORT, 'dataset versions are append-only'); END;

-- What a version was made of, in the order of ids, so many of them a row that a million decisions are a few megabytes. An entry is 6 bytes:
-- the id as its distance from the one before (`first` for the first one; 4 bytes, little-endian), what became of it (0 train, 1 validation,
-- 2 test; 4 more where cleaning left it out, 8 where a second look said something else, 16 where an earlier version had its item), and its
-- weight in hundredths.
CREATE TABLE dataset_part (
  version INTEGER NOT NULL REFERENCES dataset_version (id),
  source TEXT NOT NULL CHECK (source IN ('decision', 'comparison')),
  first INTEGER NOT NULL,
  last INTEGER NOT NULL CHECK (last >= first),
  entries BLOB NOT NULL CHECK (length(entries) > 0 AND length(entries) % 6 = 0),
  UNIQUE (version, source, first)
) STRICT;
CREATE TRIGGER dataset_part_never_changes BEFORE UPDATE ON dataset_part BEGIN SELECT raise(ABORT, 'a dataset version never changes'); END;
CREATE TRIGGER dataset_part_never_goes BEFORE DELETE ON dataset_part BEGIN SELECT raise(ABORT, 'dataset versions are append-only'); END;

-- A folder with the files of a version: written by `owner` under a temporary name, complete with the version, then under its own name.
CREATE TABLE dataset_copy (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  version INTEGER REFERENCES dataset_version (id),
  folder TEXT NOT NULL,
  temporary TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('writing', 'complete', 'placed', 'dropped')),
  made_by TEXT NOT NULL,
  at INTEGER NOT NULL,
  CHECK (state NOT IN ('complete', 'placed') OR version IS NOT NULL)
) STRICT;
CREATE INDEX dataset_copy_open ON dataset_copy (owner) WHERE state IN ('writing', 'complete');
CREATE INDEX dataset_copy_by_version ON dataset_copy (version) WHERE state = 'placed';

-- Items that no later version holds.
CREATE TABLE purged_item (
  item INTEGER PRIMARY KEY REFERENCES item (id),
  purged_by TEXT NOT NULL,
  why TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER purged_item_never_changes BEFORE UPDATE ON purged_item BEGIN SELECT raise(ABORT, 'what was purged stays purged'); END;
CREATE TRIGGER purged_item_never_goes BEFORE DELETE ON purged_item BEGIN SELECT raise(ABORT, 'what was purged stays purged'); END;
