"""`praatpaal voices`: which voices there are, and hearing and choosing one."""

import argparse
import asyncio
import os
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.choosing import LANGUAGE
from companion.clock import SystemClock
from companion.commands import recordings
from companion.commands.models import ProgressBar, explain
from companion.commands.options import (
    FAILED,
    FINE,
    WRONG_USE,
    add_json,
    answer,
    complain,
    metavar,
    print_json,
)
from companion.commands.speaking import (
    explain_voice,
    first_working,
    name_of,
    speak,
)
from companion.commands.tables import table
from companion.commands.texts import Texts
from companion.device import (
    build_recordings,
    build_sound_card,
    build_synthesisers,
)
from companion.journal import Journal
from companion.settings import MouthSettings, Settings, find, load, usual_places
from companion.settings_writer import (
    SettingsNotWritten,
    new_file,
    toml_lines,
    write_settings,
)
from companion.store import StoreError, open_store
from companion.voice_offers import (
    AUTO,
    Offer,
    chosen_name,
    find_offer,
    offers,
    suggest,
)
from voice.audio import RATE_HZ, AudioError, Samples
from voice.download import ModelError
from voice.espeak_synthesiser import list_voices
from voice.files import write_wav
from voice.models import ModelStore
from voice.mouth import HIGHEST_VOLUME, VOLUME_STEP_DB
from voice.path import AudioPath
from voice.synthesiser import SynthesisError, amplify

# A minute of speech, which nobody wants to try out.
LONGEST_TEXT = 1_000

AUTOMATIC = {"engine": AUTO, "voice": ""}


class VoiceRefused(Exception):
    """What was asked for cannot be done.

    Attributes:
        reason: Name of the reason, for programs.
        text: Why, in one sentence.
        is_wrong_use: Whether it was asked for in a wrong way.
    """

    def __init__(
        self,
        reason: str,
        text: str = "",
        *,
        is_wrong_use: bool = False,
        **facts: object,
    ) -> None:
        """Name the reason; its sentence is in the language pack unless given."""
        self.reason = reason
        self.text = text or Texts("voices", "errors").say(reason, **facts)
        self.is_wrong_use = is_wrong_use
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class _Here:
    """This device's voices and settings."""

    settings: Settings
    models: ModelStore
    offers: tuple[Offer, ...]

    def offer(self, name: str) -> Offer:
        """The voice that was named.

        Raises:
            VoiceRefused: If there is no such voice.
        """
        found = find_offer(name, self.offers)
        if found is None:
            meant = suggest(name, self.offers)
            texts = Texts("voices", "errors")
            said = texts.say("suggestion", name=meant) if meant else ""
            raise VoiceRefused(
                "unknown", is_wrong_use=True, given=name, suggestion=said
            )
        return found

    async def installed(self) -> Collection[str]:
        """Names of the voices that are there, whether they work or not."""
        names = {
            it.name
            for it in self.offers
            if it.engine == "piper"
            and self.models.is_installed(self.models.find(it.name))
        }
        # Without espeak-ng there is none of its voices.
        with suppress(SynthesisError):
            listed = await list_voices(LANGUAGE)
            names |= {
                it.name
                for it in self.offers
                if it.engine == "espeak" or it.name in listed
            }
        return names

    async def need(self, offer: Offer) -> None:
        """Go on only with a voice that is there.

        Raises:
            VoiceRefused: With what to do, if it is not.
        """
        if offer.name not in await self.installed():
            package = f"mbrola-{offer.name.removeprefix('mb-')}"
            raise VoiceRefused(
                f"absent_{offer.engine}", name=offer.name, package=package
            )


def add_parser(subparsers: Any) -> None:
    """Add `voices list|try|install|choose|record-list|check`."""
    texts = Texts("voices", "help")
    parser = subparsers.add_parser("voices", help=texts.say("voices"))
    actions = parser.add_subparsers(
        required=True, metavar="list|try|install|choose|record-list|check"
    )

    def action(name: str, run: Callable[[argparse.Namespace], int]) -> Any:
        made = actions.add_parser(name, help=texts.say(name))
        add_json(made)
        made.set_defaults(run=_guarded(run))
        return made

    def name(parser: Any, key: str = "name") -> None:
        parser.add_argument("name", metavar=metavar("name"), help=texts.say(key))

    action("list", run_list)
    trying = action("try", run_try)
    name(trying)
    trying.add_argument(
        "text", nargs="?", metavar=metavar("text"), help=texts.say("text")
    )
    trying.add_argument(
        "--out", "--output", type=Path, metavar=metavar("wav"), help=texts.say("out")
    )
    name(action("install", run_install))
    name(action("choose", run_choose), "name_or_auto")
    listing = action("record-list", recordings.run_list)
    listing.add_argument("--missing", action="store_true", help=texts.say("missing"))
    action("check", recordings.run_check)


def _guarded(
    run: Callable[[argparse.Namespace], int],
) -> Callable[[argparse.Namespace], int]:
    def guarded(args: argparse.Namespace) -> int:
        try:
            return run(args)
        except VoiceRefused as refused:
            complain(refused.text)
            if args.json:
                print_json({"error": refused.reason, "text": refused.text})
            return WRONG_USE if refused.is_wrong_use else FAILED

    return guarded


def _here(args: argparse.Namespace) -> _Here:
    settings = load(args.settings)
    models = ModelStore(settings.folders.models_path())
    return _Here(settings, models, offers(models.manifest, LANGUAGE))


# -- list


def run_list(args: argparse.Namespace) -> int:
    """Print every voice, and which one speaks; 1 where none does."""
    return asyncio.run(_list(_here(args), args.json))


async def _list(here: _Here, as_json: bool) -> int:
    installed = await here.installed()
    voices = build_synthesisers(here.settings.mouth, here.models)
    voice, faults = await first_working(voices)
    speaking = name_of(voice) if voice is not None else None
    found = build_recordings(here.settings)
    await found.open()
    recorded = sum(it.is_used for it in found.found)
    outcome = FINE if speaking is not None else FAILED
    state = _state(chosen_name(here.settings.mouth), speaking, faults)
    if as_json:
        print_json(
            {
                "speaking": speaking,
                "chosen": chosen_name(here.settings.mouth),
                "text": state,
                "recorded": recorded,
                "voices": [
                    {
                        "name": it.name,
                        "engine": it.engine,
                        "installed": it.name in installed,
                        "size": it.size,
                        "licence": _licence(it),
                        "good_for": _good_for(it),
                    }
                    for it in here.offers
                ],
            }
        )
        return outcome
    _print_table(here.offers, installed, speaking)
    print()
    if outcome == FAILED:
        return complain(state)
    texts = Texts("voices")
    print(state)
    if recorded:
        print(texts.say("recorded", count=recorded))
    print(texts.say("how_to"))
    return outcome


def _state(chosen: str, speaking: str | None, faults: dict[str, SynthesisError]) -> str:
    """Which voice speaks, and why not another one, in a few sentences."""
    texts = Texts("voices")
    why = [explain_voice(error) for error in faults.values()]
    if speaking is None:
        return texts.say("silent", fault=why[-1] if why else "").strip()
    if chosen == AUTO:
        return texts.say("speaking_auto", name=speaking)
    if chosen == speaking:
        return texts.say("speaking", name=speaking)
    # A chosen voice that is not installed was not even tried.
    fault = why[0] if why else texts.say("faults.voice_missing")
    return texts.say("speaking_instead", chosen=chosen, name=speaking, fault=fault)


def _print_table(
    among: Sequence[Offer], installed: Collection[str], speaking: str | None
) -> None:
    texts = Texts("voices")

    def state(offer: Offer) -> str:
        if offer.name == speaking:
            return texts.say("states.speaking")
        is_here = offer.name in installed
        return texts.say("states.installed" if is_here else "states.absent")

    titles = [texts.say(f"columns.{it}") for it in ("name", "engine", "size", "state")]
    rows = [
        [
            it.name,
            texts.say(f"engines.{it.engine}"),
            f"{it.size / 1e6:.0f} MB" if it.size else "",
            state(it),
        ]
        for it in among
    ]
    print(table([titles, *rows], right=(2,)))
    for it in among:
        print(f"\n{it.name}")
        print(f"  {texts.say('good_for')}: {_good_for(it)}")
        if it.engine == "piper":
            not_for = Texts("models", f"models.{it.name}").say("not_for")
            print(f"  {texts.say('not_for')}: {not_for}")
        print(f"  {texts.say('licence')}: {_licence(it)}")


def _good_for(offer: Offer) -> str:
    if offer.engine == "piper":
        return Texts("models", f"models.{offer.name}").say("good_for")
    return Texts("voices", "voices").say(offer.name)


def _licence(offer: Offer) -> str:
    return offer.licence or Texts("voices", "licences").say(offer.engine)


# -- try


def run_try(args: argparse.Namespace) -> int:
    """Let a voice be heard, as fast and as loud as the person has it."""
    here = _here(args)
    offer = here.offer(args.name)
    text = _text_to_try(args.text)
    if args.out is not None and args.out.is_dir():
        raise VoiceRefused("is_folder", is_wrong_use=True, file=args.out)
    return asyncio.run(_try(here, offer, text, args))


def _text_to_try(given: str | None) -> str:
    if given is None:
        return Texts("voices").say("sample")
    # A terminal with other letters hands over what is no text.
    text = given.encode(errors="replace").decode().strip()
    if not text:
        raise VoiceRefused("empty", is_wrong_use=True)
    if len(text) > LONGEST_TEXT:
        raise VoiceRefused("too_long", is_wrong_use=True, most=LONGEST_TEXT)
    return text


async def _try(here: _Here, offer: Offer, text: str, args: argparse.Namespace) -> int:
    await here.need(offer)
    volume, rate_wpm = await _volume_and_rate(here.settings)
    # Only this voice: another one would be no answer.
    mouth = MouthSettings(engine=offer.engine, voice=offer.name)
    voices = build_synthesisers(mouth, here.models)[:1]
    try:
        _, samples = await speak(voices, text, rate_wpm)
    except SynthesisError as error:
        fault = explain_voice(error)
        raise VoiceRefused("broken", name=offer.name, fault=fault) from error
    if samples.size == 0:
        raise VoiceRefused("nothing_to_say", is_wrong_use=True)
    seconds = samples.size / RATE_HZ
    facts = {"name": offer.name, "seconds": f"{seconds:.1f}"}
    if args.out is not None:
        try:
            await asyncio.to_thread(write_wav, args.out, samples)
        except (AudioError, ValueError) as error:
            raise VoiceRefused("cannot_write", file=args.out) from error
        said = Texts("voices").say("written", file=args.out, **facts)
    else:
        await _play(here.settings, samples, volume)
        said = Texts("voices").say("tried", volume=volume, rate=rate_wpm, **facts)
    answer(
        args,
        said,
        {
            "name": offer.name,
            "seconds": round(seconds, 2),
            "volume": volume,
            "rate_wpm": rate_wpm,
            "file": str(args.out) if args.out is not None else None,
        },
    )
    return FINE


async def _play(settings: Settings, samples: Samples, volume: int) -> None:
    """Play on the sound card of this machine, whatever the device simulates.

    Raises:
        VoiceRefused: If there is no card that works.
    """
    path = AudioPath(build_sound_card(settings))
    await path.open()
    try:
        if path.state.is_working:
            gain_db = (volume - HIGHEST_VOLUME) * VOLUME_STEP_DB
            await path.play(amplify(samples, gain_db))
        # A card that was pulled out half-way was not heard either.
        if not path.state.is_working:
            raise VoiceRefused("no_loudspeaker")
    finally:
        await path.close()


async def _volume_and_rate(settings: Settings) -> tuple[int, int]:
    """As the person has them, where there is a journal; else as set."""
    volume, rate_wpm = settings.mouth.volume, settings.mouth.rate_wpm
    file = settings.folders.journal_path()
    if file.is_file():
        now = SystemClock(settings.device.time_zone).now()
        # A journal that cannot be read keeps nobody from hearing a voice.
        with suppress(StoreError):
            store = await asyncio.to_thread(open_store, file, now)
            try:
                kept = Journal(store)
                kept_volume, kept_rate = await kept.volume(), await kept.rate_wpm()
            finally:
                store.close()
            volume = volume if kept_volume is None else kept_volume
            rate_wpm = rate_wpm if kept_rate is None else kept_rate
    return volume, rate_wpm


# -- install and choose


def run_install(args: argparse.Namespace) -> int:
    """Fetch a voice, and say how it is chosen."""
    here = _here(args)
    offer = here.offer(args.name)
    is_new = False
    if offer.engine == "piper":
        bar = ProgressBar()
        try:
            is_new = here.models.install(offer.name, bar)
        except ModelError as error:
            raise VoiceRefused(error.reason, text=explain(error)) from error
        finally:
            bar.close()
    else:
        asyncio.run(here.need(offer))
    said = Texts("voices").say("installed" if is_new else "already", name=offer.name)
    answer(args, said, {"name": offer.name, "installed": True, "new": is_new})
    return FINE


def run_choose(args: argparse.Namespace) -> int:
    """Write a voice into the settings."""
    here = _here(args)
    texts = Texts("voices")
    if args.name.strip().casefold() == AUTO:
        name, values = AUTO, AUTOMATIC
    else:
        offer = here.offer(args.name)
        asyncio.run(here.need(offer))
        name, values = offer.name, offer.settings
    file = find(args.settings) or new_file(usual_places(os.environ))
    try:
        write_settings(file, "mouth", values)
    except SettingsNotWritten as error:
        lines = " | ".join(toml_lines("mouth", values).splitlines())
        raise VoiceRefused("not_written", file=file, lines=lines) from error
    said = texts.say("chosen_auto" if name == AUTO else "chosen", name=name, file=file)
    answer(args, said, {"name": name, "file": str(file), **values})
    return FINE
