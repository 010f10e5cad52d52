-- The first audit of a use case (?1), of those that went out since the rule last lowered the level, that at ?2 has been overdue for as
-- long again as it had: its item and draft, when it went out, and when it was due.
SELECT a.item, d.draft, a.delivered_at, a.due_at
FROM audit a
CROSS JOIN decision d ON d.id = a.decision
JOIN epoch e ON e.id = a.epoch
JOIN use_case u ON u.id = e.use_case
WHERE a.state = 'open' AND a.due_at < ?2 AND ?2 - a.due_at > a.due_at - a.delivered_at
  AND a.kind = 'audit' AND u.id = ?1 AND e.falls = u.falls
ORDER BY a.due_at, a.id LIMIT 1
