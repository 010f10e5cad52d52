-- What a row of the queue shows of an item (?1) to a person (?2) at a time (?3).
SELECT i.id, i.uid, i.fields, i.slice, i.audience, i.state, i.confidence, i.created_at,
  CASE WHEN i.lease_until >= ?3 AND (i.state IN ('in_review', 'escalated') OR o.id IS NOT NULL) THEN i.lease_owner END,
  iif(o.id IS NULL, d.verdict, NULL), i.last_error, o.due_at, iif(x.actor <> ?2, o.kind, NULL)
FROM item i
LEFT JOIN decision d ON d.item = i.id AND d.undone_at IS NULL
LEFT JOIN audit o ON o.item = i.id AND o.state = 'open' AND o.due_at IS NOT NULL
LEFT JOIN decision x ON x.id = o.decision
WHERE i.id = ?1
