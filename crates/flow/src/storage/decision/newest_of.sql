-- A person's (?1) standing decisions, newest first, with their use case. Whoever asks stops at the first that is too old.
SELECT d.at, d.verdict, d.viewed_ms, i.use_case
FROM decision d CROSS JOIN item i ON i.id = d.item
WHERE d.actor = ?1 AND d.undone_at IS NULL AND d.made_by = 'person'
ORDER BY d.id DESC
