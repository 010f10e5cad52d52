-- The newest ?2 standing decisions of a use case (?1): the milliseconds from the request to the text that went out, or, where none
-- did, to the decision. Epochs follow one another, so that the newest one's decisions are the newest.
SELECT coalesce((SELECT max(x.done_at) FROM delivery x WHERE x.decision = d.id), d.at) - i.created_at
FROM epoch e
CROSS JOIN decision d ON d.epoch = e.id
JOIN item i ON i.id = d.item AND i.seeded = 0
WHERE e.use_case = ?1 AND d.undone_at IS NULL
ORDER BY e.n DESC, d.id DESC
LIMIT ?2
