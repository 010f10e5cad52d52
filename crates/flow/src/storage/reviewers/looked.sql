-- The newest ?2 decisions that people took one by one on real items of a use case (?1) since ?3, newest first: what was said, how long it was
-- looked at, and how much there was to read. Epochs follow one another, so that the newest one's decisions are the newest. No further back
-- than 100,000 decisions of the machine.
SELECT d.verdict, d.viewed_ms, i.fields, length(j.text)
FROM epoch e
CROSS JOIN decision d ON d.epoch = e.id
CROSS JOIN item i ON i.id = d.item
CROSS JOIN draft j ON j.id = d.draft
WHERE e.use_case = ?1 AND d.id > (SELECT max(id) FROM decision) - 100000 AND d.undone_at IS NULL AND d.made_by = 'person'
  AND d.found_bulk IS NOT 1 AND d.at >= ?3 AND i.seeded = 0
ORDER BY e.n DESC, d.id DESC
LIMIT ?2
