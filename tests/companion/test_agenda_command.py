"""`praatpaal agenda`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from companion.cli import main

Command = Callable[..., str]


@pytest.fixture
def agenda(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs it; gives what was printed, or what was complained where it failed."""
    settings = tmp_path / "praatpaal.toml"
    settings.write_text(f'[folders]\nstate = "{tmp_path / "state"}"\n')

    def run(*words: str, code: int = 0) -> str:
        assert main(["--settings", str(settings), "agenda", *words]) == code
        shown = capsys.readouterr()
        return shown.err if code else shown.out

    return run


def listed(agenda: Command) -> list[dict[str, Any]]:
    found = json.loads(agenda("list", "--json"))
    assert isinstance(found, list)
    return found


def test_what_is_added_is_listed_and_can_be_removed(agenda: Command) -> None:
    assert "niets" in agenda("list")
    said = agenda("add", "de kapper", "elke dinsdag om half drie")
    assert "elke dinsdag om half drie 's middags" in said
    added = json.loads(
        agenda("add", "pillen", "elke dag om 08:00", "--kind", "medicine", "--json")
    )
    assert (added["times"], added["rule"]) == (["08:00"], "FREQ=DAILY")
    table = agenda("list").splitlines()
    assert table[0].split() == ["nummer", "soort", "wat", "wanneer"]
    assert len(table) == 3
    agenda("remove", "1")
    assert [one["what"] for one in listed(agenda)] == ["pillen"]
    assert "niet" in agenda("remove", "1", code=1)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("de kapper", "ooit"), "welke dag"),
        (("de kapper", "volgende week"), "welke dag"),
        (("de kapper", "morgen om acht uur"), "'s avonds"),
        (("de was", "morgen", "--kind", "reminder"), "hoe laat"),
        (("?", "morgen"), "waar het om gaat"),
        (("de kapper", "1 mei 2020"), "voorbij"),
    ],
)
def test_what_is_unclear_is_not_kept(
    agenda: Command, words: tuple[str, ...], hint: str
) -> None:
    assert hint in agenda("add", *words, code=2)
    assert listed(agenda) == []


def test_what_is_exported_is_imported_again_in_its_place(
    agenda: Command, tmp_path: Path
) -> None:
    agenda("add", "de kapper", "elke dinsdag om half drie")
    agenda("add", "pillen", "elke dag om 08:00 en 18:00", "--kind", "medicine")
    file = tmp_path / "agenda.ics"
    agenda("export", str(file))
    before = [(one["what"], one["times"], one["kind"]) for one in listed(agenda)]
    assert json.loads(agenda("import", str(file), "--json")) == {
        "added": 0,
        "replaced": 2,
        "over": 0,
        "set_aside": [],
    }
    after = [(one["what"], one["times"], one["kind"]) for one in listed(agenda)]
    assert after == before
    assert "BEGIN:VEVENT" in agenda("export")


EVENT = "BEGIN:VEVENT\nUID:{uid}\nSUMMARY:{what}\nDTSTART:{at}\nEND:VEVENT\n"


def test_each_bad_entry_is_named_and_the_others_are_kept(
    agenda: Command, tmp_path: Path
) -> None:
    file = tmp_path / "familie.ics"
    good = EVENT.format(uid=1, what="Bezoek", at="20200324T143000\nRRULE:FREQ=YEARLY")
    bad = EVENT.format(uid=2, what="Kapot", at="morgen")
    file.write_text(f"BEGIN:VCALENDAR\n{bad}END:VCALENDAR\n")
    assert "Kapot" in agenda("import", str(file), code=1)
    file.write_text(f"BEGIN:VCALENDAR\n{good}{bad}END:VCALENDAR\n")
    answer = json.loads(agenda("import", str(file), "--json"))
    assert answer["added"] == 1
    assert answer["set_aside"] == [{"number": 2, "what": "Kapot", "reason": "no_start"}]


@pytest.mark.parametrize("content", [None, b"", b"geen agenda"])
def test_a_file_that_is_no_calendar_is_said(
    agenda: Command, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "x.ics"
    if content is not None:
        file.write_bytes(content)
    said = agenda("import", str(file), code=1)
    assert len(said.strip().splitlines()) == 1
    assert agenda("import", str(tmp_path), code=1)


def test_a_folder_that_cannot_be_written_is_said(
    agenda: Command, tmp_path: Path
) -> None:
    assert "niet te schrijven" in agenda("export", str(tmp_path / "a" / "b"), code=1)


def test_what_is_private_is_marked_and_can_be_shared_again(agenda: Command) -> None:
    agenda("add", "de dokter", "elke dinsdag om 09:00", "--private")
    agenda("add", "de kapper", "elke dinsdag om 14:30")
    assert [one["is_private"] for one in listed(agenda)] == [True, False]
    assert "niemand" in agenda("private", "2")
    assert agenda("list").count("privé") == 2
    assert "wie de agenda mag zien" in agenda("share", "1")
    assert [one["is_private"] for one in listed(agenda)] == [False, True]
    assert "niet" in agenda("private", "9", code=1)


def test_a_calendar_that_is_read_again_leaves_private_what_was(
    agenda: Command, tmp_path: Path
) -> None:
    agenda("add", "de dokter", "elke dinsdag om 09:00", "--private")
    file = tmp_path / "agenda.ics"
    agenda("export", str(file))
    agenda("import", str(file))
    assert [one["is_private"] for one in listed(agenda)] == [True]
