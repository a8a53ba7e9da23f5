"""How a device becomes known: a code that somebody types, or the hub's own device."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from calls.hub import tokens
from calls.hub.errors import Refusal
from calls.hub.store import Store
from calls.hub.tables import device, enrolment, household
from calls.keys import read_public
from calls.wire import new_id

# A code that is long gone is of no use to anybody, nor is its trace.
KEPT_S = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Code:
    """What is typed at a device that shall be known here.

    Attributes:
        text: In groups of four letters and digits.
        expires_at: In seconds since 1970.
    """

    text: str
    expires_at: float

    def __repr__(self) -> str:
        """Without the code: it ends up in logs."""
        return "Code()"


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device that was enrolled.

    Attributes:
        id: Made by the hub.
        household: To which it belongs.
        public_key: With which it proves who it is (`calls.keys.verify`).
        is_removed: It may connect no longer.
    """

    id: str
    household: str
    public_key: str
    is_removed: bool


async def make_code(store: Store, now: float) -> Code:
    """A code for one device, good for a quarter of an hour."""
    code = Code(tokens.new_code(), now + tokens.CODE_S)
    async with store.writing() as connection:
        await connection.execute(
            enrolment.delete().where(enrolment.c.expires_at < now - KEPT_S)
        )
        await connection.execute(
            enrolment.insert().values(
                code_hash=_hash(code.text), created_at=now, expires_at=code.expires_at
            )
        )
    return code


async def enrol(store: Store, code: str, key: str, name: str, now: float) -> str:
    """Let a device in that was given a code.

    Asked again by the same device, because the answer was lost, it answers the same.

    Args:
        store: Where it is kept.
        code: As it was typed.
        key: Its public key.
        name: Of the person, as family sees it.
        now: Seconds since 1970.

    Returns:
        The id of the device.

    Raises:
        Refusal: "wrong_code", "expired_code", "used_code", "wrong_key", "known_key".
    """
    _check_key(key)
    async with store.writing() as connection:
        found = await _find_code(connection, code)
        known = await _find_by_key(connection, key)
        if found.used_at is not None:
            if known is not None and known.created_at == found.used_at:
                return str(known.id)
            raise Refusal("used_code", 410)
        if not tokens.is_good(now, found.expires_at, tokens.CODE_S):
            raise Refusal("expired_code", 410)
        if known is not None:
            raise Refusal("known_key", 409)
        await connection.execute(
            enrolment.update()
            .where(enrolment.c.code_hash == found.code_hash)
            .values(used_at=now)
        )
        return await _add(connection, key, name, now)


async def enrol_own(store: Store, key: str, name: str, now: float) -> str:
    """Let in the device that the hub runs on: nobody needs to type a code.

    Args:
        store: Where it is kept.
        key: Its public key.
        name: Of the person, as family sees it; a new one replaces the old one.
        now: Seconds since 1970.

    Returns:
        The id of the device, the same one each time.

    Raises:
        Refusal: "wrong_key".
    """
    _check_key(key)
    async with store.writing() as connection:
        known = await _find_by_key(connection, key)
        if known is None:
            return await _add(connection, key, name, now)
        await connection.execute(
            household.update()
            .where(household.c.id == known.household, household.c.name != name)
            .values(name=name)
        )
        return str(known.id)


async def find_device(store: Store, id: str) -> KnownDevice | None:
    """The device with this id; also one that was removed."""
    query = sa.select(device).where(device.c.id == id)
    async with store.reading() as connection:
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    return KnownDevice(
        row.id, row.household, row.public_key, row.removed_at is not None
    )


async def devices(store: Store) -> tuple[KnownDevice, ...]:
    """All, in the order they came."""
    query = sa.select(device).order_by(device.c.created_at, device.c.id)
    async with store.reading() as connection:
        rows = (await connection.execute(query)).all()
    return tuple(
        KnownDevice(row.id, row.household, row.public_key, row.removed_at is not None)
        for row in rows
    )


async def remove_device(store: Store, id: str, now: float) -> bool:
    """Let a device connect no longer; False if there is none."""
    async with store.writing() as connection:
        done = await connection.execute(
            device.update()
            .where(device.c.id == id, device.c.removed_at.is_(None))
            .values(removed_at=now)
        )
    return done.rowcount > 0


def _check_key(key: str) -> None:
    try:
        read_public(key)
    except ValueError as error:
        raise Refusal("wrong_key") from error


def _hash(code: str) -> bytes | None:
    meant = tokens.read_code(code)
    return tokens.hash_of(meant) if meant else None


async def _find_code(
    connection: AsyncConnection, code: str
) -> sa.Row[tuple[object, ...]]:
    hashed = _hash(code)
    query = sa.select(enrolment).where(enrolment.c.code_hash == hashed)
    row = None if hashed is None else (await connection.execute(query)).one_or_none()
    if row is None:
        raise Refusal("wrong_code", 404)
    return row


async def _find_by_key(
    connection: AsyncConnection, key: str
) -> sa.Row[tuple[object, ...]] | None:
    query = sa.select(device).where(device.c.public_key == key)
    return (await connection.execute(query)).one_or_none()


async def _add(connection: AsyncConnection, key: str, name: str, now: float) -> str:
    home, id = new_id(), new_id()
    await connection.execute(
        household.insert().values(id=home, name=name, created_at=now)
    )
    await connection.execute(
        device.insert().values(id=id, household=home, public_key=key, created_at=now)
    )
    return id
