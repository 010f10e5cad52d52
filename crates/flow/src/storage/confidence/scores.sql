-- The newest drafts of a drafter version (?1) for an audience (?2), ?3 at most, that could have gone out alone: finished, not held, and not
-- asked for by a person. No further back than ?4 ids.
SELECT d.features, coalesce(d.raw_confidence, d.confidence)
FROM draft d
CROSS JOIN item i ON i.id = d.item
WHERE d.drafter_version = ?1 AND d.id > (SELECT max(id) FROM draft) - ?4 AND i.audience = ?2 AND i.seeded = 0 AND d.stop IN ('end', 'stop_text') AND d.route_hold IS NULL AND d.route_reason <> 'asked_by_person'
ORDER BY d.id DESC
LIMIT ?3
