-- Standing decisions by people in the n-th (?2) epoch of a use case (?1): the item, the verdict, the draft that was judged (j), and
-- the one that the gate routed (r), which is the same unless a person asked for another. Drafts from before epochs were kept count to
-- the first. Known-bad items are none of them. With a correction comes what people had decided before it. Conditions on items, and their
-- order, follow.
SELECT i.id, i.audience, i.slice, i.request_sha256, i.fields, d.verdict, d.edit_distance, d.viewed_ms, length(j.text), d.at,
       j.drafter_version, coalesce(je.n, 1), j.confidence, j.stop IN ('end', 'stop_text'), j.route_hold IS NOT NULL,
       r.drafter_version, coalesce(re.n, 1), r.confidence, r.stop IN ('end', 'stop_text'), r.route_hold IS NOT NULL,
       CASE WHEN j.id <> r.id THEN r.text END,
       CASE WHEN j.id <> r.id THEN coalesce(d.text, j.text) END,
       EXISTS (SELECT 1 FROM item o WHERE o.use_case = i.use_case AND o.request_sha256 = i.request_sha256 AND o.id < i.id),
       i.state = 'delivered', j.id, r.id, d.found_order, d.found_filtered, d.found_picked, d.found_bulk,
       CASE WHEN d.corrects IS NOT NULL THEN (
         SELECT json_group_array(json_array(o.edit_distance, coalesce(o.text, j.text))) FROM decision o
         WHERE o.draft = d.draft AND o.id < d.id AND o.made_by = 'person' AND EXISTS (SELECT 1 FROM decision x WHERE x.corrects = o.id))
       END,
       CASE WHEN j.id <> r.id THEN (SELECT v.sampling ->> '$.output.kind' FROM drafter_version v WHERE v.id = r.drafter_version) END
FROM decision d
JOIN item i ON i.id = d.item AND i.seeded = 0
JOIN draft j ON j.id = d.draft
JOIN draft r ON r.item = d.item
            AND r.n = coalesce((SELECT max(o.n) FROM draft o WHERE o.item = d.item AND o.n <= j.n AND o.route_reason <> 'asked_by_person'), j.n)
LEFT JOIN epoch je ON je.id = j.epoch
LEFT JOIN epoch re ON re.id = r.epoch
WHERE d.undone_at IS NULL AND d.made_by = 'person'
