DROP TRIGGER epoch_never_changes;
UPDATE epoch SET calibrator = (SELECT id FROM calibrator) WHERE n = 3;
CREATE TRIGGER epoch_never_changes BEFORE UPDATE ON epoch BEGIN SELECT raise(ABORT, 'an epoch never changes; a change starts a new one'); END;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
INSERT INTO notice (uid, at, use_case, kind, words, state, not_before)
SELECT 'note_' || i, 1700000000000 + i, 1, 'brake', 'the brake is on: what would go out alone waits for a person', 'kept', 0 FROM n;
