-- The delivery of a text that policy approved in a use case (?1), since the rule last lowered its level, that has failed since ?2 or longer,
-- and was tried for as long (?3 milliseconds): while the program is closed, or a pause lasts, nothing fails. One that is left to a person
-- fails no more: the receiver refused that text, which says nothing of the others.
SELECT d.item, x.draft, d.failed_since, coalesce(d.last_error, '')
FROM delivery d
CROSS JOIN decision x ON x.id = d.decision
JOIN epoch e ON e.id = x.epoch
JOIN use_case u ON u.id = e.use_case
WHERE d.state IN ('waiting', 'sending', 'failed') AND d.dead_at IS NULL AND d.failed_since <= ?2
  AND d.not_before - d.failed_since >= ?3
  AND x.made_by = 'policy' AND u.id = ?1 AND u.paused_at IS NULL AND e.falls = u.falls
ORDER BY d.failed_since, d.id LIMIT 1
