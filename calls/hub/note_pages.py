"""The addresses of notes: only the one that is asked may answer."""

from aiohttp import web

from calls.hub.guard import BODY, SESSION
from calls.hub.members import check_note
from calls.hub.notes import Notes
from calls.hub.store import Store
from calls.note_messages import Reply


class NotePages:
    """Answers them.

    Args:
        store: Who follows whom.
        notes: What is asked.
    """

    def __init__(self, store: Store, notes: Notes) -> None:
        self._store = store
        self._notes = notes

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.add_routes(
            [
                web.post("/api/notes/{note}/answer", self._answer),
                web.post("/api/notes/{note}/seen", self._seen),
            ]
        )

    async def _answer(self, request: web.Request) -> web.Response:
        note, body = await self._note(request), request[BODY]
        said = " ".join((body["text"] or "").split())
        await self._notes.answer(note, Reply(body["reply"]), said)
        return web.Response(status=204)

    async def _seen(self, request: web.Request) -> web.Response:
        await self._notes.seen(await self._note(request))
        return web.Response(status=204)

    async def _note(self, request: web.Request) -> str:
        """The one that is meant, if who asks is who is asked.

        Raises:
            Refusal: "no_note".
        """
        note = request.match_info["note"]
        await check_note(self._store, request[SESSION].account, note)
        return note
