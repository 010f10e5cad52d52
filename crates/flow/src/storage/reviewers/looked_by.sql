-- The same of one person (?4).
SELECT d.verdict, d.viewed_ms, i.fields, length(j.text)
FROM decision d
CROSS JOIN item i ON i.id = d.item
CROSS JOIN draft j ON j.id = d.draft
WHERE d.actor = ?4 AND d.id > (SELECT max(id) FROM decision) - 100000 AND d.undone_at IS NULL AND d.made_by = 'person' AND d.at >= ?3
  AND d.found_bulk IS NOT 1 AND i.use_case = ?1 AND i.seeded = 0
ORDER BY d.id DESC
LIMIT ?2
