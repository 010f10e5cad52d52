-- The newest (?2) audits and re-reviews of a use case (?1) that can be judged or have ended. What was dropped went nowhere: it is told by the
-- time at which that was. Epochs follow one another, so that the newest one's audits are the newest.
SELECT a.id, a.item, i.uid, a.kind, a.probability, r.confidence, coalesce(a.delivered_at, a.at), coalesce(a.due_at, a.at), a.state, a.verdict, a.bad, a.at, a.actor
FROM epoch e
CROSS JOIN audit a ON a.epoch = e.id
CROSS JOIN item i ON i.id = a.item
CROSS JOIN decision d ON d.id = a.decision
CROSS JOIN draft r ON r.id = d.draft
WHERE e.use_case = ?1 AND (a.state <> 'open' OR a.due_at IS NOT NULL)
ORDER BY e.n DESC, a.id DESC
LIMIT ?2
