-- How many decisions the newest kept state of this form (?3) does not know, of those before the oldest open item (?4) of a use case
-- (?1) in its n-th (?2) epoch; at most ?5.
SELECT count(*) FROM (
  SELECT 1 FROM decision d
  WHERE d.epoch = (SELECT e.id FROM epoch e WHERE e.use_case = ?1 AND e.n = ?2) AND d.undone_at IS NULL AND d.made_by = 'person'
    AND d.item > coalesce((SELECT max(s.up_to) FROM evidence_state s JOIN epoch e ON e.id = s.epoch
                           WHERE s.use_case = ?1 AND e.n = ?2 AND s.form = ?3), 0)
    AND d.item < ?4
    AND NOT EXISTS (SELECT 1 FROM seeded s WHERE s.item = d.item)
  LIMIT ?5
)
