-- The newest (?2) audits and re-reviews of a use case (?1) that can be judged or have ended. What was dropped went nowhere: it is told by the
-- time at which that was.
SELECT a.id, a.item, i.uid, a.kind, a.probability, r.confidence, coalesce(a.delivered_at, a.at), coalesce(a.due_at, a.at), a.state, a.verdict, a.bad, a.at, a.actor
FROM audit a
JOIN item i ON i.id = a.item
JOIN decision d ON d.id = a.decision
JOIN draft r ON r.id = d.draft
WHERE i.use_case = ?1 AND (a.state <> 'open' OR a.due_at IS NOT NULL)
ORDER BY a.id DESC
LIMIT ?2
