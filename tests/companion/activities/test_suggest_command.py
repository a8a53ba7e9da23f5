"""`praatpaal activities suggest`, as who helps the person sees it."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from companion.activities import upcoming
from companion.activities.suggesting import Doubt, Obstacle, Reason
from companion.activities.tastes import Tastes
from companion.activities.upcoming_index import index_path
from companion.cli import main
from companion.commands.texts import Texts
from companion.store import open_store
from companion.tastes_book import TastesBook

TODAY = datetime.now(ZoneInfo("Europe/Amsterdam")).date()


@pytest.fixture
def settings(tmp_path: Path) -> str:
    path = tmp_path / "praatpaal.toml"
    path.write_text(
        f'[folders]\nstate = "{tmp_path}/state"\n[person]\npostcode = "1234 AB"\n',
        encoding="utf-8",
    )
    return str(path)


@pytest.fixture
def village(settings: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Settings with which the made-up village was read in."""
    assert main(["activities", "import", "--example", "--settings", settings]) == 0
    capsys.readouterr()
    return settings


def test_it_shows_what_and_why(
    village: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["activities", "suggest", "--settings", village]) == 0
    shown = capsys.readouterr().out
    assert "Voorbeelddorp" not in shown.split("\n")[0]
    assert "dichtbij: " in shown
    assert "minuten lopen" in shown
    assert shown.count("\n\n") == 1


def test_it_shows_the_same_to_a_program_and_notes_nothing(
    village: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command = ["activities", "suggest", "--json", "--settings", village]
    assert main(command) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert len(first["suggestions"]) == 2
    for it in first["suggestions"]:
        terms = it["reasons"] + it["doubts"]
        assert it["points"] == sum(term["points"] for term in terms)
        assert it["distance_m"] is not None
    assert not (tmp_path / "state" / "journal.db").exists()


def test_it_shows_another_day_and_what_is_known_of_the_person(
    village: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    day = TODAY + timedelta(days=3)
    store = open_store(tmp_path / "state" / "journal.db", datetime.now().astimezone())
    TastesBook(store.tastes).change(Tastes(most_cents=0))
    store.close()
    command = ["activities", "suggest", "--json", "--on", day.isoformat()]
    assert main([*command, "--settings", village]) == 0
    for it in json.loads(capsys.readouterr().out)["suggestions"]:
        assert it["starts"].startswith(day.isoformat())
        assert it["activity"]["cost"].get("lowest_cents", 0) == 0


def test_it_tells_what_is_in_the_way(
    village: str, capsys: pytest.CaptureFixture[str]
) -> None:
    past = (TODAY - timedelta(days=3)).isoformat()
    assert main(["activities", "suggest", "--on", past, "--settings", village]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Er is nu niets dat past.\n")
    assert "op een ander moment" in shown


def test_it_complains_of_a_wrong_day_and_of_nothing_to_suggest_from(
    settings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["activities", "suggest", "--settings", settings]
    assert main([*command, "--on", "morgen"]) == 2
    assert "morgen is geen datum" in capsys.readouterr().err
    assert main(command) == 1
    assert "praatpaal activities import" in capsys.readouterr().err


def test_a_large_map_that_was_not_looked_through_is_no_answer(
    village: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upcoming, "SMALL", 0)
    index_path(tmp_path / "state" / "activities.db").unlink()
    assert main(["activities", "suggest", "--settings", village]) == 1
    assert "wordt nog gelezen" in capsys.readouterr().out


def test_an_import_looks_through_what_it_read(village: str, tmp_path: Path) -> None:
    assert index_path(tmp_path / "state" / "activities.db").exists()


def test_every_reason_doubt_and_obstacle_has_its_words() -> None:
    for section, names in (
        ("reasons", Reason),
        ("doubts", Doubt),
        ("obstacles", Obstacle),
    ):
        assert Texts("activities", section).names == {it.value for it in names}
