"""Text messages: asked of another service by HTTP, to numbers that family gave."""

import hashlib
import logging
import re
from collections.abc import Callable

import aiohttp
import sqlalchemy as sa

from calls.hub.errors import Refusal
from calls.hub.mail import texts_of
from calls.hub.store import Store
from calls.hub.tables import account as accounts

logger = logging.getLogger(__name__)

SEND_S = 10.0

HERE = "+31"
"""Of a number that begins with one zero: hub and families are in the Netherlands."""

# ITU-T E.164, 6: at most 15 digits; none that is to be rung is shorter than 8.
_NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")


def phone_number(written: str) -> str:
    """A number as people write it, in the form of E.164: +31612345678 (pure).

    Raises:
        Refusal: "phone", if it is none.
    """
    found = re.sub(r"[\s.()/-]", "", written.replace("(0)", ""))
    if found.startswith("00"):
        found = f"+{found[2:]}"
    elif found.startswith("0"):
        found = f"{HERE}{found[1:]}"
    if not _NUMBER.fullmatch(found):
        raise Refusal("phone")
    return found


async def keep_number(store: Store, account: str, phone: str) -> None:
    """Send text messages there from now on; empty: nowhere.

    Raises:
        StoreError: If it could not be kept.
    """
    async with store.writing() as connection:
        await connection.execute(
            sa.update(accounts).where(accounts.c.id == account).values(phone=phone)
        )


class Texter:
    """Asks another service for a text message.

    It gets a POST with JSON: {"id": the same where the same is asked twice, "phone",
    "text": to be sent as it is, "language", "kind": "ring", "alarm", "alarm_over" or
    "note", "name": of the older person, "url": of the page}, and answers 2xx once it
    will send it.

    Args:
        url: Of it.
        secret: Sent as "Authorization: Bearer ..."; empty: none.
        page: Where the family page is.
    """

    def __init__(self, url: str, secret: str, page: Callable[[], str]) -> None:
        self._url = url
        self._secret = secret
        self._page = page

    async def send(
        self, phone: str, language: str, kind: str, name: str, key: str
    ) -> bool:
        """Have it sent; within 10 s. Whether it was taken.

        Args:
            phone: As `phone_number` gives it.
            language: "nl" or "en".
            kind: As above.
            name: Of the older person.
            key: Of what is told once.
        """
        headers = {"Authorization": f"Bearer {self._secret}"} if self._secret else {}
        url = self._page()
        text = texts_of(language)["text_messages"][kind].format(name=name, url=url)
        told = {
            # Of the key only a hash: it is no business of the service.
            "id": hashlib.sha256(key.encode()).hexdigest()[:40],
            "phone": phone,
            "text": text,
            "language": language,
            "kind": kind,
            "name": name,
            "url": url,
        }
        timeout = aiohttp.ClientTimeout(total=SEND_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(
                    self._url, json=told, headers=headers, allow_redirects=False
                ) as answer,
            ):
                if not 200 <= answer.status < 300:
                    logger.warning("a text message was refused: %d", answer.status)
                    return False
                return True
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # TimeoutError is an OSError; a wrong address is a ValueError.
            logger.warning("a text message failed: %s", type(error).__name__)
            return False
