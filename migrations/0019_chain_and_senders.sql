-- The log is a chain: each entry keeps a hash over itself and the entry before it, and the seal of the decision that stood for its item then. So
-- an entry or a decision that is changed, taken out or put in is named by `gait doctor`; the newest entry also stands in `gait.mark`, so that a
-- log that was cut off or made anew is refused. Entries and decisions from before have none.
ALTER TABLE event ADD COLUMN decided BLOB;
ALTER TABLE event ADD COLUMN chain BLOB;
INSERT INTO meta VALUES ('chained_after', (SELECT coalesce(max(id), 0) FROM decision));

-- What waits for a sink, in its order; and whether it is being sent to: a receiver gets one text after the other, and others are sent to
-- meanwhile.
DROP INDEX delivery_due;
CREATE INDEX delivery_of_sink ON delivery (sink, not_before, id) WHERE state IN ('waiting', 'sending', 'failed');
CREATE INDEX delivery_sending ON delivery (sink) WHERE state = 'sending';
-- A backup that was put back could leave these, and nobody took them again.
UPDATE delivery SET state = 'waiting' WHERE state = 'sending' AND lease_until IS NULL;
