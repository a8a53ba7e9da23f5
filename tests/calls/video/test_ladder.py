"""How large our picture is, as the way there and the processor change."""

from calls.video.ladder import FIRST_BPS, STEPS, Ladder


class Way:
    """Tells a ladder once a second how it goes."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.ladder = Ladder(0.0)

    def go(
        self,
        seconds: int,
        limit_bps: int | None = 5_000_000,
        loss: float = 0.0,
        share: float = 0.1,
    ) -> list[int]:
        """The height after each second."""
        heights = []
        for _ in range(seconds):
            self.now_s += 1
            self.ladder.learn(self.now_s, limit_bps=limit_bps, loss=loss, share=share)
            heights.append(self.ladder.step.height)
        return heights


def test_on_a_good_way_it_stays_large_and_becomes_sharp() -> None:
    way = Way()
    assert way.ladder.bps == FIRST_BPS
    assert set(way.go(60)) == {720}
    assert way.ladder.bps == STEPS[0].most_bps


def test_it_never_sends_more_than_the_other_end_can_get() -> None:
    way = Way()
    for limit in (2_000_000, 900_000, 500_000, 200_000, 1_500_000):
        way.go(1, limit_bps=limit)
        assert way.ladder.bps <= limit


def test_a_narrow_way_makes_it_smaller_step_by_step() -> None:
    way = Way()
    way.go(5)
    heights = way.go(10, limit_bps=200_000)
    assert heights[0] == 480
    assert heights[-1] == 360
    assert heights.index(360) >= 3


def test_it_never_goes_below_the_smallest() -> None:
    way = Way()
    way.go(60, limit_bps=10_000, loss=0.5)
    assert way.ladder.step is STEPS[-1]
    assert way.ladder.bps == STEPS[-1].least_bps


def test_much_loss_counts_like_a_narrow_way() -> None:
    way = Way()
    way.go(10)
    way.go(15, loss=0.3)
    assert way.ladder.step.height < 720
    assert way.ladder.bps < 600_000


def test_some_loss_by_chance_changes_nothing() -> None:
    way = Way()
    way.go(5)
    before = way.ladder.bps
    assert set(way.go(60, loss=0.05)) == {720}
    assert way.ladder.bps == before


def test_a_slow_processor_gets_a_smaller_picture_on_any_way() -> None:
    way = Way()
    way.go(10, share=0.9)
    assert way.ladder.step.height < 720


def test_a_busy_moment_changes_nothing() -> None:
    way = Way()
    way.go(10, share=0.3)
    assert way.go(1, share=1.2) == [720]
    assert set(way.go(10, share=0.3)) == {720}


def test_when_it_is_better_again_it_grows_again() -> None:
    way = Way()
    way.go(20, limit_bps=200_000)
    assert way.ladder.step.height == 360
    heights = way.go(60)
    assert heights[-1] == 720
    assert heights == sorted(heights)


def test_it_does_not_swing_between_two_sizes() -> None:
    """A processor that can just not do the larger one: tried ever more rarely."""
    way = Way()
    changes = 0
    before = way.ladder.step.height
    for _ in range(600):
        share = 0.9 if way.ladder.step.height == 720 else 0.2
        height = way.go(1, share=share)[-1]
        changes += height != before
        before = height
    assert before < 720
    assert changes <= 17


def test_without_word_from_the_other_end_it_goes_by_loss_alone() -> None:
    way = Way()
    way.go(30, limit_bps=None)
    assert way.ladder.bps == STEPS[0].most_bps
    assert [step.rate >= 20 for step in STEPS] == [True] * len(STEPS)
