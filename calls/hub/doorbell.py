"""Reaches somebody whose page is closed: by Web Push, mail and text message."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from calls.call_messages import Reason, RingsBy
from calls.hub.alarms import News, Told
from calls.hub.errors import StoreError
from calls.hub.mail import MailKind, Notifier
from calls.hub.notes import NoteNews
from calls.hub.push import (
    ALARM_TTL_S,
    NOTE_TTL_S,
    RING_TTL_S,
    Pushed,
    Pusher,
    Subscription,
)
from calls.hub.ringing import Rung
from calls.hub.store import Store
from calls.hub.tables import account as accounts
from calls.hub.tables import push as pushes
from calls.hub.texting import Texter

logger = logging.getLogger(__name__)

MOST_SUBSCRIPTIONS = 10
"""Of one account; the oldest ones are browsers that nobody has any more."""

MAIL_S = 15.0


@dataclass(frozen=True, slots=True)
class Account:
    """Whom to reach.

    Attributes:
        id: Of the account.
        name: As the older person names them.
        email: Empty: none.
        phone: Empty: none.
        language: "nl" or "en".
    """

    id: str
    name: str
    email: str
    phone: str
    language: str

    def __repr__(self) -> str:
        """Without all of it."""
        return "Account()"


class Doorbell:
    """Knows the ways to each account.

    Args:
        store: Where they are.
        pusher: For Web Push.
        mails: For mails, if this hub sends any.
        texter: For text messages; None: this hub has none.
        url: Where the family page is.
    """

    def __init__(
        self,
        store: Store,
        pusher: Pusher,
        mails: Notifier,
        texter: Texter | None,
        url: Callable[[], str],
    ) -> None:
        self._store = store
        self._pusher = pusher
        self._mails = mails
        self._texter = texter
        self._url = url

    async def ways(self, account: str) -> frozenset[RingsBy]:
        """By what this account can be reached while its pages are closed."""
        found = await self._account(account)
        ways = set()
        if found is not None and await self._subscriptions(account):
            ways.add(RingsBy.PUSH)
        if found is not None and found.email and self._mails.can_mail:
            ways.add(RingsBy.MAIL)
        if found is not None and found.phone and self._texter is not None:
            ways.add(RingsBy.TEXT)
        return frozenset(ways)

    async def ring(self, way: RingsBy, rung: Rung) -> bool:
        """Let them know that somebody calls; whether something went out."""
        to = await self._account(rung.account)
        if to is None:
            return False
        if way is RingsBy.PUSH:
            news = _news_of_call("ring", rung, to)
            return await self._push(to.id, news, f"call-{rung.ring.call}")
        key = f"ring {rung.ring.call} {to.id}"
        if way is RingsBy.MAIL:
            return await self._mail(MailKind.CALL, to, rung.ring.name, key)
        if way is RingsBy.TEXT:
            return await self._text("ring", to, rung.ring.name, key)
        return False

    async def ring_is_over(self, rung: Rung) -> None:
        """Quieten what a push began."""
        to = await self._account(rung.account)
        if to is not None:
            reason = rung.ended or Reason.ELSEWHERE
            news = {**_news_of_call("ended", rung, to), "reason": reason.value}
            await self._push(to.id, news, f"call-{rung.ring.call}")

    async def tell(self, way: RingsBy, news: News) -> Told:
        """Tell of an alarm, or its end; a text message goes along with the mail."""
        kind = MailKind.ALARM_OVER if news.is_over else MailKind.ALARM
        to = await self._account(news.account)
        ways = await self.ways(news.account)
        if to is None:
            return Told.NO_WAY
        if way is RingsBy.PUSH and way in ways:
            pushed = {
                "kind": kind.value,
                "alarm": news.alarm,
                "member": news.member,
                "name": news.name,
                "language": to.language,
            }
            is_sent = await self._push(
                to.id, pushed, f"alarm-{news.alarm}", ALARM_TTL_S
            )
            return Told.SENT if is_sent else Told.FAILED
        if way is not RingsBy.MAIL or not ways & {RingsBy.MAIL, RingsBy.TEXT}:
            return Told.NO_WAY
        key = f"{kind.value} {news.alarm} {news.step} {news.member}"
        sent = []
        if RingsBy.MAIL in ways:
            sent.append(await self._mail(kind, to, news.name, key))
        if RingsBy.TEXT in ways:
            sent.append(await self._text(kind.value, to, news.name, key))
        return Told.SENT if any(sent) else Told.FAILED

    async def tell_note(self, way: RingsBy, news: NoteNews) -> Told:
        """Tell that there is a question; a text message goes where there is no mail."""
        to = await self._account(news.account)
        ways = await self.ways(news.account)
        if to is None:
            return Told.NO_WAY
        if way is RingsBy.PUSH and way in ways:
            pushed = {
                "kind": "note",
                "note": news.note,
                "member": news.member,
                "name": news.name,
                "language": to.language,
            }
            is_sent = await self._push(to.id, pushed, f"note-{news.note}", NOTE_TTL_S)
        elif way is RingsBy.MAIL and RingsBy.MAIL in ways:
            is_sent = await self._mail(MailKind.NOTE, to, news.name, news.key)
        elif way is RingsBy.MAIL and RingsBy.TEXT in ways:
            is_sent = await self._text("note", to, news.name, news.key)
        else:
            return Told.NO_WAY
        return Told.SENT if is_sent else Told.FAILED

    async def _text(self, kind: str, to: Account, name: str, key: str) -> bool:
        if self._texter is None or not to.phone:
            return False
        return await self._texter.send(to.phone, to.language, kind, name, key)

    async def _mail(self, kind: MailKind, to: Account, name: str, key: str) -> bool:
        values = {"name": to.name, "home": name, "url": self._url()}
        try:
            async with asyncio.timeout(MAIL_S):
                return await self._mails.mail(kind, to.email, to.language, values, key)
        except TimeoutError:
            logger.warning("a mail about %s took too long", kind.value)
            return False

    # -- Web Push -------------------------------------------------------------------

    async def _push(
        self,
        account: str,
        news: Mapping[str, object],
        topic: str,
        ttl_s: int = RING_TTL_S,
    ) -> bool:
        """To all browsers of an account at once; whether one push service took it."""
        subscriptions = await self._subscriptions(account)
        async with asyncio.TaskGroup() as tasks:
            sent = [
                tasks.create_task(
                    self._pusher.send(each, news, topic=topic, ttl_s=ttl_s)
                )
                for each in subscriptions
            ]
        outcomes = [task.result() for task in sent]
        gone = [
            each.endpoint
            for each, outcome in zip(subscriptions, outcomes, strict=True)
            if outcome is Pushed.GONE
        ]
        if gone:
            await self._forget(gone)
        return Pushed.SENT in outcomes

    async def _forget(self, endpoints: list[str]) -> None:
        logger.info("%d browsers gave up their subscription", len(endpoints))
        try:
            async with self._store.writing() as connection:
                await connection.execute(
                    sa.delete(pushes).where(pushes.c.endpoint.in_(endpoints))
                )
        except StoreError as error:
            # They are asked again the next time; somebody is being called now.
            logger.error("a subscription could not be forgotten: %s", error)

    async def subscribe(
        self, account: str, subscription: Subscription, now: float
    ) -> None:
        """Ring this browser too; the same one again is kept once.

        Raises:
            StoreError: If it could not be kept.
        """
        values = {
            "account": account,
            "p256dh": subscription.p256dh,
            "auth": subscription.auth,
            "created_at": now,
        }
        endpoint = subscription.endpoint
        async with self._store.writing() as connection:
            # A browser that now belongs to somebody else rings for them only.
            await connection.execute(
                sa.delete(pushes).where(pushes.c.endpoint == endpoint)
            )
            await connection.execute(
                sa.insert(pushes).values(endpoint=endpoint, **values)
            )
            newest = (
                sa.select(pushes.c.endpoint)
                .where(pushes.c.account == account)
                .order_by(pushes.c.created_at.desc())
                .limit(MOST_SUBSCRIPTIONS)
            )
            await connection.execute(
                sa.delete(pushes)
                .where(pushes.c.account == account)
                .where(pushes.c.endpoint.not_in(newest))
            )

    async def unsubscribe(self, account: str, endpoint: str) -> None:
        """Ring this browser no longer; another account's stays.

        Raises:
            StoreError: If it could not be kept.
        """
        async with self._store.writing() as connection:
            await connection.execute(
                sa.delete(pushes).where(
                    pushes.c.account == account, pushes.c.endpoint == endpoint
                )
            )

    async def _subscriptions(self, account: str) -> list[Subscription]:
        async with self._store.reading() as connection:
            rows = await connection.execute(
                sa.select(pushes.c.endpoint, pushes.c.p256dh, pushes.c.auth)
                .where(pushes.c.account == account)
                .order_by(pushes.c.created_at)
                .limit(MOST_SUBSCRIPTIONS)
            )
            return [Subscription(row.endpoint, row.p256dh, row.auth) for row in rows]

    async def _account(self, account: str) -> Account | None:
        async with self._store.reading() as connection:
            rows = await connection.execute(
                sa.select(accounts).where(accounts.c.id == account)
            )
            row = rows.one_or_none()
        if row is None:
            return None
        return Account(row.id, row.name, row.email, row.phone, row.language)


def _news_of_call(kind: str, rung: Rung, to: Account) -> dict[str, object]:
    """As `calls.family.files` describes it."""
    return {
        "kind": kind,
        "call": rung.ring.call,
        "member": rung.ring.member,
        "name": rung.ring.name,
        "language": to.language,
    }
