-- Where an invitation is mailed as well; never said aloud and never shown.
ALTER TABLE person ADD COLUMN email TEXT;
