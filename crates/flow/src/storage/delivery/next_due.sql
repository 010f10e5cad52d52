-- When the next delivery is due that no pause holds, of those that leave the program (?1 is 1), or go into files. What goes to a receiver that is
-- being sent to is its sender's next one, and due at the latest when that sender is given up.
WITH of(id, rests, claimed) AS (
  SELECT s.id, s.rests_until, (SELECT max(o.lease_until) FROM delivery o WHERE o.sink = s.id AND o.state = 'sending')
  FROM sink s WHERE ?1 = (s.kind IN ('webhook', 'command')))
SELECT min(at) FROM (
  SELECT max(d.not_before, of.rests, CASE ?1 WHEN 1 THEN coalesce(of.claimed + 1, 0) ELSE 0 END) AS at
  FROM of JOIN delivery d ON d.id = (
    SELECT w.id FROM delivery w
    WHERE w.sink = of.id AND w.state IN ('waiting', 'sending', 'failed') AND w.state <> 'sending' AND w.not_before >= 0 AND w.dead_at IS NULL
      AND NOT EXISTS (
        SELECT 1 FROM decision x JOIN item i ON i.id = x.item JOIN use_case u ON u.id = i.use_case
        WHERE x.id = w.decision AND x.made_by = 'policy' AND u.paused_at IS NOT NULL)
    ORDER BY w.not_before, w.id LIMIT 1)
  UNION ALL
  SELECT claimed + 1 FROM of WHERE claimed IS NOT NULL)
