"""Where everything stands on the screen, and how large.

Pure: a view and a size in, texts and boxes out. For eyes of 84 years: dark
ground, warm white letters of 32 pixels or more, contrast 7:1 or more, and
nothing that moves by itself.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import itemgetter

from hardware.panel import Button
from hardware.screen import Code, View

# No letter is smaller on a screen of 720 lines or more.
SMALLEST_PX = 32
LOWEST_SCREEN_PX = 720

# Room for a line of text, as a part of its size (ascent, descent and some air).
LINE = 1.3

# A caption longer than this is longer than any screen: only its end is wrapped.
LONGEST_TEXT = 4000

# Sizes that captions are tried in on 1080 lines, largest first.
SAID_SIZES = (96, 84, 72, 62, 54, 46, 40, 36, 32)
HEARD_SIZES = (54, 46, 40, 36, 32)
NOTICE_SIZES = (48, 40, 36, 32)
FACE_SIZES = (330, 280, 240, 200, 160, 130, 100, 80, 60, 44, 32)
DATE_SIZES = (96, 84, 72, 62, 54, 46, 40, 36, 32)
CALLER_SIZES = (240, 200, 170, 144, 120, 100, 84, 72, 60, 50, 40, 32)
CALL_SIZES = (84, 72, 62, 54, 46, 40, 36, 32)
CALL_SAID_SIZES = (62, 54, 46, 40, 36, 32)
CARD_SIZES = (110, 96, 84, 72, 62, 54, 46, 40, 36, 32)
CARD_SAID_SIZES = (54, 46, 40, 36, 32)
CODE_TITLE_SIZES = (96, 84, 72, 62, 54, 46, 40, 36, 32)
CODE_NOTE_SIZES = (54, 46, 40, 36, 32)
CODE_ADDRESS_SIZES = (46, 40, 36, 32)
ALERT_SIZES = (280, 240, 200, 170, 144, 120, 100, 84, 72, 60, 50, 40, 32)

# Modules of light around a code (ISO/IEC 18004, 9.1).
QUIET_ZONE = 4


class Weight(StrEnum):
    """How thick letters are."""

    REGULAR = "regular"
    BOLD = "bold"


@dataclass(frozen=True, slots=True)
class Paint:
    """A colour on a screen, each part 0 to 255 (sRGB)."""

    red: int
    green: int
    blue: int


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text.

    Attributes:
        text: Without line breaks.
        x: Left edge, in pixels.
        y: Top of the line, whose height is `LINE` times the size, in pixels.
        size_px: Size of the letters (the em), in pixels.
        colour: Of the letters.
        ground: What they stand on; for measuring the contrast.
        weight: How thick.
    """

    text: str
    x: int
    y: int
    size_px: int
    colour: Paint
    ground: Paint
    weight: Weight = Weight.REGULAR


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle with rounded corners, in pixels."""

    x: int
    y: int
    width: int
    height: int
    colour: Paint
    radius: int = 0


Item = Text | Box

# Width of a text of this size and weight, in pixels.
Measure = Callable[[str, int, Weight], int]

# The domes as they are fitted (talk white, family green, line blue), each at least
# 3:1 on a card, as WCAG 1.4.11 asks of what is not text. Other buttons carry their
# word themselves.
DOMES = {
    Button.TALK: Paint(245, 236, 220),
    Button.FAMILY: Paint(84, 184, 110),
    Button.LINE: Paint(110, 168, 255),
}
GROUND = Paint(20, 17, 14)
LETTERS = Paint(255, 244, 226)
QUIET_LETTERS = Paint(222, 210, 190)
HEARD_LETTERS = Paint(178, 218, 255)
CALL_LETTERS = Paint(140, 224, 160)
CARD = Paint(52, 46, 39)
STATE_GROUND = Paint(255, 214, 140)
STATE_LETTERS = Paint(32, 22, 8)
NOTICE_GROUND = Paint(102, 56, 0)
NOTICE_LETTERS = Paint(255, 240, 214)
ALERT_GROUND = Paint(120, 0, 0)
ALERT_LETTERS = Paint(255, 255, 255)
# As ISO/IEC 18004 wants it: any telephone finds black on white.
CODE_DARK = Paint(0, 0, 0)
CODE_LIGHT = Paint(255, 255, 255)
SIMULATED_GROUND = Paint(66, 46, 120)
SIMULATED_LETTERS = Paint(255, 255, 255)


def arrange(view: View, width: int, height: int, measure: Measure) -> list[Item]:
    """Give each part of a view its place.

    Args:
        view: What there is to show.
        width: Of the screen, in pixels.
        height: Of the screen, in pixels.
        measure: Tells how wide a text is.

    Returns:
        Boxes and texts, to be drawn in this order.
    """
    page = _Page(width, height, measure)
    page.fill(ALERT_GROUND if view.alert else GROUND)
    page.banner(view.simulated)
    buttons = [(name, act) for name, act in view.buttons if act]
    if view.alert:
        page.buttons(buttons)
        page.alert(view.alert, view.said)
        return page.items
    if view.caller:
        page.header("", "", view.state)
        page.notice(view.notice)
        page.buttons(buttons)
        page.call(view.caller, view.call, view.said)
        return page.items
    if view.code is not None:
        page.notice(view.notice)
        page.buttons(buttons)
        page.code(view.code, view.state)
        return page.items
    if view.card.strip():
        page.header(view.clock, view.date, view.state)
        page.notice(view.notice)
        page.buttons(buttons)
        page.card(view.card, view.said)
        return page.items
    is_quiet = not (view.said.strip() or view.heard.strip())
    if is_quiet:
        page.header("", "", view.state)
    else:
        page.header(view.clock, view.date, view.state)
    page.notice(view.notice)
    page.buttons(buttons)
    if is_quiet:
        page.face(view.clock, view.date)
    else:
        page.captions(view.said, view.heard)
    return page.items


def strip_height(height: int) -> int:
    """Height of what stays of a view below a picture, in pixels.

    Two lines of the smallest letters, also on a screen of 720 lines.
    """
    return round(height * 0.16)


def arrange_strip(view: View, width: int, height: int, measure: Measure) -> list[Item]:
    """What stays of a view below a picture: who it is, and what a press does.

    Args:
        view: What there is to show.
        width: Of the screen, in pixels.
        height: Of the whole screen, in pixels.
        measure: Tells how wide a text is.

    Returns:
        Boxes and texts, in the `strip_height` rows of the strip.
    """
    page = _Page(width, height, measure, strip_height(height))
    page.fill(GROUND)
    buttons = [(name, act) for name, act in view.buttons if act]
    page.strip(view.caller, view.notice or view.call, buttons)
    return page.items


@dataclass(slots=True)
class _Block:
    """Lines of one size that belong together."""

    lines: list[str]
    size_px: int
    weight: Weight

    @property
    def height(self) -> int:
        return len(self.lines) * line_height(self.size_px)


@dataclass(frozen=True, slots=True)
class _Card:
    """A card for one button, or for neighbours that do the same."""

    x: int
    width: int
    domes: tuple[Paint, ...]
    dome_px: int
    act: _Block
    is_whole: bool

    @property
    def height(self) -> int:
        """Height of its domes and its text."""
        return self.act.height + (self.dome_px * 3 // 2 if self.domes else 0)


def _is_whole(text: str, lines: Sequence[str]) -> bool:
    """Say whether these lines hold all of a text, with no word cut."""
    return " ".join(lines).split() == text.split()


def line_height(size_px: int) -> int:
    """Height of a line of text of this size, in pixels."""
    return math.ceil(size_px * LINE)


class _Page:
    """A screen that is being filled, from the top and from the bottom."""

    def __init__(
        self, width: int, height: int, measure: Measure, rows: int | None = None
    ) -> None:
        """Begin; `rows` is its own height where it is a part of a screen."""
        self.items: list[Item] = []
        self._width = width
        self._height = height if rows is None else rows
        self._measure = measure
        self._scale = min(width / 1920, height / 1080)
        self._smallest_px = round(SMALLEST_PX * min(1.0, height / LOWEST_SCREEN_PX))
        # Televisions cut off up to 3 % of each edge.
        self._margin = round(60 * self._scale)
        # What is free yet: between these two.
        self._top = 0
        self._bottom = self._height - self._margin

    def fill(self, colour: Paint) -> None:
        """Paint the whole screen."""
        self.items.append(Box(0, 0, self._width, self._height, colour))

    def banner(self, text: str) -> None:
        """Name what is simulated, over the full width at the top."""
        if text:
            block = self._fit(text, self._inner_width, 2, (32,), Weight.REGULAR)
            pad = self._px(8)
            box = Box(0, 0, self._width, block.height + 2 * pad, SIMULATED_GROUND)
            self.items.append(box)
            self._write(block, pad, SIMULATED_LETTERS, SIMULATED_GROUND, centred=True)
            self._top = box.height
        self._top += self._px(36) if text else self._margin

    def alert(self, text: str, said: str) -> None:
        """Fill the screen with one message; below it, smaller, what is said."""
        room = self._bottom - self._top
        below = self._fit_height(
            said, self._inner_width, room * 35 // 100, SAID_SIZES[2:], Weight.REGULAR
        )
        if not _is_whole(said, below.lines):
            below = self._fit("", self._inner_width, 1, SAID_SIZES, Weight.REGULAR)
        room -= below.height
        block = self._fit_height(
            text, self._inner_width, room, ALERT_SIZES, Weight.BOLD
        )
        y = self._top + (room - block.height) // 2
        self._write(block, y, ALERT_LETTERS, ALERT_GROUND, centred=True)
        y = self._bottom - below.height
        self._write(below, y, ALERT_LETTERS, ALERT_GROUND, centred=True)

    def header(self, clock: str, date: str, state: str) -> None:
        """Clock and date to the left, what the device does to the right."""
        if not (clock or date or state):
            return
        gap = self._px(44)
        clock_size = self._text_px(150)
        height = line_height(clock_size)
        left, right = self._margin, self._width - self._margin
        if state:
            right = self._state(state, right, height) - gap
        if clock:
            block = self._fit(clock, right - left, 1, (150,), Weight.BOLD)
            self._write(block, self._top, LETTERS, GROUND, x=left)
            left += self._measure(block.lines[0], block.size_px, Weight.BOLD) + gap
        if date and right - left > self._smallest_px * 4:
            block = self._fit(date, right - left, 2, (64, 54, 46), Weight.REGULAR)
            y = self._top + (height - block.height) // 2
            self._write(block, y, QUIET_LETTERS, GROUND, x=left)
        self._top += height + self._px(16)

    def face(self, clock: str, date: str) -> None:
        """Be a clock, as long as nobody talks: time and date, large, centred."""
        room = self._bottom - self._top
        hand = self._fit_height(
            clock, self._inner_width, room * 7 // 10, FACE_SIZES, Weight.BOLD
        )
        day = self._fit_height(
            date, self._inner_width, room - hand.height, DATE_SIZES, Weight.REGULAR
        )
        y = self._top + (room - hand.height - day.height) // 2
        self._write(hand, y, LETTERS, GROUND, centred=True)
        self._write(day, y + hand.height, QUIET_LETTERS, GROUND, centred=True)

    def call(self, caller: str, state: str, said: str) -> None:
        """With whom there is a call and how it stands; below it what is said."""
        room, wide, gap = self._bottom - self._top, self._inner_width, self._px(20)
        who = self._fit_height(caller, wide, room // 2, CALLER_SIZES, Weight.BOLD)
        if not who.lines:
            # A crowded screen: the name is what matters.
            who = self._fit_height(caller, wide, room, CALLER_SIZES, Weight.BOLD)
        left = room - who.height
        how = self._fit_height(state, wide, left, CALL_SIZES, Weight.REGULAR)
        left -= how.height + gap
        below = self._fit_height(said, wide, left, CALL_SAID_SIZES, Weight.REGULAR)
        if not _is_whole(said, below.lines):
            below = self._fit("", wide, 1, CALL_SAID_SIZES, Weight.REGULAR)
        above = room - below.height - (gap if below.lines else 0)
        y = self._top + (above - who.height - how.height) // 2
        self._write(who, y, LETTERS, GROUND, centred=True)
        self._write(how, y + who.height, CALL_LETTERS, GROUND, centred=True)
        y = self._bottom - below.height
        self._write(below, y, QUIET_LETTERS, GROUND, centred=True)

    def card(self, text: str, said: str) -> None:
        """What is spoken of, large, its name above the rest; below it what is said."""
        room, wide, gap = self._bottom - self._top, self._inner_width, self._px(20)
        name, _, rest = text.strip().partition("\n")
        below = self._fit_height(
            said, wide, room * 30 // 100, CARD_SAID_SIZES, Weight.REGULAR
        )
        if not _is_whole(said, below.lines):
            below = self._fit("", wide, 1, CARD_SAID_SIZES, Weight.REGULAR)
        left = room - below.height - (gap if below.lines else 0)
        top = self._fit_height(name, wide, left * 45 // 100, CARD_SIZES, Weight.BOLD)
        if not top.lines:
            # A crowded screen: the name is what matters.
            top = self._fit_height(name, wide, left, CARD_SIZES, Weight.BOLD)
        left -= top.height
        facts = self._fit_height(rest, wide, left, CARD_SIZES[1:], Weight.REGULAR)
        self._write(top, self._top, LETTERS, GROUND, x=self._margin)
        y = self._top + top.height
        self._write(facts, y, LETTERS, GROUND, x=self._margin)
        y = self._bottom - below.height
        self._write(below, y, QUIET_LETTERS, GROUND, x=self._margin)

    def code(self, code: Code, state: str) -> None:
        """A code to the left, as large as it can be; beside it what it is for."""
        side = self._draw_code(code.rows)
        left = self._margin + side + self._px(60)
        wide = self._width - self._margin - left
        if state:
            height = 2 * line_height(self._text_px(54))
            self._state(state, self._width - self._margin, height)
            self._top += height
        gap, room = self._px(36), self._bottom - self._top
        address = self._fit_height(
            code.address, wide, room * 45 // 100, CODE_ADDRESS_SIZES, Weight.REGULAR
        )
        if "".join(address.lines) != code.address:
            # A part of an address leads nowhere.
            address = self._fit("", wide, 1, CODE_ADDRESS_SIZES, Weight.REGULAR)
        note = self._fit_height(
            code.note, wide, room * 25 // 100, CODE_NOTE_SIZES, Weight.REGULAR
        )
        room -= address.height + note.height + 2 * gap
        title = self._fit_height(code.title, wide, room, CODE_TITLE_SIZES, Weight.BOLD)
        y = self._top
        for block, colour in (
            (title, LETTERS),
            (note, LETTERS),
            (address, QUIET_LETTERS),
        ):
            self._write(block, y, colour, GROUND, x=left)
            y += block.height + gap

    def _draw_code(self, rows: Sequence[str]) -> int:
        """Draw it with its quiet zone, on whole pixels; returns its side."""
        modules = len(rows) + 2 * QUIET_ZONE
        room = min(self._bottom - self._top, self._inner_width * 6 // 10)
        # A module that is not whole pixels would be blurred, and not read from afar.
        size = max(0, room // modules)
        side = size * modules
        x, y = self._margin, self._top + (self._bottom - self._top - side) // 2
        self.items.append(Box(x, y, side, side, CODE_LIGHT))
        start = x + QUIET_ZONE * size, y + QUIET_ZONE * size
        for row, line in enumerate(rows):
            column = 0
            for module, same in groupby(line):
                length = len(list(same))
                if module == "1":
                    place = start[0] + column * size, start[1] + row * size
                    self.items.append(Box(*place, length * size, size, CODE_DARK))
                column += length
        return side

    def _state(self, state: str, right: int, height: int) -> int:
        """Draw the state as a bright label; returns its left edge."""
        pad = self._px(36)
        widest = self._inner_width // 3 - 2 * pad
        block = self._fit(state, widest, 2, (54, 46, 40), Weight.BOLD)
        width = self._block_width(block) + 2 * pad
        box_height = block.height + self._px(28)
        y = self._top + (height - box_height) // 2
        self.items.append(
            Box(right - width, y, width, box_height, STATE_GROUND, self._px(36))
        )
        self._write(
            block,
            y + (box_height - block.height) // 2,
            STATE_LETTERS,
            STATE_GROUND,
            x=right - width + pad,
        )
        return right - width

    def notice(self, text: str) -> None:
        """Draw a band for a fault or a state that lasts."""
        if not text:
            return
        pad = self._px(32)
        inner = self._inner_width - 2 * pad
        block = self._fit(text, inner, 2, NOTICE_SIZES, Weight.BOLD)
        height = block.height + self._px(28)
        self.items.append(
            Box(
                self._margin,
                self._top,
                self._inner_width,
                height,
                NOTICE_GROUND,
                self._px(24),
            )
        )
        self._write(
            block,
            self._top + (height - block.height) // 2,
            NOTICE_LETTERS,
            NOTICE_GROUND,
            x=self._margin + pad,
        )
        self._top += height + self._px(20)

    def strip(self, name: str, state: str, buttons: Sequence[tuple[str, str]]) -> None:
        """Name and state to the left, what a press does to the right."""
        gap, right = self._px(44), self._width - self._margin
        if buttons:
            right = self._press(buttons, right) - gap
        room, pad = right - self._margin, self._px(8)
        who = self._fit(name, room, 1, (72, 62, 54, 46, 40), Weight.BOLD)
        how = self._fit(state, room, 1, (46, 40, 36), Weight.REGULAR)
        y = (self._height - who.height - how.height) // 2
        self._write(who, max(pad, y), LETTERS, GROUND, x=self._margin)
        self._write(how, y + who.height, QUIET_LETTERS, GROUND, x=self._margin)

    def _press(self, buttons: Sequence[tuple[str, str]], right: int) -> int:
        """Draw what the first buttons do that do the same; returns its left edge."""
        act, same = next(groupby(buttons, itemgetter(1)))
        pad, names = self._px(24), [name for name, _ in same]
        widest = self._inner_width * 45 // 100
        card = self._card(names, act, 0, widest, 1)
        dome = card.dome_px * 3 // 2
        width = self._block_width(card.act) + dome * len(card.domes) + 2 * pad
        height = max(card.act.height, card.dome_px) + pad
        left, y = right - width, (self._height - height) // 2
        self.items.append(Box(left, y, width, height, CARD, self._px(24)))
        self._draw_domes(card, left + pad, y + (height - card.dome_px) // 2)
        x = left + pad + dome * len(card.domes)
        top = y + (height - card.act.height) // 2
        self._write(card.act, top, LETTERS, CARD, x=x)
        return left

    def buttons(self, buttons: Sequence[tuple[str, str]]) -> None:
        """Draw a card for each button along the bottom: its dome, what it does.

        In one row where the words allow it, otherwise in two. Neighbours that
        do the same share a wide card.
        """
        if not buttons:
            return
        gap, pad = self._px(24), self._px(24)
        half = math.ceil(len(buttons) / 2)
        # A line of caption has to stay free above the buttons.
        room = self._bottom - self._top - line_height(self._smallest_px)
        for columns, lines in ((len(buttons), 2), (half, 2), (half, 1)):
            rows = self._rows(buttons, columns, lines)
            heights = [2 * pad + max(card.height for card in row) for row in rows]
            is_whole = all(card.is_whole for row in rows for card in row)
            fits = sum(heights) + (len(rows) - 1) * gap <= room
            if fits and (is_whole or columns == half):
                break
        self._bottom -= sum(heights) + (len(rows) - 1) * gap
        y = self._bottom
        for row, height in zip(rows, heights, strict=True):
            for card in row:
                box = Box(card.x, y, card.width, height, CARD, self._px(24))
                self.items.append(box)
                top = y + (height - card.height) // 2
                top += self._draw_domes(card, card.x + pad, top)
                self._write(card.act, top, LETTERS, CARD, x=card.x + pad)
            y += height + gap
        self._bottom -= self._px(40)

    def _draw_domes(self, card: "_Card", x: int, y: int) -> int:
        """Draw the domes side by side; returns the height that they take."""
        size = card.dome_px
        for place, colour in enumerate(card.domes):
            left = x + place * size * 3 // 2
            self.items.append(Box(left, y, size, size, colour, size // 2))
        return size * 3 // 2 if card.domes else 0

    def _rows(
        self, buttons: Sequence[tuple[str, str]], columns: int, lines: int
    ) -> list[list["_Card"]]:
        """Lay buttons out in columns; equal neighbours side by side merge."""
        gap = self._px(24)
        column_width = (self._inner_width - (columns - 1) * gap) // columns
        rows = []
        for start in range(0, len(buttons), columns):
            row, column = [], 0
            for act, same in groupby(buttons[start : start + columns], itemgetter(1)):
                names = [name for name, _ in same]
                x = self._margin + column * (column_width + gap)
                width = len(names) * (column_width + gap) - gap
                row.append(self._card(names, act, x, width, lines))
                column += len(names)
            rows.append(row)
        return rows

    def _card(
        self, names: Sequence[str], act: str, x: int, width: int, lines: int
    ) -> "_Card":
        inner = width - 2 * self._px(24)
        domes = tuple(DOMES[Button(name)] for name in names if name in DOMES)
        below = self._fit(act, inner, lines, (46, 40, 36, 32), Weight.BOLD)
        is_whole = _is_whole(act, below.lines)
        return _Card(x, width, domes, self._px(40), below, is_whole)

    def captions(self, said: str, heard: str) -> None:
        """Write what is said, large, and below it what was heard.

        Where there is no room for both, what is said goes first.
        """
        room = self._bottom - self._top
        below = self._heard(heard, room * (36 if said else 100) // 100)
        gap = self._px(20)
        block = self._said(said, room - below.height - gap)
        if not _is_whole(said, block.lines):
            below = self._heard("", 0)
            block = self._said(said, room)
        if below.lines:
            bar, y = self._px(10), self._bottom - below.height
            box = Box(self._margin, y, bar, below.height, HEARD_LETTERS, bar // 2)
            self.items.append(box)
            x = self._margin + bar + self._px(32)
            self._write(below, y, HEARD_LETTERS, GROUND, x=x)
            room -= below.height + gap
        # In the middle of its room, but not far below the clock.
        y = self._top + min((room - block.height) // 2, self._px(90))
        self._write(block, y, LETTERS, GROUND, x=self._margin)

    def _heard(self, heard: str, height: int) -> _Block:
        text = f"“{heard.strip()}”" if heard.strip() else ""
        width = self._inner_width - self._px(10) - self._px(32)
        return self._fit_height(text, width, height, HEARD_SIZES, Weight.REGULAR)

    def _said(self, said: str, height: int) -> _Block:
        return self._fit_height(
            said, self._inner_width, height, SAID_SIZES, Weight.BOLD
        )

    @property
    def _inner_width(self) -> int:
        return self._width - 2 * self._margin

    def _px(self, pixels: float) -> int:
        """Scale a distance meant for 1080 lines."""
        return round(pixels * self._scale)

    def _text_px(self, pixels: float) -> int:
        """Scale a text size meant for 1080 lines, never below the smallest."""
        return max(self._smallest_px, self._px(pixels))

    def _fit(
        self, text: str, width: int, lines: int, sizes: Sequence[int], weight: Weight
    ) -> _Block:
        """Make a text fit in so many lines; what is too long ends in "…"."""
        for size in self._scaled(sizes):
            wrapped = self._wrap(text, width, size, weight)
            if len(wrapped) <= lines and _is_whole(text, wrapped):
                return _Block(wrapped, size, weight)
        if len(wrapped) > lines:
            wrapped = wrapped[:lines]
            wrapped[-1] = self._shorten(wrapped[-1], width, size, weight)
        return _Block(wrapped, size, weight)

    def _fit_height(
        self, text: str, width: int, height: int, sizes: Sequence[int], weight: Weight
    ) -> _Block:
        """Make a text fit in a height; of what is too long the end is shown."""
        text = text[-LONGEST_TEXT:]
        for size in self._scaled(sizes):
            wrapped = self._wrap(text, width, size, weight)
            if len(wrapped) * line_height(size) <= height and _is_whole(text, wrapped):
                return _Block(wrapped, size, weight)
        # Also here where it fits, with a word that had to be cut.
        shown = min(len(wrapped), max(0, height // line_height(size)))
        return _Block(wrapped[len(wrapped) - shown :], size, weight)

    def _scaled(self, sizes: Sequence[int]) -> list[int]:
        """Scale sizes, each once, ending in the smallest that was asked for."""
        return list(dict.fromkeys(self._text_px(size) for size in sizes))

    def _wrap(self, text: str, width: int, size_px: int, weight: Weight) -> list[str]:
        """Break a text into lines between words; a word that is too long, in it."""
        lines: list[str] = []
        for paragraph in text.splitlines():
            line = ""
            for word in paragraph.split():
                longer = f"{line} {word}" if line else word
                if self._measure(longer, size_px, weight) <= width:
                    line = longer
                    continue
                if line:
                    lines.append(line)
                *whole, line = self._cut(word, width, size_px, weight)
                lines.extend(whole)
            if line:
                lines.append(line)
        return lines

    def _cut(self, word: str, width: int, size_px: int, weight: Weight) -> list[str]:
        """Cut a word into pieces that fit; one piece for a usual word."""
        pieces = [""]
        if self._measure(word, size_px, weight) <= width:
            return [word]
        for letter in word:
            longer = pieces[-1] + letter
            if pieces[-1] and self._measure(longer, size_px, weight) > width:
                pieces.append(letter)
            else:
                pieces[-1] = longer
        return pieces

    def _shorten(self, line: str, width: int, size_px: int, weight: Weight) -> str:
        while line and self._measure(f"{line}…", size_px, weight) > width:
            line = line[:-1]
        return f"{line.rstrip()}…"

    def _block_width(self, block: _Block) -> int:
        return max(
            (self._measure(line, block.size_px, block.weight) for line in block.lines),
            default=0,
        )

    def _write(
        self,
        block: _Block,
        y: int,
        colour: Paint,
        ground: Paint,
        *,
        x: int = 0,
        centred: bool = False,
    ) -> None:
        for index, line in enumerate(block.lines):
            if centred:
                wide = self._measure(line, block.size_px, block.weight)
                x = (self._width - wide) // 2
            top = y + index * line_height(block.size_px)
            self.items.append(
                Text(line, x, top, block.size_px, colour, ground, block.weight)
            )
