"""`praatpaal visits`."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from companion.agenda_book import AgendaBook
from companion.cli import main
from companion.store import open_store
from companion.visits import Promise, VisitWish
from companion.visits_book import VisitsBook
from tests.virtual_time import AMSTERDAM

Command = Callable[..., str]


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs it; gives what was printed, or what was complained where it failed."""
    settings = tmp_path / "praatpaal.toml"
    settings.write_text(f'[folders]\nstate = "{tmp_path / "state"}"\n')

    def run(*words: str, code: int = 0, of: str = "visits") -> str:
        assert main(["--settings", str(settings), of, *words]) == code
        shown = capsys.readouterr()
        return shown.err if code else shown.out

    return run


def listed(command: Command) -> list[dict[str, Any]]:
    found = json.loads(command("list", "--json"))
    assert isinstance(found, list)
    return found


def agenda(command: Command) -> list[str]:
    return [one["what"] for one in json.loads(command("list", "--json", of="agenda"))]


def test_a_visit_is_announced_changed_cancelled_and_removed(command: Command) -> None:
    assert "geen bezoeken" in command("list")
    said = command(
        *("add", "mevrouw De Boer", "overmorgen om 10:00"),
        *("--organisation", "het buurtteam", "--phone", "14 010"),
        *("--known-by", "een blauwe pas", "--about", "het huisbezoek"),
    )
    assert "Nummer 1" in said and "overmorgen om tien uur" in said
    (one,) = listed(command)
    assert (one["time"], one["phone"], one["suits"]) == ("10:00", "14 010", "unknown")
    assert not one["is_told"]
    assert "nog niet verteld" in command("list")
    assert agenda(command) == ["het bezoek van mevrouw De Boer"]

    command("change", "1", "--when", "overmorgen in de middag")
    (one,) = listed(command)
    assert (one["time"], one["part"]) == (None, "middag")
    assert agenda(command) == ["het bezoek van mevrouw De Boer in de middag"]

    command("cancel", "1")
    assert listed(command)[0]["is_cancelled"]
    assert agenda(command) == []
    assert "al afgezegd" in command("cancel", "1", code=1)
    assert "al afgezegd" in command("change", "1", "--who", "meneer Jansen", code=1)

    command("remove", "1")
    assert listed(command) == []


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("?", "morgen om 10:00"), "wie er komt"),
        (("mevrouw De Boer", "ooit"), "welke dag"),
        (("mevrouw De Boer", "volgende week"), "welke dag"),
        (("mevrouw De Boer", "elke dinsdag om 10:00"), "één keer"),
        (("mevrouw De Boer", "morgen om acht uur"), "'s avonds"),
        (("mevrouw De Boer", "morgen om 10:00 en 14:00"), "hoe laat"),
        (("mevrouw De Boer", "1 mei 2020"), "voorbij"),
        (("mevrouw De Boer", "morgen", "--phone", "1234"), "telefoonnummer"),
        (("mevrouw De Boer", "morgen", "--contact", "7"), "lijst van mensen"),
        (("mevrouw De Boer", "morgen", "--known-by", "x" * 81), "80 tekens"),
    ],
)
def test_what_is_wrong_is_said_and_not_kept(
    command: Command, words: tuple[str, ...], hint: str
) -> None:
    assert hint in command("add", *words, code=2)
    assert listed(command) == []


@pytest.mark.parametrize("action", ["change", "cancel", "remove"])
def test_an_unknown_number_is_said(command: Command, action: str) -> None:
    words = ("--who", "meneer Jansen") if action == "change" else ()
    assert "niet in de lijst" in command(action, "9", *words, code=1)


def test_a_change_of_nothing_is_said(command: Command) -> None:
    command("add", "mevrouw De Boer", "morgen om 10:00")
    assert "wat er anders wordt" in command("change", "1", code=2)


def test_what_was_told_of_visits_is_in_the_journal(
    command: Command, tmp_path: Path
) -> None:
    command("add", "mevrouw De Boer", "morgen om 10:00")
    now = datetime.now(AMSTERDAM)
    store = open_store(tmp_path / "state" / "journal.db", now)
    book = VisitsBook(store.visits, AgendaBook(store.agenda))
    (visit,) = book.known().visits
    book.put(VisitWish("w", visit.uid, "de trap", now))
    book.put(Promise("p", visit.uid, "een leuning", now, now.date(), now.date()))
    store.close()
    shown = command("show", of="journal")
    assert "te bespreken: de trap" in shown and "beloofd: een leuning" in shown
    (told,) = json.loads(command("export", of="journal"))["visits"]
    assert [wish["text"] for wish in told["wishes"]] == ["de trap"]
    # Who organises visits sees neither.
    assert "trap" not in command("list", "--json")
    command("forget", "--all", "--yes", of="journal")
    shown = command("show", of="journal")
    assert "trap" not in shown and "leuning" not in shown
