-- The delivery of a text that policy approved in a use case (?1), since the rule last lowered its level, that has failed since ?2 or longer.
SELECT d.item, x.draft, d.failed_since, coalesce(d.last_error, '')
FROM delivery d
CROSS JOIN decision x ON x.id = d.decision
JOIN epoch e ON e.id = x.epoch
JOIN use_case u ON u.id = e.use_case
WHERE d.state IN ('waiting', 'sending', 'failed') AND d.failed_since <= ?2
  AND x.made_by = 'policy' AND u.id = ?1 AND u.paused_at IS NULL AND e.falls = u.falls
ORDER BY d.failed_since, d.id LIMIT 1
