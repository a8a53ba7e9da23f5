"""`praatpaal journal`: show, export, forget."""

import asyncio
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from calls.call_messages import Reason
from companion.alarms import AlarmRecord
from companion.callbook import CallRecord, Direction
from companion.cli import main
from companion.commands.meanings import name_meaning, name_question
from companion.commands.texts import Texts
from companion.followups import PAIN
from companion.journal import Answer, AwayKind, Journal, Outcome
from companion.notes import About, Note, NoteId, Reply
from companion.notes_book import NotesBook
from companion.people import PersonId
from companion.store import StoreDamaged, StoreError, StoreFull, StoreTooNew, open_store
from companion.topics.questions import ALL_QUESTIONS
from companion.understanding.intents import BODY_PARTS, PLAN_KINDS, Intent, Value
from tests.virtual_time import AMSTERDAM

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    file = tmp_path / "praatpaal.toml"
    file.write_text(f'[folders]\nstate = "{tmp_path}/state"\n', encoding="utf-8")
    return lambda *arguments: main(["--settings", str(file), "journal", *arguments])


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """A journal of three days: one answer each, and a message on the last."""
    path = tmp_path / "state" / "journal.db"

    async def tell() -> None:
        now = datetime.now(AMSTERDAM)
        journal = Journal(open_store(path, now), keeps_words=True)
        for days in (20, 1, 0):
            at = now - timedelta(days=days)
            checkin = await journal.begin_checkin(at.date(), at)
            await journal.record(
                Answer(PAIN, Intent.PAIN, "knee", 0.9, f"dag {days}", at, checkin)
            )
            await journal.finish_checkin(checkin, Outcome.DONE, at)
        await journal.keep_message("de kat is ziek", now)
        await journal.close()

    asyncio.run(tell())
    return path


def answers_left(path: Path) -> int:
    store = open_store(path, datetime.now().astimezone())
    left = len(store.answers(0, 1e11)) + len(store.messages(0, 1e11))
    store.close()
    return left


@pytest.mark.usefixtures("told")
def test_show_tells_the_last_days(run: Run, capsys: Captured) -> None:
    assert run("show") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert lines[0].endswith("dagelijkse vragen: gedaan")
    assert lines[1].endswith("Pijn of last: pijn (uw knie), „dag 1”")
    assert lines[-1].endswith("om door te geven: de kat is ziek (niet bevestigd)")
    assert run("show", "--days", "1") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert run("show", "--days", "30", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["answers"]) == 3
    assert run("show", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["answers"]) == 2


def test_show_tells_who_was_asked_to_look_in(
    run: Run, told: Path, capsys: Captured
) -> None:
    now = datetime.now().astimezone()
    later = now + timedelta(minutes=3)
    asked = AlarmRecord("a", now, (PersonId(2), PersonId(1)))
    taken = replace(
        asked,
        id="b",
        kept_at=now,
        acknowledged_by=PersonId(1),
        acknowledged_at=later,
        over_at=later,
    )

    async def miss() -> None:
        journal = Journal(open_store(told, now))
        await journal.keep_alarm(asked)
        await journal.keep_alarm(taken)
        await journal.close()

    asyncio.run(miss())
    assert run("show") == 0
    lines = [line[18:] for line in capsys.readouterr().out.splitlines()]
    asked_line = "gevraagd om te kijken: nummer 2, 1 van de mensenlijst"
    assert f"{asked_line}; nog niet verstuurd" in lines
    assert (
        f"{asked_line}; nummer 1 van de mensenlijst kijkt sinds {later:%H:%M};"
        f" weer gehoord op {later:%Y-%m-%d} om {later:%H:%M}"
    ) in lines


def test_show_tells_what_others_were_asked_and_answered(
    run: Run, told: Path, capsys: Captured
) -> None:
    now = datetime.now().astimezone()
    text = "De koffieochtend, dinsdag om tien uur"
    asked = Note(NoteId("a"), PersonId(1), About.GO_ALONG, text, now, now)
    answered = replace(asked, id=NoteId("b"), reply=Reply.YES, said="Gezellig")
    store = open_store(told, now)
    for note in (asked, answered):
        NotesBook(store.notes).add(note)
    store.close()
    assert run("show") == 0
    lines = [line[18:] for line in capsys.readouterr().out.splitlines()]
    line = f"aan nummer 1 van de mensenlijst: {text}"
    assert f"{line} (nog geen antwoord)" in lines
    assert any(
        each.startswith(f"{line} (antwoord: ja)") and "Gezellig" in each
        for each in lines
    )
    assert run("export") == 0
    exported = json.loads(capsys.readouterr().out)["notes"]
    assert [note["reply"] for note in exported] == [None, "yes"]


def test_every_answer_of_others_has_its_words() -> None:
    for reply in (*Reply, "none"):
        assert Texts("journal", "replies").say(str(reply))


def test_show_tells_of_calls(run: Run, told: Path, capsys: Captured) -> None:
    now = datetime.now().astimezone()
    spoken = CallRecord("a", Direction.OUT, PersonId(3), None, now, now, now)

    async def call() -> None:
        journal = Journal(open_store(told, now))
        await journal.keep_call(replace(spoken, reason=Reason.HUNG_UP))
        await journal.keep_call(
            CallRecord("b", Direction.IN, None, "Wim", now, reason=Reason.QUIET)
        )
        await journal.close()

    asyncio.run(call())
    assert run("show") == 0
    lines = [line[18:] for line in capsys.readouterr().out.splitlines()]
    assert "gebeld naar nummer 3 van de mensenlijst: gesproken" in lines
    assert "gebeld door Wim: rusttijd" in lines


def test_every_end_of_a_call_has_its_words() -> None:
    assert Texts("journal", "calls").names == {"spoken", "none", *Reason}


def test_export_is_whole_and_for_its_owner_only(
    run: Run, told: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert run("export") == 0
    content = json.loads(capsys.readouterr().out)
    assert len(content["answers"]) == 3
    out = tmp_path / "mine.json"
    assert run("export", "--out", str(out)) == 0
    assert json.loads(out.read_text(encoding="utf-8")) == content
    assert out.stat().st_mode & 0o077 == 0
    capsys.readouterr()
    assert run("export", "--out", str(tmp_path / "no" / "folder.json")) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert answers_left(told) == 4


@pytest.mark.parametrize(("said", "left"), [("ja\n", 0), ("nee\n", 4), ("", 4)])
def test_forget_asks_first(
    run: Run, told: Path, monkeypatch: pytest.MonkeyPatch, said: str, left: int
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    assert run("forget", "--all") == (0 if left == 0 else 1)
    assert answers_left(told) == left


def test_forget_all_leaves_no_word(run: Run, told: Path) -> None:
    assert run("forget", "--all", "--yes") == 0
    content = b"".join(file.read_bytes() for file in told.parent.iterdir())
    assert b"kat" not in content
    assert b"knee" not in content


def test_forget_since_and_last(run: Run, told: Path, capsys: Captured) -> None:
    assert run("forget", "--last", "--yes") == 0
    assert answers_left(told) == 3
    capsys.readouterr()
    since = (datetime.now().astimezone() - timedelta(days=3)).date().isoformat()
    assert run("forget", "--since", since, "--yes", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"forgotten": 2}
    assert answers_left(told) == 1
    assert run("forget", "--last", "--yes") == 0
    capsys.readouterr()
    assert run("forget", "--last", "--yes") == 0
    assert capsys.readouterr().out == "Er is niets om te wissen.\n"


@pytest.mark.parametrize("given", ["gisteren", "2026-13-01", "01-03-2026"])
def test_a_date_that_is_none_is_explained(
    run: Run, told: Path, capsys: Captured, given: str
) -> None:
    assert run("forget", "--since", given, "--yes") == 2
    assert given in capsys.readouterr().err
    assert answers_left(told) == 4


def test_since_the_beginning_is_everything(run: Run, told: Path) -> None:
    assert run("forget", "--since", "0001-01-01", "--yes") == 0
    assert answers_left(told) == 0


@pytest.mark.parametrize("what", [("show",), ("export",), ("forget", "--all", "--yes")])
def test_without_a_journal_it_says_so_and_makes_none(
    run: Run, tmp_path: Path, capsys: Captured, what: tuple[str, ...]
) -> None:
    assert run(*what) == 1
    assert capsys.readouterr().err == "Er is nog geen dagboek.\n"
    assert not (tmp_path / "state").exists()


def test_a_damaged_journal_is_never_silent(
    run: Run, told: Path, capsys: Captured
) -> None:
    told.write_bytes(b"rubbish" * 1000)
    assert run("show") == 0
    output = capsys.readouterr()
    assert "beschadigd" in output.err
    assert output.out == "Er is niets bewaard in deze dagen.\n"


def test_every_outcome_and_error_has_its_words() -> None:
    assert Texts("journal", "outcomes").names == {"none", *Outcome}
    errors = (StoreError, StoreFull, StoreDamaged, StoreTooNew)
    assert Texts("journal", "errors").names == {error.__name__ for error in errors}


def test_everything_that_is_kept_is_shown_in_words() -> None:
    assert set(ALL_QUESTIONS) <= Texts("journal", "questions").names
    assert Texts("journal", "meanings").names == set(Intent)
    shown = {name_meaning(Intent.PAIN, part) for part in BODY_PARTS}
    shown |= {name_meaning(Intent.PLANS, kind) for kind in PLAN_KINDS}
    shown |= {name_meaning(Intent.AWAY, kind) for kind in AwayKind}
    assert len(shown) == len((*BODY_PARTS, *PLAN_KINDS, *AwayKind))
    names = re.compile(rf"\b({'|'.join((*BODY_PARTS, *PLAN_KINDS))})\b")
    # These are the same in Dutch.
    dutch = {"arm", "club", "hand", "hobby"}
    assert {name for text in shown for name in names.findall(text)} <= dutch


@pytest.mark.parametrize(
    ("intent", "value", "text"),
    [
        (Intent.MOOD_LOW, None, "niet zo goed"),
        (Intent.PLANS, "doctor", "wel plannen (naar de dokter gaan)"),
        (Intent.LATER, timedelta(hours=1), "liever later (over 60 minuten)"),
        (Intent.LATER, time(15, 30), "liever later (15:30)"),
        (
            Intent.LATER,
            datetime(2026, 3, 1, 9, tzinfo=UTC),
            "liever later (01-03-2026 09:00)",
        ),
        (Intent.AWAY, "holiday", "gaat weg of krijgt bezoek (vakantie)"),
        (Intent.NUMBER, 7, "een getal (7)"),
        (Intent.FREE_TEXT, "de kat is ziek", "eigen woorden (de kat is ziek)"),
    ],
)
def test_a_meaning_is_shown_with_its_value(
    intent: Intent, value: Value | None, text: str
) -> None:
    assert name_meaning(intent, value) == text


def test_a_question_of_an_older_version_keeps_its_name() -> None:
    assert name_question("checkin.weather") == "checkin.weather"
