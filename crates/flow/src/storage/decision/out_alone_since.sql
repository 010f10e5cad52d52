-- Items of a use case (?1) that policy approved from a draft (?2) on: what was taken back did not go out, what was corrected did.
SELECT DISTINCT d.item
FROM decision d JOIN item i ON i.id = d.item
WHERE i.use_case = ?1 AND d.made_by = 'policy' AND d.draft >= ?2
  AND (d.undone_at IS NULL OR EXISTS (SELECT 1 FROM decision x WHERE x.corrects = d.id))
ORDER BY d.item
