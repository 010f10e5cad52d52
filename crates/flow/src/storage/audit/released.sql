-- What went out alone in the n-th (?2) epoch of a use case (?1), of the items before ?3 where that is given: what is counted of it, by
-- thousands of items and then one by one, without what has not left yet. What was corrected had gone out.
WITH of (epoch, before) AS (SELECT e.id, coalesce(?3, 9223372036854775807) FROM epoch e WHERE e.use_case = ?1 AND e.n = ?2)
SELECT coalesce((SELECT sum(k.n) FROM of CROSS JOIN alone_count k ON k.epoch = of.epoch AND k.block < of.before / 1000), 0)
     + (SELECT count(*) FROM of CROSS JOIN decision d INDEXED BY decision_standing ON d.item >= of.before / 1000 * 1000 AND d.item < of.before AND d.undone_at IS NULL
        WHERE d.made_by = 'policy' AND +d.epoch = of.epoch)
     + (SELECT count(*) FROM of CROSS JOIN decision x ON x.corrects IS NOT NULL CROSS JOIN decision d ON d.id = x.corrects
        WHERE ?3 IS NOT NULL AND d.made_by = 'policy' AND d.epoch = of.epoch AND d.item >= of.before / 1000 * 1000 AND d.item < of.before)
     - (SELECT count(*) FROM of CROSS JOIN item i ON i.use_case = ?1 AND i.state = 'approved' AND i.id < of.before
        CROSS JOIN decision d ON d.item = i.id AND d.undone_at IS NULL
        WHERE d.made_by = 'policy' AND d.epoch = of.epoch)
