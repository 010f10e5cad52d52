-- All kept counts anew from the rows.
DELETE FROM day_count;
DELETE FROM kind_count;
INSERT INTO day_count
SELECT use_case, day, drafter_version, made_by, asked, verdict, count(*) FROM counted_decision WHERE undone_at IS NULL GROUP BY 1, 2, 3, 4, 5, 6;
INSERT INTO kind_count
SELECT use_case, drafter_version, audience, slice, bin, made_by, asked, verdict, count(*)
FROM counted_decision WHERE undone_at IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
DELETE FROM alone_count;
DELETE FROM pair_count;
INSERT INTO alone_count SELECT epoch, block, count(*) FROM alone_decision GROUP BY 1, 2;
INSERT INTO pair_count
SELECT use_case, first, second, count(*) FROM pair p
WHERE undone_at IS NULL OR EXISTS (SELECT 1 FROM decision x WHERE x.corrects = p.decision) GROUP BY 1, 2, 3;
