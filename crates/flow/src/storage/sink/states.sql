-- The sinks of use case ?1, and those that were once and have texts on their way, each with how many wait, fail and are left to a person.
SELECT s.id, s.use_case, s.kind, s.path, s.audience, s.secret, s.secret_before, s.before_until, s.off_at, s.off_why, s.failures,
  s.removed_at IS NOT NULL,
  (SELECT count(*) FROM delivery d WHERE d.sink = s.id AND d.state IN ('waiting', 'sending', 'failed') AND d.state <> 'failed'),
  (SELECT count(*) FROM delivery d WHERE d.sink = s.id AND d.state IN ('waiting', 'sending', 'failed') AND d.state = 'failed' AND d.dead_at IS NULL),
  (SELECT count(*) FROM delivery d WHERE d.sink = s.id AND d.dead_at IS NOT NULL AND d.state = 'failed')
FROM sink s
WHERE s.use_case = ?1 AND (s.removed_at IS NULL
  OR EXISTS (SELECT 1 FROM delivery d WHERE d.sink = s.id AND d.state IN ('waiting', 'sending', 'failed')))
ORDER BY s.removed_at IS NOT NULL, s.id
