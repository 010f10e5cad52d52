-- Why the newest delivery that fails and is tried again does. The list of states is what the index `delivery_of_sink` is kept for, and few are open: they are sorted.
SELECT last_error FROM delivery
WHERE state IN ('waiting', 'sending', 'failed') AND state = 'failed' AND dead_at IS NULL
ORDER BY +id DESC LIMIT 1
