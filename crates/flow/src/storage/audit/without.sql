-- Drafts that went out alone, were drawn for an audit and have none. Drafts from before audits were kept went out undrawn.
SELECT r.id
FROM draft r JOIN decision d ON d.draft = r.id AND d.made_by = 'policy'
WHERE r.route_outcome = 'auto' AND r.check_drawn = 1
  AND (d.undone_at IS NULL OR EXISTS (SELECT 1 FROM decision x WHERE x.corrects = d.id))
  AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.decision = d.id AND a.kind = 'audit' AND a.state <> 'dropped')
LIMIT 100
