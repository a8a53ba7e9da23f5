"""How large our picture is: as the way there and this processor bear it (pure)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One size of our picture.

    Attributes:
        height: In lines; the width follows from the camera's shape.
        rate: Pictures per second at most.
        least_bps: With less it looks worse than the next smaller size.
        most_bps: More does not make it look better.
    """

    height: int
    rate: int
    least_bps: int
    most_bps: int


# Bit rates: where x264 `superfast` at this size begins to blur, and where more adds
# less than a decibel. No step below 20 pictures per second (EN 301 549, 6.6.2).
STEPS = (
    Step(720, 30, 700_000, 2_500_000),
    Step(480, 30, 350_000, 1_200_000),
    Step(360, 20, 120_000, 500_000),
)

FIRST_BPS = 1_200_000
"""Until the other end tells what it gets."""

# Of the time between two pictures: more, and sound and recogniser suffer on a Pi.
MOST_SHARE = 0.6
# A step up doubles the work.
LEAST_SHARE = 0.25

# Of a second against those before it: a moment in which something else is busy passes.
SHARE_WEIGHT = 0.3

# Above this the way is too narrow, below that loss is chance
# (draft-ietf-rmcat-gcc, section 6).
MUCH_LOSS = 0.10
LITTLE_LOSS = 0.02

DOWN_AGAIN_S = 3.0
FIRST_UP_S = 8.0
LONGEST_UP_S = 120.0


class Ladder:
    """Finds size and bit rate of our picture; told once a second how it goes.

    Attributes:
        step: The size now.
        bps: The bit rate now.
    """

    def __init__(self, now_s: float) -> None:
        """Begin with the largest."""
        self.step = STEPS[0]
        self.bps = FIRST_BPS
        self._by_loss_bps = float(FIRST_BPS)
        self._changed_s = now_s
        self._up_after_s = FIRST_UP_S
        self._went_up = False
        self._share = 0.0

    def learn(
        self, now_s: float, *, limit_bps: int | None, loss: float, share: float
    ) -> None:
        """Take how the last second went.

        Args:
            now_s: From any clock that goes on.
            limit_bps: What the other end can get (its REMB); None: it told nothing.
            loss: Of our packets, 0 to 1.
            share: Of the time between two pictures that making one took, 0 to 1.
        """
        if loss > MUCH_LOSS:
            self._by_loss_bps *= 1 - loss / 2
        elif loss < LITTLE_LOSS:
            self._by_loss_bps *= 1.08
        self._by_loss_bps = min(
            max(self._by_loss_bps, STEPS[-1].least_bps), STEPS[0].most_bps
        )
        limit = self._by_loss_bps if limit_bps is None else limit_bps
        can = min(self._by_loss_bps, limit)
        self._share += (share - self._share) * SHARE_WEIGHT
        self._move(now_s, can, is_clean=loss < LITTLE_LOSS)
        self.bps = round(min(max(can, STEPS[-1].least_bps), self.step.most_bps))

    def _move(self, now_s: float, can: float, *, is_clean: bool) -> None:
        at = STEPS.index(self.step)
        stood_s = now_s - self._changed_s
        is_too_much = can < self.step.least_bps or self._share > MOST_SHARE
        if is_too_much and at + 1 < len(STEPS):
            if stood_s >= DOWN_AGAIN_S:
                if self._went_up:
                    # It tried, and it was too much: do not swing.
                    self._up_after_s = min(LONGEST_UP_S, 2 * self._up_after_s)
                self._went_up = False
                self.step, self._changed_s = STEPS[at + 1], now_s
        elif at > 0 and is_clean and self._share < LEAST_SHARE:
            above = STEPS[at - 1]
            if stood_s >= self._up_after_s and can > 1.3 * above.least_bps:
                self._went_up = True
                self.step, self._changed_s = above, now_s
