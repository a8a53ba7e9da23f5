"""The key of a device: made on it, never leaves it, proves who connects.

ECDSA over P-256 with SHA-256 (FIPS 186-5): the hub knows the public half since the
enrolment, and asks for a signature of something new at each connection.
"""

import base64
import binascii
import contextlib
import logging
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from calls.call import CallError

logger = logging.getLogger(__name__)

# What is signed is of no use in any other protocol, nor in another version of ours.
_PURPOSE = b"praatpaal device connects to hub"

# A P-256 key in PEM has some 240 bytes.
_LARGEST_FILE = 4_096

_P256 = ec.ECDSA(hashes.SHA256())


class KeyFault(CallError):
    """The key cannot be kept or read."""


class DeviceKey:
    """The private half."""

    __slots__ = ("_key",)

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    @property
    def public(self) -> str:
        """The other half: SubjectPublicKeyInfo (RFC 5480), DER, base64url."""
        return to_base64url(
            self._key.public_key().public_bytes(
                Encoding.DER, PublicFormat.SubjectPublicKeyInfo
            )
        )

    def sign(self, nonce: str, device: str, version: int) -> str:
        """Prove who connects.

        Args:
            nonce: That the hub sent.
            device: Its id at this hub.
            version: `calls.messages.VERSION`.

        Returns:
            The signature, DER (RFC 3279, 2.2.3), base64url.
        """
        return to_base64url(self._key.sign(_text(nonce, device, version), _P256))

    def __repr__(self) -> str:
        return "DeviceKey()"


def verify(public: str, signature: str, nonce: str, device: str, version: int) -> bool:
    """Whether the device with this public key signed that; False for nonsense."""
    try:
        key = read_public(public)
        key.verify(from_base64url(signature), _text(nonce, device, version), _P256)
    except (ValueError, InvalidSignature):
        return False
    return True


def read_public(public: str) -> ec.EllipticCurvePublicKey:
    """Understand a public key.

    Raises:
        ValueError: If it is none on P-256, or written in another way than ours: one
            key has one text, so that it is found again.
    """
    try:
        key = load_der_public_key(from_base64url(public))
    except UnsupportedAlgorithm as error:
        raise ValueError("no key on P-256") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(
        key.curve, ec.SECP256R1
    ):
        raise ValueError("no key on P-256")
    again = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if to_base64url(again) != public:
        raise ValueError("not the one way to write it")
    return key


def load_key(path: Path) -> DeviceKey:
    """The key in this file; made and kept there if there is none.

    Whoever reads the file is the device: only this user may.

    Raises:
        KeyFault: If it cannot be read, kept, or is no key. A key that is lost means
            that the device enrols anew; nobody does that behind somebody's back.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _keep(path, ec.generate_private_key(ec.SECP256R1()))
        if path.stat().st_mode & 0o077:
            logger.warning("others could read the key of this device; no longer")
            path.chmod(0o600)
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE)
    except OSError as error:
        raise KeyFault(f"cannot keep the key in {path}: {error.strerror}") from error
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFault(
            f"{path} holds no key; take it away to make a new one"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(
        key.curve, ec.SECP256R1
    ):
        raise KeyFault(f"{path} holds no key on P-256")
    return DeviceKey(key)


def _keep(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write it whole or not at all, also when the power fails."""
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # Where another program was first, its key stays.
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _text(nonce: str, device: str, version: int) -> bytes:
    """What is signed: each part with its length, so that none runs into another."""
    parts = (_PURPOSE, str(version).encode(), nonce.encode(), device.encode())
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def to_base64url(content: bytes) -> str:
    """Without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """The bytes again.

    Raises:
        ValueError: If it is not base64url without padding.
    """
    if not text.isascii() or set(text) & set("+/= \t\r\n"):
        raise ValueError("not base64url")
    padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
