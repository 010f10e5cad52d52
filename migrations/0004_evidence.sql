-- What a raise of a level rested on: the evidence of each step it took, and whether an admin raised without enough of it.
-- Both null and 0 in moves from before, when a raise asked for no evidence.
ALTER TABLE level_move ADD COLUMN override INTEGER NOT NULL DEFAULT 0 CHECK (override IN (0, 1));
ALTER TABLE level_move ADD COLUMN steps TEXT CHECK (steps IS NULL OR json_valid(steps));
CREATE TRIGGER level_move_override_has_a_reason BEFORE INSERT ON level_move WHEN new.override = 1 AND (new.made_by <> 'person' OR trim(new.reason) = '')
BEGIN SELECT raise(ABORT, 'evidence is overridden by a person, with a reason'); END;
CREATE TRIGGER level_move_never_changes BEFORE UPDATE ON level_move BEGIN SELECT raise(ABORT, 'a move of a level never changes'); END;
CREATE TRIGGER level_move_never_goes BEFORE DELETE ON level_move BEGIN SELECT raise(ABORT, 'moves of a level are append-only'); END;
