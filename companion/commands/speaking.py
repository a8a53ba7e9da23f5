"""Speaking on the command line: `say`, `voices` and what goes wrong with it."""

from collections.abc import Sequence

from companion.commands.texts import Texts
from voice.audio import Samples
from voice.mouth import Recorded
from voice.rendering import render_text
from voice.synthesiser import EngineMissing, Synthesiser, SynthesisError, VoiceMissing


def name_of(voice: Synthesiser) -> str:
    """What a voice is called in lists and settings."""
    return voice.voice.partition(" ")[0]


async def speak(
    voices: Sequence[Synthesiser],
    text: str,
    rate_wpm: int,
    recorded: Recorded | None = None,
) -> tuple[Synthesiser, Samples]:
    """Make the sound of a text with the first voice that works.

    Raises:
        SynthesisError: If none works; why the last one does not.
    """
    problem = SynthesisError("there is no voice")
    for voice in voices:
        try:
            await voice.start()
            sound = await render_text(voice, text, rate_wpm=rate_wpm, recorded=recorded)
        except SynthesisError as error:
            problem = error
        else:
            return voice, sound
        finally:
            await voice.close()
    raise problem


async def first_working(
    voices: Sequence[Synthesiser],
) -> tuple[Synthesiser | None, dict[str, SynthesisError]]:
    """The voice that would speak now, and why those before it would not."""
    faults: dict[str, SynthesisError] = {}
    for voice in voices:
        try:
            await voice.start()
        except SynthesisError as error:
            faults[name_of(voice)] = error
        else:
            return voice, faults
        finally:
            await voice.close()
    return None, faults


def explain_voice(error: SynthesisError) -> str:
    """Why a voice does not speak, in one sentence, with what to do."""
    texts = Texts("voices", "faults")
    if isinstance(error, EngineMissing):
        return texts.say("engine_missing")
    if isinstance(error, VoiceMissing):
        return texts.say("voice_missing")
    return texts.say("broken", problem=error)
