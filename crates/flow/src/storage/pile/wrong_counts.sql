-- Piles (and bins of confidence) whose count is not that of their items; at most 100.
SELECT pile, bin, sum(counted), sum(there)
FROM (SELECT pile, bin, n AS counted, 0 AS there FROM pile_count
      UNION ALL SELECT pile, bin, 0, 1 FROM item WHERE pile IS NOT NULL)
GROUP BY 1, 2 HAVING sum(counted) <> sum(there) LIMIT 100
