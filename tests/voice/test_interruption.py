"""When somebody speaks over our own voice: pure, block by block."""

from collections.abc import Iterable
from dataclasses import replace

from voice.audio import BLOCK_S
from voice.interruption import LEARNS_S, Interruption, Moment

# Our own voice, of which the canceller leaves nothing.
ECHO = Moment(
    at=0,
    raw_db=-26.0,
    level_db=-75.0,
    probability=0.0,
    is_over_voice=True,
    learnt_s=LEARNS_S,
)
# A person 6 dB softer than that, of whom pieces are left that sound like rattling.
PIECE = replace(ECHO, raw_db=-24.0, level_db=-40.0, probability=0.1)
CLEAR = replace(PIECE, level_db=-32.0, probability=0.95)
PAUSE = Moment(0, -68.0, -68.0, 0.0, False, LEARNS_S)


def blocks_until_noticed(moments: Iterable[Moment], begins_at: int = 0) -> int | None:
    """How many blocks it takes; None where nothing is noticed."""
    interruption = Interruption()
    # A second of our sentences and their pauses, to know the noise.
    for moment in [PAUSE] * 25 + [ECHO] * 25:
        assert not interruption.judge(moment)
    for number, moment in enumerate(moments, start=1):
        if interruption.judge(replace(moment, at=begins_at + number - 1)):
            return number
    return None


def test_echo_alone_is_nobody() -> None:
    assert blocks_until_noticed([ECHO] * 3_000) is None


def test_clear_speech_is_noticed_within_100_ms() -> None:
    noticed = blocks_until_noticed([CLEAR] * 50)
    assert noticed is not None and noticed * BLOCK_S <= 0.1


def test_pieces_of_speech_add_up() -> None:
    noticed = blocks_until_noticed(([PIECE] * 4 + [ECHO] * 6) * 5)
    assert noticed is not None and 0.2 <= noticed * BLOCK_S <= 0.45


def test_a_slip_of_the_canceller_is_forgotten() -> None:
    # As most were measured: up to six blocks, seconds apart.
    assert blocks_until_noticed(([PIECE] * 6 + [ECHO] * 100) * 50) is None


def test_what_a_new_canceller_leaves_tells_little() -> None:
    leaves = replace(PIECE, learnt_s=1.0)
    assert blocks_until_noticed([leaves] * 50) is None
    assert blocks_until_noticed([replace(CLEAR, learnt_s=1.0)] * 10) is not None


def test_what_is_left_at_the_very_beginning_tells_nothing() -> None:
    assert blocks_until_noticed([replace(CLEAR, learnt_s=0.4)] * 50) is None


def test_in_our_pauses_only_speech_counts() -> None:
    knock = replace(PAUSE, raw_db=-30.0, level_db=-30.0)
    assert blocks_until_noticed([knock] * 40) is None
    spoken = replace(knock, probability=0.9)
    noticed = blocks_until_noticed([spoken] * 40)
    assert noticed is not None and noticed * BLOCK_S <= 0.15


def test_a_far_television_is_nobody() -> None:
    far = replace(PAUSE, raw_db=-56.0, level_db=-56.0, probability=0.9)
    assert blocks_until_noticed([far] * 500) is None


def test_a_television_that_is_known_is_nobody() -> None:
    known = Interruption(others_db=-36.0)
    television = replace(PAUSE, raw_db=-36.0, level_db=-36.0, probability=0.9)
    sentences = ([television] * 40 + [PAUSE] * 5) * 20
    assert not any(map(known.judge, sentences))
    assert any(map(Interruption().judge, sentences)), "it would be, otherwise"
    person = replace(television, raw_db=-30.0, level_db=-30.0)
    assert any(known.judge(person) for _ in range(10))


def test_steady_noise_is_nobody() -> None:
    interruption = Interruption()
    cleaner = replace(PAUSE, raw_db=-40.0, level_db=-40.0, is_over_voice=True)
    assert not any(interruption.judge(cleaner) for _ in range(500))


def test_it_tells_where_the_speech_began() -> None:
    interruption = Interruption()
    for at in range(100, 110):
        assert not interruption.judge(replace(PAUSE, at=at))
    assert interruption.began_at is None
    ends_at = next(
        at for at in range(110, 200) if interruption.judge(replace(CLEAR, at=at))
    )
    assert interruption.began_at == 110
    assert interruption.blocks == ends_at - 109


def test_who_begins_as_we_end_is_known_too() -> None:
    interruption = Interruption()
    assert not interruption.judge(PAUSE)
    assert not any(interruption.judge(replace(CLEAR, at=at)) for at in (7, 8))
    assert interruption.began_at == 7
    assert interruption.blocks == 0
