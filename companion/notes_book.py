"""Notes on the card: rows of the database, and what they mean."""

from datetime import datetime

from calls.note_messages import About, Over, Reply
from companion.notes import Note, NoteId
from companion.notes_store import NotesStore
from companion.people import PersonId
from companion.rows import NoteRow


class NotesBook:
    """Notes in the database. Any thread may call."""

    def __init__(self, store: NotesStore) -> None:
        """Read and write there."""
        self._store = store

    def all(self) -> list[Note]:
        """All that are kept, oldest first.

        Raises:
            StoreError: If they cannot be read.
        """
        return [_note(row) for row in self._store.all()]

    def add(self, note: Note) -> None:
        """Keep a new one.

        Raises:
            StoreError: If it cannot be written.
        """
        self._store.keep(_row(note))

    def change(self, note: Note) -> bool:
        """Keep how one stands; False if it was deleted, or forgotten meanwhile.

        Raises:
            StoreError: If it cannot be written.
        """
        return self._store.change(_row(note))

    def forget(self, note: NoteId) -> None:
        """Delete one.

        Raises:
            StoreError: If it cannot be written.
        """
        self._store.forget(note)


def _row(note: Note) -> NoteRow:
    return NoteRow(
        id=note.id,
        person=note.person,
        about=note.about.value,
        text=note.text,
        reference=note.reference,
        at=note.at.isoformat(),
        at_s=note.at.timestamp(),
        until=note.until.isoformat(),
        kept_at=_text(note.kept_at),
        reply=note.reply.value if note.reply else None,
        said=note.said,
        told_at=_text(note.told_at),
        over=note.over.value if note.over else None,
        over_at=_text(note.over_at),
        over_kept_at=_text(note.over_kept_at),
    )


def _note(row: NoteRow) -> Note:
    return Note(
        id=NoteId(row.id),
        person=PersonId(row.person),
        about=About(row.about),
        text=row.text,
        reference=row.reference,
        at=datetime.fromisoformat(row.at),
        until=datetime.fromisoformat(row.until),
        kept_at=_time(row.kept_at),
        reply=Reply(row.reply) if row.reply else None,
        said=row.said,
        told_at=_time(row.told_at),
        over=Over(row.over) if row.over else None,
        over_at=_time(row.over_at),
        over_kept_at=_time(row.over_kept_at),
    )


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
