-- What never changes about a row is sealed as it is written: the hash of its columns. A bit of the file that changed afterwards is named by
-- `gait doctor`, with the row. Rows from before have none.
ALTER TABLE item ADD COLUMN seal BLOB;
ALTER TABLE draft ADD COLUMN seal BLOB;
ALTER TABLE decision ADD COLUMN seal BLOB;
