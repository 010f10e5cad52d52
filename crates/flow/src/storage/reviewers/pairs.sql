-- Verdicts of first decisions of a use case (?1) and of the blind re-reviews of them that are done, counted by pair. A decision that was taken
-- back is none; one that was corrected was one.
SELECT d.verdict, a.verdict, count(*)
FROM epoch e
CROSS JOIN audit a ON a.epoch = e.id AND a.kind = 're_review'
CROSS JOIN decision d ON d.id = a.decision
WHERE e.use_case = ?1 AND a.state = 'done'
  AND (d.undone_at IS NULL OR EXISTS (SELECT 1 FROM decision x WHERE x.corrects = d.id))
GROUP BY d.verdict, a.verdict
