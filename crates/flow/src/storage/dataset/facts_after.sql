-- What a selection asks of the decisions of a use case (?1) after an id (?2), at most ?3 of them, those that were taken back too. Where policy
-- decided, `a` is the audit; where a person did, `b` is the re-review. How long reading takes is asked of the request's JSON only where the
-- rest leaves it open.
SELECT d.id, d.item, d.at, d.level, d.made_by, d.actor, d.verdict, d.reasons, d.edit_distance, d.viewed_ms, coalesce(d.found_bulk, 0),
       d.undone_at IS NOT NULL, d.undone_at IS NOT NULL AND EXISTS (SELECT 1 FROM decision x WHERE x.corrects = d.id),
       i.slice, i.seeded, EXISTS (SELECT 1 FROM purged_item p WHERE p.item = d.item), i.fields,
       r.n, r.drafter_version, length(r.text),
       a.actor, a.verdict, a.reasons, a.edit_distance, a.viewed_ms,
       b.verdict
FROM decision d
CROSS JOIN item i ON i.id = d.item
CROSS JOIN draft r ON r.id = d.draft
LEFT JOIN audit a ON a.decision = d.id AND a.kind = 'audit' AND a.state = 'done' AND d.made_by = 'policy'
LEFT JOIN audit b ON b.decision = d.id AND b.kind = 're_review' AND b.state = 'done' AND d.made_by = 'person'
WHERE d.id > ?2 AND i.use_case = ?1
ORDER BY d.id
LIMIT ?3
