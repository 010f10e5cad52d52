-- The same of the counts by kind: the use case, the slice as JSON, and how many more are counted than there are.
SELECT use_case, slice, sum(n) FROM (
  SELECT use_case, drafter_version, audience, slice, bin, made_by, asked, verdict, n FROM kind_count
  UNION ALL
  SELECT use_case, drafter_version, audience, slice, bin, made_by, asked, verdict, -count(*)
  FROM counted_decision WHERE undone_at IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
)
GROUP BY use_case, drafter_version, audience, slice, bin, made_by, asked, verdict
HAVING sum(n) <> 0
LIMIT 100
