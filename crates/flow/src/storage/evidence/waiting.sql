-- What people decided about items after an open one (?3) in the n-th (?2) epoch of a use case (?1), and whether another draft was
-- asked for.
SELECT d.item, d.verdict, d.edit_distance, EXISTS (SELECT 1 FROM draft a INDEXED BY draft_asked WHERE a.item = d.item AND a.route_reason = 'asked_by_person')
FROM decision d
WHERE d.epoch = (SELECT e.id FROM epoch e WHERE e.use_case = ?1 AND e.n = ?2) AND d.item > ?3 AND d.undone_at IS NULL AND d.made_by = 'person'
  AND NOT EXISTS (SELECT 1 FROM seeded s WHERE s.item = d.item)
