-- The same of what two people said: the use case, and how many more are counted than there are.
SELECT use_case, first || ' and ' || second, sum(n) FROM (
  SELECT use_case, first, second, n FROM pair_count
  UNION ALL
  SELECT use_case, first, second, -count(*) FROM pair p
  WHERE undone_at IS NULL OR EXISTS (SELECT 1 FROM decision x WHERE x.corrects = p.decision) GROUP BY 1, 2, 3
)
GROUP BY use_case, first, second
HAVING sum(n) <> 0
LIMIT 100
