-- Entries after ?1, at most ?2. The text of a delivery is the decision's own where it was edited, else its draft's.
SELECT f.id, f.kind, i.uid, i.external_id, u.name, d.verdict, d.made_by = 'policy', d.actor, d.at,
  f.uid, CASE WHEN f.kind = 'delivered' THEN coalesce(d.text, r.text) END, x.done_at, x.corrects, f.acked_at
FROM feed f /* by */
CROSS JOIN item i ON i.id = f.item
CROSS JOIN use_case u ON u.id = i.use_case
CROSS JOIN decision d ON d.id = f.decision
CROSS JOIN draft r ON r.id = d.draft
LEFT JOIN delivery x ON f.kind = 'delivered' AND x.uid = f.uid
WHERE f.id > ?1 /* only */
ORDER BY f.id LIMIT ?2
