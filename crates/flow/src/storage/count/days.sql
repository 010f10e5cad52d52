-- The newest ?2 days (UTC) on which something was decided, newest first.
SELECT date(day * 86400, 'unixepoch'), coalesce(sum(n) FILTER (WHERE made_by = 'person'), 0),
       coalesce(sum(n) FILTER (WHERE made_by = 'person' AND verdict = 'approve'), 0), coalesce(sum(n) FILTER (WHERE made_by = 'policy'), 0)
FROM day_count
WHERE use_case = ?1 AND n > 0
GROUP BY day
ORDER BY day DESC
LIMIT ?2
