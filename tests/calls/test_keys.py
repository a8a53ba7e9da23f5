"""The key of a device: kept, read, signing, and what is no signature."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from calls.keys import (
    KeyFault,
    from_base64url,
    load_key,
    read_public,
    to_base64url,
    verify,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "device.key"


def test_it_is_made_once_and_for_this_user(path: Path) -> None:
    first = load_key(path)
    assert load_key(path).public == first.public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["device.key"]


def test_two_programs_make_one_key(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(load_key, [path] * 8))
    assert len({key.public for key in keys}) == 1


def test_a_key_that_others_could_read_is_closed(path: Path) -> None:
    load_key(path)
    path.chmod(0o644)
    load_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_no_key(path: Path) -> None:
    path.parent.mkdir()
    wrong = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    for content in (b"", b"nonsense", b"\0" * 300, wrong, wrong[:100]):
        path.write_bytes(content)
        with pytest.raises(KeyFault):
            load_key(path)
        assert path.read_bytes() == content


def test_a_place_where_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyFault):
        load_key(tmp_path / "file" / "device.key")


def test_a_signature_is_of_one_key_nonce_device_and_version(path: Path) -> None:
    key = load_key(path)
    other = load_key(path.with_name("other"))
    signature = key.sign("nonce", "device", 1)
    assert verify(key.public, signature, "nonce", "device", 1)
    assert not verify(other.public, signature, "nonce", "device", 1)
    assert not verify(key.public, signature, "nonce2", "device", 1)
    assert not verify(key.public, signature, "nonce", "device2", 1)
    assert not verify(key.public, signature, "nonce", "device", 2)
    # Parts do not run into each other.
    assert not verify(key.public, signature, "noncede", "vice", 1)
    assert "PRIVATE" not in repr(key)


@given(st.text(max_size=200), st.text(max_size=200))
def test_nonsense_is_no_signature(public: str, signature: str) -> None:
    assert not verify(public, signature, "nonce", "device", 1)


def test_only_keys_on_p256_in_our_form() -> None:
    def written(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> str:
        return to_base64url(
            key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        )

    right = written(ec.generate_private_key(ec.SECP256R1()).public_key())
    read_public(right)
    large = rsa.generate_private_key(65537, 2048).public_key()
    for wrong in (
        "",
        right + "=",
        right[:-2],
        right + "AA",
        written(ec.generate_private_key(ec.SECP384R1()).public_key()),
        written(ed25519.Ed25519PrivateKey.generate().public_key()),
        to_base64url(large.public_bytes(Encoding.DER, PublicFormat.PKCS1)),
    ):
        with pytest.raises(ValueError):  # from three libraries
            read_public(wrong)


@given(st.binary(max_size=100))
def test_base64url_there_and_back(content: bytes) -> None:
    assert from_base64url(to_base64url(content)) == content


@pytest.mark.parametrize("text", ["a", "ab=", "a b", "a+b/", "é", "ab\n"])
def test_what_is_no_base64url(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        from_base64url(text)
