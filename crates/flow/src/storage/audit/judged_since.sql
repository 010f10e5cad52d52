-- An audit or a re-review that a person (?2) judged in a use case (?1) after their newest decision on an item (?3).
SELECT e.id FROM event e
WHERE e.use_case = ?1 AND e.actor = ?2 AND e.kind IN ('audited', 're_reviewed')
  AND e.id > (SELECT max(o.id) FROM event o
              WHERE o.item = ?3 AND o.actor = ?2 AND o.kind IN ('approved', 'edited', 'rejected', 'corrected'))
LIMIT 1
