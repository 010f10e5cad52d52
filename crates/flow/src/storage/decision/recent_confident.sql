-- The newest ?4 drafts of a drafter version (?1) that would have gone out alone by their confidence (≥ ?3) and that a
-- person judged since the level of the use case (?2) was last moved. A reject or an edit is not accepted.
SELECT count(*), count(*) FILTER (WHERE verdict = 'approve')
FROM (
  SELECT d.verdict
  FROM decision d
  JOIN draft r ON r.id = d.draft
  JOIN item i ON i.id = d.item AND i.seeded = 0
  WHERE +r.drafter_version = ?1 AND r.confidence >= ?3 AND r.route_reason <> 'asked_by_person'
    AND d.undone_at IS NULL AND d.made_by = 'person'
    AND d.at >= coalesce((SELECT max(at) FROM level_move WHERE use_case = ?2), 0)
  ORDER BY d.id DESC
  LIMIT ?4
)
