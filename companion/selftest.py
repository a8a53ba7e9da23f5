"""Checks each part of the device by using it, and says what to do about a fault."""

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime
from time import monotonic
from zoneinfo import ZoneInfo

from companion.activities_check import check_activities
from companion.asking import expectation_of
from companion.calls_check import check_camera, check_hub
from companion.checkins import FIRST_SURE_YEAR
from companion.choosing import REAL_MICROPHONE, hears_people
from companion.commands.recordings import look
from companion.commands.speaking import explain_voice, name_of
from companion.commands.texts import Texts
from companion.device import (
    build_panel,
    build_recognisers,
    build_screen,
    build_sound_card,
    build_synthesisers,
    chosen_models,
)
from companion.finding import Finding, found, simulated
from companion.settings import Settings, resolve
from companion.simulator.server import ADDRESS
from companion.store import StoreError, open_store
from companion.topics.questions import YES_OR_NO, own_phrases
from companion.understanding.meaning import Understanding
from companion.voice_offers import AUTO, chosen_name
from hardware.panel import HardwareError
from hardware.pi import is_raspberry_pi
from voice.activity import activity_in_noise
from voice.audio import (
    HEARING_RATE_HZ,
    RATE_HZ,
    Samples,
)
from voice.chimes import chime_samples
from voice.ears import hear_blocks, recorded_blocks
from voice.echo import EchoError, WebRtcEchoCanceller
from voice.files import resample
from voice.hearing import Heard
from voice.models import Model, ModelStore
from voice.path import AudioPath
from voice.recogniser import Recogniser, RecogniserError
from voice.speech import Chime
from voice.synthesiser import Synthesiser, SynthesisError, VoiceMissing
from voice.vosk_recogniser import VoskRecogniser

logger = logging.getLogger(__name__)

# Whisper needs some 20 s to load and to get ready on a Raspberry Pi 4.
CHECK_WITHIN_S = 120.0

# The journal of a year is some MB; phrases and a model download need the rest.
LEAST_FREE_MB = 200
# A chime a metre away stands well above the room; less means that one of the two
# is off, or far apart.
CLEARLY_LOUDER_DB = 6.0
# A microphone that is this loud in silence clips when somebody speaks.
TOO_LOUD_DB = -20.0
# A louder chime clips in the microphone; a full sine is at -3 dB.
CLIPS_DB = -6.0
LISTEN_S = 0.5
# Sound is under way for up to this long between loudspeaker and microphone.
UNDER_WAY_S = 0.3
ANSWERS_WITHIN_S = 2.0
TEST_PHRASE = "ja hoor"
RATE_WPM = 150


Check = Callable[[Settings], Awaitable[list[Finding]]]


async def check_all(settings: Settings) -> list[Finding]:
    """Check every part; a check that itself breaks is a finding too."""
    checks: dict[str, Check] = {
        "clock": check_clock,
        "disk": check_disk,
        "journal": check_journal,
        "panel": check_panel,
        "screen": check_screen,
        "simulator": check_simulator,
        "sound": check_sound,
        "echo": check_echo,
        "mouth": check_voices,
        "recordings": check_recordings,
        "camera": check_camera,
        "hub": check_hub,
        "activities": check_activities,
    }
    findings: list[Finding] = []
    for part, check in checks.items():
        try:
            async with asyncio.timeout(CHECK_WITHIN_S):
                findings += await check(settings)
        except Exception as error:
            logger.debug("the check of %s broke", part, exc_info=True)
            text = Texts("check").say("broke", problem=repr(error))
            findings.append(Finding(part, False, False, text))
    return findings


async def check_clock(settings: Settings) -> list[Finding]:
    """Is it plausibly now?"""
    zone = settings.device.time_zone
    now = datetime.now(ZoneInfo(zone))
    if now.year < FIRST_SURE_YEAR:
        return [found("clock", "unsure", False, year=now.year)]
    return [found("clock", "fine", True, now=f"{now:%d-%m-%Y %H:%M}", zone=zone)]


async def check_disk(settings: Settings) -> list[Finding]:
    """Is there room for what people tell?"""
    folder = settings.folders.state_path()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        free_mb = shutil.disk_usage(folder).free // 1_000_000
    except OSError as error:
        problem = error.strerror
        return [found("disk", "unwritable", False, folder=folder, problem=problem)]
    is_enough = free_mb >= LEAST_FREE_MB
    return [
        found(
            "disk",
            "fine" if is_enough else "little",
            is_enough,
            free_mb=free_mb,
            folder=folder,
            least_mb=LEAST_FREE_MB,
        )
    ]


async def check_journal(settings: Settings) -> list[Finding]:
    """Does the journal open, whole?"""
    now = datetime.now(ZoneInfo(settings.device.time_zone))
    try:
        store = await asyncio.to_thread(
            open_store, settings.folders.journal_path(), now
        )
    except StoreError as error:
        text = Texts("journal", "errors").say(type(error).__name__)
        return [Finding("journal", False, False, text)]
    damaged = store.was_damaged
    store.close()
    if damaged is not None:
        return [found("journal", "damaged", False, file=damaged)]
    return [found("journal", "fine", True)]


async def check_panel(settings: Settings) -> list[Finding]:
    """Can the pins be claimed?"""
    kinds = resolve(settings.device, is_raspberry_pi())
    if kinds.panel != "gpio":
        return [simulated("panel")]
    panel = build_panel(settings)
    try:
        await panel.open()
    except HardwareError as error:
        return [found("panel", "fault", False, problem=error)]
    finally:
        await panel.close()
    return [found("panel", "fine", True, buttons=len(panel.buttons))]


async def check_screen(settings: Settings) -> list[Finding]:
    """Can something be drawn?"""
    kinds = resolve(settings.device, is_raspberry_pi())
    if kinds.screen == "none":
        return [found("screen", "none", True)]
    if kinds.screen == "browser":
        return [simulated("screen")]
    screen = build_screen()
    try:
        await screen.open()
    except HardwareError as error:
        return [found("screen", "fault", False, problem=error)]
    finally:
        await screen.close()
    return [found("screen", "fine", True)]


async def check_simulator(settings: Settings) -> list[Finding]:
    """Is its port free, or taken by a Praatpaal that runs?"""
    kinds = resolve(settings.device, is_raspberry_pi())
    if "browser" not in (kinds.panel, kinds.screen, kinds.sound):
        return []
    port = kinds.simulator_port
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            page = await _first_bytes(port)
    except ConnectionRefusedError:
        return [found("simulator", "fine", True, port=port)]
    except (OSError, TimeoutError):
        return [found("simulator", "taken", False, port=port)]
    is_ours = b"Praatpaal" in page
    outcome = "running" if is_ours else "taken"
    return [found("simulator", outcome, is_ours, port=port)]


async def _first_bytes(port: int) -> bytes:
    """The beginning of the page that is served at a port of this machine.

    Raises:
        OSError: If nobody serves there.
    """
    reader, writer = await asyncio.open_connection(ADDRESS, port)
    try:
        request = f"GET / HTTP/1.0\r\nHost: {ADDRESS}:{port}\r\n\r\n"
        writer.write(request.encode())
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def check_sound(settings: Settings) -> list[Finding]:
    """Do microphone and loudspeaker work, and does the one hear the other?"""
    kinds = resolve(settings.device, is_raspberry_pi())
    if kinds.sound != "soundcard":
        return [simulated("sound"), simulated("loop")]
    path = AudioPath(build_sound_card(settings))
    await path.open()
    try:
        if not path.state.is_working:
            state = path.state
            return [found("sound", state.reason, False, problem=state.detail)]
        return [
            found("sound", "fine", True, device=path.device_name),
            await _check_loop(path),
        ]
    finally:
        await path.close()


async def check_echo(settings: Settings) -> list[Finding]:
    """Can it hear who speaks over it?"""
    try:
        await asyncio.to_thread(WebRtcEchoCanceller().restart)
    except EchoError as error:
        return [found("echo", "fault", False, problem=error)]
    outcome = "fine" if settings.ears.interruption else "unwanted"
    return [found("echo", outcome, True)]


async def _check_loop(path: AudioPath) -> Finding:
    silent_db = await _loudest_db(path, asyncio.sleep(LISTEN_S))
    tone = chime_samples(Chime.ATTENTION)
    heard_db = await _loudest_db(path, _play(path, tone))
    facts = {"heard_db": round(heard_db), "silent_db": round(silent_db)}
    if silent_db > TOO_LOUD_DB:
        return found("loop", "loud", False, **facts)
    if heard_db < silent_db + CLEARLY_LOUDER_DB:
        return found("loop", "deaf", False, **facts)
    if heard_db > CLIPS_DB:
        return found("loop", "clips", False, **facts)
    return found("loop", "fine", True, **facts)


async def _play(path: AudioPath, tone: Samples) -> None:
    """Play, and give the end of it time to arrive."""
    await path.play(tone)
    await asyncio.sleep(UNDER_WAY_S)


async def _loudest_db(path: AudioPath, during: Awaitable[None]) -> float:
    """The loudest level on the microphone during something, in dBFS."""
    loudest = path.heard_level_db
    task = asyncio.ensure_future(during)
    while not task.done():
        await asyncio.wait({task}, timeout=0.02)
        loudest = max(loudest, path.heard_level_db)
    task.result()
    return loudest


async def check_voices(settings: Settings) -> list[Finding]:
    """Can it speak, and does it understand what it says itself?"""
    models = ModelStore(settings.folders.models_path())
    spoken, finding = await _check_mouth(settings, models)
    chosen = chosen_models(settings, models)
    if not chosen:
        return [finding, _no_recogniser(settings, models)]
    findings = [finding]
    if not hears_people(chosen):
        findings.append(_deaf_to_people(settings, chosen[0]))
        # It learnt from this voice: what it cannot hear of it is a fault.
        spoken = await _render(build_synthesisers(settings.mouth, models)[-1])
    [engine, *_] = build_recognisers(settings, models)
    must_hear = not hears_people(chosen)
    return [*findings, *await _check_recogniser(engine, spoken, must_hear)]


def _no_recogniser(settings: Settings, models: ModelStore) -> Finding:
    named = settings.ears.model
    if named and named not in (it.name for it in models.installed):
        return found("recogniser", "not_there", False, engine=named)
    deaf = [it.name for it in models.installed if not it.hears_people]
    outcome = "only_deaf_to_people" if deaf else "none"
    return found("recogniser", outcome, False, engine=", ".join(deaf))


def _deaf_to_people(settings: Settings, model: Model) -> Finding:
    """A fault where people are expected, and no surprise in the simulator."""
    sound = resolve(settings.device, is_raspberry_pi()).sound
    is_simulated = sound != REAL_MICROPHONE
    outcome = "asked_for" if settings.ears.model else "deaf"
    text = Texts("check").say(f"people.{outcome}", engine=model.name)
    return Finding("people", is_simulated, is_simulated, text)


async def _render(voice: Synthesiser) -> Samples | None:
    try:
        await voice.start()
        return await voice.render(TEST_PHRASE, RATE_WPM)
    except SynthesisError:
        # Told by the check of the voices.
        return None
    finally:
        await voice.close()


async def _check_mouth(
    settings: Settings, models: ModelStore
) -> tuple[Samples | None, Finding]:
    problem: SynthesisError | None = None
    for voice in build_synthesisers(settings.mouth, models):
        try:
            await voice.start()
            begun_s = monotonic()
            samples = await voice.render(TEST_PHRASE, RATE_WPM)
        except SynthesisError as error:
            problem = error
            continue
        finally:
            await voice.close()
        seconds = f"{monotonic() - begun_s:.2f}"
        chosen = chosen_name(settings.mouth)
        if problem is not None or chosen not in (AUTO, name_of(voice)):
            # A chosen voice that is not installed was not even tried.
            fault = explain_voice(problem or VoiceMissing(chosen))
            facts = {"chosen": chosen, "voice": name_of(voice), "fault": fault}
            return samples, found("mouth", "other", False, **facts)
        name = f"{voice.name} {voice.voice}"
        return samples, found("mouth", "fine", True, voice=name, seconds=seconds)
    why = explain_voice(problem or SynthesisError("there is none"))
    return None, found("mouth", "fault", False, problem=why)


async def check_recordings(settings: Settings) -> list[Finding]:
    """Is everything heard that was recorded? Nothing to say where nothing was."""
    seen = await look(settings)
    if seen.set_aside:
        first = seen.set_aside[0]
        facts = {
            "count": len(seen.set_aside),
            "file": first.path.name,
            "reason": seen.explain(first),
        }
        return [found("recordings", "set_aside", False, **facts)]
    if seen.used:
        return [found("recordings", "fine", True, count=seen.used)]
    return []


async def _check_recogniser(
    engine: Recogniser, spoken: Samples | None, must_hear: bool
) -> list[Finding]:
    name = engine.name
    try:
        await engine.start()
        findings = await _check_words(engine)
        if spoken is not None:
            findings.insert(0, await _check_phrase(engine, spoken, must_hear))
        return findings
    except RecogniserError as error:
        return [found("recogniser", "fault", False, engine=name, problem=error)]
    finally:
        await engine.close()


async def _check_phrase(
    engine: Recogniser, spoken: Samples, must_hear: bool
) -> Finding:
    understanding = Understanding()
    expectation = expectation_of(YES_OR_NO, YES_OR_NO.answers, understanding)
    sound = resample(spoken, RATE_HZ, HEARING_RATE_HZ)
    heard = await hear_blocks(
        recorded_blocks(sound, expectation.patience_s),
        expectation,
        engine,
        activity_in_noise(),
    )
    text = heard.text if isinstance(heard, Heard) else ""
    if must_hear and text != TEST_PHRASE:
        return found("recogniser", "misheard", False, engine=engine.name, text=text)
    # A synthetic voice is harder to understand than a person: no fault.
    outcome = "fine" if text else "weak"
    return found("recogniser", outcome, True, engine=engine.name, text=text)


async def _check_words(engine: Recogniser) -> list[Finding]:
    """Does the model know each word that may be answered?"""
    if not isinstance(engine, VoskRecogniser):
        return []
    phrases = own_phrases()
    missing = engine.missing_words(phrases)
    count = len({word for phrase in phrases for word in phrase.split()})
    if missing:
        words = ", ".join(missing[:20])
        return [
            found(
                "words",
                "missing",
                False,
                engine=engine.name,
                count=len(missing),
                words=words,
            )
        ]
    return [found("words", "fine", True, engine=engine.name, count=count)]
