-- The newest (?2) audits and re-reviews of a use case (?1).
SELECT a.id, a.item, i.uid, a.kind, a.probability, r.confidence, a.delivered_at, a.due_at, a.state, a.verdict, a.bad, a.at, a.actor
FROM audit a
JOIN item i ON i.id = a.item
JOIN decision d ON d.id = a.decision
JOIN draft r ON r.id = d.draft
WHERE i.use_case = ?1
ORDER BY a.id DESC
LIMIT ?2
