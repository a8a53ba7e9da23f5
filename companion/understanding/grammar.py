"""What may be said, for a recogniser that needs to know beforehand."""

from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from itertools import chain, islice

from companion.understanding.intents import Intent
from companion.understanding.meaning import COMMANDS
from companion.understanding.numbers import say_number
from companion.understanding.sentences import Phrase, load_sentences

# Phrases of one intent that are looked at; no grammar has room for more.
_MOST_OF_ONE = 500
# Phrases of the commands among all; the answers get the rest.
_FOR_COMMANDS = 25
# Said most often, so first where there is room for few.
_COMMANDS_IN_ORDER = (
    Intent.STOP, Intent.REPEAT, Intent.SKIP, Intent.WAIT, Intent.LOUDER,
    Intent.TELL_TIME, Intent.QUIETER, Intent.TELL_DATE, Intent.ABILITIES,
    Intent.IS_COMPUTER, Intent.SLOWER, Intent.CALL_FAMILY, Intent.FORGET_LAST,
    Intent.CALL_LINE, Intent.WHAT_IS_KEPT, Intent.FORGET_ALL, Intent.FASTER,
)  # fmt: skip
assert set(_COMMANDS_IN_ORDER) == COMMANDS

_HALVES = ("half {}", "kwart voor {}", "kwart over {}")
_DELAYS = (
    "straks", "over een uur", "over een half uur", "over een kwartier",
    "over drie kwartier", "over twee uur", "over anderhalf uur", "over tien minuten",
    "over een uurtje", "over vijf minuten", "over een half uurtje",
    "over twintig minuten", "over een kwartiertje", "over drie uur", "na het eten",
    "vanmiddag", "vanavond", "morgen",
)  # fmt: skip


def phrases(expected: Collection[Intent], at_most: int = 125) -> tuple[str, ...]:
    """Answers and commands as people say them, lower case; the most usual first.

    A balanced cover: every expected intent, and every value it may have, gets
    its most usual phrase before any gets its second. A fifth of the room is for
    the commands. Empty for an open question, where anything may be said.

    Args:
        expected: Answers to the question.
        at_most: The number of phrases; commands included.
    """
    return _phrases(frozenset(expected), at_most)


@lru_cache(maxsize=64)
def _phrases(expected: frozenset[Intent], at_most: int) -> tuple[str, ...]:
    if Intent.FREE_TEXT in expected:
        return ()
    # In the order of `Intent`, so that the same question has the same grammar.
    asked = [intent for intent in Intent if intent in expected]
    for_commands = min(_FOR_COMMANDS, at_most // 5) if asked else at_most
    commands = [intent for intent in _COMMANDS_IN_ORDER if intent not in expected]
    answers = list(islice(_in_turn(asked), at_most - for_commands))
    taken = set(answers)
    always = (spoken for spoken in _in_turn(commands) if spoken not in taken)
    return (
        *answers,
        *islice(always, at_most - len(answers) if not asked else for_commands),
    )


def hints(expected: Collection[Intent]) -> tuple[str, ...]:
    """Words that are likely in an answer; for engines that can lean to them."""
    return _hints(frozenset(expected))


@lru_cache(maxsize=64)
def _hints(expected: frozenset[Intent]) -> tuple[str, ...]:
    known = load_sentences().hints
    words = [
        word
        for intent in Intent
        if intent in expected
        for word in known.get(intent, ())
    ]
    if Intent.FREE_TEXT not in expected:
        words += [
            phrase
            for phrase in phrases(expected, at_most=40)
            if len(phrase.split()) <= 3
        ]
    return tuple(dict.fromkeys(words))


def _in_turn(intents: Collection[Intent]) -> Iterator[str]:
    """One phrase of each intent, then a second of each, and so on; none twice."""
    queues = [_usual(intent) for intent in intents]
    seen: set[str] = set()
    while queues:
        for queue in list(queues):
            spoken = next((s for s in queue if s not in seen), None)
            if spoken is None:
                queues.remove(queue)
            else:
                seen.add(spoken)
                yield spoken


def _usual(intent: Intent) -> Iterator[str]:
    yield from load_sentences().usual.get(intent, ())
    if intent is Intent.NUMBER:
        numbers = chain(range(0, 21), range(30, 101, 10), range(21, 100))
        yield from dict.fromkeys(say_number(number) for number in numbers)
    elif intent is Intent.TIME_OF_DAY:
        yield from _clock_times()
    elif intent is Intent.LATER:
        yield from (*_DELAYS, *_clock_times())
    # Not before it is needed: expanding the templates takes a while.
    yield from _ranked(intent)


@cache
def _ranked(intent: Intent) -> tuple[str, ...]:
    """What a person may say for an intent, the most usual first."""
    sayable = filter(is_sayable, load_sentences().of(intent))
    first = islice(sayable, _MOST_OF_ONE)
    return tuple(dict.fromkeys(as_spoken(phrase.spoken) for phrase in first))


def is_sayable(phrase: Phrase) -> bool:
    """Whether it is whole: a number or a time would come in its place otherwise."""
    return not any(x in phrase.spoken for x in ("xtime", "xnumber", "xlater"))


def as_spoken(text: str) -> str:
    """As a recogniser's dictionary writes it: in full, in lower case."""
    return (
        text.lower().replace("z'n", "zijn").replace("m'n", "mijn").replace("'t", "het")
    )


def _clock_times() -> Iterator[str]:
    hours = [say_number(hour) for hour in (*range(7, 13), *range(1, 7))]
    yield from (f"{hour} uur" for hour in hours)
    yield from (f"om {hour} uur" for hour in hours)
    for form in _HALVES:
        yield from (form.format(hour) for hour in hours)
