"""What a hub still lacks before family can rely on it."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import aiohttp
import aiosmtplib

from calls.hub.errors import HubError
from calls.hub.settings import HubSettings, is_origin
from calls.hub.turn import answers, read_secret, read_servers
from companion.commands.texts import Texts

ASK_S = 10.0

# Caddy and certbot renew a month before the end; later, something hinders them.
RENEWS_BEFORE = timedelta(days=14)


# By the code of `GET /api/health`, the name of the text.
TROUBLES = {"alarms_wait": "late", "disk_full": "full", "store": "store"}


@dataclass(frozen=True, slots=True)
class HubFinding:
    """What was found out about one part of the hub.

    Attributes:
        part: Its name in the language pack.
        is_fine: Whether it does its work.
        is_needed: Whether family relies on it; where not, its lack is only told.
        text: What was found, with what to do.
    """

    part: str
    is_fine: bool
    is_needed: bool
    text: str


async def check_hub(settings: HubSettings) -> list[HubFinding]:
    """Look at each part of a hub from where it runs."""
    return [
        _check_address(settings),
        await _check_running(settings),
        *await _check_tls(settings),
        *await _check_mail(settings),
        _check_text(settings),
        *await _check_turn(settings),
    ]


def _found(
    part: str, outcome: str, is_fine: bool, *, is_needed: bool = True, **facts: object
) -> HubFinding:
    text = Texts("hub", "check").say(f"{part}_{outcome}", **facts)
    return HubFinding(part, is_fine, is_needed, text)


def _check_address(settings: HubSettings) -> HubFinding:
    if not settings.url:
        return _found("address", "missing", False)
    if not is_origin(settings.url):
        return _found("address", "bad", False, url=settings.url)
    return _found("address", "fine", True, url=settings.url)


async def _check_running(settings: HubSettings) -> HubFinding:
    url = f"http://127.0.0.1:{settings.port}"
    timeout = aiohttp.ClientTimeout(total=ASK_S)
    with contextlib.suppress(aiohttp.ClientError, OSError):
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{url}/api/health") as answer,
        ):
            if answer.status == 200:
                return _found("running", "fine", True, url=url)
            return _found("running", await _trouble_of(answer), False, url=url)
    return _found("running", "not", False, url=url)


async def _trouble_of(answer: aiohttp.ClientResponse) -> str:
    """Which of the troubles that a hub tells of itself."""
    try:
        told = await answer.json()
    except (aiohttp.ContentTypeError, ValueError):
        return "not"
    code = told.get("error") if isinstance(told, dict) else None
    return TROUBLES.get(str(code), "not")


async def _check_tls(settings: HubSettings) -> list[HubFinding]:
    """Ask for the page as a browser would, with the certificates of this machine."""
    if not is_origin(settings.url):
        return []
    parts = urlsplit(settings.url)
    try:
        async with asyncio.timeout(ASK_S):
            _, writer = await asyncio.open_connection(
                parts.hostname, parts.port or 443, ssl=ssl.create_default_context()
            )
    except (OSError, TimeoutError) as error:
        problem = str(error) or type(error).__name__
        return [_found("tls", "not", False, url=settings.url, problem=problem)]
    try:
        certificate = writer.get_extra_info("peercert")
        until = datetime.fromtimestamp(
            ssl.cert_time_to_seconds(certificate["notAfter"]), UTC
        )
    finally:
        writer.close()
    is_fine = until - datetime.now(UTC) > RENEWS_BEFORE
    outcome = "fine" if is_fine else "short"
    return [_found("tls", outcome, is_fine, until=f"{until:%d-%m-%Y}")]


async def _check_mail(settings: HubSettings) -> list[HubFinding]:
    if not settings.smtp_host:
        return [_found("mail", "missing", False)]
    if not settings.mail_from:
        return [_found("mail", "from", False)]
    host = settings.smtp_host
    try:
        password = read_secret(settings.smtp_password_file).decode()
        async with asyncio.timeout(ASK_S):
            client = aiosmtplib.SMTP(
                hostname=host,
                port=settings.smtp_port,
                use_tls=settings.smtp_port == 465,
                username=settings.smtp_user or None,
                password=password or None,
            )
            async with client:
                await client.noop()
    except (aiosmtplib.SMTPException, HubError, OSError, ValueError) as error:
        # TimeoutError is an OSError.
        problem = str(error) or type(error).__name__
        return [_found("mail", "not", False, host=host, problem=problem)]
    return [_found("mail", "fine", True, host=host)]


def _check_text(settings: HubSettings) -> HubFinding:
    if not settings.text_url:
        return _found("text", "missing", False, is_needed=False)
    host = urlsplit(settings.text_url).hostname or ""
    return _found("text", "fine", True, is_needed=False, url=host)


async def _check_turn(settings: HubSettings) -> list[HubFinding]:
    if not settings.turn_urls:
        return [_found("turn", "missing", False)]
    findings = []
    try:
        read_secret(settings.turn_secret_file)
        servers = read_servers(settings.turn_urls)
    except HubError:
        return [_found("turn", "secret", False)]
    for server in servers:
        is_fine = await answers(server)
        outcome = "fine" if is_fine else "not"
        findings.append(
            _found("turn", outcome, is_fine, server=server.url, port=server.port)
        )
    return findings
