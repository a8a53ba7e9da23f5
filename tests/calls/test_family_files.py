"""The family page as files: all served, all said in both languages."""

import json
import re
import struct
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from calls import family
from calls.agenda_messages import ProposalState
from calls.call import TRANSITIONS
from calls.call_messages import Reason
from calls.family.files import PAGE_FILES, PAGE_HEADERS, page_version, read_file
from calls.messages import MESSAGES, Role
from calls.note_messages import LONGEST_NOTE, REPLIES, About, ShownNote
from calls.wire import VERSION

FOLDER = Path(family.__path__[0])
SCRIPTS = sorted(FOLDER.glob("*.js"))
LANGUAGES = ("nl", "en")

# Not served: Python, the licence of the fonts.
NOT_SERVED = {"__init__.py", "files.py", "LICENSE"}


def texts(language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    return found


def flat(part: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each text with its path; those of a list share one."""
    if isinstance(part, dict):
        for name, inner in part.items():
            yield from flat(inner, f"{path}.{name}" if path else name)
    elif isinstance(part, list):
        for inner in part:
            yield from flat(inner, path)
    else:
        assert isinstance(part, str)
        yield path, part


def paths(language: str) -> set[str]:
    return {path for path, _ in flat(texts(language))}


def code() -> str:
    return "\n".join(path.read_text("utf-8") for path in SCRIPTS)


# -- files ----------------------------------------------------------------------------


def test_every_file_is_served_and_every_served_file_is_there() -> None:
    there = {
        str(path.relative_to(FOLDER))
        for path in FOLDER.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    served = {name for name, _ in PAGE_FILES.values()}
    assert served == {name for name in there if Path(name).name not in NOT_SERVED}
    for path in PAGE_FILES:
        assert read_file(path)


def test_the_version_is_that_of_the_content() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", page_version())


def test_the_worker_keeps_all_that_the_page_needs() -> None:
    worker = (FOLDER / "sw.js").read_text("utf-8")
    (listed,) = re.findall(r"const FILES = \[(.*?)\];", worker, re.DOTALL)
    kept = set(re.findall(r'"([^"]+)"', listed))
    assert kept == set(PAGE_FILES) - {"/join", "/login", "/sw.js"}


def test_scripts_import_what_is_served() -> None:
    for script in SCRIPTS:
        for name in re.findall(r'from "\./(.+?)"', script.read_text("utf-8")):
            assert f"/{name}" in PAGE_FILES


def test_no_script_makes_code_or_markup_of_text() -> None:
    forbidden = (
        r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|\bon\w+=\""
    )
    for script in SCRIPTS:
        assert not re.search(forbidden, script.read_text("utf-8")), script.name
    policy = PAGE_HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; ")


class _Inline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.keys: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self._inside = tag
        self.found += [k for k in known if k == "style" or k.startswith("on")]
        self.keys += [
            known[name] or ""
            for name in ("data-text", "data-label", "data-hint")
            if name in known
        ]

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style") and data.strip():
            self.found.append(self._inside)


def test_the_page_has_no_script_or_style_of_its_own() -> None:
    page = _Inline()
    page.feed((FOLDER / "index.html").read_text("utf-8"))
    assert page.found == []


def test_the_page_can_be_installed() -> None:
    manifest = json.loads((FOLDER / "manifest.webmanifest").read_text("utf-8"))
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert icon["src"] in PAGE_FILES
        if icon["type"] == "image/png":
            side = int(icon["sizes"].split("x")[0])
            assert struct.unpack(">II", read_file(icon["src"])[16:24]) == (side, side)


# -- the wire format and the states ----------------------------------------------------


def js_objects(name: str, text: str) -> str:
    (found,) = re.findall(rf"export const {name} = \{{(.*?)\n\}};", text, re.DOTALL)
    return str(found)


def test_the_states_of_a_call_are_those_of_the_device() -> None:
    text = (FOLDER / "call.js").read_text("utf-8")
    found = {
        state: dict(re.findall(r'(\w+): "(\w+)"', row))
        for state, row in re.findall(
            r"(\w+): \{(.*?)\},", js_objects("TRANSITIONS", text), re.DOTALL
        )
    }
    assert found == {
        state.value: {event.value: after.value for event, after in row.items()}
        for state, row in TRANSITIONS.items()
    }
    (reasons,) = re.findall(r"REASONS = \[(.*?)\]", text, re.DOTALL)
    assert set(re.findall(r'"(\w+)"', reasons)) == {each.value for each in Reason}


def test_messages_have_the_fields_that_the_hub_checks() -> None:
    text = (FOLDER / "messages.js").read_text("utf-8")
    assert f"export const VERSION = {VERSION};" in text
    call = {"id", "call", "member", "page"}
    rows = re.findall(
        r"(\w+): (CALL|\{.*?\}),\n", js_objects("FIELDS", text), re.DOTALL
    )
    assert len(rows) > 10
    for name, row in rows:
        fields = set(re.findall(r"(\w+):", row))
        fields |= call if "CALL" in row else set()
        assert fields == set(MESSAGES[name].__dataclass_fields__) - {"type"}, name
    note = set(re.findall(r"(\w+):", js_objects("NOTE", text)))
    assert note == set(ShownNote.__dataclass_fields__) - {"type"}


def test_the_page_offers_the_answers_that_the_hub_takes() -> None:
    text = (FOLDER / "notes.js").read_text("utf-8")
    offered = {
        about: re.findall(r'"(\w+)"', replies)
        for about, replies in re.findall(
            r"(\w+): (\[.*?\])", js_objects("REPLIES", text)
        )
    }
    assert offered == {about: list(replies) for about, replies in REPLIES.items()}
    assert f"const LONGEST = {LONGEST_NOTE};" in text


# -- texts ----------------------------------------------------------------------------


def test_both_languages_say_the_same_things() -> None:
    nl, en = texts("nl"), texts("en")
    assert paths("nl") == paths("en")
    assert len(list(flat(nl))) == len(list(flat(en)))
    for (path, dutch), (_, english) in zip(flat(nl), flat(en), strict=True):
        places = set(re.findall(r"\{\w+\}", dutch))
        assert places == set(re.findall(r"\{\w+\}", english)), path
        assert dutch.strip() and english.strip()


def test_every_text_that_is_named_is_there() -> None:
    page = _Inline()
    page.feed((FOLDER / "index.html").read_text("utf-8"))
    named = {*page.keys, *re.findall(r'\b(?:t|list)\(\s*"([^"]+)"', code())}
    assert len(named) > 80
    assert named <= paths("nl")


def test_texts_that_are_put_together_are_there() -> None:
    known = paths("nl")
    for state in ("calling", "ringing", "connecting", "interrupted", "reconnecting"):
        assert f"call.{state}" in known
    for state in set(ProposalState) - {ProposalState.WITHDRAWN}:
        assert f"agenda.state.{state.value}" in known
    for wrong in ("what", "day", "time", "over"):
        assert f"errors.{wrong}" in known
    for role in Role:
        assert f"role.{role.value}" in known
    for notify in ("on", "off", "denied", "unsupported", "install_first"):
        assert f"notify.{notify}" in known
    for trouble in ("refused", "missing", "taken", "failed"):
        assert f"call.camera_{trouble}" in known
    for trouble in ("missing", "taken", "failed"):
        assert f"help.{trouble}" in known
    for about, replies in REPLIES.items():
        for part in ("lead", *replies):
            assert f"notes.{about}.{part}" in known
    kinds = ("chrome", "android", "firefox", "safari", "ios", "ios_installed")
    for kind in kinds:
        assert f"help.refused.{kind}" in known
    # From each reason follows one of these (endedText in talking.js).
    ways = {each.value for each in Reason} | {
        "stopped", "missed", "declined_here", "offline_here", "no_microphone_here",
    }  # fmt: skip
    ended = {path.split(".")[1] for path in known if re.match(r"ended\.\w+\.", path)}
    assert ended == ways


def test_no_text_is_there_that_nobody_says() -> None:
    text = code() + (FOLDER / "index.html").read_text("utf-8")
    # Put together from parts; those are checked above.
    made = (
        "role.",
        "notify.",
        "agenda.state.",
        "call.",
        "help.",
        "ended.",
        "errors.",
        "notification.",
        *(f"notes.{about}." for about in About),
        "test.camera_number",
        "test.microphone_number",
    )
    left = {
        path
        for path in paths("nl")
        if not path.startswith(made) and f'"{path}"' not in text
    }
    assert left == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_short(language: str) -> None:
    """Level B1: at most 20 words."""
    for path, text in flat(texts(language)):
        for sentence in re.split(r"[.?!:]\s", text):
            assert len(sentence.split()) <= 20, f"{path}: {sentence}"
