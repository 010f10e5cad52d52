-- What people decided about items after an open one (?3) in the n-th (?2) epoch of a use case (?1), counted by what the verdict costs;
-- without the few that were known to be bad.
SELECT verdict, edit_distance, sum(n) FROM (
  SELECT d.verdict, d.edit_distance, count(*) AS n
  FROM decision d
  WHERE d.epoch = (SELECT e.id FROM epoch e WHERE e.use_case = ?1 AND e.n = ?2) AND d.item > ?3 AND d.undone_at IS NULL AND d.made_by = 'person'
  GROUP BY d.verdict, d.edit_distance
  UNION ALL
  SELECT d.verdict, d.edit_distance, -1
  FROM seeded s JOIN decision d ON d.id = s.decision
  WHERE s.epoch = (SELECT e.id FROM epoch e WHERE e.use_case = ?1 AND e.n = ?2) AND s.item > ?3
)
GROUP BY verdict, edit_distance
HAVING sum(n) > 0
