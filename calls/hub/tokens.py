"""What lets somebody in: made at random, kept as a hash, good for a while (pure)."""

import hashlib
import hmac
import re
import secrets

INVITATION_S = 7 * 86_400
LINK_S = 15 * 60
CODE_S = 15 * 60
SESSION_S = 180 * 86_400

# Crockford's base 32: no I, L, O, U, which are mistaken for others.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISTAKEN = str.maketrans("OILU", "011V")

# 60 bits; at ten tries a quarter of an hour nobody guesses it, and it is typed once.
CODE_LETTERS = 12
_CODE = re.compile(rf"[{_ALPHABET}]{{{CODE_LETTERS}}}")


def new_token() -> str:
    """128 bits, for an invitation or a link."""
    return secrets.token_urlsafe(16)


def new_secret() -> str:
    """256 bits, for a session."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """As it is kept. Random tokens need no salt: nobody guesses what to hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def is_same(token: str, other: str) -> bool:
    """Compare without telling by the time how much is right."""
    return hmac.compare_digest(hash_of(token), hash_of(other))


def new_code() -> str:
    """A code for people, in groups of four: "7H2K-9QXV-04MT"."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LETTERS))
    return "-".join(letters[at : at + 4] for at in range(0, CODE_LETTERS, 4))


def read_code(typed: str) -> str | None:
    """The code that was meant; None where it can be none."""
    if len(typed) > 100:
        return None
    meant = re.sub(r"[\s\-‐-―.]", "", typed).upper().translate(_MISTAKEN)
    return meant if _CODE.fullmatch(meant) else None


def is_good(now: float, expires_at: float, lifetime_s: float) -> bool:
    """Whether it still lets in.

    A machine without a battery starts with the clock some hours behind, and then
    nothing is refused that was made before. But what was made while the clock was
    years ahead is not good for years.
    """
    return now < expires_at <= now + 2 * lifetime_s
