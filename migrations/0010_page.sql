-- What the Overview shows of audits and of those who decide, kept beside the rows like the counts, and a list of what was taken back. All of it
-- follows from the rows; `gait doctor` compares.

-- What policy approved and what was not taken back before it left, by epoch and by a thousand items; what has not left yet is among it.
CREATE TABLE alone_count (
  epoch INTEGER NOT NULL,
  block INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (epoch, block)
) STRICT, WITHOUT ROWID;
-- A decision that was corrected had left, though it does not stand any more.
CREATE VIEW alone_decision AS
SELECT d.epoch, d.item / 1000 AS block
FROM decision d
WHERE d.made_by = 'policy' AND (d.undone_at IS NULL OR EXISTS (SELECT 1 FROM decision x WHERE x.corrects = d.id));
INSERT INTO alone_count SELECT epoch, block, count(*) FROM alone_decision GROUP BY 1, 2;
CREATE TRIGGER alone_counted_in AFTER INSERT ON decision WHEN new.made_by = 'policy' AND new.undone_at IS NULL BEGIN
  INSERT INTO alone_count VALUES (new.epoch, new.item / 1000, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER alone_counted_out AFTER UPDATE OF undone_at ON decision WHEN old.undone_at IS NULL AND new.undone_at IS NOT NULL AND new.made_by = 'policy' BEGIN
  INSERT INTO alone_count VALUES (new.epoch, new.item / 1000, -1) ON CONFLICT DO UPDATE SET n = n - 1;
END;
CREATE TRIGGER alone_counted_corrected AFTER INSERT ON decision WHEN new.corrects IS NOT NULL BEGIN
  INSERT INTO alone_count SELECT d.epoch, d.item / 1000, 1 FROM decision d WHERE d.id = new.corrects AND d.made_by = 'policy'
  ON CONFLICT DO UPDATE SET n = n + 1;
END;

-- Blind re-reviews that are done, by what the first person said and the second one.
CREATE TABLE pair_count (
  use_case INTEGER NOT NULL,
  first TEXT NOT NULL,
  second TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (use_case, first, second)
) STRICT, WITHOUT ROWID;
CREATE VIEW pair AS
SELECT e.use_case, d.verdict AS first, a.verdict AS second, a.id AS audit, d.id AS decision, d.undone_at
FROM audit a CROSS JOIN decision d ON d.id = a.decision CROSS JOIN epoch e ON e.id = a.epoch
WHERE a.kind = 're_review' AND a.state = 'done';
INSERT INTO pair_count
SELECT use_case, first, second, count(*) FROM pair p
WHERE undone_at IS NULL OR EXISTS (SELECT 1 FROM decision x WHERE x.corrects = p.decision) GROUP BY 1, 2, 3;
CREATE TRIGGER pair_counted_in AFTER UPDATE OF state ON audit WHEN old.state = 'open' AND new.state = 'done' AND new.kind = 're_review' BEGIN
  INSERT INTO pair_count
  SELECT use_case, first, second, 1 FROM pair p
  WHERE audit = new.id AND (undone_at IS NULL OR EXISTS (SELECT 1 FROM decision x WHERE x.corrects = p.decision))
  ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER pair_counted_out AFTER UPDATE OF undone_at ON decision
WHEN old.undone_at IS NULL AND new.undone_at IS NOT NULL AND new.made_by = 'person' BEGIN
  INSERT INTO pair_count
  SELECT e.use_case, new.verdict, a.verdict, -1
  FROM audit a CROSS JOIN epoch e ON e.id = a.epoch
  WHERE a.decision = new.id AND a.kind = 're_review' AND a.state = 'done'
  ON CONFLICT DO UPDATE SET n = n - 1;
END;
CREATE TRIGGER pair_counted_corrected AFTER INSERT ON decision WHEN new.corrects IS NOT NULL BEGIN
  INSERT INTO pair_count
  SELECT e.use_case, d.verdict, a.verdict, 1
  FROM decision d CROSS JOIN audit a ON a.decision = d.id AND a.kind = 're_review' AND a.state = 'done' CROSS JOIN epoch e ON e.id = a.epoch
  WHERE d.id = new.corrects
  ON CONFLICT DO UPDATE SET n = n + 1;
END;

-- Decisions in the order in which they were taken back: whoever remembers decisions forgets these.
CREATE TABLE taken_back (
  n INTEGER PRIMARY KEY,
  decision INTEGER NOT NULL REFERENCES decision (id)
) STRICT;
CREATE TRIGGER taken_back_told AFTER UPDATE OF undone_at ON decision WHEN old.undone_at IS NULL AND new.undone_at IS NOT NULL BEGIN
  INSERT INTO taken_back (decision) VALUES (new.id);
END;

-- What the audits of an epoch came to, and the newest of them.
CREATE INDEX audit_settled ON audit (epoch, kind, loss, probability, item, bad) WHERE state = 'done';
CREATE INDEX audit_by_epoch ON audit (epoch);
