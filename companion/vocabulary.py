"""What people may say, for the recogniser's model of our own.

`voice.model` knows no Dutch sentences and imports nothing of the companion, so
`python -m companion.vocabulary FOLDER` writes four files for it:

    questions.json  what is listened for at each question: {name: [phrase, ...]}
    phrases.txt     all phrases, one a line, the most usual first
    words.txt       the words that the model shall know, one a line, those that it
                    cannot do without first
    unseen.txt      frequent words that are not among those, to measure with

The words of all sentences are written down in the language pack: to gather them takes
seconds, and each start needs them. `python -m companion.vocabulary --sentences` writes
them anew; a test says when that is needed.
"""

import itertools
import json
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from companion.asking import expectation_of
from companion.topics.questions import ALL_QUESTIONS
from companion.understanding import grammar
from companion.understanding.cries import CRIES, DENIALS
from companion.understanding.fillers import load_fillers
from companion.understanding.intents import Intent
from companion.understanding.meaning import Understanding
from companion.understanding.numbers import say_number, say_ordinal
from companion.understanding.sentences import load_sentences

logger = logging.getLogger(__name__)

QUESTIONS_FILE = "questions.json"
PHRASES_FILE = "phrases.txt"
WORDS_FILE = "words.txt"
UNSEEN_FILE = "unseen.txt"

MOST_WORDS = 9000
"""As many as a model of 12 MB holds beside its network."""

# Of one intent; the templates stand for 58,000 phrases, mostly of plans.
_MOST_OF_ONE_INTENT = 500

_SENTENCES = "sentences"
_WORD_LISTS = Path("nl") / "vocabulary"


def question_phrases() -> Mapping[str, tuple[str, ...]]:
    """What the ears are told to expect at each closed question, by its name."""
    understanding = Understanding()
    expected = {
        name: expectation_of(question, question.answers, understanding).phrases
        for name, question in ALL_QUESTIONS.items()
    }
    return {name: phrases for name, phrases in expected.items() if phrases}


@cache
def domain_phrases() -> tuple[str, ...]:
    """Everything that people are expected to say, each once, the most usual first."""
    asked = question_phrases().values()
    of_intents = (
        itertools.islice(_spoken(intent), _MOST_OF_ONE_INTENT) for intent in Intent
    )
    return tuple(
        dict.fromkeys(
            phrase
            for phrase in itertools.chain(
                CRIES, DENIALS, _in_turn(asked), _in_turn(map(tuple, of_intents))
            )
            if phrase
        )
    )


def vocabulary(at_most: int = MOST_WORDS) -> tuple[str, ...]:
    """The words that the model shall know, lower case, each once.

    Those of the templates, numbers, the calendar, first names and daily life come
    first and are always there; then the most frequent words of Dutch.

    Args:
        at_most: How many; more than that only if those that must be there are more.
    """
    needed = dict.fromkeys(
        word
        for text in itertools.chain(
            gather_sentence_words(),
            load_fillers().hesitations,
            load_fillers().joiners,
            map(say_number, (*range(101), 1000)),
            map(say_ordinal, range(1, 32)),
            lines_of("daily"),
            lines_of("names"),
        )
        for word in text.split()
    )
    rest = dict.fromkeys(word for line in lines_of("frequent") for word in line.split())
    more = (word for word in rest if word not in needed)
    return (*needed, *itertools.islice(more, max(0, at_most - len(needed))))


@cache
def sentence_words() -> tuple[str, ...]:
    """The words of all that people are expected to say, as they are written down."""
    return tuple(word for line in lines_of(_SENTENCES) for word in line.split())


def gather_sentence_words() -> tuple[str, ...]:
    """The same, from the sentences; each once, those of what is usual first."""
    sentences = load_sentences()
    phrases = (grammar.as_spoken(phrase.spoken) for phrase in sentences.phrases)
    said = itertools.chain(domain_phrases(), phrases, sorted(sentences.padding))
    return tuple(dict.fromkeys(word for text in said for word in text.split()))


def unseen_words() -> tuple[str, ...]:
    """Frequent words for which there was no room."""
    known = set(vocabulary())
    rest = (word for line in lines_of("frequent") for word in line.split())
    return tuple(word for word in rest if word not in known)


def write(folder: Path) -> None:
    """Write the four files that `voice.model` works from."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = json.dumps(dict(question_phrases()), ensure_ascii=False, indent=1)
    phrases, words = domain_phrases(), vocabulary()
    for name, text in (
        (QUESTIONS_FILE, asked),
        (PHRASES_FILE, "\n".join(phrases)),
        (WORDS_FILE, "\n".join(words)),
        (UNSEEN_FILE, "\n".join(unseen_words())),
    ):
        (folder / name).write_text(text + "\n", encoding="utf-8")
    logger.info("wrote %d phrases and %d words", len(phrases), len(words))


def _spoken(intent: Intent) -> Iterable[str]:
    for phrase in load_sentences().of(intent):
        if grammar.is_sayable(phrase):
            yield grammar.as_spoken(phrase.spoken)


def _in_turn(rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """The first of each, then the second of each, and so on."""
    for together in itertools.zip_longest(*rows, fillvalue=""):
        yield from together


def lines_of(name: str) -> list[str]:
    """The lines of a word list of the language pack, without remarks."""
    path = files("companion") / str(_WORD_LISTS / f"{name}.txt")
    lines = path.read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def write_down_sentences() -> None:
    """Write the words of all sentences into the language pack."""
    words = "\n".join(sorted(gather_sentence_words()))
    note = "# Of all sentences; written by: python -m companion.vocabulary --sentences"
    path = Path(__file__).parent / _WORD_LISTS / f"{_SENTENCES}.txt"
    path.write_text(f"{note}\n{words}\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m companion.vocabulary FOLDER|--sentences")
    if sys.argv[1] == "--sentences":
        write_down_sentences()
        sys.exit()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    write(Path(sys.argv[1]))
