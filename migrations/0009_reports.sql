-- What stood when a level was moved, beside the evidence: the versions of charter and epoch, and the figures of the audits. Null in moves
-- from before.
ALTER TABLE level_move ADD COLUMN stood TEXT CHECK (stood IS NULL OR json_valid(stood));
