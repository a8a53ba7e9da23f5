"""What goes wrong with settings and store, as sentences on the error channel."""

import sys
from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml

from companion.settings import Problem, SettingsError
from companion.store import StoreError


@cache
def texts(name: str, language: str = "nl") -> Mapping[str, Mapping[str, str]]:
    """The sentences of `replies/<name>.yaml`, by section and key."""
    file = resources.files("companion") / language / "replies" / f"{name}.yaml"
    tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {
        section: {str(key): str(text) for key, text in entries.items()}
        for section, entries in tree.items()
    }


def complain(*sentences: str) -> int:
    """Say what is wrong on the error channel; returns the exit code, 1."""
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1


def complain_of_store(error: StoreError) -> int:
    """Say why the journal cannot be used; returns the exit code, 1."""
    return complain(texts("journal")["errors"][type(error).__name__])


def complain_of_settings(error: SettingsError) -> int:
    """Say all that is wrong with the settings; returns the exit code, 1."""
    return complain(explain(error))


def explain(error: SettingsError) -> str:
    """Every problem as a sentence on its own line, after one that names the file."""
    sentences = [sentence(problem) for problem in error.problems]
    if error.path is not None:
        title = texts("settings")["words"]["in_file"]
        sentences.insert(0, title.format(path=error.path))
    return "\n".join(sentences)


def sentence(problem: Problem) -> str:
    """A problem as a sentence, with its line."""
    pack = texts("settings")
    wanted = problem.wanted
    lowest, _, highest = wanted.partition(" ")
    said = pack["problems"][problem.kind.value].format(
        section=problem.section,
        key=problem.key,
        given=problem.given,
        wanted=pack["types"].get(wanted, wanted),
        lowest=lowest,
        highest=highest,
        suggestion=_suggest(wanted),
    )
    if problem.line is None:
        return said
    return pack["words"]["line"].format(line=problem.line, problem=said)


def _suggest(wanted: str) -> str:
    """What was probably meant; a section in brackets is where it belongs."""
    if not wanted:
        return ""
    name = "home" if wanted.startswith("[") else "suggestion"
    return texts("settings")["words"][name].format(wanted=wanted)
