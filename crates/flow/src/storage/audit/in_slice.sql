-- Audits in the newest epoch of a use case (?1) from a slice (?2), at most ?3.
SELECT count(*) FROM (
  SELECT 1 FROM audit a
  WHERE a.epoch = (SELECT e.id FROM epoch e WHERE e.use_case = ?1 ORDER BY e.n DESC LIMIT 1)
    AND a.kind = 'audit' AND a.slice IS ?2 AND a.state <> 'dropped'
  LIMIT ?3)
