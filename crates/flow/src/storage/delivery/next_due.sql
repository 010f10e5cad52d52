-- When the next delivery is due that no pause holds, of those that leave the program (?1 is 1), or go into files.
SELECT min(CASE d.state WHEN 'sending' THEN d.lease_until + 1 ELSE max(d.not_before, (SELECT s.rests_until FROM sink s WHERE s.id = d.sink)) END)
FROM delivery d
WHERE d.state IN ('waiting', 'sending', 'failed') AND d.dead_at IS NULL
  AND ?1 = (SELECT s.kind IN ('webhook', 'command') FROM sink s WHERE s.id = d.sink)
  AND NOT EXISTS (
    SELECT 1 FROM decision x JOIN item i ON i.id = x.item JOIN use_case u ON u.id = i.use_case
    WHERE x.id = d.decision AND x.made_by = 'policy' AND u.paused_at IS NOT NULL)
