-- Claims the first notice that is due at ?1, until ?2. The list of states is what the index `notice_due` is kept for.
UPDATE notice SET state = 'sending', attempts = attempts + 1, lease_until = ?2
WHERE id = (
  SELECT id FROM notice
  WHERE state IN ('waiting', 'sending', 'failed')
    AND ((state IN ('waiting', 'failed') AND not_before <= ?1) OR (state = 'sending' AND lease_until < ?1))
  ORDER BY not_before, id LIMIT 1)
RETURNING id
