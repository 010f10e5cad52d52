-- What a drafter version (?1) is made of.
SELECT v.n, m.facts ->> '$.name', m.sha256, p.n, v.sampling
FROM drafter_version v
JOIN model m ON m.id = v.model
JOIN prompt p ON p.id = v.prompt
WHERE v.id = ?1
