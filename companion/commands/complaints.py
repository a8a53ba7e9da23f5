"""What goes wrong with settings and store, as sentences on standard error."""

from companion.commands.options import complain
from companion.commands.texts import Texts
from companion.settings import Problem, SettingsError
from companion.store import StoreError


def complain_of_store(error: StoreError) -> int:
    """Say why the journal cannot be used; returns the exit code, 1."""
    return complain(Texts("journal", "errors").say(type(error).__name__))


def complain_of_settings(error: SettingsError) -> int:
    """Say all that is wrong with the settings; returns the exit code, 1."""
    return complain(explain(error))


def explain(error: SettingsError) -> str:
    """Every problem as a sentence on its own line, after one that names the file."""
    sentences = [sentence(problem) for problem in error.problems]
    if error.path is not None:
        title = Texts("settings", "words").say("in_file", path=error.path)
        sentences.insert(0, title)
    return "\n".join(sentences)


def sentence(problem: Problem) -> str:
    """A problem as a sentence, with its line."""
    texts = Texts("settings")
    wanted = problem.wanted
    lowest, _, highest = wanted.partition(" ")
    is_type = f"types.{wanted}" in texts.names
    said = texts.say(
        f"problems.{problem.kind.value}",
        section=problem.section,
        key=problem.key,
        given=problem.given,
        wanted=texts.say(f"types.{wanted}") if is_type else wanted,
        lowest=lowest,
        highest=highest,
        suggestion=_suggest(wanted),
    )
    if problem.line is None:
        return said
    return texts.say("words.line", line=problem.line, problem=said)


def _suggest(wanted: str) -> str:
    """What was probably meant; a section in brackets is where it belongs."""
    if not wanted:
        return ""
    name = "home" if wanted.startswith("[") else "suggestion"
    return Texts("settings", "words").say(name, wanted=wanted)
