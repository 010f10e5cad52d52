-- Audits of a use case (?1) that wait for a verdict, those that should have one at ?2, and when the first is or was due.
-- A cross join is read from the left: there are few open audits and many items.
SELECT count(*), count(*) FILTER (WHERE a.due_at < ?2), min(a.due_at)
FROM audit a CROSS JOIN item i ON i.id = a.item
WHERE a.state = 'open' AND a.due_at IS NOT NULL AND a.kind = 'audit' AND i.use_case = ?1
