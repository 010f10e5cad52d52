-- The newest ?2 decisions of people on real items of a use case (?1) since ?3, by one person (?4) or by all, newest first: what was said, how
-- long it was looked at, and how much there was to read. No further back than 100,000 decisions of the machine.
SELECT d.verdict, d.viewed_ms, i.fields, length(j.text)
FROM decision d
CROSS JOIN item i ON i.id = d.item
CROSS JOIN draft j ON j.id = d.draft
WHERE d.id > (SELECT max(id) FROM decision) - 100000 AND d.undone_at IS NULL AND d.made_by = 'person' AND d.at >= ?3 AND i.use_case = ?1 AND i.seeded = 0 AND (?4 IS NULL OR d.actor = ?4)
ORDER BY d.id DESC
LIMIT ?2
