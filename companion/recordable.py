"""Which sentences a person may record, and how often each of them is heard. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from companion.wording import Phrasebook, greet
from voice.recordings import file_name

# Said word for word by the device itself: what to do in danger, that it is a
# computer, what is kept of what is told, and what is deleted.
_NEVER_RECORDED = ("about.", "checkin.start", "danger.", "forget.")

# Shown and not said, or a part of a sentence.
_NOT_SAID = ("body.", "fault.", "meaning.", "notice.", "plan.", "press.", "state.")
_NOT_SAID_EITHER = frozenset({"checkin.it", "calling.line_shown"})
_SAID_NEVERTHELESS = frozenset({"fault.talk_said", "press.nothing_asked_said"})

# How often a week, counted over ten weeks with a person whose mood, sleep and pain
# differ each day (tests/stories); the rest of a check-in is said about once a week,
# and what no check-in needs less.
_TIMES_A_WEEK = {
    "greeting.morning": 7.0,
    "greeting.afternoon": 1.0,
    "greeting.evening": 0.5,
    "checkin.closing": 7.0,
    "checkin.convenient.ask": 7.0,
    "checkin.drinking.ask": 7.0,
    "checkin.message.ask": 7.0,
    "checkin.more.ask": 7.0,
    "checkin.plans.ask": 7.0,
    "checkin.eating.ask_after_little": 5.0,
    "checkin.mood.ask": 4.5,
    "checkin.sleep.ask_after_bad": 4.0,
    "checkin.sleep.ask": 3.0,
    "checkin.company.ask": 2.5,
    "checkin.mood.ask_after_low": 2.5,
    "checkin.plans.none": 2.5,
    "checkin.eating.ask": 2.0,
    "checkin.pain.ask": 2.0,
    "talk.not_understood": 3.0,
    "talk.take_your_time": 3.0,
}
_IN_A_CHECK_IN = 1.0
_SELDOM = 0.2


@dataclass(frozen=True, slots=True)
class Recordable:
    """A sentence that a person may record.

    Attributes:
        name: Name of its file, without the kind of file.
        sentence: Exactly as it is said.
        key: What it belongs to in the language pack.
        times_a_week: How often it is heard, by estimate.
    """

    name: str
    sentence: str
    key: str
    times_a_week: float


def recordables(phrasebook: Phrasebook, person: str) -> tuple[Recordable, ...]:
    """All sentences that may be recorded, the most heard first.

    A sentence with a name, a time or a number in it is not among them, except for
    the greeting: its file is called after the greeting alone.

    Args:
        phrasebook: What can be said.
        person: How the person is addressed; empty: not at all.
    """
    found: dict[str, Recordable] = {}
    for one in [*_greetings(phrasebook, person), *_sentences(phrasebook)]:
        before = found.get(one.name)
        if before is not None:
            times = before.times_a_week + one.times_a_week
            found[one.name] = replace(before, times_a_week=times)
        else:
            found[one.name] = one
    return tuple(sorted(found.values(), key=lambda one: -one.times_a_week))


def sentences_by_name(all_of_them: Iterable[Recordable]) -> dict[str, str]:
    """Every name that a file may have, and the sentence that it replaces.

    A greeting may be called after all of its words too.
    """
    names: dict[str, str] = {}
    for one in all_of_them:
        names.setdefault(file_name(one.sentence), one.sentence)
        names[one.name] = one.sentence
    return names


def _greetings(phrasebook: Phrasebook, person: str) -> Iterator[Recordable]:
    for part in ("morning", "afternoon", "evening"):
        key = f"greeting.{part}"
        yield Recordable(
            name=file_name(phrasebook.text(key)),
            sentence=greet(phrasebook, part, person),
            key=key,
            times_a_week=_TIMES_A_WEEK[key],
        )


def _sentences(phrasebook: Phrasebook) -> Iterator[Recordable]:
    for key in phrasebook.keys:
        if not _may_be_recorded(key):
            continue
        wordings = phrasebook.variants(key)
        for wording in wordings:
            for sentence in wording.sentences:
                # A number must be said as it is.
                if "{" in sentence or any(c.isdigit() for c in sentence):
                    continue
                yield Recordable(
                    name=file_name(sentence),
                    sentence=sentence,
                    key=key,
                    times_a_week=_times_a_week(key) / len(wordings),
                )


def _may_be_recorded(key: str) -> bool:
    if key in _SAID_NEVERTHELESS:
        return True
    if key in _NOT_SAID_EITHER or key.startswith("greeting."):
        return False
    return not key.startswith((*_NOT_SAID, *_NEVER_RECORDED))


def _times_a_week(key: str) -> float:
    usual = _IN_A_CHECK_IN if key.startswith("checkin.") else _SELDOM
    return _TIMES_A_WEEK.get(key, usual)
