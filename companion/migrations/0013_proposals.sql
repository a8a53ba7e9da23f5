-- Who proposed it, as the person names them; and what nobody who follows may see.
ALTER TABLE agenda_entry ADD COLUMN by_whom TEXT NOT NULL DEFAULT '';
ALTER TABLE agenda_entry ADD COLUMN is_private INTEGER NOT NULL DEFAULT 0;

-- What somebody who follows proposes for the agenda. `told` is the state that the hub
-- confirmed; an answered one stays for a while without its words, so that it is not
-- asked again when the hub sends it once more.
CREATE TABLE proposal (
    id TEXT PRIMARY KEY,
    member TEXT NOT NULL,
    what TEXT NOT NULL,
    day TEXT NOT NULL,
    time TEXT NOT NULL,
    place TEXT NOT NULL,
    repeats TEXT NOT NULL,
    came_at TEXT NOT NULL,
    came_s REAL NOT NULL,
    state TEXT NOT NULL,
    told TEXT NOT NULL
) STRICT;
