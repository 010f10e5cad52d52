-- When the first approved item that no sink takes was decided, but for what a pause holds.
SELECT min(d.at)
FROM decision d JOIN item i ON i.id = d.item JOIN use_case u ON u.id = i.use_case
WHERE i.state = 'approved' AND d.undone_at IS NULL AND (d.made_by = 'person' OR u.paused_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM delivery x WHERE x.decision = d.id)
