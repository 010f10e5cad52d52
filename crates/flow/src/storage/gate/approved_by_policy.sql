-- How many items of a use case (?1) policy has approved after a time (?2), also where it was taken back.
SELECT count(*) FROM decision d JOIN item i ON i.id = d.item
WHERE d.made_by = 'policy' AND d.at > ?2 AND i.use_case = ?1
