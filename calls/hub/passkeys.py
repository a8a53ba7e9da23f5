"""Logging in with what unlocks the telephone (WebAuthn level 2).

The private half stays with the browser's owner; here are public keys only. Whether
the owner was verified (a finger, a code) is asked for but not insisted on: the other
way in is a link by mail.
"""

import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import (
    VerifiedAuthentication,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from calls.hub.errors import Refusal, StoreConflict
from calls.hub.sessions import NewSession, Session, add_session
from calls.hub.store import Store
from calls.hub.tables import passkey
from calls.keys import from_base64url, to_base64url

# Somebody thinks about which finger; WebAuthn, 5.4, advises 5 to 10 minutes.
CHALLENGE_S = 300

# Anybody may ask for one; beyond this the oldest is forgotten.
MOST_CHALLENGES = 10_000

MOST_PASSKEYS = 20

_LOGIN = b""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who browsers make passkeys for.

    Attributes:
        id: The name of the hub, without port.
        origins: From which pages.
    """

    id: str
    origins: list[str]


@dataclass(frozen=True, slots=True)
class Passkey:
    """One, as its owner sees it."""

    id: str
    name: str
    created: float


class Challenges:
    """Numbers that were given out to be signed; each is good once.

    In memory: after a new start a browser asks for another.
    """

    def __init__(self) -> None:
        self._given: OrderedDict[bytes, tuple[bytes, float]] = OrderedDict()

    def give(self, challenge: bytes, purpose: bytes, now_s: float) -> None:
        """Remember one.

        Args:
            challenge: As it is sent.
            purpose: For whom it is.
            now_s: Of a clock that never goes back.
        """
        self._given[challenge] = (purpose, now_s + CHALLENGE_S)
        while len(self._given) > MOST_CHALLENGES:
            self._given.popitem(last=False)

    def take(self, credential: dict[str, Any], purpose: bytes, now_s: float) -> bytes:
        """The challenge that was signed; not good again.

        Raises:
            Refusal: "wrong_passkey" where it was not given out, or too long ago.
        """
        challenge = _challenge_in(credential)
        given_for, until_s = self._given.pop(challenge, (None, 0.0))
        if given_for != purpose or now_s >= until_s:
            raise Refusal("wrong_passkey")
        return challenge


def _challenge_in(credential: dict[str, Any]) -> bytes:
    try:
        data = json.loads(from_base64url(credential["response"]["clientDataJSON"]))
        return from_base64url(data["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refusal("wrong_passkey") from error


class Passkeys:
    """Makes, checks and keeps them.

    Args:
        store: Where they are kept.
        party: Tells for whom they are made.
    """

    def __init__(self, store: Store, party: Callable[[], RelyingParty]) -> None:
        self._store = store
        self._party = party
        self._challenges = Challenges()

    async def offer(self, session: Session, now_s: float) -> dict[str, Any]:
        """Options with which a browser makes one.

        Raises:
            Refusal: "too_many_passkeys".
        """
        known = await self.list(session.account)
        if len(known) >= MOST_PASSKEYS:
            raise Refusal("too_many_passkeys", 409)
        options = generate_registration_options(
            rp_id=self._party().id,
            rp_name="Praatpaal",
            user_id=session.account.encode(),
            user_name=session.email or session.name,
            user_display_name=session.name,
            authenticator_selection=AuthenticatorSelectionCriteria(
                # So that no name needs to be typed to log in.
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=from_base64url(each.id))
                for each in known
            ],
            timeout=CHALLENGE_S * 1_000,
        )
        self._challenges.give(options.challenge, session.token_hash, now_s)
        plain: dict[str, Any] = json.loads(options_to_json(options))
        return plain

    async def keep(
        self,
        session: Session,
        credential: dict[str, Any],
        name: str,
        now: float,
        now_s: float,
    ) -> str:
        """Keep one that was made.

        Args:
            session: Whose it is.
            credential: As the browser tells it.
            name: By which its owner knows it.
            now: Seconds since 1970.
            now_s: Of a clock that never goes back.

        Returns:
            Its id.

        Raises:
            Refusal: "wrong_passkey", "known_passkey".
        """
        challenge = self._challenges.take(credential, session.token_hash, now_s)
        made = self._verify_made(credential, challenge)
        id = to_base64url(made.credential_id)
        row = passkey.insert().values(
            id=id,
            account=session.account,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=name,
            created_at=now,
        )
        try:
            async with self._store.writing() as connection:
                await connection.execute(row)
        except StoreConflict as error:
            raise Refusal("known_passkey", 409) from error
        return id

    def challenge(self, now_s: float) -> dict[str, Any]:
        """Options with which a browser logs in, whoever it belongs to."""
        options = generate_authentication_options(
            rp_id=self._party().id,
            user_verification=UserVerificationRequirement.PREFERRED,
            timeout=CHALLENGE_S * 1_000,
        )
        self._challenges.give(options.challenge, _LOGIN, now_s)
        plain: dict[str, Any] = json.loads(options_to_json(options))
        return plain

    async def log_in(
        self, credential: dict[str, Any], now: float, now_s: float
    ) -> NewSession:
        """Log a browser in.

        Raises:
            Refusal: "unknown_passkey" also where its owner follows nobody any more,
                "wrong_passkey".
        """
        challenge = self._challenges.take(credential, _LOGIN, now_s)
        query = sa.select(passkey).where(passkey.c.id == credential["id"])
        async with self._store.writing() as connection:
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                raise Refusal("unknown_passkey", 404)
            handle = credential["response"]["userHandle"]
            if handle is not None and handle != to_base64url(row.account.encode()):
                raise Refusal("wrong_passkey")
            shown = self._verify_shown(
                credential, challenge, row.public_key, row.sign_count
            )
            await connection.execute(
                passkey.update()
                .where(passkey.c.id == row.id)
                .values(sign_count=shown.new_sign_count)
            )
            return await add_session(connection, row.account, now)

    async def list(self, account: str) -> tuple[Passkey, ...]:
        """Those of an account, in the order they were made."""
        query = (
            sa.select(passkey.c.id, passkey.c.name, passkey.c.created_at)
            .where(passkey.c.account == account)
            .order_by(passkey.c.created_at, passkey.c.id)
        )
        async with self._store.reading() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(Passkey(*row) for row in rows)

    async def remove(self, account: str, id: str) -> None:
        """Forget one.

        Raises:
            Refusal: "unknown_passkey", also where it is another account's.
        """
        async with self._store.writing() as connection:
            done = await connection.execute(
                passkey.delete().where(passkey.c.id == id, passkey.c.account == account)
            )
        if done.rowcount == 0:
            raise Refusal("unknown_passkey", 404)

    def _verify_made(
        self, credential: dict[str, Any], challenge: bytes
    ) -> VerifiedRegistration:
        try:
            return verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._party().id,
                expected_origin=self._party().origins,
            )
        except Exception as error:
            # The library takes CBOR and certificates apart that anybody made, and
            # lets errors of all its parts through.
            raise Refusal("wrong_passkey") from error

    def _verify_shown(
        self,
        credential: dict[str, Any],
        challenge: bytes,
        public_key: bytes,
        sign_count: int,
    ) -> VerifiedAuthentication:
        try:
            return verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._party().id,
                expected_origin=self._party().origins,
                credential_public_key=public_key,
                credential_current_sign_count=sign_count,
            )
        except Exception as error:
            # As above.
            raise Refusal("wrong_passkey") from error
