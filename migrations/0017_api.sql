-- The local API: who may ask, what was answered, and what other programs are told of.

-- Which data folder a token belongs to; a part of its text.
INSERT INTO meta VALUES ('profile', lower(hex(randomblob(4))));

CREATE TABLE token (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- Of its text, which holds 256 random bits and is kept nowhere.
  sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
  scopes TEXT NOT NULL CHECK (json_valid(scopes)),
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_by TEXT,
  revoked_at INTEGER,
  -- Both to the minute: a write for every request would be one too many.
  used_at INTEGER,
  refused_at INTEGER,
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX token_by_name ON token (name) WHERE revoked_at IS NULL;
CREATE TRIGGER token_keeps_what_it_is BEFORE UPDATE OF id, name, sha256, scopes, created_by, created_at, expires_at ON token
BEGIN SELECT raise(ABORT, 'a token never changes; it can only be revoked'); END;
CREATE TRIGGER token_stays_revoked BEFORE UPDATE OF revoked_at, revoked_by ON token WHEN old.revoked_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'a token that was revoked stays revoked'); END;
CREATE TRIGGER token_never_goes BEFORE DELETE ON token BEGIN SELECT raise(ABORT, 'tokens are revoked, never deleted'); END;

-- What was answered under an idempotency key, written with what it tells of. Kept for 30 days.
CREATE TABLE reply (
  token INTEGER NOT NULL REFERENCES token (id),
  key TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  request_sha256 BLOB NOT NULL CHECK (length(request_sha256) = 32),
  reply TEXT NOT NULL CHECK (json_valid(reply)),
  at INTEGER NOT NULL,
  PRIMARY KEY (token, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX reply_by_age ON reply (at);

-- What happened to items, for programs that follow it by a cursor. Kept by triggers, in the order of the commits. Nothing of known-bad
-- items: they would be told from the others.
CREATE TABLE feed (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('decided', 'taken_back', 'delivered')),
  item INTEGER NOT NULL REFERENCES item (id),
  decision INTEGER NOT NULL REFERENCES decision (id),
  -- The stable id that a receiver removes repeats by: a delivery's own, or that of a text without a sink, which is kept in Gait.
  uid TEXT UNIQUE,
  acked_at INTEGER,
  acked_by TEXT,
  CHECK ((kind = 'delivered') = (uid IS NOT NULL)),
  CHECK ((acked_at IS NULL) = (acked_by IS NULL))
) STRICT;
CREATE INDEX feed_by_item ON feed (item);
CREATE INDEX feed_delivered ON feed (id) WHERE kind = 'delivered';
CREATE INDEX feed_open ON feed (id) WHERE kind = 'delivered' AND acked_at IS NULL;
CREATE TRIGGER feed_never_changes BEFORE UPDATE OF id, kind, item, decision, uid ON feed BEGIN SELECT raise(ABORT, 'the feed is append-only'); END;
CREATE TRIGGER feed_never_goes BEFORE DELETE ON feed BEGIN SELECT raise(ABORT, 'the feed is append-only'); END;

CREATE TRIGGER feed_of_decisions AFTER INSERT ON decision WHEN (SELECT seeded FROM item WHERE id = new.item) = 0
BEGIN INSERT INTO feed (kind, item, decision) VALUES ('decided', new.item, new.id); END;
CREATE TRIGGER feed_of_what_is_taken_back AFTER UPDATE OF undone_at ON decision
WHEN old.undone_at IS NULL AND new.undone_at IS NOT NULL AND (SELECT seeded FROM item WHERE id = new.item) = 0
BEGIN INSERT INTO feed (kind, item, decision) VALUES ('taken_back', new.item, new.id); END;
CREATE TRIGGER feed_of_deliveries AFTER UPDATE OF state ON delivery WHEN new.state = 'done' AND old.state <> 'done'
BEGIN
  INSERT INTO feed (kind, item, decision, uid)
  SELECT 'delivered', new.item, new.decision, new.uid WHERE NOT EXISTS (SELECT 1 FROM feed WHERE uid = new.uid);
END;
CREATE TRIGGER feed_of_what_has_no_sink AFTER UPDATE OF state ON item
WHEN new.state = 'delivered' AND old.state <> 'delivered'
  AND NOT EXISTS (SELECT 1 FROM decision x JOIN delivery d ON d.decision = x.id WHERE x.item = new.id AND x.undone_at IS NULL)
BEGIN
  INSERT INTO feed (kind, item, decision, uid)
  SELECT 'delivered', new.id, x.id, 'kept_' || x.id FROM decision x WHERE x.item = new.id AND x.undone_at IS NULL;
END;
