-- Which of them had another draft made, or are corrections: the verdict alone does not say what they cost.
SELECT DISTINCT a.item
FROM draft a INDEXED BY draft_asked
CROSS JOIN decision d ON d.item = a.item
WHERE a.route_reason = 'asked_by_person' AND a.item > ?3 AND d.undone_at IS NULL AND d.made_by = 'person'
  AND +d.epoch = (SELECT e.id FROM epoch e WHERE e.use_case = ?1 AND e.n = ?2)
UNION
SELECT d.item
FROM decision d INDEXED BY decision_corrects_once
WHERE d.corrects IS NOT NULL AND d.item > ?3 AND d.undone_at IS NULL AND d.made_by = 'person'
  AND +d.epoch = (SELECT e.id FROM epoch e WHERE e.use_case = ?1 AND e.n = ?2)
