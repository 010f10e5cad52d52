-- Outputs of other kinds than texts, and drafts that branch off another one. What an output is stands with the sampling of the use case
-- and of the drafter version: it is drawn so, and a change of it makes another version.

-- How probable each label was, in the order of the labels: [{"label": …, "probability": …}]. Null where the draft is no label.
ALTER TABLE draft ADD COLUMN label_scores TEXT CHECK (label_scores IS NULL OR json_valid(label_scores));

-- The draft that this one branched off, and the place of the token that a person chose there instead. Both or none.
ALTER TABLE draft ADD COLUMN parent INTEGER REFERENCES draft (id);
ALTER TABLE draft ADD COLUMN branch_at INTEGER CHECK ((branch_at IS NULL) = (parent IS NULL));
