-- The texts of an item (?1) that a search looks through: the request, the newest draft, and what was decided where nobody is to judge it
-- without knowing.
SELECT i.external_id, i.fields, r.text, iif(o.id IS NULL AND d.verdict <> 'reject', coalesce(d.text, j.text), NULL)
FROM item i
LEFT JOIN draft r ON r.id = i.draft
LEFT JOIN decision d ON d.item = i.id AND d.undone_at IS NULL
LEFT JOIN draft j ON j.id = d.draft
LEFT JOIN audit o ON o.item = i.id AND o.state = 'open' AND o.due_at IS NOT NULL
WHERE i.id = ?1
