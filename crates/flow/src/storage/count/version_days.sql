-- What people decided by drafter version and day, over the ?2 days up to the newest one, newest version first. Drafts that a person
-- asked for are not counted.
SELECT v.n, json_extract(m.facts, '$.name'), p.n, date(k.day * 86400, 'unixepoch'), sum(k.n), sum(k.n) FILTER (WHERE k.verdict = 'approve')
FROM day_count k
JOIN drafter_version v ON v.id = k.drafter_version
JOIN prompt p ON p.id = v.prompt
JOIN model m ON m.id = v.model
WHERE k.use_case = ?1 AND k.day > (SELECT max(day) FROM day_count WHERE use_case = ?1 AND n > 0) - ?2
  AND k.n > 0 AND k.made_by = 'person' AND NOT k.asked
GROUP BY v.n, k.day
ORDER BY v.n DESC, k.day
