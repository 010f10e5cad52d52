-- What was written about a decision (?1): the request, the draft and those that were thrown away for it, and what a person said of it. The number
-- of a draft stands before its tokens in the row, and the reason behind them.
SELECT i.uid, i.audience, i.slice, i.fields, r.text, r.hint, r.drafter_version,
       CASE WHEN r.n > 1 AND r.route_reason = 'asked_by_person' THEN
         (SELECT json_group_array(o.text ORDER BY o.n) FROM draft o WHERE o.item = d.item AND o.n < r.n) END,
       d.made_by, d.actor, d.verdict, d.text, d.reasons, a.actor, a.verdict, a.text, a.reasons
FROM decision d
CROSS JOIN item i ON i.id = d.item
CROSS JOIN draft r ON r.id = d.draft
LEFT JOIN audit a ON a.decision = d.id AND a.kind = 'audit' AND a.state = 'done' AND d.made_by = 'policy'
WHERE d.id = ?1
