-- What was written about a choice between two drafts (?1); not where it preferred neither.
SELECT i.uid, i.audience, i.slice, i.fields, b.drafter_version, b.text, w.text, p.person
FROM preference p
CROSS JOIN item i ON i.id = p.item
CROSS JOIN draft b ON b.id = CASE p.choice WHEN 'first' THEN p.first WHEN 'second' THEN p.second END
CROSS JOIN draft w ON w.id = CASE p.choice WHEN 'first' THEN p.second WHEN 'second' THEN p.first END
WHERE p.id = ?1
