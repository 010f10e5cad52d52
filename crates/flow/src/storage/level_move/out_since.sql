-- The items that a move of a level (?1) names as gone out alone since the estimated change, in the order of submission, with what
-- their audit says. A decision that was corrected since is still the one that went out.
SELECT i.id, i.uid, i.fields, d.at, a.state, a.bad
FROM level_move m
JOIN json_each(m.out_since) o
JOIN item i ON i.id = o.value
JOIN decision d ON d.id = (SELECT max(p.id) FROM decision p
                           WHERE p.item = i.id AND p.made_by = 'policy'
                             AND (p.undone_at IS NULL OR EXISTS (SELECT 1 FROM decision x WHERE x.corrects = p.id)))
LEFT JOIN audit a ON a.decision = d.id AND a.kind = 'audit'
WHERE m.id = ?1
ORDER BY i.id
