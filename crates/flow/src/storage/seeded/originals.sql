-- Drafts of a drafter version (?2) that people accepted as they stood in an epoch (?1), the newest ?3; none that a known-bad one was made
-- from already.
SELECT d.item, d.draft
FROM decision d
JOIN item i ON i.id = d.item
JOIN draft j ON j.id = d.draft
WHERE d.epoch = ?1 AND d.undone_at IS NULL AND d.made_by = 'person' AND d.verdict = 'approve'
  AND i.seeded = 0 AND j.drafter_version = ?2 AND j.stop IN ('end', 'stop_text') AND j.route_reason <> 'asked_by_person'
  AND NOT EXISTS (SELECT 1 FROM seeded s WHERE s.original = d.item)
ORDER BY d.id DESC
LIMIT ?3
