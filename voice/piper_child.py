"""The process in which Piper runs; started by PiperSynthesiser."""

import argparse
import json
from pathlib import Path

import onnxruntime
from piper import PiperVoice, SynthesisConfig
from piper.config import PiperConfig

from voice.render_process import Render, serve

# Longer than this the voice drawls; the pauses do the rest.
_LONGEST_SCALE = 1.3


def load(model: Path, natural_wpm: float) -> Render:
    """Load a voice.

    Args:
        model: The .onnx file; its .onnx.json lies beside it.
        natural_wpm: Words per minute at which the voice was recorded.
    """
    options = onnxruntime.SessionOptions()
    # The arena keeps a block for each length of sentence it ever saw: it grew
    # from 150 to 320 MB in 100 sentences.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    session = onnxruntime.InferenceSession(
        str(model), sess_options=options, providers=["CPUExecutionProvider"]
    )
    config = json.loads(Path(f"{model}.json").read_text(encoding="utf-8"))
    voice = PiperVoice(session=session, config=PiperConfig.from_dict(config))

    def render(text: str, rate_wpm: int) -> tuple[bytes, int]:
        how = SynthesisConfig(length_scale=min(_LONGEST_SCALE, natural_wpm / rate_wpm))
        chunks = voice.synthesize(text, how)
        data = b"".join(chunk.audio_int16_bytes for chunk in chunks)
        return data, voice.config.sample_rate

    # The first sentence takes several times as long as the next.
    render("a", int(natural_wpm))
    return render


def main() -> None:
    """Serve one voice until the pipe closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--natural-wpm", type=float, required=True)
    parser.add_argument("--longest-s", type=int, required=True)
    options = parser.parse_args()
    serve(lambda: load(options.model, options.natural_wpm), options.longest_s)


if __name__ == "__main__":
    main()
