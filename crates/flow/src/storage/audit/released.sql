-- What went out alone in the n-th (?2) epoch of a use case (?1), of the items before ?3 where that is given. What was corrected had gone out.
SELECT count(*)
FROM decision d JOIN item i ON i.id = d.item
WHERE d.epoch = (SELECT e.id FROM epoch e WHERE e.use_case = ?1 AND e.n = ?2) AND d.made_by = 'policy'
  AND (?3 IS NULL OR d.item < ?3)
  AND ((d.undone_at IS NULL AND i.state = 'delivered') OR EXISTS (SELECT 1 FROM decision x WHERE x.corrects = d.id))
