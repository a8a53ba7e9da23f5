"""What the benchmarks of ears, mouth and rest count and print."""

from pathlib import Path

import pytest

from benchmarks import ears, idle, mouth
from benchmarks.ears import Figures, figures_of, listeners, phrases_for
from benchmarks.idle import Use
from benchmarks.measuring.clips import Clip, ClipsError
from benchmarks.measuring.hearing import Prepared, Result
from benchmarks.measuring.processes import Memory
from benchmarks.measuring.synthetic import answers
from benchmarks.mouth import Steadiness
from companion.topics.questions import ALL_QUESTIONS

MAINS = {"ears": ears.main, "mouth": mouth.main, "idle": idle.main}
SHORT = [Clip(Path(f"{n}.wav"), f"Zin {n}.") for n in range(40)]


def test_short_phrases_are_one_of_twenty_or_none_of_them() -> None:
    long = Clip(Path("lang.wav"), "een twee drie vier vijf zes zeven")
    asked = Clip(Path("ja.wav"), "ja", question="ja_of_nee")
    chosen = phrases_for([*SHORT, long, asked], seed=1)
    assert chosen[40:] == [(), ()]
    assert all(len(set(phrases)) == ears.PHRASES for phrases in chosen[:40])
    among = [f"zin {n}" in phrases for n, phrases in enumerate(chosen[:40])]
    assert among.count(False) == 40 // ears.ANOTHER_EACH
    assert chosen == phrases_for([*SHORT, long, asked], seed=1)


def test_where_there_are_too_few_phrases_none_is_asked_for() -> None:
    assert phrases_for(SHORT[:20], seed=1) == [()] * 20


def result(outcome: str, open_text: str, is_answer: bool = True) -> Result:
    return Result(open_text, outcome, is_answer, 2.0, 0.5, None)


def test_figures_are_parts_of_what_was_asked() -> None:
    said = ["ja", "nee", "het gaat goed", "wel weer"]
    found = figures_of(
        [Prepared("a.wav", text) for text in said],
        [
            result("right", "ja"),
            result("wrong", "ja"),
            Result("het gaat", "", False, 2.0, 0.5, 0.7),
            result("wrong", "wel", is_answer=False),
        ],
        lacking=3,
        peak_mb=150.0,
        before_mb=100.0,
    )
    assert found == Figures(
        clips=4,
        wer=3 / 7,
        answers=2,
        right=0.5,
        asked=0.0,
        rejected=0.0,
        wrong=0.5,
        others=1,
        let_in=1.0,
        cpu_per_s=0.25,
        delay_s=0.7,
        delay_worst_s=0.7,
        lacking=3,
        peak_mb=150.0,
        own_mb=50.0,
    )


def test_the_table_of_the_ears_compares_with_the_last() -> None:
    clips = [Prepared("a.wav", "ja")] * 2
    good = figures_of(clips, [result("right", "ja")] * 2, None, 100, 50)
    poor = figures_of(
        clips, [result("right", "ja"), result("rejected", "")], 0, 100, 50
    )
    lines = ears.as_table({"people": {"good": good, "poor": poor}}).splitlines()
    assert lines[1] == "people"
    assert lines[3].split()[:8] == ["good", "2", "0%", "2", "100%", "0%", "0%", "0%"]
    assert lines[3].split()[8] == "2.00"
    assert lines[4].split()[:8] == ["poor", "2", "50%", "2", "50%", "0%", "50%", "0%"]
    assert lines[4].split()[8] == "1.00"


def test_the_plot_of_the_ears(tmp_path: Path) -> None:
    figures = figures_of(
        [Prepared("a.wav", "ja")], [result("right", "ja")], None, 100, 50
    )
    ears.draw({"people": {"good": figures}}, tmp_path / "a.svg")
    assert "right" in (tmp_path / "a.svg").read_text("utf-8")


def test_drawn_answers_fit_their_question_and_stay() -> None:
    drawn = answers(80, seed=1)
    assert len(drawn) == 80
    assert drawn == answers(80, seed=1)
    expected = [question for _, question in drawn if question in ALL_QUESTIONS]
    assert len(expected) == 60


def test_a_model_that_nobody_knows() -> None:
    with pytest.raises(ClipsError, match=r"'whisper-huge'; known: .*whisper-base"):
        listeners(["whisper-huge"])


def test_a_voice_is_no_recogniser() -> None:
    with pytest.raises(ClipsError, match="is no recogniser"):
        listeners(["en_US-joe-medium"])


def test_a_model_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mijn-model"
    folder.mkdir()
    (listener,), notes = listeners([str(folder)])
    assert (listener.name, listener.kind) == ("mijn-model", "vosk")
    (folder / "model.bin").touch()
    told, untold = listeners([str(folder)])[0]
    assert (told.kind, told.is_told, untold.is_told) == ("whisper", True, False)
    assert notes == []


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (["ears", "--sound", "{}/weg"], "there is no folder"),
        (["ears", "--sound", "{}"], "holds no sound with transcripts"),
        (["ears", "--model", "whisper-huge"], "no model and no folder"),
        (["ears", "--fetch-human", "{}"], "is not empty"),
        (["mouth", "--model", "whisper-huge"], "no model and no folder"),
        (["mouth", "--piper", "{}"], "must hold one Piper voice"),
        (["idle", "--model", "whisper-huge"], "whisper-huge"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    complaint: str,
) -> None:
    (tmp_path / "brief.txt").touch()
    name, *options = (part.format(tmp_path) for part in command)
    assert MAINS[name](options) == 2
    printed = capsys.readouterr()
    assert complaint in printed.err
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""


def test_the_table_of_the_mouth() -> None:
    steady = Steadiness(1000, 1, 0.3, 0.02, 0.1, 0.01, 0.4, {"its MB": 1.5, "its a": 0})
    table = mouth.as_table({"nl": {"judge": 0.25}}, {"nl": steady}, 0.05)
    lines = table.splitlines()
    assert lines[1].split() == ["nl", "25", "%"]
    assert lines[4].split()[:4] == ["nl", "1000", "1", "0.30"]
    assert lines[4].endswith("0.40  +1.5 its MB")
    assert lines[5].split()[-1] == "1.00"


def used(cpu_percent: float, proportional: float) -> Use:
    memory = Memory(2 * proportional, proportional, 3 * proportional)
    return Use(cpu_percent, memory, {"cli (1)": memory}, {"cli: main": cpu_percent})


@pytest.mark.parametrize(
    ("use", "is_kept"),
    [(used(5.0, 350.0), True), (used(5.1, 10.0), False), (used(0.1, 351.0), False)],
)
def test_the_verdict_on_rest(use: Use, is_kept: bool) -> None:
    assert idle.verdict(use).endswith("; kept") is is_kept


def test_the_table_of_rest() -> None:
    lines = idle.as_table({"bare": used(0, 50), "device": used(4, 150)}).splitlines()
    assert lines[2].split() == ["device", "4.00", "300", "150", "450", "3.00"]
    assert "  cli: main" in lines[-1]


def test_the_plot_of_rest_has_one_colour_for_each_thread(tmp_path: Path) -> None:
    rows = {"bare": used(1, 50), "device": used(4, 150)}
    idle.draw(rows, tmp_path / "a.svg")
    drawn = (tmp_path / "a.svg").read_text("utf-8")
    assert drawn.count("<!-- cli: main -->") == 1
    assert drawn.count("<!-- cli -->") == 1


def test_the_plot_of_the_mouth(tmp_path: Path) -> None:
    mouth.draw({"nl": {"one": 0.5, "two": None}}, tmp_path / "a.svg")
    drawn = (tmp_path / "a.svg").read_text("utf-8")
    assert "<!-- one -->" in drawn
    assert "<!-- two -->" in drawn
