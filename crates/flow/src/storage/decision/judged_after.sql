-- A page of a use case's (?1) standing decisions after an id (?2), with request, prompt and draft, and with the verdict of the audit where
-- policy took the decision and it was audited.
SELECT d.id, i.uid, i.external_id, i.audience, i.slice, i.fields,
       p.system_prompt, p.template, r.hint, r.text, r.confidence, v.n, m.sha256,
       d.made_by, d.actor, d.verdict, d.text, d.reasons, d.note, d.edit_distance, d.viewed_ms, d.at,
       a.actor, a.verdict, a.text, a.reasons, a.note, a.edit_distance, a.viewed_ms, a.at, i.seeded
FROM decision d
CROSS JOIN item i ON i.id = d.item
CROSS JOIN draft r ON r.id = d.draft
CROSS JOIN drafter_version v ON v.id = r.drafter_version
CROSS JOIN prompt p ON p.id = v.prompt
CROSS JOIN model m ON m.id = v.model
LEFT JOIN audit a ON a.decision = d.id AND a.kind = 'audit' AND a.state = 'done'
WHERE i.use_case = ?1 AND d.undone_at IS NULL AND d.id > ?2
ORDER BY d.id
LIMIT ?3
