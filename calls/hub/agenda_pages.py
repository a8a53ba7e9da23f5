"""The addresses of shared agendas: who may see one may propose something for it."""

from aiohttp import web

from calls.agenda_messages import Repeats
from calls.hub.agenda import Agendas, Wish
from calls.hub.errors import Refusal
from calls.hub.guard import BODY, SESSION
from calls.hub.members import MemberRow, member_of_account
from calls.hub.store import Store


class AgendaPages:
    """Answers them.

    Args:
        store: Who follows whom.
        agendas: What is shared and proposed.
    """

    def __init__(self, store: Store, agendas: Agendas) -> None:
        self._store = store
        self._agendas = agendas

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        one = "/api/agenda/{member}"
        app.add_routes(
            [
                web.get(one, self._show, allow_head=False),
                web.post(f"{one}/proposals", self._propose),
                web.delete(f"{one}/proposals/{{proposal}}", self._take_back),
            ]
        )

    async def _member(self, request: web.Request) -> MemberRow:
        """As whom is asked; asked anew each time, for it may be taken back.

        Raises:
            Refusal: "no_member", "not_agreed".
        """
        account, member = request[SESSION].account, request.match_info["member"]
        found = await member_of_account(self._store, account, member)
        if not found.sees_agenda:
            raise Refusal("not_agreed", 403)
        return found

    async def _show(self, request: web.Request) -> web.Response:
        shown = await self._agendas.show(await self._member(request))
        return web.json_response(
            {
                "zone": shown.zone,
                "stale_since": shown.stale_since,
                "entries": list(shown.entries),
                "left_out": shown.left_out,
                "proposals": list(shown.proposals),
            }
        )

    async def _propose(self, request: web.Request) -> web.Response:
        member, body = await self._member(request), request[BODY]
        wish = Wish(
            what=" ".join(body["what"].split()),
            day=body["day"],
            time=body["time"] or "",
            place=" ".join((body["place"] or "").split()),
            repeats=Repeats(body["repeats"]),
        )
        proposal = await self._agendas.propose(member, wish, body["replaces"] or "")
        return web.json_response({"proposal": proposal}, status=201)

    async def _take_back(self, request: web.Request) -> web.Response:
        member = await self._member(request)
        await self._agendas.take_back(member, request.match_info["proposal"])
        return web.Response(status=204)
