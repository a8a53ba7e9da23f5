"""From the words of a turn to what was meant.

The words are cut into pieces that each are a known phrase, so that padding and
corrections need no templates of their own: "nou ja, eigenlijk wel goed" is
padding and "goed"; in "ja ... nee toch niet" the last piece counts. Every word
must belong to a piece: a "niet" that no phrase knows is never passed over.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

from rapidfuzz import fuzz, process

from companion.people import Person
from companion.understanding.callees import ABOUT_FOLLOWERS, SOMEBODY, Callees
from companion.understanding.helping_wishes import HELPING
from companion.understanding.intents import Intent, Meaning, Named, Value
from companion.understanding.numbers import parse_number
from companion.understanding.sentences import Sentences, load_sentences
from companion.understanding.times import parse_duration, parse_time
from companion.understanding.worded import WORDED, find_worded
from companion.understanding.words import normalise

# Always accepted, whatever was asked.
COMMANDS: Final = frozenset(
    {
        Intent.STOP, Intent.SKIP, Intent.REPEAT, Intent.LOUDER, Intent.QUIETER,
        Intent.SLOWER, Intent.FASTER, Intent.WAIT, Intent.TELL_TIME, Intent.TELL_DATE,
        Intent.ABILITIES, Intent.IS_COMPUTER, Intent.WHAT_IS_KEPT, Intent.FORGET_LAST,
        Intent.FORGET_ALL, Intent.CALL_FAMILY, Intent.CALL_LINE,
    }
)  # fmt: skip
# In which somebody may be named; the value is the numbers of who may be meant.
NAMING: Final = frozenset({Intent.CALL_FAMILY, Intent.INVITE, *ABOUT_FOLLOWERS})
# In which a name that nobody knows is told so; calling knows the list only.
_NAMING_STRANGERS: Final = NAMING - {Intent.CALL_FAMILY}
# Never guessed, and never acted upon before the person has finished.
GRAVE: Final = frozenset(
    {
        Intent.FORGET_LAST, Intent.FORGET_ALL, Intent.CALL_FAMILY, Intent.CALL_LINE,
        Intent.INVITE, Intent.SEEK_HELP, *ABOUT_FOLLOWERS,
    }
)  # fmt: skip

# A reason says nothing about the answer before it: "goed, want de zon schijnt".
_REASONS: Final = frozenset({"want", "omdat", "doordat", "vanwege"})
_NEGATIVES: Final = frozenset(
    "niet geen nooit niets niemand nergens nauwelijks amper zonder minder".split()
)
# "Niet" and its companions are an answer only when nothing follows them.
_ONLY_LAST: Final = _NEGATIVES | frozenset(
    "echt zo bepaald direct nog helemaal zeker totaal absoluut erg liever ik".split()
)
# Weaker than whatever is said beside them.
_WEAK: Final = frozenset({Intent.YES, Intent.NO, Intent.GREETING, Intent.THANKS})
_YES_OR_NO: Final = frozenset({Intent.YES, Intent.NO})
_BARE: Final = frozenset(["ja", "nee"])
# Where the question accepts no bare yes or no, these are what they mean.
_IMPLIED: Final = {
    Intent.YES: (Intent.PAIN, Intent.ATE_WELL, Intent.DRANK_ENOUGH, Intent.PLANS),
    Intent.NO: (
        Intent.NO_PAIN,
        Intent.ATE_NOTHING,
        Intent.DRANK_LITTLE,
        Intent.NO_PLANS,
    ),
}
_FROM_PARSERS: Final = {
    "xnumber": frozenset({Intent.NUMBER}),
    "xtime": frozenset({Intent.TIME_OF_DAY, Intent.LATER}),
    "xlater": frozenset({Intent.LATER}),
}
# Below this likeness (rapidfuzz's ratio, 0 to 100) words are another phrase:
# "ik heb slecht geslapen" and "ik heb recht geslapen" score 93, "goed" and
# "groot" 67. Short phrases are never guessed.
_ALIKE: Final = 84.0
_SHORTEST_GUESS: Final = 6
_GUESSED: Final = 0.6  # of the recogniser's confidence
# "Mijn nichtje Wilhelmina" is a name of three words; a story is no invitation.
_LONGEST_NAME: Final = 3
_LONGEST_OF_STRANGER: Final = 10


_Meant = tuple[tuple[Intent, Value | None], ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of words that is a phrase. No intents: padding."""

    words: tuple[str, ...]
    meanings: tuple[tuple[Intent, Value | None], ...] = ()

    @property
    def is_padding(self) -> bool:
        return not self.meanings


@dataclass(frozen=True, slots=True)
class _Phrases:
    """What each phrase of an intent means; the same for every question."""

    meanings: dict[str, _Meant]
    longest: int
    """Words in the longest."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The phrases that may be said in one situation, the likeliest intents first.

    Beside the phrases stands what they mean here instead, if that is not the same.
    """

    phrases: tuple[tuple[dict[str, _Meant], _Meant | None], ...]
    longest: int

    def meanings(self, text: str) -> _Meant:
        """What a phrase may mean, the likeliest first; empty if it is none."""
        found: dict[tuple[Intent, Value | None], None] = {}
        for phrases, instead in self.phrases:
            if meant := phrases.get(text):
                found.update(dict.fromkeys(instead or meant))
        return tuple(found)


class Understanding:
    """Knows what people mean, in one language.

    Args:
        language: Folder of the language pack.

    Raises:
        SentencesError: If the language pack's sentences cannot be used.
    """

    def __init__(self, language: str = "nl") -> None:
        self._sentences: Sentences = load_sentences(language)
        self._known = lru_cache(maxsize=64)(self._collect)
        self._phrases_of = cache(self._read_phrases)
        self._guesses = lru_cache(maxsize=64)(self._collect_guesses)
        self.callees = Callees()
        self.know(())

    def know(self, people: Sequence[Person]) -> None:
        """Take the people around the person, so that they can be named."""
        found = self._sentences
        self.callees = Callees(people, found.relations, found.named)

    def prepare(self, expected: Collection[Intent]) -> None:
        """Read the sentences of a question beforehand.

        Otherwise the first answer to it waits some tenths of a second on a Pi. May
        run in a thread of its own while the device starts.
        """
        self._known(frozenset(expected))

    def interpret(
        self, text: str, expected: Collection[Intent], confidence: float = 1.0
    ) -> Meaning | None:
        """What was meant, or None when nothing of it is known.

        Commands are accepted beside the expected answers. Where the same words
        are both, they are the answer.

        Args:
            text: What was heard.
            expected: Answers to the question just asked.
            confidence: The recogniser's, 0 to 1.
        """
        expected = frozenset(expected)
        words = tuple(normalise(text).split())
        certain = self._read_certain(words, expected) if words else None
        if certain is None or certain[0] in WORDED or certain[0] is Intent.LATER:
            # Its words tell what and when: "hulp bij het opstaan, 's ochtends".
            wish = find_worded(text, expected)
            if wish is not None:
                return Meaning(wish, text.strip(), True, confidence)
        if certain is not None and certain[0] in HELPING:
            # "Ik zoek hulp, want ik ben gevallen" is nothing for the neighbours.
            return None
        if certain is not None:
            intent, value = certain
            return Meaning(intent, value, True, confidence)
        if Intent.FREE_TEXT in expected and text.strip():
            if Intent.NO in expected and self._is_bare_yes(words):
                # "Anything to tell?" "Ja." What it is comes next.
                return Meaning(Intent.YES, None, True, confidence)
            return Meaning(Intent.FREE_TEXT, text.strip(), True, confidence)
        if words and (strange := self._read_stranger(words, expected)) is not None:
            intent, value = strange
            return Meaning(intent, value, True, confidence)
        if words and (guess := self._guess(words, expected)) is not None:
            intent, value = guess
            return Meaning(intent, value, False, confidence * _GUESSED)
        return None

    def read(self, text: str, expected: Collection[Intent]) -> Meaning | None:
        """What was meant for certain; nothing is guessed, and no answer is free."""
        expected = frozenset(expected)
        words = tuple(normalise(text).split())
        found = self._read_certain(words, expected) if words else None
        return None if found is None else Meaning(*found)

    def _is_bare_yes(self, words: tuple[str, ...]) -> bool:
        meaning = self._read(words, _YES_OR_NO) if words else None
        return meaning is not None and meaning[0] is Intent.YES

    def _read_certain(
        self, words: tuple[str, ...], expected: frozenset[Intent]
    ) -> tuple[Intent, Value | None] | None:
        """What was meant, with who was named."""
        return self._read_named(words, expected) or self._read(words, expected)

    def _read_named(
        self, words: tuple[str, ...], expected: frozenset[Intent]
    ) -> tuple[Intent, Value] | None:
        """Who is named, and what for; None if nobody is, or nothing of the kind."""
        for found in self.callees.find(words):
            if meant := self._naming(found.words, found.ids, expected):
                return meant
        for sentence in self.callees.find_relations(words):
            if meant := self._naming(sentence, (), expected):
                return meant
        return None

    def _read_stranger(
        self, words: tuple[str, ...], expected: frozenset[Intent]
    ) -> tuple[Intent, Value] | None:
        """What is said of somebody whom nobody knows: "nodig Wilhelmina uit"."""
        if not expected & _NAMING_STRANGERS or len(words) > _LONGEST_OF_STRANGER:
            return None
        for length in range(1, _LONGEST_NAME + 1):
            for start in range(len(words) - length + 1):
                if _count_negatives(words[start : start + length]):
                    continue
                rest = words[start + length :]
                sentence = (*words[:start], *SOMEBODY.split(), *rest)
                meant = self._naming(sentence, (), expected)
                if meant is not None and meant[0] in _NAMING_STRANGERS:
                    return meant
        return None

    def _naming(
        self, words: tuple[str, ...], ids: tuple[int, ...], expected: frozenset[Intent]
    ) -> tuple[Intent, Value] | None:
        """What is said of somebody, and of whom; None if it is another sentence."""
        meant = self._read(words, expected)
        if meant is None or meant[0] not in NAMING:
            return None
        intent, what = meant
        return intent, Named(ids, what) if isinstance(what, str) else ids

    # --- exact ------------------------------------------------------------

    def _collect(self, expected: frozenset[Intent]) -> _Known:
        accepted = expected | COMMANDS
        implied = {
            bare: next((i for i in choices if i in expected), None)
            for bare, choices in _IMPLIED.items()
            if bare not in expected
        }
        sought = expected | {bare for bare, choice in implied.items() if choice}
        known: list[tuple[dict[str, _Meant], _Meant | None]] = []
        longest = 1
        # In one order, so that the outcome never depends on hashes: the answers to
        # the question, bare ones last, for they mean less; then the commands.
        for intent in sorted(Intent, key=lambda intent: _priority(intent, sought)):
            if intent not in sought | COMMANDS:
                continue
            stands_for = None if intent in accepted else implied.get(intent)
            phrases = self._phrases_of(intent)
            known.append(
                (phrases.meanings, ((stands_for, None),) if stands_for else None)
            )
            longest = max(longest, phrases.longest)
        return _Known(tuple(known), longest)

    def _read_phrases(self, intent: Intent) -> _Phrases:
        found: dict[str, _Meant] = {}
        # One object for all phrases that mean the same.
        shared: dict[Value | None, _Meant] = {}
        for phrase in self._sentences.of(intent):
            # "Geen last van mijn rug": the body part has no pain.
            value = phrase.value if intent is not Intent.NO_PAIN else None
            meant = shared.setdefault(value, ((intent, value),))
            before = found.setdefault(phrase.plain, meant)
            if before is not meant and meant[0] not in before:
                found[phrase.plain] = before + meant
        return _Phrases(found, max(map(_count_words, found), default=1))

    def _collect_guesses(self, expected: frozenset[Intent]) -> tuple[str, ...]:
        """Phrases that what was heard may have been."""
        accepted = expected | COMMANDS
        return tuple(
            dict.fromkeys(
                plain
                for intent in Intent
                if intent in accepted and intent not in GRAVE
                for plain in self._phrases_of(intent).meanings
                if len(plain) >= _SHORTEST_GUESS and "xtime" not in plain
            )
        )

    def _read(
        self, words: tuple[str, ...], expected: frozenset[Intent]
    ) -> tuple[Intent, Value | None] | None:
        for number, word in enumerate(words):
            if word in _REASONS and number:
                before = self._read(words[:number], expected)
                if before is not None and before[0] in expected:
                    return self._read_all(words, expected) or before
        return self._read_all(words, expected)

    def _read_all(
        self, words: tuple[str, ...], expected: frozenset[Intent]
    ) -> tuple[Intent, Value | None] | None:
        pieces = self._cut(words, expected)
        if pieces is None:
            return None
        return _combine([piece for piece in pieces if not piece.is_padding])

    def _cut(
        self, words: tuple[str, ...], expected: frozenset[Intent]
    ) -> list[_Piece] | None:
        """Cut the words into phrases: least padding, then fewest pieces."""
        known = self._known(expected)
        best: list[tuple[tuple[int, int], list[_Piece]] | None]
        best = [((0, 0), []), *([None] * len(words))]
        for start in range(len(words)):
            so_far = best[start]
            if so_far is None:
                continue
            for end in range(start + 1, min(len(words), start + known.longest + 6) + 1):
                piece = self._piece(words[start:end], known, expected)
                if piece is None:
                    continue
                (padding, count), pieces = so_far
                # "Niet mijn knie, mijn heup": what is denied is one piece.
                is_idle = piece.is_padding and not _count_negatives(piece.words)
                cost = (padding + (end - start) * is_idle, count + 1)
                there = best[end]
                if there is None or cost <= there[0]:
                    best[end] = (cost, [*pieces, piece])
        last = best[-1]
        return None if last is None else last[1]

    def _piece(
        self, words: tuple[str, ...], known: _Known, expected: frozenset[Intent]
    ) -> _Piece | None:
        text = " ".join(words)
        if meanings := known.meanings(text):
            return _Piece(words, meanings)
        if expected & {Intent.NUMBER, Intent.TIME_OF_DAY, Intent.LATER} and (
            meanings := _parsed(words, known, expected)
        ):
            return _Piece(words, meanings)
        # "Goed, nee, niet zo goed": beside a real answer ja and nee are no answer.
        is_padding = text in self._sentences.padding or text in _BARE
        return _Piece(words) if is_padding else None

    # --- guesses ----------------------------------------------------------

    def _guess(
        self, words: tuple[str, ...], expected: frozenset[Intent]
    ) -> tuple[Intent, Value | None] | None:
        """What it was close to; to be asked back, never to be acted upon."""
        known = self._known(expected)
        text = " ".join(words)
        negatives = _count_negatives(words)
        if len(text) >= _SHORTEST_GUESS:
            for plain, _, _ in process.extract(
                text,
                self._guesses(expected),
                scorer=fuzz.ratio,
                score_cutoff=_ALIKE,
                limit=3,
            ):
                if _count_negatives(plain.split()) == negatives:
                    return known.meanings(plain)[0]
        return self._longest_inside(words, known)

    def _longest_inside(
        self, words: tuple[str, ...], known: _Known
    ) -> tuple[Intent, Value | None] | None:
        """The longest known phrase among words that are not; no denial outside it."""
        for length in range(len(words) - 1, 0, -1):
            for start in range(len(words) - length + 1):
                inside = words[start : start + length]
                meanings = known.meanings(" ".join(inside))
                if not meanings or meanings[0][0] in GRAVE:
                    continue
                is_start = start == 0 and meanings[0][0] in _WEAK
                outside = words[:start] + words[start + length :]
                if (length >= 2 or is_start) and not _count_negatives(outside):
                    return meanings[0]
        return None


def _priority(intent: Intent, expected: frozenset[Intent]) -> tuple[bool, bool]:
    return intent not in expected, intent in _WEAK


def _count_words(text: str) -> int:
    return text.count(" ") + 1


def _count_negatives(words: Collection[str]) -> int:
    return sum(word in _NEGATIVES for word in words)


def _parsed(
    words: tuple[str, ...], known: _Known, expected: frozenset[Intent]
) -> tuple[tuple[Intent, Value | None], ...]:
    """Read numbers, times and durations, within the sentences that hold them."""
    longest_first = sorted(
        (
            (start, end)
            for start in range(len(words))
            for end in range(start + 1, len(words) + 1)
        ),
        key=lambda bounds: bounds[0] - bounds[1],
    )
    for start, end in longest_first:
        text = " ".join(words[start:end])
        for slot, value in _values(text, expected):
            frame = " ".join((*words[:start], slot, *words[end:]))
            for intent, _ in known.meanings(frame):
                if intent in _FROM_PARSERS[slot] and intent in expected:
                    return ((intent, value),)
    return ()


@lru_cache(maxsize=4096)
def _values(text: str, expected: frozenset[Intent]) -> list[tuple[str, Value]]:
    values: list[tuple[str, Value | None]] = []
    if Intent.LATER in expected:
        values.append(("xlater", parse_duration(text)))
    if expected & {Intent.TIME_OF_DAY, Intent.LATER}:
        values.append(("xtime", parse_time(text)))
    if Intent.NUMBER in expected:
        values.append(("xnumber", parse_number(text)))
    return [(slot, value) for slot, value in values if value is not None]


def _combine(pieces: list[_Piece]) -> tuple[Intent, Value | None] | None:
    """What several pieces mean together: the last strong one, or the last."""
    for piece, following in pairwise(pieces):
        # "Niet geweldig" + "goed" is not good.
        is_denial = _is_bare_denial(piece) or piece.words[0] in _NEGATIVES
        if (
            is_denial
            and not _is_weak(following)
            and (piece.meanings[0] != following.meanings[0])
        ):
            return None
    if not pieces:
        return None
    strong = [piece for piece in pieces if not _is_weak(piece)]
    chosen = (strong or pieces)[-1]
    intent, value = chosen.meanings[0]
    if len(strong) > 1 and intent in GRAVE:
        return None
    if value is None:
        # "Ik heb pijn ... mijn knie" and the other way round.
        value = next(
            (v for p in reversed(strong) for i, v in p.meanings if i == intent and v),
            None,
        )
    if intent is Intent.LATER and value is None:
        value = parse_duration("straks")
    return intent, value


def _is_weak(piece: _Piece) -> bool:
    return piece.meanings[0][0] in _WEAK


def _is_bare_denial(piece: _Piece) -> bool:
    return _ONLY_LAST.issuperset(piece.words) and not _NEGATIVES.isdisjoint(piece.words)
