"""The documents are true: links lead somewhere, commands exist, examples run."""

import argparse
import re
import shlex
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from companion.cli import build_parser
from companion.commands.settings import by_section
from companion.settings import Settings, load
from hardware.settings import ButtonsSettings
from voice.models import read_manifest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DUTCH = [ROOT / "docs" / f"{name}.md" for name in ("ouderen", "familie", "gemeenten")]
DUTCH += [ROOT / "docs" / "installateurs.md", ROOT / "docs" / "ouderen.html"]
LARGE_PRINT = ROOT / "docs" / "ouderen.html"

# BCM number to place on the 40-pin header of every Raspberry Pi since 2014.
HEADER = {
    0: 27, 1: 28, 2: 3, 3: 5, 4: 7, 5: 29, 6: 31, 7: 26, 8: 24, 9: 21, 10: 19,
    11: 23, 12: 32, 13: 33, 14: 8, 15: 10, 16: 36, 17: 11, 18: 12, 19: 35, 20: 38,
    21: 40, 22: 15, 23: 16, 24: 18, 25: 22, 26: 37, 27: 13,
}  # fmt: skip

# Paths of one machine, package hosts and numbers of issues say nothing to a reader.
NO_PLACE_IN_DOCUMENTS = re.compile(
    r"/work/|/tmp/|pypi\.|npmjs|huggingface|registry|(?<!\w)#\d{1,4}(?![\w-])",
    re.IGNORECASE,
)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    """The fenced examples of a page in one language."""
    pattern = rf"^```{language}\n(.*?)^```$"
    return re.findall(pattern, page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def prose(page: Path) -> str:
    """A page without its examples and without what is code in a sentence."""
    text = page.read_text("utf-8")
    if page.suffix == ".html":
        text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)
    text = re.sub(r"^```.*?^```$|^ {4}.*?$|`[^`]*`", " ", text, flags=re.DOTALL | re.M)
    return re.sub(r"\]\([^)]*\)", "]", text)


def links(page: Path) -> list[str]:
    """Where the links and pictures of a page lead."""
    return re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """The headings of a page, as a link names them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.M)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", h.lower()).strip().replace(" ", "-") for h in headings
    }


def commands(page: Path) -> Iterator[list[str]]:
    """Every `praatpaal ...` of a page that can be typed as it stands."""
    # A backslash at the end of a line: the command goes on.
    text = re.sub(r"\\\n\s+", " ", page.read_text("utf-8"))
    typed = re.findall(r"^ {4}(.*praatpaal .*)$", text, re.MULTILINE)
    named = re.findall(r"`(praatpaal [^`]+)`", text)
    for line in [*typed, *named]:
        match = re.search(r"(?:^|[ /])praatpaal ([a-z].*)$", line)
        is_other = re.match(
            r" *sudo (systemctl|useradd|chown|install)|journalctl", line
        )
        # Three dots stand for whatever one chooses, a bar for a choice.
        if match and not is_other and not re.search(r"\.\.\.|\|", match[1]):
            yield shlex.split(match[1].partition(" > ")[0], comments=True)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme == "https", link
            continue
        target = (page.parent / parts.path).resolve() if parts.path else page
        is_there = target.is_file()
        if is_there and parts.fragment:
            is_there = parts.fragment in anchors(target)
        if not is_there:
            broken.append(link)
    assert not broken, f"{_name(page)} links to what is not there: {broken}"


def test_every_page_is_found_from_the_readme() -> None:
    found, new = set[Path](), {ROOT / "README.md"}
    while new:
        page = new.pop()
        found.add(page)
        targets = {(page.parent / link.split("#")[0]).resolve() for link in links(page)}
        new |= {t for t in targets if t.suffix == ".md" and t.is_file()} - found
    assert set(PAGES) <= found, f"no link leads to {set(PAGES) - found}"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_can_be_typed_as_they_stand(page: Path) -> None:
    parser = build_parser()
    for words in commands(page):
        if len(words) == 1 or words[-1] in ("install", "remove", "forget"):
            words = [*words, "--help"]
        try:
            parser.parse_args(words)
        except SystemExit as end:
            assert end.code == 0, f"{_name(page)}: praatpaal {shlex.join(words)}"


def test_the_search_for_commands_finds_them() -> None:
    found = [words for page in PAGES for words in commands(page)]
    first = {words[0] for words in found}
    assert len(found) > 30
    assert first == set(_subcommands(build_parser())), "a command without a document"


def _subcommands(parser: argparse.ArgumentParser) -> list[str]:
    kinds = (argparse._SubParsersAction,)
    (action,) = (a for a in parser._actions if isinstance(a, kinds))
    return list(action.choices or ())


def test_the_two_commands_open_the_readme() -> None:
    first = (ROOT / "README.md").read_text("utf-8").splitlines()[:25]
    for command in ("script/run", "script/test"):
        assert any(line.startswith(f"    {command} ") for line in first)
        assert (ROOT / command).stat().st_mode & 0o111, f"{command} is not a program"


def test_the_readme_is_honest_about_what_is_missing() -> None:
    text = " ".join((ROOT / "README.md").read_text("utf-8").split())
    for word in ("Nobody is alerted", "not an alarm system", "call 112", "Whisper"):
        assert word in text


@pytest.mark.parametrize("page", [*PAGES, LARGE_PRINT], ids=_name)
def test_nothing_about_our_workplace(page: Path) -> None:
    found = NO_PLACE_IN_DOCUMENTS.search(page.read_text("utf-8"))
    assert found is None, f"{_name(page)} mentions {found and found[0]!r}"


# -- Dutch ------------------------------------------------------------------------


@pytest.mark.parametrize("page", DUTCH, ids=_name)
def test_dutch_pages_are_polite(page: Path) -> None:
    banned = r"\b(we|wij|ons|onze|je|jij|jou|jouw|goed zo|opa|oma|bejaarde|senior)\b"
    found = re.findall(banned, prose(page), re.IGNORECASE)
    assert not found, f"{_name(page)}: {found}"
    # "Netje", "printje"; words that are no diminutive end so too.
    small = {w for w in re.findall(r"\b\w{2,}(?:tje|pje|kje|je)s?\b", prose(page))}
    assert small <= {"Oranje", "oranje", "kastje"}, f"{_name(page)}: {small}"
    assert "!" not in prose(page).replace("![", "")


@pytest.mark.parametrize("page", [DUTCH[0], LARGE_PRINT], ids=_name)
def test_the_page_for_the_person_says_that_it_is_no_alarm(page: Path) -> None:
    text = " ".join(prose(page).split())
    assert "Praatpaal is geen alarm" in text
    assert re.search(r"bel 112", text, re.IGNORECASE)
    assert re.search(r"waarschuwt niemand", text)
    assert "vergeet alles" in text.lower()


@pytest.mark.parametrize("page", [DUTCH[0], LARGE_PRINT], ids=_name)
def test_sentences_for_the_person_are_short(page: Path) -> None:
    """Level B1: a sentence has at most 20 words, on average at most 10."""
    text = re.sub(r"[|*#>\[\]\"“”_-]", " ", prose(page))
    sentences = [s.split() for s in re.split(r"[.?:!]|\n\s*\n", text) if s.split()]
    longest = max(sentences, key=len)
    assert len(longest) <= 20, " ".join(longest)
    assert sum(map(len, sentences)) / len(sentences) <= 10


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for key, value in attrs if key in ("src", "href")]
        if tag not in ("meta", "br", "img", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_large_print_is_one_whole_page_that_needs_nothing_else() -> None:
    text = LARGE_PRINT.read_text("utf-8")
    tags = _Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.loaded == []
    assert '<html lang="nl">' in text
    sizes = [int(size) for size in re.findall(r"(\d+)pt", text)]
    assert min(sizes) >= 20


# -- examples -----------------------------------------------------------------------


def test_examples_for_developers_run() -> None:
    page = ROOT / "docs" / "developers" / "extending.md"
    examples = blocks(page, "python")
    assert len(examples) >= 7
    known: dict[str, object] = {"__name__": "extending"}
    for number, example in enumerate(examples, start=1):
        exec(compile(example, f"{page.name} example {number}", "exec"), known)


def test_the_example_of_a_model_is_a_manifest(tmp_path: Path) -> None:
    (example,) = blocks(ROOT / "docs" / "developers" / "extending.md", "toml")
    file = tmp_path / "models.toml"
    file.write_text(example)
    (model,) = read_manifest(file)
    assert all(part.checksum.is_known for part in model.parts)


def test_the_example_of_a_wording_is_yaml() -> None:
    (example,) = blocks(ROOT / "docs" / "developers" / "extending.md", "yaml")
    assert len(yaml.safe_load(example)["checkin"]["later"]) == 2


@pytest.mark.parametrize("name", ["installers.md", "installateurs.md"])
def test_settings_in_the_guides_are_settings(name: str, tmp_path: Path) -> None:
    examples = blocks(ROOT / "docs" / name, "toml")
    assert len(examples) == 3
    for example in examples:
        assert tomllib.loads(example)
        file = tmp_path / "praatpaal.toml"
        file.write_text(example)
        load(file)


@pytest.mark.parametrize("name", ["installers.md", "installateurs.md"])
def test_the_wiring_is_that_of_the_settings(name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    rows = re.findall(r"^\|[^|]*\| `(\w+)` \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
    wired = {setting: int(bcm) for setting, bcm, _ in rows}
    usual = ButtonsSettings()
    pins = {f: getattr(usual, f) for f in ButtonsSettings.__dataclass_fields__}
    assert wired == {setting: pin for setting, pin in pins.items() if pin >= 0}
    for _, bcm, place in rows:
        assert HEADER[int(bcm)] == int(place)
    for setting, pin in pins.items():
        assert pin >= 0 or f"`{setting}`" in text


@pytest.mark.parametrize("name", ["installers.md", "installateurs.md"])
def test_models_in_the_guides_are_in_the_manifest(name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    wanted = [m for m in read_manifest() if m.language == "nl"]
    assert wanted
    for model in wanted:
        assert f"`{model.name}`" in text
    (vosk,) = (m for m in wanted if m.kind == "vosk" and m.parts)
    assert f"`{vosk.parts[0].checksum.sha256}`" in text


def test_every_setting_is_in_the_example_file() -> None:
    text = (ROOT / "docs" / "praatpaal.toml").read_text("utf-8")
    for section, entries in by_section(Settings()):
        assert f"[{section}]" in text
        for entry in entries:
            assert f"#{entry.name} = {entry.standard}" in text


def test_the_unit_watches_and_shields() -> None:
    (unit,) = blocks(ROOT / "docs" / "installers.md", "ini")
    lines = unit.splitlines()
    for line in (
        "Type=notify",
        "WatchdogSec=30",
        "StateDirectory=praatpaal",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "DevicePolicy=closed",
        "DeviceAllow=char-alsa rw",
        "DeviceAllow=char-gpiochip rw",
        "DeviceAllow=char-drm rw",
    ):
        assert line in lines
    # PrivateDevices would take the pins and the sound card away.
    assert not any(line.startswith("PrivateDevices") for line in lines)


def test_every_benchmark_is_in_the_guide() -> None:
    text = (ROOT / "docs" / "developers" / "testing.md").read_text("utf-8")
    files = [f for f in (ROOT / "benchmarks").glob("*.py") if f.stem != "__init__"]
    assert files
    for file in files:
        assert f"benchmarks.{file.stem}`" in text, f"{file.name} is in no document"


def test_files_named_in_the_developers_pages_are_there() -> None:
    pattern = r"`((?:companion|voice|hardware|tests|docs|script|benchmarks)/[\w./-]*)`"
    for page in (ROOT / "docs" / "developers").glob("*.md"):
        named = re.findall(pattern, page.read_text("utf-8"))
        missing = [name for name in named if not (ROOT / name).exists()]
        assert named
        assert not missing, f"{page.name}: {missing}"


# -- the licence and the changelog --------------------------------------------------


def test_the_licence_is_the_eupl_and_complete() -> None:
    text = " ".join((ROOT / "LICENSE").read_text("utf-8").split())
    for number in range(1, 16):
        assert re.search(rf"(?<!\d){number}\. [A-Z]", text), f"article {number}"
    for sentence in (
        "EUROPEAN UNION PUBLIC LICENCE v. 1.2",
        "EUPL © the European Union 2007, 2016",
        "worldwide, royalty-free, non-exclusive, sublicensable licence",
        "Copyleft clause: If the Licensee distributes or communicates copies",
        "‘Compatible Licences’ according to Article 5 EUPL are:",
        "GNU General Public License (GPL) v. 2, v. 3",
        "All other changes or additions to this Appendix require the production of a "
        "new EUPL version.",
    ):
        assert sentence in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["license"] == "EUPL-1.2"


def test_the_changelog_has_what_is_not_released() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "\n## [Unreleased]\n" in text
    headings = re.findall(r"^### (.+)$", text, re.MULTILINE)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(headings) <= kinds | {"Known limits"}
