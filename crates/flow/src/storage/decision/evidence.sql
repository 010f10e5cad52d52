-- Standing decisions by people on the drafts of one drafter version (?1).
SELECT count(*),
       count(*) FILTER (WHERE d.verdict = 'approve'),
       count(*) FILTER (WHERE d.verdict = 'edit'),
       count(*) FILTER (WHERE d.verdict = 'reject')
FROM decision d
JOIN draft r ON r.id = d.draft
JOIN item i ON i.id = d.item AND i.seeded = 0
WHERE r.drafter_version = ?1 AND d.undone_at IS NULL AND d.made_by = 'person' AND r.route_reason <> 'asked_by_person'
