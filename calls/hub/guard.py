"""Stands before every address: lets in who may, and turns errors into codes."""

import asyncio
import json
import logging
import math
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any

from aiohttp import web

from calls.hub.endpoints import BY_KEY, Endpoint, Who
from calls.hub.errors import Refusal, StoreError, StoreFull
from calls.hub.limits import Cost, asker
from calls.hub.sessions import Session, find_session, renew_session
from calls.hub.shapes import read
from calls.hub.state import HubState
from calls.hub.tokens import SESSION_S, is_same

logger = logging.getLogger(__name__)

SESSION = web.RequestKey("praatpaal_session", Session)
"""Who asks; there for `Who.ACCOUNT`, perhaps for `Who.VISITOR`."""

BODY = web.RequestKey("praatpaal_body", dict[str, Any])
"""What came along, checked; there where the endpoint has a body."""

TOKEN_HEADER = "X-Praatpaal-Token"

# The longest body takes 4 s over a line of 128 kbit/s.
BODY_S = 15.0

# When there may be room on the disk again.
_RETRY_STORE_S = 30

_NAMES_OF_STATUS = {404: "not_found", 405: "method", 413: "too_large"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def guard_of(state: HubState) -> Any:
    """The one middleware of the hub."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await _answer(state, request, handler)
        except Refusal as refusal:
            response = _refuse(refusal)
        except StoreFull:
            logger.error("there is no room for the hub's database")
            response = _refuse(Refusal("disk_full", 503, _RETRY_STORE_S))
        except StoreError as error:
            logger.error("the hub's database fails: %s", error)
            response = _refuse(Refusal("store", 503, _RETRY_STORE_S))
        except web.HTTPException as error:
            code = _NAMES_OF_STATUS.get(error.status, "malformed")
            response = _refuse(Refusal(code, error.status))
            if allowed := error.headers.get("Allow"):
                response.headers["Allow"] = allowed
        except Exception:
            logger.exception("a request broke")
            response = _refuse(Refusal("broken", 500))
        if not response.prepared:
            for name, value in state.headers.items():
                response.headers.setdefault(name, value)
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return guard


async def _answer(
    state: HubState, request: web.Request, handler: Handler
) -> web.StreamResponse:
    if request.headers.get("Host", "").lower() not in state.hosts:
        raise Refusal("host", 421)
    endpoint = _endpoint(request)
    address = asker(address_of(state, request))
    _take(state, endpoint.cost if endpoint else Cost.READ, address)
    if endpoint is None:
        # A file of the page, or nothing at all.
        return await handler(request)
    _check_origin(state, request, endpoint)
    session = await _session(state, request, endpoint)
    if endpoint.body is not None:
        request[BODY] = read(endpoint.body, await _json(request))
    response = await handler(request)
    if session is not None and session.must_renew and not response.prepared:
        if state.cookie_name not in response.cookies:
            set_cookie(state, response, request.cookies[state.cookie_name])
    return response


def _endpoint(request: web.Request) -> Endpoint | None:
    resource = request.match_info.route.resource
    if resource is None:
        return None
    method = "GET" if request.method == "HEAD" else request.method
    return BY_KEY.get((method, resource.canonical))


def _take(state: HubState, cost: Cost, who: str) -> None:
    wait_s = state.buckets.take(cost, who, state.monotonic())
    if wait_s:
        raise Refusal("too_many", 429, math.ceil(wait_s))


def _check_origin(state: HubState, request: web.Request, endpoint: Endpoint) -> None:
    """Our own page only: other sites' forms and sockets carry the cookie as well."""
    if not endpoint.changes:
        return
    origin = request.headers.get("Origin")
    if origin is None and endpoint.who is Who.DEVICE:
        return
    if origin not in state.origins:
        raise Refusal("origin", 403)


async def _session(
    state: HubState, request: web.Request, endpoint: Endpoint
) -> Session | None:
    if endpoint.who in (Who.ANYBODY, Who.DEVICE):
        return None
    token = request.cookies.get(state.cookie_name, "")
    found = await find_session(state.store, token, state.now()) if token else None
    if found is None:
        if endpoint.who is Who.VISITOR:
            return None
        raise Refusal("no_session", 401)
    _take(state, Cost.ACT, found.account)
    # A WebSocket has no such header; its Origin was checked.
    needs_token = endpoint.who is Who.ACCOUNT and endpoint.method != "GET"
    if needs_token and not is_same(request.headers.get(TOKEN_HEADER, ""), found.csrf):
        raise Refusal("token", 403)
    if found.must_renew:
        await _renew(state, found)
    request[SESSION] = found
    return found


async def _renew(state: HubState, session: Session) -> None:
    try:
        await renew_session(state.store, session.token_hash, state.now())
    except StoreError as error:
        # It lasts for months yet; what was asked for may still work.
        logger.warning("a session could not be renewed: %s", error)


async def _json(request: web.Request) -> Any:
    if request.content_type != "application/json":
        raise Refusal("not_json", 415)
    try:
        async with asyncio.timeout(BODY_S):
            body = await request.read()
    except TimeoutError:
        raise Refusal("too_slow", 408) from None
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refusal("malformed") from error


def _refuse(refusal: Refusal) -> web.StreamResponse:
    response = web.json_response({"error": refusal.code}, status=refusal.status)
    if refusal.retry_after_s is not None:
        response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response


def address_of(state: HubState, request: web.Request) -> str:
    """From where it is asked; a web server before us tells (its own last word)."""
    peer = request.remote or ""
    forwarded = request.headers.getall("X-Forwarded-For", [])
    if not state.settings.is_public or not forwarded or not _is_loopback(peer):
        return peer
    return forwarded[-1].split(",")[-1].strip()


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def set_cookie(state: HubState, response: web.StreamResponse, token: str) -> None:
    """Log this browser in, or keep it so."""
    response.set_cookie(
        state.cookie_name,
        token,
        max_age=SESSION_S,
        path="/",
        secure=state.is_secure,
        httponly=True,
        samesite="Lax",
    )


def clear_cookie(state: HubState, response: web.StreamResponse) -> None:
    """Log this browser out."""
    response.del_cookie(
        state.cookie_name,
        path="/",
        secure=state.is_secure,
        httponly=True,
        samesite="Lax",
    )
