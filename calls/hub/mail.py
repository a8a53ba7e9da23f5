"""Mails of the hub: their texts, and how they are sent (SMTP, RFC 5321)."""

import hashlib
import html
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import aiosmtplib

from calls.hub.errors import HubError
from calls.hub.settings import HubSettings

logger = logging.getLogger(__name__)

# A mail server that greets slowly on purpose takes some 10 s.
SEND_S = 30.0

# TLS from the first byte (RFC 8314, 3.3).
_TLS_PORT = 465

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class MailKind(StrEnum):
    """What mails are about."""

    INVITATION = "invitation"  # name, home, url
    LOGIN = "login"  # home, url
    CALL = "call"  # it rings now: name, home, url
    MISSED_CALL = "missed_call"  # name, home, url
    ALARM = "alarm"  # name, home, url
    ALARM_OVER = "alarm_over"  # name, home, url
    NOTE = "note"  # there is a question, and not which: name, home, url


LANGUAGES = ("nl", "en")


class MailError(HubError):
    """A mail could not be sent.

    Attributes:
        is_final: Trying again would end the same.
    """

    def __init__(self, message: str, *, is_final: bool) -> None:
        super().__init__(message)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Mail:
    """One, ready to be sent.

    Attributes:
        to: An address; checked by `calls.hub.shapes.EMAIL`.
        subject: One line.
        text: For readers of plain text.
        html: The same.
        key: Of what is told once; a mail that a kill doubled has the same one.
    """

    to: str
    subject: str
    text: str
    html: str
    key: str = ""

    def __repr__(self) -> str:
        """Without address and text: it ends up in logs."""
        return "Mail()"


class Mailer(Protocol):
    """Sends mails."""

    async def send(self, mail: Mail) -> None:
        """Hand it to a mail server.

        Raises:
            MailError: If none took it.
        """


# -- texts ------------------------------------------------------------------------


def write_mail(
    kind: MailKind, to: str, language: str, values: Mapping[str, str], key: str = ""
) -> Mail:
    """Put a mail together.

    Args:
        kind: What it is about.
        to: Where it goes.
        language: Another one than ours gets English.
        values: Those that the kind names; text that people made.
        key: Of what is told once; empty: it may be told again.
    """
    texts = texts_of(language)
    found = texts[kind.value]
    plain = {name: _one_line(value) for name, value in values.items()}
    safe = {name: html.escape(value) for name, value in plain.items()}
    before, after = found["before"], found["after"]
    link = plain["url"]
    paragraphs = (*before, link, *after, *texts["end"])
    text = "\n\n".join(each.format_map(plain) for each in paragraphs) + "\n"
    button = (
        f'<p><a href="{safe["url"]}" style="display:inline-block;padding:14px 24px;'
        "background:#00513f;color:#ffffff;border-radius:8px;text-decoration:none;"
        f'font-size:20px">{html.escape(found["button"])}</a></p>'
    )
    body = (
        *(f"<p>{each.format_map(safe)}</p>" for each in before),
        button,
        *(f"<p>{each.format_map(safe)}</p>" for each in (*after, *texts["end"])),
    )
    page = (
        f'<!doctype html><html lang="{texts["language"]}"><body style="font-family:'
        'sans-serif;font-size:18px;line-height:1.5;color:#111111;max-width:36em">'
        f"{''.join(body)}</body></html>\n"
    )
    return Mail(to, found["subject"].format_map(plain), text, page, key)


def texts_of(language: str) -> dict[str, Any]:
    """All that is written to people; another language than ours gets English."""
    return _read_texts(language if language in LANGUAGES else "en")


@cache
def _read_texts(language: str) -> dict[str, Any]:
    source = files("calls.hub") / "texts" / f"{language}.json"
    texts: dict[str, Any] = json.loads(source.read_text("utf-8"))
    return texts


def _one_line(value: str) -> str:
    """Names come from people; in a header a line break would begin another one."""
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", value).strip()


# -- sending ----------------------------------------------------------------------


class SmtpMailer:
    """Sends through a mail server.

    Args:
        settings: Which.
        password: Of it; empty: none.
    """

    def __init__(self, settings: HubSettings, password: str) -> None:
        self._settings = settings
        self._password = password

    async def send(self, mail: Mail) -> None:
        """Hand it to the server; TLS unless the server is on this machine.

        Raises:
            MailError: If it did not take it within half a minute.
        """
        settings = self._settings
        is_tls = settings.smtp_port == _TLS_PORT
        is_near = settings.smtp_host in _LOOPBACK
        try:
            await aiosmtplib.send(
                _message(mail, settings.mail_from),
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_user or None,
                password=self._password or None,
                use_tls=is_tls,
                # None: where the server offers it.
                start_tls=None if is_near or is_tls else True,
                timeout=SEND_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            # 4yz may work later, 5yz will not (RFC 5321, 4.2.1).
            is_final = all(each.code >= 500 for each in error.recipients)
            raise MailError("the address was refused", is_final=is_final) from error
        except aiosmtplib.SMTPResponseException as error:
            raise MailError(
                f"the mail server answers {error.code}", is_final=error.code >= 500
            ) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailError(
                f"the mail server fails: {type(error).__name__}", is_final=False
            ) from error


def _message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address("Praatpaal", addr_spec=sender)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = mail.subject
    message["Date"] = formatdate()
    message["Message-ID"] = _message_id(mail.key, sender.rpartition("@")[2])
    # No automatic answers to it (RFC 3834, 5).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def _message_id(key: str, domain: str) -> str:
    """The same for the same key: many mailboxes show such a mail once."""
    if not key:
        return make_msgid(domain=domain)
    # Of the key only a hash: it is no business of the mail server.
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


class Notifier:
    """Writes and sends mails; a failure is logged, and told.

    Args:
        mailer: None: there is no mail server.
    """

    def __init__(self, mailer: Mailer | None) -> None:
        self._mailer = mailer

    @property
    def can_mail(self) -> bool:
        """Whether there is a mail server."""
        return self._mailer is not None

    async def mail(
        self,
        kind: MailKind,
        to: str,
        language: str,
        values: Mapping[str, str],
        key: str = "",
    ) -> bool:
        """Send one.

        Args:
            kind: What it is about.
            to: Where it goes; empty: nowhere.
            language: "nl" or "en".
            values: Those that the kind names.
            key: As for `write_mail`.

        Returns:
            Whether a mail server took it.
        """
        if self._mailer is None or not to:
            return False
        try:
            await self._mailer.send(write_mail(kind, to, language, values, key))
        except MailError as error:
            logger.warning("a mail about %s was not sent: %s", kind.value, error)
            return False
        return True


def notifier_of(settings: HubSettings) -> Notifier:
    """The one that the settings ask for.

    Raises:
        HubError: If there is a mail server without a sender, or the file with the
            password cannot be read.
    """
    if not settings.smtp_host:
        return Notifier(None)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", settings.mail_from):
        raise HubError("a mail server is set, but no address that mails come from")
    password = ""
    if settings.smtp_password_file:
        try:
            file = Path(settings.smtp_password_file).expanduser()
            password = file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError, RuntimeError) as error:
            raise HubError("the file with the mail password cannot be read") from error
    return Notifier(SmtpMailer(settings, password))
