-- Claims the first delivery that is due at ?1, until ?2. The list of states is what the index `delivery_due` is kept for.
-- While a use case is paused, what policy approved there stays; while a sink rests, what goes there does. A rest longer than ?3 was given by a
-- clock that has jumped. What whoever died was at may have left. ?4: only those that leave the program (1), or go into files (0).
UPDATE delivery SET state = 'sending', attempts = attempts + 1, claims = claims + 1, lease_until = ?2,
  may_have_left = max(may_have_left, state = 'sending')
WHERE id = (
  SELECT d.id FROM delivery d
  WHERE d.state IN ('waiting', 'sending', 'failed')
    AND ((d.state IN ('waiting', 'failed') AND d.not_before <= ?1) OR (d.state = 'sending' AND d.lease_until < ?1))
    AND NOT EXISTS (
      SELECT 1 FROM decision x JOIN item i ON i.id = x.item JOIN use_case u ON u.id = i.use_case
      WHERE x.id = d.decision AND x.made_by = 'policy' AND u.paused_at IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM sink s WHERE s.id = d.sink AND s.rests_until > ?1 AND s.rests_until <= ?1 + ?3)
    AND (?4 IS NULL OR ?4 = (SELECT s.kind IN ('webhook', 'command') FROM sink s WHERE s.id = d.sink))
  ORDER BY d.not_before, d.id LIMIT 1)
RETURNING id, uid, decision, item, sink, attempts, claims
