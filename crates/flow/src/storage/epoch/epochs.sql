-- The epochs of a use case (?1), newest first. An attempt is one after each earlier epoch in which something was decided,
-- also where it was taken back: it was seen.
SELECT e.n,
       1 + (SELECT count(*) FROM epoch o WHERE o.use_case = e.use_case AND o.n < e.n AND EXISTS (SELECT 1 FROM decision d WHERE d.epoch = o.id)),
       e.drafter_version, v.n, e.threshold, e.check_share, r.id, r.n, h.id, h.n, h.charter, e.started_at, e.why, e.id, e.threshold_by, e.calibrator, e.falls,
       e.gold_share
FROM epoch e
JOIN hold_rules r ON r.id = e.hold_rules
JOIN charter h ON h.id = e.charter
LEFT JOIN drafter_version v ON v.id = e.drafter_version
WHERE e.use_case = ?1
ORDER BY e.n DESC
