"""`praatpaal models words`: which words a recogniser lacks, and adding them."""

import argparse
import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from companion.choosing import recognisers
from companion.commands.complaints import complain_of_store
from companion.commands.options import (
    FAILED,
    FINE,
    WRONG_USE,
    complain,
    metavar,
    print_json,
)
from companion.commands.texts import Texts
from companion.device import build_growing, build_recogniser, chosen_models
from companion.people import People, Person
from companion.settings import Settings, load
from companion.store import StoreError, open_store
from companion.understanding.callees import Callees, name_words
from companion.understanding.sentences import load_sentences
from companion.vocabulary import sentence_words
from voice.growing import is_word
from voice.models import Model, ModelStore, NotThere
from voice.own_words import FOLDER, unsayable
from voice.recogniser import RecogniserError
from voice.vosk_recogniser import VoskRecogniser

# More do not fit on a screen; --json gives them all.
_MOST_SHOWN = 30


class _Complaint(Exception):
    """Something to say on standard error.

    Attributes:
        reason: Name of its sentence.
        exit_code: Of the command.
    """

    def __init__(self, reason: str, exit_code: int = FAILED, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.exit_code = exit_code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class _PersonLacks:
    """A name that is not known, and what is heard in its place."""

    person: Person
    missing: tuple[str, ...]
    alias: str | None


@dataclass(frozen=True, slots=True)
class _Report:
    """Which words a model lacks.

    Attributes:
        model: The model.
        knows_any: Whether it can write down any word.
        sentences: How many words the sentences have.
        missing: Those of them that it lacks.
        people: How many people there are.
        names: Those whose name it lacks.
        given: The words that were asked for.
        given_missing: Those of them that it lacks.
    """

    model: Model
    knows_any: bool
    sentences: int
    missing: tuple[str, ...]
    people: int
    names: tuple[_PersonLacks, ...]
    given: tuple[str, ...]
    given_missing: tuple[str, ...]

    @property
    def lacks_any(self) -> bool:
        """Whether anything is missing."""
        return bool(self.missing or self.names or self.given_missing)


def add_words_parser(parser: Any) -> None:
    """Add what `models words` takes."""
    texts = Texts("models", "words")
    word, file, name = metavar("word"), metavar("file"), metavar("name")
    parser.add_argument("words", nargs="*", metavar=word, help=texts.say("help_word"))
    parser.add_argument("--file", type=Path, metavar=file, help=texts.say("help_file"))
    parser.add_argument("--model", metavar=name, help=texts.say("help_model"))
    parser.add_argument("--add", action="store_true", help=texts.say("help_add"))


def run(args: argparse.Namespace) -> int:
    """List the words that are missing; 1 if there are any.

    Raises:
        ModelError: If they cannot be added, or there is no such model.
    """
    texts = Texts("models", "words")
    try:
        settings = load(args.settings)
        models = ModelStore(settings.folders.models_path())
        model = _model(args.model, settings, models)
        given = _given(args.words, args.file)
        people = _people(settings)
        report = asyncio.run(_look(model, models, people, given))
        added: tuple[str, ...] = ()
        if args.add and not report.knows_any:
            before = _all_missing(report)
            _add(report, models, people)
            report = asyncio.run(_look(model, models, people, given))
            still = set(_all_missing(report))
            added = tuple(word for word in before if word not in still)
    except _Complaint as problem:
        sentence = texts.say(problem.reason, **problem.facts)
        complain(sentence)
        if args.json:
            print_json({"error": problem.reason, "text": sentence})
        return problem.exit_code
    except StoreError as error:
        return complain_of_store(error)
    if args.json:
        print_json(_plain(report, added))
    else:
        print("\n".join(_lines(report, added)))
    return FAILED if report.lacks_any else FINE


def follow_people(settings: Settings, people: Sequence[Person]) -> None:
    """Let the model of our own know the names of these people, and of no others.

    Where it listens, or where names were added to it before. What fails is logged;
    the device tries again.
    """
    models = ModelStore(settings.folders.models_path())
    listening = chosen_models(settings, models)
    for model in models.installed:
        is_used = model in listening or (models.folder / FOLDER).exists()
        if model.is_bundled and is_used:
            names = [word for person in people for word in name_words(person)]
            build_growing(model, models).follow(names)


# ---- What is asked


def _model(name: str | None, settings: Settings, models: ModelStore) -> Model:
    if name is None:
        chosen = chosen_models(settings, models)
        if not chosen:
            raise _Complaint("no_recogniser")
        return chosen[0]
    model = models.find(name)
    if not models.is_installed(model):
        raise NotThere("not_installed", name=name)
    if model not in recognisers(models.installed):
        raise _Complaint("not_for_listening", WRONG_USE, name=name)
    return model


def _given(words: Sequence[str], file: Path | None) -> tuple[str, ...]:
    """The words that were asked for, lower case, each once."""
    texts = list(words)
    if file is not None:
        try:
            lines = file.read_text("utf-8-sig").splitlines()
        except FileNotFoundError:
            raise _Complaint("no_file", file=file) from None
        except IsADirectoryError:
            raise _Complaint("is_folder", file=file) from None
        except (OSError, ValueError):
            raise _Complaint("unreadable", file=file) from None
        texts += [line for line in lines if not line.startswith("#")]
    split = (word for text in texts for word in text.replace("-", " ").split())
    found = tuple(dict.fromkeys(word.lower().replace("’", "'") for word in split))
    if wrong := [word for word in found if not is_word(word)]:
        raise _Complaint("no_word", WRONG_USE, words=", ".join(wrong[:_MOST_SHOWN]))
    return found


def _people(settings: Settings) -> Sequence[Person]:
    """Everybody in the list; nobody where nothing was ever kept.

    Raises:
        StoreError: If it cannot be read.
    """
    journal = settings.folders.journal_path()
    if not journal.exists():
        return ()
    store = open_store(journal, datetime.now(ZoneInfo(settings.device.time_zone)))
    try:
        return People(store).all()
    finally:
        store.close()


# ---- What is there


async def _look(
    model: Model,
    models: ModelStore,
    people: Sequence[Person],
    given: tuple[str, ...],
) -> _Report:
    """Load the model and look every word up."""
    sentences = load_sentences()
    callees = Callees(people, sentences.relations, sentences.named)
    own = sentence_words()
    aliases = [alias for row in sentences.relations.values() for alias in row]
    names = [word for person in people for word in name_words(person)]
    unknown = await _unknown(model, models, [*own, *names, *given, *aliases])
    lacks = {it: tuple(w for w in name_words(it) if w in unknown) for it in people}
    return _Report(
        model=model,
        knows_any=model.kind == "whisper",
        sentences=len(own),
        missing=tuple(word for word in own if word in unknown),
        people=len(people),
        names=tuple(
            _PersonLacks(
                person, missing, callees.alias_of(person, lambda w: w not in unknown)
            )
            for person, missing in lacks.items()
            if missing
        ),
        given=given,
        given_missing=tuple(word for word in given if word in unknown),
    )


async def _unknown(
    model: Model, models: ModelStore, words: Iterable[str]
) -> Collection[str]:
    engine = build_recogniser(model, models)
    if not isinstance(engine, VoskRecogniser):
        return frozenset()
    try:
        await engine.start()
        return frozenset(engine.missing_words(words))
    except RecogniserError as error:
        raise _Complaint("not_working", name=model.name, problem=error) from error
    finally:
        await engine.close()


def _all_missing(report: _Report) -> tuple[str, ...]:
    names = (word for lacks in report.names for word in lacks.missing)
    rows = (*report.missing, *names, *report.given_missing)
    return tuple(dict.fromkeys(rows))


def _add(report: _Report, models: ModelStore, people: Sequence[Person]) -> None:
    """Add all that is missing.

    Raises:
        ModelError: If that fails; the model is as it was then.
    """
    if not report.model.is_bundled:
        raise _Complaint("cannot_add", name=report.model.name)
    if wrong := unsayable(report.given_missing):
        raise _Complaint("unsayable", words=", ".join(wrong))
    build_growing(report.model, models).grow(
        names=[word for person in people for word in name_words(person)],
        others=(*report.missing, *report.given_missing),
    )


# ---- What is answered


def _plain(report: _Report, added: tuple[str, ...]) -> dict[str, object]:
    return {
        "model": report.model.name,
        "hears_people": report.model.hears_people,
        "knows_any_word": report.knows_any,
        "can_add": report.model.is_bundled,
        "sentences": {"words": report.sentences, "missing": report.missing},
        "people": [
            {
                "id": lacks.person.id,
                "name": lacks.person.name,
                "missing": lacks.missing,
                "alias": lacks.alias,
            }
            for lacks in report.names
        ],
        "given": {"words": report.given, "missing": report.given_missing},
        "added": added,
    }


def _lines(report: _Report, added: tuple[str, ...]) -> list[str]:
    texts = Texts("models", "words")
    name = report.model.name
    if report.knows_any:
        return [texts.say("knows_any", name=name)]
    lines = [texts.say("title", name=name)]
    if added:
        lines.append(texts.say("added", words=_listed(added)))
    lines.append(_group("sentences", report.sentences, report.missing))
    if report.given:
        lines.append(_group("given", len(report.given), report.given_missing))
    lines += _lines_of_people(report)
    if report.lacks_any and report.model.is_bundled:
        lines.append(texts.say("how_to_add", name=name))
    return lines


def _lines_of_people(report: _Report) -> list[str]:
    texts = Texts("models", "words")
    if not report.people:
        return [texts.say("people_nobody")]
    if not report.names:
        return [texts.say("people_fine", count=report.people)]
    lines = [texts.say("people_missing", missing=len(report.names))]
    for lacks in report.names:
        key = "no_alias" if lacks.alias is None else "alias"
        missing = _listed(lacks.missing)
        lines.append(
            texts.say(key, name=lacks.person.name, words=missing, alias=lacks.alias)
        )
    return lines


def _group(name: str, count: int, missing: Sequence[str]) -> str:
    texts = Texts("models", "words")
    if not missing:
        return texts.say(f"{name}_fine", count=count)
    return texts.say(
        f"{name}_missing", count=count, missing=len(missing), words=_listed(missing)
    )


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(words[:_MOST_SHOWN])
    more = len(words) - _MOST_SHOWN
    return shown + (
        Texts("models", "words").say("more", count=more) if more > 0 else ""
    )
