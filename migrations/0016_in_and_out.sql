-- Approved text goes to webhooks and commands too, and requests come from folders.

-- SQLite cannot widen a CHECK: the table is made anew under its name. The deliveries that name its rows are checked when all of this is
-- committed.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE sink_before AS SELECT id, use_case, kind, path, audience, removed_at FROM sink;
DROP TABLE sink;
CREATE TABLE sink (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  kind TEXT NOT NULL CHECK (kind IN ('outbox', 'folder', 'webhook', 'command')),
  -- A file, a folder, an address, or a program and its arguments, one a line.
  path TEXT NOT NULL,
  audience TEXT CHECK (audience IN ('internal', 'external')),
  removed_at INTEGER,
  -- What a webhook signs with; the one before it signs too until a moment.
  secret TEXT,
  secret_before TEXT,
  before_until INTEGER,
  -- The receiver wants nothing more.
  off_at INTEGER,
  off_why TEXT,
  -- After so many failures in a row that say that the receiver is down, nothing is tried until then.
  failures INTEGER NOT NULL DEFAULT 0,
  rests_until INTEGER NOT NULL DEFAULT 0,
  CHECK ((kind = 'webhook') = (secret IS NOT NULL)),
  CHECK ((secret_before IS NULL) = (before_until IS NULL)),
  CHECK ((off_at IS NULL) = (off_why IS NULL))
) STRICT;
INSERT INTO sink (id, use_case, kind, path, audience, removed_at) SELECT id, use_case, kind, path, audience, removed_at FROM sink_before;
DROP TABLE sink_before;
CREATE UNIQUE INDEX sink_once ON sink (use_case, kind, path, coalesce(audience, '')) WHERE removed_at IS NULL;

-- Grows with each claim: whoever has an older one is refused.
ALTER TABLE delivery ADD COLUMN claims INTEGER NOT NULL DEFAULT 0;
-- A try ended without a word of the receiver: it may have the text.
ALTER TABLE delivery ADD COLUMN may_have_left INTEGER NOT NULL DEFAULT 0 CHECK (may_have_left IN (0, 1));
-- Nothing is tried any more until a person says so. The state stays `failed`, and the time of the next try is the end of time.
ALTER TABLE delivery ADD COLUMN dead_at INTEGER;
CREATE INDEX delivery_dead ON delivery (sink) WHERE dead_at IS NOT NULL;

-- Folders that requests come in by.
CREATE TABLE folder (
  id INTEGER PRIMARY KEY,
  use_case INTEGER NOT NULL REFERENCES use_case (id),
  path TEXT NOT NULL,
  -- The field that the text of a plain file or an e-mail becomes; a table needs a column of this name.
  field TEXT NOT NULL CHECK (length(field) BETWEEN 1 AND 100),
  -- What was seen there last, as JSON.
  seen TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(seen)),
  added_at INTEGER NOT NULL,
  removed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX folder_once ON folder (path) WHERE removed_at IS NULL;
