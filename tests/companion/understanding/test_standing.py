"""How the words so far stand as an answer: each row is one moment in a turn."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.asking import Question, TurnKind, expectation_of, yes_or_no
from companion.topics.danger import AGAIN
from companion.topics.questions import ALL_QUESTIONS
from companion.understanding.emergency import find_danger
from companion.understanding.fillers import goes_on, is_filler, load_fillers
from companion.understanding.intents import Intent
from companion.understanding.meaning import GRAVE
from companion.understanding.sentences import load_sentences
from companion.understanding.words import plain
from tests.stories.person import understanding
from voice.hearing import Expectation, Standing

UNKNOWN, UNFINISHED = Standing.UNKNOWN, Standing.UNFINISHED
WHOLE, FINAL = Standing.WHOLE, Standing.FINAL

NUMBER = Question("number", frozenset({Intent.NUMBER}))
TIME = Question("time", frozenset({Intent.TIME_OF_DAY}))
FORGET = yes_or_no("forget.all", ends_early=False)


def expectation(question: Question) -> Expectation:
    """As in a conversation, where a bare yes and no are expected too."""
    bare = {Intent.YES, Intent.NO} if question.yes is not None else set()
    return expectation_of(question, question.answers | bare, understanding())


def standing(question: Question, words: str) -> Standing:
    judge = expectation(question).standing
    assert judge is not None
    return judge(words)


@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        # An answer, from which nothing expected goes on.
        ("checkin.mood", "het gaat prima", FINAL),
        ("checkin.mood", "het gaat niet zo goed", FINAL),
        ("checkin.sleep", "ik heb goed geslapen", FINAL),
        ("checkin.pain", "nee geen pijn", FINAL),
        ("checkin.pain", "ik heb nergens last van", FINAL),
        ("checkin.convenient", "ja graag", FINAL),
        ("ja_of_nee", "nee dank u", WHOLE),
        # An answer that is often said at more length.
        ("ja_of_nee", "ja", WHOLE),
        ("ja_of_nee", "nee", WHOLE),
        ("checkin.convenient", "ja", WHOLE),
        ("checkin.drinking", "ja", WHOLE),
        ("checkin.mood", "goed", WHOLE),
        # A whole row of answers.
        ("checkin.mood", "goed hoor dank u wel", FINAL),
        # The next words may turn it, or say where.
        ("checkin.mood", "het gaat", UNKNOWN),
        ("checkin.pain", "ik heb pijn", UNKNOWN),
        ("checkin.sleep", "niet", UNKNOWN),
        # It has begun.
        ("checkin.pain", "ik heb", UNFINISHED),
        ("checkin.pain", "pijn in", UNFINISHED),
        ("checkin.pain", "ik heb pijn in mijn", UNFINISHED),
        ("checkin.sleep", "nou ik heb", UNFINISHED),
        ("checkin.convenient", "om", UNFINISHED),
        ("checkin.convenient", "over een half", UNFINISHED),
        # A filler keeps the turn, whatever stands before it.
        ("checkin.mood", "eh", UNFINISHED),
        ("checkin.mood", "nou", UNFINISHED),
        ("checkin.mood", "nou ja", UNFINISHED),
        ("checkin.mood", "even denken", UNFINISHED),
        ("checkin.mood", "wacht even", UNFINISHED),
        ("checkin.mood", "ik denk", UNFINISHED),
        ("checkin.mood", "goed maar", UNFINISHED),
        ("checkin.mood", "het gaat goed en", UNFINISHED),
        ("ja_of_nee", "ja eh", UNFINISHED),
        ("ja_of_nee", "ja maar", UNFINISHED),
        ("ja_of_nee", "ja of", UNFINISHED),
        ("ja_of_nee", "nee want", UNFINISHED),
        # Sound that is no expected word, and words that are no answer.
        ("checkin.mood", "goed [unk]", UNFINISHED),
        ("checkin.mood", "giraffen", UNFINISHED),
        ("ja_of_nee", "doe maar", FINAL),
        ("checkin.convenient", "straks maar", FINAL),
        # A command is an answer too.
        ("checkin.mood", "wat zegt u", FINAL),
        ("checkin.mood", "stop", WHOLE),
        # Never early: danger, calls, forgetting.
        ("checkin.mood", "ik ben gevallen", UNKNOWN),
        ("checkin.mood", "goed maar ik ben gevallen", UNKNOWN),
        ("checkin.pain", "pijn op mijn borst", UNKNOWN),
        ("conversation.wish", "bel mijn dochter", UNKNOWN),
        ("conversation.wish", "bel de luisterlijn", UNKNOWN),
        ("conversation.wish", "vergeet alles", UNKNOWN),
        # What somebody wants to have passed on is theirs to end.
        ("checkin.message", "ja", UNKNOWN),
        ("checkin.message", "zeg dat ik kom", UNKNOWN),
        ("checkin.message", "zeg dat ik kom en", UNFINISHED),
    ],
)
def test_words_so_far(name: str, words: str, expected: Standing) -> None:
    assert standing(ALL_QUESTIONS[name], words) is expected


@pytest.mark.parametrize(
    "question", [FORGET, AGAIN, NUMBER, TIME], ids=lambda q: q.name
)
@pytest.mark.parametrize("words", ["ja", "nee", "ja graag", "drie", "drie uur", "stop"])
def test_what_is_grave_urgent_or_spelt_out_never_ends_early(
    question: Question, words: str
) -> None:
    assert standing(question, words) in (UNKNOWN, UNFINISHED)


@pytest.mark.parametrize(
    ("question", "kind", "end_of_turn_s"),
    [
        (ALL_QUESTIONS["checkin.mood"], TurnKind.CLOSED, 1.5),
        (ALL_QUESTIONS["checkin.plans"], TurnKind.OPEN, 2.5),
        (ALL_QUESTIONS["checkin.message"], TurnKind.OPEN, 2.5),
        (NUMBER, TurnKind.SPELT, 2.0),
        (TIME, TurnKind.SPELT, 2.0),
        (AGAIN, TurnKind.URGENT, 1.5),
    ],
)
def test_each_kind_of_question_has_its_wait(
    question: Question, kind: TurnKind, end_of_turn_s: float
) -> None:
    assert question.turn_kind is kind
    assert expectation(question).end_of_turn_s == end_of_turn_s


def test_where_somebody_may_be_in_danger_what_is_unclear_is_not_waited_for() -> None:
    urgent = expectation(AGAIN)
    assert urgent.end_of_turn_s < urgent.hold_s < Expectation().hold_s


def test_an_answer_in_words_of_ones_own_gets_a_longer_breath() -> None:
    plans = expectation(ALL_QUESTIONS["checkin.plans"])
    mood = expectation(ALL_QUESTIONS["checkin.mood"])
    assert plans.whole_s >= 2 * mood.whole_s and plans.final_s >= 2 * mood.final_s


NAMES = sorted(ALL_QUESTIONS)
spoken = st.lists(
    st.sampled_from(
        [
            *(word for phrases in load_sentences().usual.values() for word in phrases),
            "ik ben gevallen",
            "help mij",
            "vergeet alles",
            "bel de luisterlijn",
        ]
    ),
    min_size=1,
    max_size=3,
).map(" ".join)


# The first look at a question reads all that may be answered to it.
@settings(deadline=None)
@given(st.sampled_from(NAMES), spoken)
def test_only_a_certain_answer_that_is_not_grave_ends_a_turn_early(
    name: str, words: str
) -> None:
    question = ALL_QUESTIONS[name]
    if standing(question, words) not in (WHOLE, FINAL):
        return
    assert question.ends_early and find_danger(words) is None
    bare = {Intent.YES, Intent.NO} if question.yes is not None else set()
    meaning = understanding().interpret(words, question.answers | bare)
    assert meaning is not None and meaning.is_certain and meaning.intent not in GRAVE


def test_a_cry_that_resembles_a_command_ends_no_turn() -> None:
    assert standing(ALL_QUESTIONS["agenda.soon"], "help help en") is UNKNOWN


@settings(deadline=None)
@given(
    st.sampled_from(NAMES),
    spoken,
    st.sampled_from([*load_fillers().hesitations, *load_fillers().joiners]),
)
def test_a_filler_at_the_end_holds_every_turn_but_a_cry_for_help(
    name: str, words: str, filler: str
) -> None:
    said = f"{words} {filler}"
    # "Straks maar" is a whole answer.
    if plain(said) in map(plain, expectation(ALL_QUESTIONS[name]).phrases):
        return
    is_danger = find_danger(said) is not None
    judged = standing(ALL_QUESTIONS[name], said)
    assert judged is (UNKNOWN if is_danger else UNFINISHED)


def test_fillers_change_no_meaning() -> None:
    fillers = load_fillers()
    for filler in (*fillers.hesitations, *fillers.joiners):
        assert is_filler(filler) and goes_on(f"goed {filler}")
        if filler in ("nou ja", "wacht even"):  # by themselves an answer, a command
            continue
        meaning = understanding().read(f"{filler} goed", {Intent.MOOD_GOOD})
        assert meaning is not None and meaning.intent is Intent.MOOD_GOOD, filler
