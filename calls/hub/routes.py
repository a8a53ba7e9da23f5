"""The addresses of who is who: devices, invitations, logging in."""

from urllib.parse import urlsplit

from aiohttp import web

from calls.hub import enrolment, invitations, login_links
from calls.hub.errors import Refusal
from calls.hub.guard import BODY, SESSION, clear_cookie, set_cookie
from calls.hub.health import trouble
from calls.hub.mailroom import Mailroom
from calls.hub.members import households
from calls.hub.openapi import describe_hub
from calls.hub.passkeys import Passkeys, RelyingParty
from calls.hub.sessions import NewSession, end_session
from calls.hub.state import HubState


def add_routes(app: web.Application, state: HubState) -> None:
    """Add them all."""
    identity = Identity(state)
    app.cleanup_ctx.append(identity.mailroom.work)
    app.add_routes(
        [
            web.get("/api/health", identity.health),
            web.get("/api/openapi.json", identity.description),
            web.post("/api/devices", identity.enrol),
            web.post("/api/invitations/look", identity.look),
            web.post("/api/invitations/accept", identity.accept),
            web.post("/api/links", identity.ask_link),
            web.post("/api/links/use", identity.use_link),
            web.post("/api/passkeys/offer", identity.offer_passkey),
            web.post("/api/passkeys", identity.keep_passkey),
            web.get("/api/passkeys", identity.list_passkeys),
            web.delete("/api/passkeys/{id}", identity.remove_passkey),
            web.post("/api/passkeys/challenge", identity.challenge),
            web.post("/api/session", identity.log_in),
            web.delete("/api/session", identity.log_out),
            web.get("/api/me", identity.me),
        ]
    )


def relying_party(state: HubState) -> RelyingParty:
    """Who passkeys are for; its port is known only when the hub is open."""
    return RelyingParty(urlsplit(state.url).hostname or "", sorted(state.origins))


class Identity:
    """Answers them; who may ask is the guard's affair."""

    def __init__(self, state: HubState) -> None:
        self.mailroom = Mailroom(state)
        self._state = state
        self._passkeys = Passkeys(state.store, lambda: relying_party(state))

    async def health(self, _: web.Request) -> web.Response:
        """What does not work is told by its code, so that who watches sees an error."""
        if code := await trouble(self._state):
            raise Refusal(code, 503)
        return web.json_response({"status": "ok", "now": self._state.now()})

    async def description(self, _: web.Request) -> web.Response:
        """For who wants to know."""
        return web.json_response(describe_hub(self._state.url))

    # -- devices and invitations --------------------------------------------------

    async def enrol(self, request: web.Request) -> web.Response:
        """A device with a code."""
        body = request[BODY]
        device = await enrolment.enrol(
            self._state.store,
            body["code"],
            body["key"],
            body["name"].strip(),
            self._state.now(),
        )
        return web.json_response({"device": device}, status=201)

    async def look(self, request: web.Request) -> web.Response:
        """What an invitation is for."""
        offered = await invitations.look(
            self._state.store, request[BODY]["token"], self._state.now()
        )
        return web.json_response(
            {
                "household": offered.household,
                "name": offered.name,
                "role": offered.role.value,
                "expires": offered.expires,
            }
        )

    async def accept(self, request: web.Request) -> web.Response:
        """Somebody joins."""
        state, body, session = self._state, request[BODY], request.get(SESSION)
        joined = await invitations.accept(
            state.store,
            body["token"],
            body["language"],
            body["email"] or "",
            state.now(),
            account_id=session.account if session else None,
        )
        for account in joined.left:
            await state.tell_sessions_ended(account)
        await state.tell_members_changed(joined.household)
        response = web.Response(status=201)
        if joined.session is not None:
            set_cookie(state, response, joined.session.token)
        return response

    # -- logging in and out -------------------------------------------------------

    async def ask_link(self, request: web.Request) -> web.Response:
        """A mail, perhaps."""
        self.mailroom.ask(request[BODY]["email"], request[BODY]["language"])
        return web.Response(status=202)

    async def use_link(self, request: web.Request) -> web.Response:
        """The link of a mail."""
        state = self._state
        new = await login_links.use_link(
            state.store, request[BODY]["token"], state.now()
        )
        return self._logged_in(new)

    async def challenge(self, _: web.Request) -> web.Response:
        """To log in with a passkey."""
        return web.json_response(self._passkeys.challenge(self._state.monotonic()))

    async def log_in(self, request: web.Request) -> web.Response:
        """With a passkey."""
        state = self._state
        new = await self._passkeys.log_in(
            request[BODY]["credential"], state.now(), state.monotonic()
        )
        return self._logged_in(new)

    def _logged_in(self, new: NewSession) -> web.Response:
        response = web.Response(status=204)
        set_cookie(self._state, response, new.token)
        return response

    async def log_out(self, request: web.Request) -> web.Response:
        """This browser only."""
        session = request[SESSION]
        await end_session(self._state.store, session.token_hash)
        await self._state.tell_sessions_ended(session.account, session.token_hash)
        response = web.Response(status=204)
        clear_cookie(self._state, response)
        return response

    # -- passkeys -----------------------------------------------------------------

    async def offer_passkey(self, request: web.Request) -> web.Response:
        """To make one."""
        options = await self._passkeys.offer(request[SESSION], self._state.monotonic())
        return web.json_response(options)

    async def keep_passkey(self, request: web.Request) -> web.Response:
        """It was made."""
        state, body = self._state, request[BODY]
        id = await self._passkeys.keep(
            request[SESSION],
            body["credential"],
            body["name"].strip(),
            state.now(),
            state.monotonic(),
        )
        return web.json_response({"id": id}, status=201)

    async def list_passkeys(self, request: web.Request) -> web.Response:
        """Those of who asks."""
        found = await self._passkeys.list(request[SESSION].account)
        return web.json_response(
            {
                "passkeys": [
                    {"id": each.id, "name": each.name, "created": each.created}
                    for each in found
                ]
            }
        )

    async def remove_passkey(self, request: web.Request) -> web.Response:
        """One of theirs."""
        await self._passkeys.remove(request[SESSION].account, request.match_info["id"])
        return web.Response(status=204)

    async def me(self, request: web.Request) -> web.Response:
        """Who asks, and whom they follow."""
        state, session = self._state, request[SESSION]
        followed = await households(state.store, session.account)
        return web.json_response(
            {
                "name": session.name,
                "email": session.email,
                "phone": session.phone,
                "can_text": state.can_text,
                "language": session.language,
                "token": session.csrf,
                "version": state.page_version(),
                "push_key": state.push_key,
                "households": [
                    {
                        "member": each.member.id,
                        "name": each.name,
                        "role": each.member.role.value,
                    }
                    for each in followed
                ],
            }
        )
