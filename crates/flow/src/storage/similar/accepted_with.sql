-- Items of a use case (?2) whose request holds a word (?1) and whose text a person approved or edited, newest first, ?7 at most. Looked at are
-- the newest ?6 requests with the word, after id ?4 and up to id ?5. Left out are the item itself (?3), whatever it was made from, what an
-- audit called bad, and what somebody is to judge a second time without knowing what was decided.
SELECT i.id
FROM (
  SELECT rowid AS id FROM item_text WHERE item_text MATCH ?1 AND rowid > ?4 AND rowid <= ?5 ORDER BY rowid DESC LIMIT ?6
) t
CROSS JOIN item i ON i.id = t.id
CROSS JOIN decision d ON d.item = i.id AND d.undone_at IS NULL
WHERE i.use_case = ?2 AND i.id <> ?3 AND i.seeded = 0
  AND d.made_by = 'person' AND d.verdict IN ('approve', 'edit')
  AND i.id NOT IN (SELECT s.original FROM seeded s WHERE s.item = ?3)
  AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.item = i.id AND (a.state = 'open' OR a.bad = 1))
LIMIT ?7
