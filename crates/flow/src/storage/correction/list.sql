-- The corrections of a use case (?1), at most ?2, open ones first, then newest first: the item, the decision whose text is wrong, that text, and
-- the one in its place.
SELECT i.id, i.uid, i.fields, d.id, coalesce(d.text, r.text), k.text, k.state, k.opened_at
FROM (
  SELECT k.id FROM correction k CROSS JOIN item i ON i.id = k.item
  WHERE i.use_case = ?1
  ORDER BY k.state = 'open' DESC, k.id DESC
  LIMIT ?2) shown
CROSS JOIN correction k ON k.id = shown.id
CROSS JOIN item i ON i.id = k.item
CROSS JOIN decision d ON d.id = k.decision
CROSS JOIN draft r ON r.id = d.draft
ORDER BY k.state = 'open' DESC, k.id DESC
