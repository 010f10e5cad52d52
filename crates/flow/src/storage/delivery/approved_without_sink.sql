-- Approved items that no sink takes, decided at ?1 or before, but for what a pause holds; a page of them.
-- A cross join is read from the left: by the state of each use case, and never all items.
SELECT i.id
FROM use_case u
CROSS JOIN item i ON i.use_case = u.id AND i.state = 'approved' AND i.seeded = 0
CROSS JOIN decision d ON d.item = i.id AND d.undone_at IS NULL
WHERE d.at <= ?1 AND (d.made_by = 'person' OR u.paused_at IS NULL) AND NOT EXISTS (SELECT 1 FROM delivery x WHERE x.decision = d.id)
LIMIT 100
