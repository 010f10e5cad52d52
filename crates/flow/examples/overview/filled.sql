-- The items from ?1 to ?2, of work that came in over 400 days up to ?3 (ms) as the first ?4 items: on three drafter versions in three
-- epochs, the last one with 70 % of it. `h` is a number that looks random, the same in every run. The rows are in rows.sql.
CREATE TEMP TABLE made AS
WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
SELECT i, (i * 2654435761) % 1000003 AS h, min(?3, ?3 - 400 * 86400000 + i * (400 * 86400000 / (?4 + 1))) AS at,
       1 + (i > ?4 * 15 / 100) + (i > ?4 * 30 / 100) AS stretch, 0 AS open
FROM n;
