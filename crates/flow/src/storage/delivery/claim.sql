-- Claims the first delivery that is due at ?1, until ?2: of each sink that rests no more, and leaves the program and is not being sent to, the first
-- one is sought in the sink's own list, so that nothing that waits elsewhere is read. The list of states is what the index `delivery_of_sink` is
-- kept for. While a use case is paused, what policy approved there stays. A rest longer than ?3, and a claim longer than twice what one lasts, were
-- given by a clock that has jumped. What whoever died was at may have left. ?4: only those that leave the program (1), or go into files (0).
UPDATE delivery SET state = 'sending', attempts = attempts + 1, claims = claims + 1, lease_until = ?2,
  may_have_left = max(may_have_left, state = 'sending')
WHERE id = (
  SELECT first FROM (
    SELECT (
      SELECT d.id FROM delivery d
      WHERE d.sink = s.id AND d.state IN ('waiting', 'sending', 'failed') AND d.not_before <= ?1
        AND (d.state <> 'sending' OR d.lease_until NOT BETWEEN ?1 AND 2 * ?2 - ?1)
        AND NOT EXISTS (
          SELECT 1 FROM decision x JOIN item i ON i.id = x.item JOIN use_case u ON u.id = i.use_case
          WHERE x.id = d.decision AND x.made_by = 'policy' AND u.paused_at IS NOT NULL)
      ORDER BY d.not_before, d.id LIMIT 1) AS first
    FROM sink s
    WHERE NOT (s.rests_until > ?1 AND s.rests_until <= ?1 + ?3)
      AND (?4 IS NULL OR ?4 = (s.kind IN ('webhook', 'command')))
      AND (s.kind NOT IN ('webhook', 'command') OR NOT EXISTS (
        SELECT 1 FROM delivery o WHERE o.sink = s.id AND o.state = 'sending' AND o.lease_until BETWEEN ?1 AND 2 * ?2 - ?1)))
  JOIN delivery f ON f.id = first
  ORDER BY f.not_before, f.id LIMIT 1)
RETURNING id, uid, decision, item, sink, attempts, claims
