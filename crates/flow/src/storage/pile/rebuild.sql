-- All piles anew, from the items.
DELETE FROM pile_count;
INSERT OR IGNORE INTO pile (use_case, state, slice, source, level)
SELECT DISTINCT i.use_case, i.state, json_quote(i.slice), i.source, coalesce(d.route_level, '')
FROM item i LEFT JOIN draft d ON d.id = i.draft
WHERE i.seeded = 0 OR i.state <> 'rejected';
UPDATE item SET pile = (
  SELECT p.id FROM pile p
  WHERE (item.seeded = 0 OR item.state <> 'rejected')
    AND p.use_case = item.use_case AND p.state = item.state AND p.slice = json_quote(item.slice) AND p.source = item.source
    AND p.level = coalesce((SELECT d.route_level FROM draft d WHERE d.id = item.draft), ''));
INSERT INTO pile_count SELECT pile, bin, count(*) FROM item WHERE pile IS NOT NULL GROUP BY 1, 2;
