"""Mails: what they say, and how a real mail server takes them."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from calls.hub.errors import HubError
from calls.hub.mail import (
    LANGUAGES,
    MailError,
    MailKind,
    Notifier,
    SmtpMailer,
    notifier_of,
    write_mail,
)
from calls.hub.settings import HubSettings

# The server of these tests is on this machine, where passwords go without TLS.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

VALUES = {"name": "Anna", "home": "Mevrouw Test", "url": "https://hub.example/join#x"}


class Server:
    """Keeps what it is sent, or answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """aiosmtpd calls it by this name."""
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return self.answer

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Refuses one address for ever, and one for now."""
        codes = {"gone@example.org": "550 gone", "full@example.org": "452 full"}
        if address in codes:
            return codes[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"


def check_password(server: SMTP, session: Session, *rest: Any) -> AuthResult:
    login = rest[-1]
    is_right = (login.login, login.password) == (b"hub", b"secret")
    return AuthResult(success=is_right, handled=False)


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, HubSettings]]:
    """A real mail server on this machine that asks for a password."""
    handler = Server()
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        lambda: SMTP(
            handler,
            hostname="mail.example",
            authenticator=check_password,
            auth_required=True,
            auth_require_tls=False,
            loop=loop,
        ),
        "127.0.0.1",
        0,
    )
    settings = HubSettings(
        smtp_host="127.0.0.1",
        smtp_port=listener.sockets[0].getsockname()[1],
        smtp_user="hub",
        mail_from="praatpaal@example.org",
    )
    yield handler, settings
    listener.close()
    await listener.wait_closed()


async def test_a_real_server_takes_a_mail(server: tuple[Server, HubSettings]) -> None:
    handler, settings = server
    notifier = Notifier(SmtpMailer(settings, "secret"))
    assert notifier.can_mail
    assert await notifier.mail(MailKind.INVITATION, "anna@example.org", "nl", VALUES)
    (mail,) = handler.mails
    assert mail["To"] == "anna@example.org"
    assert mail["From"] == "Praatpaal <praatpaal@example.org>"
    assert mail["Subject"] == "Mevrouw Test nodigt u uit om te beeldbellen"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, page = (part.get_content() for part in mail.iter_parts())
    assert "https://hub.example/join#x" in plain.splitlines()
    assert 'href="https://hub.example/join#x"' in page


@pytest.mark.parametrize(
    ("to", "answer", "is_final"),
    [
        ("gone@example.org", "250 OK", True),
        ("full@example.org", "250 OK", False),
        ("anna@example.org", "554 no", True),
        ("anna@example.org", "451 later", False),
    ],
)
async def test_a_server_that_refuses(
    server: tuple[Server, HubSettings], to: str, answer: str, is_final: bool
) -> None:
    handler, settings = server
    handler.answer = answer
    mailer = SmtpMailer(settings, "secret")
    with pytest.raises(MailError) as caught:
        await mailer.send(write_mail(MailKind.CALL, to, "nl", VALUES))
    assert caught.value.is_final == is_final
    assert to not in str(caught.value)
    assert not await Notifier(mailer).mail(MailKind.CALL, to, "nl", VALUES)


async def test_a_wrong_password(server: tuple[Server, HubSettings]) -> None:
    _, settings = server
    with pytest.raises(MailError):
        await SmtpMailer(settings, "wrong").send(
            write_mail(MailKind.CALL, "anna@example.org", "nl", VALUES)
        )


# Not one of the names that stand for this machine: it is treated as far away.
FAR = "127.0.0.2"


@asynccontextmanager
async def far_server(tls: ssl.SSLContext | None) -> AsyncIterator[HubSettings]:
    """A mail server that would take anything, without a password."""
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        lambda: SMTP(Server(), hostname="mail.example", tls_context=tls, loop=loop),
        FAR,
        0,
    )
    port = listener.sockets[0].getsockname()[1]
    yield HubSettings(smtp_host=FAR, smtp_port=port, mail_from="praatpaal@example.org")
    listener.close()
    await listener.wait_closed()


def certificate(folder: Path) -> Path:
    """A certificate that nobody vouches for, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    began = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(FAR))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "mail.pem"
    file.write_bytes(
        made.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return file


async def test_a_server_far_away_is_reached_by_tls_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(file)
    mail = write_mail(MailKind.CALL, "anna@example.org", "nl", VALUES)
    async with far_server(None) as settings:
        with pytest.raises(MailError):
            await SmtpMailer(settings, "").send(mail)
    async with far_server(tls) as settings:
        # Nobody vouches for it, so it might be anybody.
        with pytest.raises(MailError):
            await SmtpMailer(settings, "").send(mail)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        await SmtpMailer(settings, "").send(mail)


async def test_no_server_there() -> None:
    listener = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    settings = HubSettings(
        smtp_host="127.0.0.1", smtp_port=port, mail_from="praatpaal@example.org"
    )
    mail = write_mail(MailKind.ALARM, "anna@example.org", "nl", VALUES)
    # It hangs up; then it is gone.
    for _ in range(2):
        with pytest.raises(MailError) as caught:
            await SmtpMailer(settings, "").send(mail)
        assert not caught.value.is_final
        listener.close()
        await listener.wait_closed()


async def test_without_a_server_nothing_is_sent() -> None:
    notifier = notifier_of(HubSettings())
    assert not notifier.can_mail
    assert not await notifier.mail(MailKind.CALL, "anna@example.org", "nl", VALUES)


def test_settings_that_do_not_fit() -> None:
    with pytest.raises(HubError, match="no address"):
        notifier_of(HubSettings(smtp_host="mail.example"))
    with pytest.raises(HubError, match="password"):
        notifier_of(
            HubSettings(
                smtp_host="mail.example",
                mail_from="praatpaal@example.org",
                smtp_password_file="/nowhere/at/all",
            )
        )


# -- texts ----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MailKind)
def test_every_mail_in_every_language(kind: MailKind, language: str) -> None:
    mail = write_mail(kind, "anna@example.org", language, VALUES)
    assert "Mevrouw Test" in mail.text
    assert VALUES["url"] in mail.text
    assert "{" not in mail.subject + mail.text + mail.html
    assert f'<html lang="{language}">' in mail.html
    assert "anna" not in repr(mail)


def test_another_language_gets_english() -> None:
    mail = write_mail(MailKind.CALL, "anna@example.org", "fy", VALUES)
    assert mail.subject == "Mevrouw Test is calling you now"


def test_names_are_text_and_nothing_else() -> None:
    wild = {**VALUES, "home": 'A<b> & "B"\r\nBcc: all@example.org', "name": "{url}"}
    mail = write_mail(MailKind.INVITATION, "anna@example.org", "nl", wild)
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
    assert "Dag {url}," in mail.text
    assert "<b>" not in mail.html
    assert "A&lt;b&gt; &amp; &quot;B&quot;" in mail.html


def test_the_languages_say_the_same() -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shape(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return sorted(name for text in value for name in shape(text))
        return sorted(
            name for _, name, _, _ in Formatter().parse(value) if name is not None
        )

    texts = [
        json.loads((files("calls.hub") / "texts" / f"{each}.json").read_text("utf-8"))
        for each in LANGUAGES
    ]
    assert shape(texts[0]) == shape(texts[1])
