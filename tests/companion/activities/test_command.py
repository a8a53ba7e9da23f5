"""`praatpaal activities`, as somebody types it."""

import asyncio
import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

from companion.activities.catalogue import Source, open_catalogue
from companion.activities.problems import Outcome, Problem, Reason
from companion.activities_check import check_activities
from companion.cli import main
from companion.commands.activity_tables import explain, explain_fetch
from companion.commands.texts import Texts
from companion.settings import (
    ActivitiesSettings,
    FoldersSettings,
    Settings,
    SettingsError,
    load,
)

TABLE = (
    "Titel;Organisatie;Datum;Begintijd;Herhaling;Kosten\n"
    "Koffie &amp; thee;Welzijn;;10:00;elke dag;gratis\n"
    "Kapot;Welzijn;31-2-2026;10:00;;\n"
    "Duur;Welzijn;;11:00;elke dag;€ 7,50\n"
)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Run one command in a state folder of its own."""
    monkeypatch.setenv("PRAATPAAL_STATE", str(tmp_path / "state"))

    def typed(*words: str) -> tuple[int, str, str]:
        status = main(["activities", *words])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return typed


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "kaart.csv"
    path.write_text(TABLE, encoding="utf-8")
    return str(path)


def test_a_file_is_read_and_shown(run: Run, table: str) -> None:
    status, out, err = run("import", table, "--licence", "CC0")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "kaart: 2 in de lijst (2 nieuw, 0 gewijzigd, 0 gelijk, 0 verdwenen).",
        "Niet gebruikt: 1. Weggelaten velden: 0. Hersteld: 1.",
        "Wat er mis is: praatpaal activities problems",
    ]
    status, out, _ = run("list", "--days", "2")
    titles, *lines = out.splitlines()
    assert (
        titles.split() == "wanneer activiteit organisatie plaats kosten stand".split()
    )
    assert len(lines) == 2
    assert any("gratis" in it and "Koffie & thee" in it for it in lines)
    assert any("€ 7,50" in it for it in lines)
    status, out, _ = run("sources")
    assert "kaart" in out
    assert "CC0" in out
    # The second time nothing changed, and the licence is still known.
    assert "2 gelijk" in run("import", table)[1]
    assert json.loads(run("sources", "--json")[1])[0]["licence"] == "CC0"


def test_programs_get_json(run: Run, table: str) -> None:
    answer = json.loads(run("import", table, "--source", "a", "--json")[1])
    assert answer["source"] == "a"
    assert (answer["new"], answer["set_aside"], answer["repaired"]) == (2, 1, 1)
    assert answer["problems"][0]["reason"] == "not_a_date"
    assert answer["problems"][0]["line"] == 3
    listed = json.loads(run("list", "--json")[1])
    assert {it["title"] for it in listed} == {"Koffie & thee", "Duur"}
    assert all(it["sources"][0]["source"] == "a" for it in listed)
    assert all(datetime.fromisoformat(it["next"]).tzinfo for it in listed)
    problems = json.loads(run("problems", "--json")[1])
    assert problems[0]["right"] == "Zoals 3-12-2026."
    assert json.loads(run("remove-source", "a", "--json")[1]) == {"removed": "a"}
    assert json.loads(run("list", "--json")[1]) == []


def test_the_table_of_problems_opens_in_a_spreadsheet(run: Run, table: str) -> None:
    run("import", table)
    status, out, _ = run("problems", "--csv")
    assert status == 0
    # The mark by which Excel knows UTF-8, and what it parts cells by in Dutch.
    assert out.startswith("\ufeff")
    assert out.endswith("\r\n")
    names, first, second = csv.reader(out[1:].splitlines(), delimiter=";")
    assert names == [
        "wat er gebeurde", "bron", "regel", "activiteit", "veld", "wat er mis is",
        "gevonden", "zo is het goed",
    ]  # fmt: skip
    assert first == [
        "niet gebruikt", "kaart", "3", "Kapot", "datum", "Dit is geen datum.",
        "31-2-2026", "Zoals 3-12-2026.",
    ]  # fmt: skip
    assert second[0] == "hersteld"
    assert run("problems", "--source", "kaart")[0] == 0
    assert run("problems", "--source", "x")[0] == 1


def test_a_cell_is_never_taken_for_a_formula(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "kaart.csv"
    lines = [f"A{it};B;{text}\n" for it, text in enumerate(("=1+1", "@x", "-2", "+3"))]
    path.write_text(f"titel;organisatie;datum\n{''.join(lines)}", encoding="utf-8")
    run("import", str(path))
    found = list(csv.reader(run("problems", "--csv")[1].splitlines(), delimiter=";"))
    assert [row[6] for row in found[1:]] == ["'=1+1", "'@x", "'-2", "'+3"]


def test_what_is_wrong_is_counted_and_sorted(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "kaart.csv"
    rows = ["titel;organisatie;datum;telefoon;plaats"]
    for number in range(300):
        rows.append(f"A{number};B;{'31-2-2026' if number % 3 == 0 else ''};;EDE")
    rows += ["C;B;;x;", "C;;;;"]
    path.write_text("\n".join(rows), encoding="utf-8")
    run("import", str(path))
    lines = run("problems")[1].splitlines()
    assert lines[:7] == [
        "Niet gebruikt: 101. Veld weggelaten: 1. Hersteld: 200.",
        "  100 × niet gebruikt: Dit is geen datum. (datum)",
        "  1 × niet gebruikt: Dit is niet ingevuld. (organisatie)",
        "  1 × veld weggelaten: Dit is geen telefoonnummer. (telefoon)",
        "  200 × hersteld: De naam staat in hoofdletters. (plaats)",
        "",
        "Hieronder staan de eerste 200 van 302.",
    ]
    shown = [line.split("  ")[0] for line in lines[8:]]
    assert len(shown) == 200
    assert shown == sorted(shown, key=["niet gebruikt", "veld weggelaten",
                                       "hersteld"].index)  # fmt: skip
    numbers = [int(line.split()[3]) for line in lines[8:109]]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("name", ["leeg.csv", "leeg.XLSX"])
def test_an_empty_template(run: Run, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    status, out, _ = run("template", str(path))
    assert (status, name in out) == (0, True)
    assert "0 in de lijst" in run("import", str(path))[1]
    # What somebody filled in is not lost.
    assert run("template", str(path))[0] == 1
    assert run("template", str(tmp_path / "leeg.ods"))[0] == 2
    assert run("template", str(tmp_path / "nergens" / name))[0] == 1


def test_a_trial_shows_what_is_wrong_and_keeps_nothing(run: Run, table: str) -> None:
    status, out, _ = run("import", table, "--dry-run")
    assert status == 0
    assert "er is niets veranderd" in out
    assert "31-2-2026" in out
    assert "nog geen bron" in run("sources")[1]


def test_the_example_is_there_at_once(run: Run) -> None:
    status, out, _ = run("import", "--example")
    assert status == 0
    assert len(out.splitlines()) == 5
    assert len(run("list", "--days", "7")[1].splitlines()) > 40
    assert run("problems")[1] == "Er is niets mis met de bronnen.\n"


def test_two_files_of_one_name_do_not_take_each_others_place(
    run: Run, table: str, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere" / "kaart.csv"
    other.parent.mkdir()
    other.write_text(TABLE.replace("Koffie", "Breien"), encoding="utf-8")
    assert run("import", table)[0] == 0
    status, _, err = run("import", str(other))
    assert (status, err.splitlines()) == (
        1,
        [
            f"Er is al een bron kaart, uit {table}. Is dit de nieuwe versie? Geef dan"
            " --source kaart. Geef een andere bron met --source een andere naam."
        ],
    )
    assert "Breien" not in run("list")[1]
    # The same file again, or who says which source it is.
    assert run("import", table)[0] == 0
    assert run("import", str(other), "--source", "anders")[0] == 0
    assert run("import", str(other), "--source", "kaart")[0] == 0
    assert "Koffie" not in run("list")[1]


def test_examples_and_template_are_written(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "voorbeeld"
    status, out, _ = run("example", str(folder))
    assert status == 0
    files = sorted(it.name for it in folder.iterdir())
    assert files == [
        "sjabloon.csv", "sjabloon.xlsx", "voorbeelddorp.csv", "voorbeelddorp.html",
        "voorbeelddorp.ics", "voorbeelddorp.json", "voorbeelddorp.xlsx",
    ]  # fmt: skip
    assert all(name in out for name in files)
    (tmp_path / "file").touch()
    assert run("example", str(tmp_path / "file" / "x"))[0] == 1


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["import"], 2, "--example"),
        (["import", "x.csv", "--example"], 2, "niet allebei"),
        (["import", "http://example.org/x.csv"], 2, "https://"),
        (["import", "https://u:p@example.org/"], 2, "wachtwoord"),
        (["import", "https://127.0.0.1/x.csv"], 1, "eigen netwerk"),
        (["import", "nergens.csv"], 1, "nergens.csv: dit bestand is er niet."),
        (["import", "/"], 1, "een map"),
        (["remove-source", "x"], 1, "praatpaal activities sources"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence_or_two(
    run: Run, words: list[str], status: int, said: str
) -> None:
    ended, out, err = run(*words)
    assert (ended, out) == (status, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_file_in_which_nothing_is_known(run: Run, tmp_path: Path) -> None:
    letter = tmp_path / "brief.txt"
    letter.write_text("Beste mensen,\n")
    status, out, err = run("import", str(letter))
    assert (status, out) == (1, "")
    assert "is niet ingelezen" in err
    assert "sjabloon" in err
    assert (
        json.loads(run("import", str(letter), "--json")[1])["error"] == "nothing_known"
    )


def test_a_file_of_which_nothing_can_be_used(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Titel;Organisatie\nKoffie;\n")
    status, out, err = run("import", str(path))
    assert status == 1
    assert "Niet gebruikt: 1" in out
    assert "x: er is niets in dat te gebruiken is." in err


def test_a_damaged_catalogue_is_said_and_begun_anew(
    run: Run, table: str, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "activities.db").write_text("geen database")
    status, out, err = run("import", table)
    assert status == 0
    assert "was beschadigd" in err
    assert "activities.db.damaged-" in err
    assert "2 in de lijst" in out


def test_a_catalogue_of_a_newer_program_is_left_alone(
    run: Run, table: str, tmp_path: Path
) -> None:
    import sqlite3

    state = tmp_path / "state"
    state.mkdir()
    connection = sqlite3.connect(state / "activities.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    status, _, err = run("import", table)
    assert status == 1
    assert "nieuwere Praatpaal" in err


# -- every sentence -------------------------------------------------------------------


def test_every_problem_has_its_two_sentences() -> None:
    texts = Texts("activities", "problems")
    assert texts.names == {
        f"{it}.{part}" for it in Reason for part in ("what", "right")
    }
    for reason in Reason:
        problem = Problem(reason, Outcome.REPAIRED, found="gevonden", became="beter")
        for sentence in explain(problem):
            assert sentence
            assert "{" not in sentence
    assert Texts("activities", "outcomes").names == set(Outcome)


def test_every_failure_of_the_web_has_its_sentence() -> None:
    texts = Texts("activities", "fetch")
    for name in texts.names - {"not_read"}:
        assert explain_fetch(f"{name} 7").strip()
        facts = {
            it for _, it, _, _ in Formatter().parse(texts.say(name, detail="")) if it
        }
        assert not facts
    assert "Hier staat niets in" in explain_fetch("not_read nothing_known")


# -- settings and check ----------------------------------------------------------


def test_sources_in_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "praatpaal.toml"
    path.write_text(
        '[activities]\nsources = "https://a.example/x  https://b.example/y'
        ' https://a.example/x"\ninterval_h = 6\n'
    )
    settings = load(path, environ={}).activities
    assert settings.urls() == ("https://a.example/x", "https://b.example/y")
    path.write_text('[activities]\nsources = "http://a.example/x ftp://b"\n')
    with pytest.raises(SettingsError) as caught:
        load(path, environ={})
    assert [it.kind for it in caught.value.problems] == ["not_a_source"] * 2


def settings_with(folder: Path, *urls: str) -> Settings:
    return Settings(
        activities=ActivitiesSettings(sources=" ".join(urls)),
        folders=FoldersSettings(state=str(folder)),
    )


def test_check_is_silent_where_nobody_wants_a_social_map(tmp_path: Path) -> None:
    assert asyncio.run(check_activities(settings_with(tmp_path))) == []
    assert list(tmp_path.iterdir()) == []


async def test_check_names_each_source_that_fails(tmp_path: Path) -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    fine, old, bad, new = (f"https://example.org/{it}" for it in "abcd")
    with open_catalogue(tmp_path / "activities.db", now) as catalogue:
        catalogue.put_source(Source("a", fine, records=3, read_at=now, tried_at=now))
        catalogue.put_source(
            Source(
                "b", old, read_at=now, tried_at=now, failures=2, failure="status 404"
            )
        )
        catalogue.put_source(
            Source("c", bad, tried_at=now, failures=1, failure="not_read ends_early")
        )
    findings = await check_activities(settings_with(tmp_path, fine, old, bad, new))
    assert [it.is_fine for it in findings] == [False, False, True]
    assert findings[0].text == (
        f"{old} is sinds 20-11-2026 niet gelezen. De website antwoordt met fout 404."
    )
    assert "nog nooit gelezen" in findings[1].text
    assert new in findings[2].text
    (finding,) = await check_activities(settings_with(tmp_path, fine))
    assert finding.is_fine
    assert finding.text == "3 activiteiten uit 3 bronnen"


async def test_check_says_that_the_catalogue_is_damaged_or_out_of_reach(
    tmp_path: Path,
) -> None:
    (tmp_path / "activities.db").write_text("geen database")
    (finding,) = await check_activities(settings_with(tmp_path))
    assert not finding.is_fine
    assert "opzijgezet" in finding.text
    (tmp_path / "file").touch()
    url = "https://example.org/a"
    (finding,) = await check_activities(settings_with(tmp_path / "file", url))
    assert not finding.is_fine
