-- What a selection asks of the choices between two drafts of a use case (?1) after an id (?2), at most ?3 of them, those that were taken back
-- too.
SELECT p.id, p.item, p.at, i.slice, i.seeded, EXISTS (SELECT 1 FROM purged_item x WHERE x.item = p.item), p.choice = 'tie', p.person,
       p.undone_at IS NOT NULL, f.drafter_version, s.drafter_version, i.fields, length(f.text) + length(s.text), p.viewed_ms
FROM preference p
CROSS JOIN item i ON i.id = p.item
CROSS JOIN draft f ON f.id = p.first
CROSS JOIN draft s ON s.id = p.second
WHERE p.id > ?2 AND i.use_case = ?1
ORDER BY p.id
LIMIT ?3
