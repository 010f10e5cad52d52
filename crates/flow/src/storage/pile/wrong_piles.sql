-- Items that lie in another pile than the one they belong to; at most 100.
SELECT i.id
FROM item i LEFT JOIN draft d ON d.id = i.draft LEFT JOIN pile p ON p.id = i.pile
WHERE ((i.seeded = 0 OR i.state <> 'rejected') <> (i.pile IS NOT NULL))
   OR (i.pile IS NOT NULL
       AND (p.use_case, p.state, p.slice, p.source, p.level) IS NOT (i.use_case, i.state, json_quote(i.slice), i.source, coalesce(d.route_level, '')))
LIMIT 100
