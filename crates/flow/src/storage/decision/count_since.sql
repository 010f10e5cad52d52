-- A person's (?1) standing decisions in a use case (?3) since a time (?2), of their newest 5,000.
SELECT count(*)
FROM (SELECT d.item, d.at FROM decision d
      WHERE d.actor = ?1 AND d.undone_at IS NULL AND d.made_by = 'person' ORDER BY d.id DESC LIMIT 5000) n
CROSS JOIN item i ON i.id = n.item
WHERE n.at >= ?2 AND i.use_case = ?3
