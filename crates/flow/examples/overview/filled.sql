-- The items from ?1 to ?2, of work that came in over 400 days up to ?3 (ms) as the first ?4 items: on three drafter versions in three
-- epochs, the last one with 70 % of it. `h` is a number that looks random, the same in every run. The newest 20,000 drafts keep what their
-- confidence is made of, and the audits of the newest 3,000 items wait for a verdict. What is open is said afterwards. The rows are in
-- rows.sql.
CREATE TEMP TABLE made AS
WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2),
drawn AS (
  SELECT i, (i * 2654435761) % 1000003 AS h, min(?3, ?3 - 400 * 86400000 + i * (400 * 86400000 / (?4 + 1))) AS at,
         1 + (i > ?4 * 15 / 100) + (i > ?4 * 30 / 100) AS stretch
  FROM n)
SELECT i, h, at, stretch, 0 AS open, i > ?4 - 20000 AS featured, i > ?4 - 3000 AS fresh, h % 501 = 3 AND h % 50 <> 11 AS known,
       h % 3 = 1 AND h % 40 <> 7 AS alone,
       CASE h % 5 WHEN 0 THEN 'billing' WHEN 1 THEN 'returns' WHEN 2 THEN 'shipping' WHEN 3 THEN 'other' END AS slice
FROM drawn;
