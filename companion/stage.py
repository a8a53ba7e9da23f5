"""What the person sees: one light and one screen, kept in step with the talk."""

from dataclasses import dataclass, field, replace

from companion.buttons import Floor, press_labels
from companion.ports import Clock, Panel, Screen
from companion.understanding.times import say_date
from companion.wording import Phrasebook
from hardware.panel import Button, Light
from hardware.screen import Code, View


@dataclass(slots=True)
class Stage:
    """Composes the view from what each part tells it, and shows it.

    Attributes:
        simulated: The banner that names simulated parts; empty on a device.
    """

    panel: Panel
    screen: Screen
    clock: Clock
    phrasebook: Phrasebook
    simulated: str = ""
    _view: View = field(default_factory=View)
    _floor: Floor = Floor.FREE
    _faults: dict[str, str] = field(default_factory=dict)
    _microphone_is_on: bool = True
    _television_is_dark: bool = False
    _notice: str = ""
    _missed: str = ""
    _looking_in: str = ""
    _reminder: str = ""
    _news: dict[str, str] = field(default_factory=dict)
    _is_ringing: bool = False
    _labels: dict[tuple[Floor, frozenset[Button]], tuple[tuple[str, str], ...]] = field(
        default_factory=dict
    )

    def rest(self) -> None:
        """Nobody has the floor: show the clock and what the buttons do.

        A number to call stays, and then a press takes it away.
        """
        self._view = replace(
            self._view,
            said="",
            heard="",
            state="",
            caller="",
            call="",
            code=None,
            card="",
        )
        self._is_ringing = False
        self._floor = Floor.ALERT if self._view.alert else Floor.FREE
        self._light(self._resting_light())
        self.refresh()

    def give_floor(self, floor: Floor) -> None:
        """Show what the buttons mean from now on."""
        self._floor = floor
        self.refresh()

    def call(self, caller: str, key: str, is_ringing: bool = False) -> None:
        """There is a call: show with whom, and how it stands.

        Args:
            caller: As the person names them.
            key: Name, in the language pack, of how it stands.
            is_ringing: Whether somebody rings here; then only the light of that shows.
        """
        self._is_ringing = is_ringing
        self._view = replace(
            self._view,
            # "uw dochter Anja" begins a line here.
            caller=caller[:1].upper() + caller[1:],
            call=self.phrasebook.text(key),
            said="",
            heard="",
            state="",
        )
        self._light(self._resting_light())
        self.refresh()

    def end_call(self) -> None:
        """There is no call any more; the conversation goes on."""
        self._is_ringing = False
        self._view = replace(self._view, caller="", call="", said="", state="")
        self._light(self._resting_light())
        self.refresh()

    def show_code(self, code: Code | None) -> None:
        """Show a code to be scanned; None takes it away."""
        self._view = replace(self._view, code=code)
        self.refresh()

    def card(self, text: str) -> None:
        """Show what is spoken of, a line each; empty takes it away."""
        self._view = replace(self._view, card=text)
        self.refresh()

    def call_attention(self) -> None:
        """The device wants to ask something."""
        self._show_state("attention", Light.ATTENTION)

    def speak(self, caption: str) -> None:
        """The device speaks these words."""
        self._view = replace(self._view, said=caption)
        self._show_state("speaking", Light.SPEAKING)

    def listen(self) -> None:
        """The microphone is open."""
        self._show_state("listening", Light.LISTENING)

    def await_press(self) -> None:
        """The device hears nothing, and waits for the yes or no button."""
        self._show_state("press", Light.ATTENTION)

    def wait(self) -> None:
        """The device waits because it was asked to."""
        self._show_state("waiting", Light.SPEAKING)

    def understand(self, caption: str) -> None:
        """The device understood these words; empty hides them."""
        self._view = replace(self._view, heard=caption)
        self.refresh()

    def alert(self, text: str) -> None:
        """Show a number to call over everything else; empty takes it away."""
        self._view = replace(self._view, alert=text)
        self.refresh()

    def notice(self, text: str) -> None:
        """Show a message that stays; empty takes it away."""
        self._notice = text
        self.refresh()

    def missed(self, text: str) -> None:
        """Show that somebody called in vain; empty takes it away."""
        self._missed = text
        self.refresh()

    def looking_in(self, text: str) -> None:
        """Show that somebody is asked to look in; empty takes it away."""
        if text != self._looking_in:
            self._looking_in = text
            self.refresh()

    def remind(self, text: str) -> None:
        """Show what of the agenda nobody heard; empty takes it away."""
        if text != self._reminder:
            self._reminder = text
            self.refresh()

    def news(self, of: str, text: str) -> None:
        """Show that there is something to hear at the next press; empty: no more.

        Args:
            of: What it is about, such as "proposal".
            text: What is shown.
        """
        if text == self._news.get(of, ""):
            return
        self._news.pop(of, None)
        if text:
            self._news[of] = text
        self.refresh()

    def fault(self, part: str, text: str) -> None:
        """Show what is wrong with a part; empty when it works again."""
        if text == self._faults.get(part, ""):
            return
        if text:
            self._faults[part] = text
        else:
            self._faults.pop(part, None)
        self._show_rest()

    def microphone(self, is_on: bool) -> None:
        """The microphone switch was moved."""
        self._microphone_is_on = is_on
        self._show_rest()

    def television(self, is_dark: bool) -> None:
        """The television is off, and cannot be switched on; or that is over."""
        self._television_is_dark = is_dark

    def refresh(self) -> None:
        """Show it all again, with the time of now."""
        now = self.clock.now()
        self._view = replace(
            self._view,
            clock=f"{now:%H:%M}",
            date=say_date(now),
            buttons=self._labels_of(self._floor, self.panel.buttons),
            notice=self._notices(),
            simulated=self.simulated,
        )
        self.screen.show(self._view)

    @property
    def microphone_is_on(self) -> bool:
        """Position of the microphone switch, as far as is known."""
        return self._microphone_is_on

    @property
    def television_is_dark(self) -> bool:
        """Whether there is something to see on a television that is off."""
        return self._television_is_dark

    @property
    def floor(self) -> Floor:
        """Who has the floor."""
        return self._floor

    @property
    def view(self) -> View:
        """What is shown now."""
        return self._view

    def _labels_of(
        self, floor: Floor, buttons: frozenset[Button]
    ) -> tuple[tuple[str, str], ...]:
        # Asked for at each change of the view, and always the same.
        found = self._labels.get((floor, buttons))
        if found is None:
            found = press_labels(floor, buttons, self.phrasebook)
            self._labels[floor, buttons] = found
        return found

    def _notices(self) -> str:
        microphone = (
            "" if self._microphone_is_on else self.phrasebook.text("notice.microphone")
        )
        texts = [
            microphone,
            *self._faults.values(),
            self._looking_in,
            self._notice,
            self._missed,
            self._reminder,
            *self._news.values(),
        ]
        return " ".join(text for text in texts if text)

    def _resting_light(self) -> Light:
        if not self._microphone_is_on:
            return Light.MICROPHONE_OFF
        if self._view.caller:
            # What is said here is heard at the other side.
            return Light.LISTENING
        return Light.FAULT if self._faults else Light.READY

    def _show_rest(self) -> None:
        """The light of a device at rest; a conversation keeps its own."""
        if not self._view.state:
            self._light(self._resting_light())
        self.refresh()

    def _show_state(self, name: str, light: Light) -> None:
        self._view = replace(self._view, state=self.phrasebook.text(f"state.{name}"))
        self._light(light)
        self.refresh()

    def _light(self, light: Light) -> None:
        self.panel.show(Light.RINGING if self._is_ringing else light)
