-- Epochs of which more or less went out alone than is counted: the use case, the epoch, and how many more are counted than there are.
SELECT e.use_case, e.n, s.n FROM (
  SELECT epoch, sum(n) AS n FROM (
    SELECT epoch, block, n FROM alone_count
    UNION ALL
    SELECT epoch, block, -count(*) FROM alone_decision GROUP BY 1, 2
  )
  GROUP BY epoch, block
  HAVING sum(n) <> 0
) s JOIN epoch e ON e.id = s.epoch
LIMIT 100
