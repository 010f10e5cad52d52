-- The greatest item among the newest ?2 texts that people let out in a use case (?1).
SELECT max(item) FROM (
  SELECT d.item FROM epoch e
  CROSS JOIN decision d ON d.epoch = e.id
  WHERE e.use_case = ?1 AND d.undone_at IS NULL AND d.made_by = 'person' AND d.verdict IN ('approve', 'edit')
  ORDER BY e.n DESC, d.id DESC LIMIT ?2
)
