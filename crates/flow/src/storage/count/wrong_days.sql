-- Days whose counts are not those of the rows: the use case, the day, and how many more are counted than there are.
SELECT use_case, date(day * 86400, 'unixepoch'), sum(n) FROM (
  SELECT use_case, day, drafter_version, made_by, asked, verdict, n FROM day_count
  UNION ALL
  SELECT use_case, day, drafter_version, made_by, asked, verdict, -count(*) FROM counted_decision WHERE undone_at IS NULL GROUP BY 1, 2, 3, 4, 5, 6
)
GROUP BY use_case, day, drafter_version, made_by, asked, verdict
HAVING sum(n) <> 0
LIMIT 100
