-- When the first approved item that no sink takes was decided, but for what a pause holds.
SELECT min(d.at)
FROM use_case u
CROSS JOIN item i ON i.use_case = u.id AND i.state = 'approved'
CROSS JOIN decision d ON d.item = i.id AND d.undone_at IS NULL
WHERE (d.made_by = 'person' OR u.paused_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM delivery x WHERE x.decision = d.id)
