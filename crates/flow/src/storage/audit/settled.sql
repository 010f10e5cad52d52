-- Audits of the n-th (?2) epoch of a use case (?1) that are done, by loss and probability: how many, how many of them bad, and how many are of
-- items before ?3.
SELECT a.loss, a.probability, count(*), coalesce(sum(a.bad), 0), count(*) FILTER (WHERE ?3 IS NULL OR a.item < ?3)
FROM audit a
WHERE a.epoch = (SELECT e.id FROM epoch e WHERE e.use_case = ?1 AND e.n = ?2) AND a.kind = 'audit' AND a.state = 'done'
GROUP BY a.loss, a.probability
