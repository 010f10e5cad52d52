-- What stands beside the rows: a calibrator (?1, fitted on the same kind of rows) that saw the decisions on the items up to ?2, the epoch that
-- began with it, and notices.
INSERT INTO calibrator (use_case, n, drafter_version, fitted, decisions, last_decision, decisions_sha256, fitted_by, at)
SELECT 1, 1, v.id, ?1, 5000, d.id, printf('%064x', 1), 'Ada', d.at
FROM drafter_version v, decision d
WHERE v.n = 3 AND d.id = 2 * ?2;
