-- What a person (?2) did last in a use case (?1) and what stands of it, newest first, at most ?3: on how many items, the first of them, how
-- many decisions or comparisons of it stand, how many of these are out, and until when the first one can be taken back (?4 is the time that a
-- text is held where no sink takes it).
SELECT a.id, a.kind, a.at, count(*), min(p.item), max(d.verdict),
       sum(d.undone_at IS NULL AND d.id IS NOT NULL OR q.undone_at IS NULL AND q.id IS NOT NULL),
       sum(d.id IS NOT NULL AND d.undone_at IS NULL AND (i.state = 'delivered'
           OR EXISTS (SELECT 1 FROM delivery x WHERE x.decision = d.id AND x.state IN ('sending', 'done')))),
       min(CASE WHEN d.undone_at IS NULL AND i.state = 'approved' THEN
             coalesce((SELECT min(x.not_before) FROM delivery x WHERE x.decision = d.id AND x.state IN ('waiting', 'failed')), d.at + ?4) END)
FROM (SELECT o.id, o.kind, o.at FROM act o WHERE o.use_case = ?1 AND o.person = ?2 AND o.state = 'done' ORDER BY o.id DESC LIMIT ?3) a
CROSS JOIN act_part p ON p.act = a.id
CROSS JOIN item i ON i.id = p.item
LEFT JOIN decision d ON d.id = p.decision
LEFT JOIN preference q ON q.id = p.preference
GROUP BY a.id
ORDER BY a.id DESC
