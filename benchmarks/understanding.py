"""How much of the Dutch exam is understood, beside one known phrase per meaning.

Run from the checkout: python -m benchmarks.understanding [--json]
"""

import argparse
import dataclasses
import json
import re
import time
from collections.abc import Mapping

from companion.understanding.emergency import find_danger
from companion.understanding.intents import Danger, Intent, Meaning
from companion.understanding.meaning import Understanding
from tests.sentences.test_exam import (
    AVAILABLE_IN_ANY_QUESTION,
    Score,
    as_table,
    report,
)

# The phrase most used for each meaning: what a list of commands would know.
# Numbers and times have no one phrase; an open answer is taken as it is.
USUAL_PHRASES = {
    Intent.YES: "ja",
    Intent.NO: "nee",
    Intent.UNSURE: "weet ik niet",
    Intent.STOP: "stop",
    Intent.SKIP: "sla over",
    Intent.REPEAT: "wat zegt u",
    Intent.LOUDER: "harder",
    Intent.QUIETER: "zachter",
    Intent.SLOWER: "langzamer",
    Intent.FASTER: "sneller",
    Intent.WAIT: "wacht even",
    Intent.TELL_TIME: "hoe laat is het",
    Intent.TELL_DATE: "welke dag is het",
    Intent.ABILITIES: "wat kunt u",
    Intent.IS_COMPUTER: "bent u een computer",
    Intent.WHAT_IS_KEPT: "wat bewaart u",
    Intent.FORGET_LAST: "vergeet wat ik zei",
    Intent.FORGET_ALL: "vergeet alles",
    Intent.CHECK_IN: "vraag maar hoe het gaat",
    Intent.LATER: "straks",
    Intent.AWAY: "ik ga op vakantie",
    Intent.BACK: "ik ben weer thuis",
    Intent.CALL_FAMILY: "bel mijn dochter",
    Intent.CALL_LINE: "bel de luisterlijn",
    Intent.GREETING: "goedemorgen",
    Intent.THANKS: "dank u wel",
    Intent.MOOD_GOOD: "goed",
    Intent.MOOD_FAIR: "gaat wel",
    Intent.MOOD_LOW: "niet zo goed",
    Intent.LONELY: "eenzaam",
    Intent.SLEPT_WELL: "goed",
    Intent.SLEPT_FAIRLY: "redelijk",
    Intent.SLEPT_BADLY: "slecht",
    Intent.PAIN: "ik heb pijn",
    Intent.NO_PAIN: "geen pijn",
    Intent.PAIN_LESS: "minder",
    Intent.PAIN_SAME: "hetzelfde",
    Intent.PAIN_WORSE: "erger",
    Intent.ATE_WELL: "goed gegeten",
    Intent.ATE_LITTLE: "een beetje",
    Intent.ATE_NOTHING: "niks",
    Intent.DRANK_ENOUGH: "genoeg",
    Intent.DRANK_LITTLE: "te weinig",
    Intent.PLANS: "ik ga wandelen",
    Intent.NO_PLANS: "niks",
}
USUAL_CRIES = {
    "ik ben gevallen": Danger.MEDICAL,
    "er is brand": Danger.FIRE,
    "ik wil dood": Danger.SUICIDE,
    "ik word geslagen": Danger.ABUSE,
}


def strip(text: str) -> str:
    """Lower case words with single spaces, without punctuation."""
    return " ".join(re.findall(r"[\w']+", text.lower()))


def interpret_usual(text: str, expected: tuple[Intent, ...]) -> Meaning | None:
    """Know one phrase per meaning, word for word."""
    words = strip(text)
    for intent, phrase in USUAL_PHRASES.items():
        is_accepted = intent in expected or intent in AVAILABLE_IN_ANY_QUESTION
        if is_accepted and words == phrase:
            return Meaning(intent)
    if Intent.FREE_TEXT in expected:
        return Meaning(Intent.FREE_TEXT, words)
    return None


def find_usual_danger(text: str) -> Danger | None:
    """Know one cry per danger, word for word."""
    return USUAL_CRIES.get(strip(text))


def ratio(score: Score, baseline: Score) -> float | None:
    """Right answers for each right one of the baseline; None where it has none."""
    return round(score.right / baseline.right, 2) if baseline.right else None


def with_total(scores: Mapping[str, Score]) -> dict[str, Score]:
    """The files and all of them together."""
    return {**scores, "together": sum(scores.values(), Score())}


def main() -> None:
    """Hold the exam for both and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()

    began_s = time.perf_counter()
    understanding = Understanding()
    ready_s = time.perf_counter()
    scores = with_total(report(understanding.interpret, find_danger))
    took_s = time.perf_counter() - ready_s
    baseline = with_total(report(interpret_usual, find_usual_danger))

    ratios = {name: ratio(scores[name], baseline[name]) for name in scores}
    load_ms = (ready_s - began_s) * 1000
    sentence_ms = took_s * 1000 / scores["together"].sentences
    if arguments.json:
        found = {
            "load_ms": round(load_ms, 1),
            "sentence_ms": round(sentence_ms, 2),
            "understanding": {
                name: {"sentences": score.sentences, **dataclasses.asdict(score)}
                for name, score in scores.items()
            },
            "baseline": {
                name: {"sentences": score.sentences, **dataclasses.asdict(score)}
                for name, score in baseline.items()
            },
            "right_to_baseline": ratios,
        }
        print(json.dumps(found, indent=2))
        return
    print("Understanding\n" + as_table(scores))
    print("\nOne usual phrase per meaning\n" + as_table(baseline))
    print("\nRight answers for each of the baseline's")
    for name, value in ratios.items():
        print(f"{name:<16}{'-' if value is None else value:>14}")
    print(f"\nLoading {load_ms:.0f} ms, {sentence_ms:.2f} ms a sentence")


if __name__ == "__main__":
    main()
