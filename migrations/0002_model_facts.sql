-- What this machine found out about a model: the last look whether its file is still the same, the last measurement, and
-- where a downloaded one came from.
ALTER TABLE model ADD COLUMN checked_at INTEGER;
ALTER TABLE model ADD COLUMN checked_sha256 TEXT CHECK (checked_sha256 IS NULL OR length(checked_sha256) = 64);
ALTER TABLE model ADD COLUMN measured_at INTEGER;
ALTER TABLE model ADD COLUMN measured TEXT CHECK (measured IS NULL OR json_valid(measured));
ALTER TABLE model ADD COLUMN origin TEXT;
