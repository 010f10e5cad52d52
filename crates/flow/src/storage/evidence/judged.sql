-- Standing decisions by people in the n-th (?2) epoch of a use case (?1), in the order of submission: the item, the verdict,
-- the draft that was judged (j), and the one that the gate routed (r), which is the same unless a person asked for another.
-- Drafts from before epochs were kept count to the first. Known-bad items neither count nor hold anything up.
SELECT i.id, i.audience, i.slice, i.request_sha256, i.fields, d.verdict, d.edit_distance, d.viewed_ms, length(j.text),
       (SELECT min(o.id) FROM item o
        WHERE o.use_case = ?1 AND o.seeded = 0 AND o.state IN ('received', 'drafting', 'drafted', 'in_review', 'escalated')),
       j.drafter_version, coalesce(je.n, 1), j.confidence, j.stop IN ('end', 'stop_text'), j.route_hold IS NOT NULL,
       r.drafter_version, coalesce(re.n, 1), r.confidence, r.stop IN ('end', 'stop_text'), r.route_hold IS NOT NULL,
       CASE WHEN j.id <> r.id THEN r.text END,
       CASE WHEN j.id <> r.id THEN coalesce(d.text, j.text) END,
       d.at, d.found_order, d.found_filtered, d.found_picked, d.found_bulk
FROM decision d
JOIN item i ON i.id = d.item AND i.seeded = 0
JOIN draft j ON j.id = d.draft
JOIN draft r ON r.item = d.item
            AND r.n = coalesce((SELECT max(o.n) FROM draft o WHERE o.item = d.item AND o.n <= j.n AND o.route_reason <> 'asked_by_person'), j.n)
LEFT JOIN epoch je ON je.id = j.epoch
LEFT JOIN epoch re ON re.id = r.epoch
WHERE d.epoch = (SELECT e.id FROM epoch e WHERE e.use_case = ?1 AND e.n = ?2) AND d.undone_at IS NULL AND d.made_by = 'person'
ORDER BY i.id
