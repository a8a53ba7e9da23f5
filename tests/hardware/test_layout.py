"""Large, legible, within the screen, whatever there is to show."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hardware.layout import (
    CARD,
    CODE_DARK,
    CODE_LIGHT,
    DOMES,
    QUIET_ZONE,
    SMALLEST_PX,
    Box,
    Item,
    Paint,
    Text,
    Weight,
    arrange,
    line_height,
)
from hardware.screen import View
from tests.scanner import code_of

SIZES = [(1280, 720), (1920, 1080), (3840, 2160), (1024, 768)]
BUTTONS = (
    ("talk", "Praten"),
    ("family", "Nog niet ingesteld"),
    ("line", "Nog niet ingesteld"),
)
ALL_BUTTONS = (
    ("talk", "Stop"),
    ("family", "Stop"),
    ("line", "Stop"),
    ("yes", "Ja"),
    ("no", "Nee"),
    ("louder", "Harder"),
    ("quieter", "Zachter"),
)
FULL = View(
    clock="14:05",
    date="donderdag 30 september",
    said="Goedemiddag. Hoe voelt u zich vandaag?",
    heard="het gaat wel",
    state="Ik luister",
    buttons=ALL_BUTTONS,
    notice="Microfoon staat uit",
    simulated="Nagebootst: knoppen, licht, scherm, microfoon en luidspreker",
)
IN_CALL = View(
    clock="14:05",
    said="De verbinding hapert. Wacht u even, ik probeer het opnieuw.",
    state="Ik praat",
    buttons=(("talk", "Ophangen"), ("family", "Ophangen"), ("line", "Ophangen")),
    notice="De microfoon staat uit, ik kan u niet horen.",
    caller="Anna",
    call="Verbinding hapert",
)
SCANNED = View(
    clock="14:05",
    state="Ik wacht op u",
    buttons=(("talk", "Klaar"), ("family", "Klaar"), ("line", "Klaar")),
    notice="De microfoon staat uit, ik kan u niet horen.",
    simulated=FULL.simulated,
    code=code_of(),
)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=300)
SHORT = st.text(st.characters(codec="ascii", min_codepoint=32), max_size=40)
CROWDED = View(
    clock="14:05",
    date="woensdag de dertigste september, in de ochtend",
    said="woord " * 300,
    heard="antwoord " * 300,
    state="Ik ben met van alles bezig vandaag",
    buttons=tuple(
        (f"Knop {i} " * 3, f"Doet vandaag {i} heel veel " * 3) for i in "abcdefg"
    ),
    notice="Er is van alles stuk en dat duurt nog wel even. " * 4,
    simulated="Nagebootst is vandaag zo ongeveer alles wat er is. " * 4,
)
OUTING = (
    "Koffieochtend\nMorgen om tien uur 's ochtends\nDorpshuis De Vijver\n"
    "Zes minuten lopen\nKosten, één euro vijftig"
)
VIEWS = st.builds(
    View,
    clock=st.just("14:05"),
    date=SHORT,
    said=WORDS,
    heard=WORDS,
    state=SHORT,
    buttons=st.lists(st.tuples(SHORT, SHORT), max_size=7).map(tuple),
    notice=SHORT,
    alert=st.just("") | WORDS,
    simulated=SHORT,
    caller=st.just("") | SHORT,
    call=SHORT,
    card=st.just("") | WORDS,
    code=st.none() | st.just(code_of()),
)


def measure(text: str, size_px: int, weight: Weight) -> int:
    """Letters as wide as DejaVu's usual ones."""
    return round(len(text) * size_px * (0.70 if weight is Weight.BOLD else 0.62))


def texts_of(items: list[Item]) -> list[Text]:
    return [item for item in items if isinstance(item, Text)]


def shown(view: View, width: int = 1920, height: int = 1080) -> list[Text]:
    return texts_of(arrange(view, width, height, measure))


def whole(texts: list[Text]) -> str:
    return " ".join(text.text for text in texts)


def luminance(paint: Paint) -> float:
    """Relative luminance (WCAG 2.2)."""

    def linear(part: int) -> float:
        value = part / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return (
        0.2126 * linear(paint.red)
        + 0.7152 * linear(paint.green)
        + 0.0722 * linear(paint.blue)
    )


def contrast(one: Paint, other: Paint) -> float:
    """Contrast ratio (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_of_contrast_gives_its_known_values() -> None:
    black, white, grey = Paint(0, 0, 0), Paint(255, 255, 255), Paint(118, 118, 118)
    assert contrast(black, white) == pytest.approx(21.0)
    assert contrast(white, grey) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    "view", [FULL, IN_CALL, SCANNED, View(clock="1", alert="Bel 112")]
)
def test_contrast_is_seven_to_one_or_more(view: View) -> None:
    for text in shown(view):
        assert contrast(text.colour, text.ground) >= 7.0, text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", [FULL, View(alert="Bel 112", simulated="Knoppen")])
def test_a_text_stands_on_the_ground_it_says(view: View, size: tuple[int, int]) -> None:
    items = arrange(view, *size, measure)
    for index, text in enumerate(items):
        if isinstance(text, Text):
            under = [
                box
                for box in items[:index]
                if isinstance(box, Box)
                and box.x <= text.x < box.x + box.width
                and box.y <= text.y < box.y + box.height
            ]
            assert under[-1].colour == text.ground


@pytest.mark.parametrize("size", SIZES)
@given(view=VIEWS)
@example(view=CROWDED)
@example(view=replace(CROWDED, said="", heard=""))
@example(
    view=replace(CROWDED, caller="Annemarie van den Heuvel " * 2, call="Gaat over")
)
@example(view=IN_CALL)
@example(view=SCANNED)
@example(view=replace(CROWDED, code=code_of()))
@example(view=replace(CROWDED, card=OUTING))
def test_everything_is_large_enough_and_within_the_screen(
    size: tuple[int, int], view: View
) -> None:
    width, height = size
    for item in arrange(view, width, height, measure):
        match item:
            case Text():
                assert item.size_px >= SMALLEST_PX
                right = item.x + measure(item.text, item.size_px, item.weight)
                bottom = item.y + line_height(item.size_px)
            case Box():
                right, bottom = item.x + item.width, item.y + item.height
        assert item.x >= 0 and item.y >= 0
        assert right <= width and bottom <= height


@pytest.mark.parametrize("size", SIZES)
@given(view=VIEWS)
@example(view=CROWDED)
@example(view=replace(CROWDED, said="", heard=""))
@example(
    view=replace(CROWDED, caller="Annemarie van den Heuvel " * 2, call="Gaat over")
)
@example(view=IN_CALL)
@example(view=SCANNED)
@example(view=replace(CROWDED, code=code_of()))
def test_no_text_lies_over_another(size: tuple[int, int], view: View) -> None:
    texts = [t for t in shown(view, *size) if t.text.strip()]
    for one, other in itertools.combinations(texts, 2):
        apart_x = (
            one.x + measure(one.text, one.size_px, one.weight) <= other.x
            or other.x + measure(other.text, other.size_px, other.weight) <= one.x
        )
        apart_y = (
            one.y + line_height(one.size_px) <= other.y
            or other.y + line_height(other.size_px) <= one.y
        )
        assert apart_x or apart_y, (one, other)


@pytest.mark.parametrize("size", SIZES)
def test_a_full_screen_shows_all_its_texts(size: tuple[int, int]) -> None:
    seen = whole(shown(FULL, *size))
    for part in (FULL.clock, FULL.state, FULL.said, FULL.notice, FULL.simulated):
        assert part in seen
    for name, act in FULL.buttons:
        assert act in seen
        # Names are for programs; a person sees the colour of the dome.
        assert name not in seen.lower().split()


@pytest.mark.parametrize("size", SIZES)
def test_a_call_shows_who_it_is_and_how_it_stands(size: tuple[int, int]) -> None:
    texts = shown(IN_CALL, *size)
    seen = whole(texts)
    for part in (IN_CALL.said, IN_CALL.call, IN_CALL.notice, "Ophangen"):
        assert part in seen
    (name,) = (text for text in texts if text.text == "Anna")
    assert name.size_px == max(text.size_px for text in texts)
    ringing = replace(IN_CALL, said="", notice="", call="Belt u")
    large = {text.text: text.size_px for text in shown(ringing, *size)}
    assert large["Anna"] >= 120
    assert large["Belt u"] >= 40


@pytest.mark.parametrize("size", [*SIZES, (800, 480)])
def test_a_code_is_large_and_has_its_texts_beside_it(size: tuple[int, int]) -> None:
    view = replace(SCANNED, notice="", simulated="")
    items = arrange(view, *size, measure)
    code = view.code
    assert code is not None
    ground = next(
        item for item in items if isinstance(item, Box) and item.colour == CODE_LIGHT
    )
    # Read from 2 m it must be 20 cm: half the height of a television of 32 inch.
    assert ground.width == ground.height >= 0.6 * size[1]
    modules = len(code.rows) + 2 * QUIET_ZONE
    assert ground.width % modules == 0
    dark = [
        item for item in items if isinstance(item, Box) and item.colour == CODE_DARK
    ]
    module = ground.width // modules
    assert min(box.x for box in dark) == ground.x + QUIET_ZONE * module
    assert min(box.y for box in dark) == ground.y + QUIET_ZONE * module
    covered = sum(box.width * box.height for box in dark) // module**2
    assert covered == sum(row.count("1") for row in code.rows)
    texts = texts_of(items)
    seen = whole(texts)
    assert code.title in seen and code.note in seen and "Klaar" in seen
    # Whole, or not at all: a part of an address leads nowhere.
    assert code.address in seen.replace(" ", "")
    assert all(text.x > ground.x + ground.width for text in texts if text.y < ground.y)


def test_without_room_there_is_no_half_address() -> None:
    crowded = replace(SCANNED, code=code_of("https://" + "lang." * 60 + "nl"))
    assert "lang." not in whole(shown(crowded, 800, 480))


def test_each_dome_has_its_colour_and_stands_out_on_its_card() -> None:
    items = arrange(FULL, 1920, 1080, measure)
    domes = [box for box in items if isinstance(box, Box) and box.width == box.height]
    assert [box.colour for box in domes] == list(DOMES.values())
    assert all(contrast(colour, CARD) >= 3.0 for colour in DOMES.values())


def test_while_nobody_talks_the_clock_is_larger() -> None:
    quiet = View(clock="14:05", date="zondag", buttons=BUTTONS)
    talking = View(clock="14:05", date="zondag", said="Goedemiddag.", buttons=BUTTONS)

    def clock_px(view: View) -> int:
        return next(text.size_px for text in shown(view) if text.text == "14:05")

    assert clock_px(quiet) > clock_px(talking) >= 150


def test_a_caption_shrinks_step_by_step_and_then_shows_its_end() -> None:
    sizes, last = [], ""
    for count in (5, 25, 45, 65, 85, 600):
        said = " ".join(f"woord{i}" for i in range(count))
        texts = shown(View(clock="14:05", said=said, buttons=BUTTONS))
        caption = [text for text in texts if "woord" in text.text]
        sizes.append(caption[0].size_px)
        last = caption[-1].text
        assert len({text.size_px for text in caption}) == 1
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 96 and sizes[-1] == SMALLEST_PX
    assert last.endswith("woord599")


def test_what_is_said_goes_before_what_was_heard() -> None:
    said = " ".join(f"woord{i}" for i in range(50))
    texts = shown(View("14:05", "zondag", said, "ja " * 60, buttons=BUTTONS), 1280, 720)
    assert said in whole(texts)


def test_an_alert_is_huge_and_over_everything() -> None:
    texts = shown(View("14:05", "zondag", heard="au", alert="Bel 112"))
    assert [text.text for text in texts] == ["Bel 112"]
    assert texts[0].size_px >= 200
    assert texts[0].weight is Weight.BOLD


def test_an_alert_shows_what_is_said_of_it_and_how_it_goes_away() -> None:
    view = View(
        said="Bel nu meteen 1 1 2.", alert="Bel 112", buttons=(("talk", "Nummer weg"),)
    )
    texts = {text.text: text.size_px for text in shown(view)}
    assert texts.keys() == {"Bel 112", "Bel nu meteen 1 1 2.", "Nummer weg"}
    assert texts["Bel 112"] >= 2 * texts["Bel nu meteen 1 1 2."]


def test_an_alert_still_says_what_is_simulated() -> None:
    texts = shown(View(alert="Bel 112", simulated="Nagebootst: knoppen"))
    assert whole(texts) == "Nagebootst: knoppen Bel 112"


def test_a_button_that_does_nothing_is_not_shown() -> None:
    seen = whole(shown(View(buttons=(("Ja", ""), ("Praten", "Stop")))))
    assert "Ja" not in seen and "Stop" in seen


def test_neighbours_that_do_the_same_share_a_card() -> None:
    seen = [text.text for text in shown(View(said="Goedemiddag.", buttons=BUTTONS))]
    assert seen.count("Nog niet ingesteld") == 1


def test_a_view_without_anything_is_a_dark_screen() -> None:
    items = arrange(View(), 1920, 1080, measure)
    assert texts_of(items) == []
    assert len(items) == 1


@pytest.mark.parametrize("size", SIZES)
def test_what_is_spoken_of_stands_above_what_is_said(size: tuple[int, int]) -> None:
    asked = "Het kost één euro vijftig. Is dat iets voor u?"
    found = shown(View(clock="14:05", said=asked, buttons=BUTTONS, card=OUTING), *size)
    texts = [text.text for text in found]
    first = texts.index("Koffieochtend")
    assert texts[first : first + 5] == OUTING.splitlines()
    name, below = found[first], found[first + 1]
    assert name.size_px > below.size_px
    assert name.weight is Weight.BOLD
    assert asked.split() == " ".join(texts[first + 5 :]).split()
