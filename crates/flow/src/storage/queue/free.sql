-- Whether a person (?2) may be given an item (?1) now (?3): nobody else holds it, and they have not put it back.
SELECT (i.lease_until IS NULL OR i.lease_until < ?3 OR i.lease_owner = ?2)
   AND NOT EXISTS (SELECT 1 FROM skip s WHERE s.item = i.id AND s.person = ?2)
FROM item i WHERE i.id = ?1
