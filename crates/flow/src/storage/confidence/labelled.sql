-- The newest standing decisions by people of a use case (?1) after an id (?3), ?4 at most, with the draft that the gate routed (r), of a
-- drafter version (?2); it is the one that was judged (j) unless a person asked for another. Newest first, and no further
-- back than ?5 ids. Whoever corrects what went out alone has chosen what to look at: that is left out. A correction of what a person had
-- decided is as far from the draft as the furthest of their texts.
SELECT d.id, d.item, d.verdict,
       CASE WHEN d.corrects IS NULL THEN d.edit_distance ELSE max(d.edit_distance, (
         SELECT max(o.edit_distance) FROM decision o JOIN decision x ON x.corrects = o.id WHERE o.draft = d.draft)) END,
       d.viewed_ms, r.features, coalesce(r.raw_confidence, r.confidence), r.stop,
       CASE WHEN j.id <> r.id THEN r.text END,
       CASE WHEN j.id <> r.id THEN coalesce(d.text, j.text) END,
       i.uid, i.audience, i.slice, d.at, r.route_hold,
       CASE WHEN j.id <> r.id THEN (SELECT v.sampling ->> '$.output.kind' FROM drafter_version v WHERE v.id = r.drafter_version) END
FROM decision d
CROSS JOIN item i ON i.id = d.item
CROSS JOIN draft j ON j.id = d.draft
CROSS JOIN draft r ON r.id = CASE WHEN j.route_reason <> 'asked_by_person' THEN j.id ELSE coalesce(
  (SELECT o.id FROM draft o WHERE o.item = d.item AND o.n <= j.n AND o.route_reason <> 'asked_by_person' ORDER BY o.n DESC LIMIT 1), j.id) END
WHERE i.use_case = ?1 AND i.seeded = 0 AND d.id > max(?3, (SELECT max(id) FROM decision) - ?5) AND d.undone_at IS NULL AND d.made_by = 'person'
  AND (d.corrects IS NULL
       OR NOT EXISTS (SELECT 1 FROM decision o JOIN decision x ON x.corrects = o.id WHERE o.draft = d.draft AND o.made_by = 'policy'))
  AND r.drafter_version = ?2
ORDER BY d.id DESC
LIMIT ?4
