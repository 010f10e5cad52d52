-- How long people had each of the ?2 newest items in view that they decided one by one in a use case (?1), milliseconds.
SELECT d.viewed_ms
FROM epoch e
CROSS JOIN decision d ON d.epoch = e.id AND d.undone_at IS NULL AND d.made_by = 'person'
WHERE e.use_case = ?1 AND d.found_bulk IS NOT 1 AND NOT EXISTS (SELECT 1 FROM seeded s WHERE s.item = d.item)
ORDER BY e.n DESC, d.item DESC
LIMIT ?2
