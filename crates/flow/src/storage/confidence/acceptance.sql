-- What people decided of a use case (?1) among the newest decisions (?4 ids back): accepted and decided in a slice (?2), and in all of it.
-- An edit within a distance (?3) is accepted.
SELECT count(*) FILTER (WHERE same AND good), count(*) FILTER (WHERE same), count(*) FILTER (WHERE good), count(*)
FROM (
  SELECT i.slice IS ?2 AS same, d.verdict = 'approve' OR (d.verdict = 'edit' AND d.edit_distance <= ?3) AS good
  FROM decision d
  CROSS JOIN item i ON i.id = d.item
  WHERE d.id > (SELECT max(id) FROM decision) - ?4 AND i.use_case = ?1 AND i.seeded = 0 AND d.undone_at IS NULL AND d.made_by = 'person'
)
