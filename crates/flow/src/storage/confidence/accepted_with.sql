-- Items of a use case (?2) between two ids (after ?3, before ?4) whose request holds a word (?1) and that a person accepted as drafted,
-- newest first, ?5 at most.
SELECT t.rowid
FROM item_text t
CROSS JOIN item i ON i.id = t.rowid
CROSS JOIN decision d ON d.item = i.id AND d.undone_at IS NULL
WHERE item_text MATCH ?1 AND t.rowid > ?3 AND t.rowid < ?4
  AND i.use_case = ?2 AND i.seeded = 0 AND d.verdict = 'approve' AND d.made_by = 'person'
ORDER BY t.rowid DESC
LIMIT ?5
