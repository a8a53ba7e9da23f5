"""How often somebody may ask (pure): token buckets, of bounded memory."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address


@dataclass(frozen=True, slots=True)
class Limit:
    """Of one kind of requests.

    Attributes:
        burst: So many at once.
        every_s: After each of them, one more.
    """

    burst: int
    every_s: float


class Cost(StrEnum):
    """Kinds of requests, by what it costs when there are many."""

    READ = "read"  # an address that looks, a page that is loaded
    ACT = "act"  # somebody who is logged in
    GUESS = "guess"  # a code or a token that might be tried out
    MAIL = "mail"  # sends something to somebody
    TELL = "tell"  # says something to an older person
    LETTER = "letter"  # the mails that one address gets, whoever asks for them


# A family behind one address, each with a phone and a laptop, stays far below;
# a page is loaded with some 30 files.
LIMITS: dict[Cost, Limit] = {
    Cost.READ: Limit(burst=300, every_s=0.1),
    Cost.ACT: Limit(burst=60, every_s=1.0),
    Cost.GUESS: Limit(burst=10, every_s=90.0),
    Cost.MAIL: Limit(burst=5, every_s=180.0),
    # Nobody plans faster than this; each of them is read out at somebody's home.
    Cost.TELL: Limit(burst=15, every_s=60.0),
    # As long as a link is good.
    Cost.LETTER: Limit(burst=4, every_s=900.0),
}

MOST_BUCKETS = 20_000
"""Some 4 MB; beyond it the one that was asked for longest ago is forgotten."""


class Buckets:
    """Who asked how often.

    Args:
        limits: For each kind.
        most: How many are remembered.
    """

    def __init__(
        self, limits: dict[Cost, Limit] | None = None, most: int = MOST_BUCKETS
    ) -> None:
        self._limits = limits or LIMITS
        self._most = most
        # Until when the bucket is not full again: one number says how full it is.
        self._full_at: OrderedDict[tuple[Cost, str], float] = OrderedDict()

    @property
    def remembered(self) -> int:
        """How many are."""
        return len(self._full_at)

    def take(self, cost: Cost, who: str, now_s: float) -> float:
        """Ask for one more.

        Args:
            cost: Its kind.
            who: An address, an account.
            now_s: Of a clock that never goes back.

        Returns:
            0 if they may; else the seconds after which they may again.
        """
        limit = self._limits[cost]
        key = (cost, who)
        full_at = max(self._full_at.pop(key, now_s), now_s) + limit.every_s
        wait_s = full_at - now_s - limit.burst * limit.every_s
        if wait_s > 1e-9:
            full_at -= limit.every_s
        self._full_at[key] = full_at
        while len(self._full_at) > self._most:
            self._full_at.popitem(last=False)
        return wait_s if wait_s > 1e-9 else 0.0


def asker(address: str) -> str:
    """Who counts as one: an IPv4 address, or the /64 that one home has of IPv6."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if found.version == 6:
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return found.exploded[:19]
    return str(found)
