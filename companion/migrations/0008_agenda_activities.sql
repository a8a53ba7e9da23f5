-- Of what came from the social map: which record of which source, so that the person
-- is told when it is cancelled; and what to take along.
ALTER TABLE agenda_entry ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE agenda_entry ADD COLUMN activity TEXT NOT NULL DEFAULT '';
ALTER TABLE agenda_entry ADD COLUMN bring TEXT NOT NULL DEFAULT '';
