-- What may be judged a second time by a person (?1): open audits, and blind re-reviews of what others decided. They are few: their items
-- are looked up one by one.
SELECT a.item, a.due_at, i.pile, i.bin, coalesce(i.confidence, -1.0), substr(i.uid, 20)
FROM audit a CROSS JOIN decision x ON x.id = a.decision CROSS JOIN item i ON i.id = a.item
WHERE a.state = 'open' AND a.due_at IS NOT NULL AND (a.kind = 'audit' OR x.actor <> ?1)
