-- The corrections of a use case (?1), at most ?2, open ones first, then newest first: the item, the decision whose text is wrong, that text, and
-- the one in its place.
SELECT i.id, i.uid, i.fields, d.id, coalesce(d.text, r.text), k.text, k.state, k.opened_at
FROM correction k
JOIN item i ON i.id = k.item
JOIN decision d ON d.id = k.decision
JOIN draft r ON r.id = d.draft
WHERE i.use_case = ?1
ORDER BY k.state = 'open' DESC, k.id DESC
LIMIT ?2
