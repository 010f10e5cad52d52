-- The log is a chain: each entry keeps a hash over itself and the entry before it, and the seal of the decision that stood for its item then. So
-- an entry or a decision that is changed, taken out or put in is named by `gait doctor`; the newest entry also stands in `gait.mark`, so that a
-- log that was cut off or made anew is refused. Entries and decisions from before have none.
ALTER TABLE event ADD COLUMN decided BLOB;
ALTER TABLE event ADD COLUMN chain BLOB;
INSERT INTO meta VALUES ('chained_after', (SELECT coalesce(max(id), 0) FROM decision));
