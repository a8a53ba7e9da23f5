"""`praatpaal voices record-list|check`: what people recorded, and still can."""

import argparse
import asyncio
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from companion.choosing import LANGUAGE
from companion.commands.options import FAILED, FINE, complain, print_json
from companion.commands.texts import Texts
from companion.companion import address
from companion.device import build_recordings
from companion.recordable import Recordable, recordables
from companion.settings import Settings, load
from companion.wording import load_phrasebook
from voice.recordings import Recording, Recordings, file_name


@dataclass(frozen=True, slots=True)
class Look:
    """What a look into the folder of recordings showed.

    Attributes:
        recordings: The folder, opened.
        wanted: What may be recorded, the most heard first.
    """

    recordings: Recordings
    wanted: tuple[Recordable, ...]

    @property
    def files(self) -> Mapping[str, Recording]:
        """The file of each sentence that has one; the one that is used, of two."""
        found = {it.sentence: it for it in self.recordings.found if it.sentence}
        used = {it.sentence: it for it in self.recordings.found if it.is_used}
        return {**found, **{key: it for key, it in used.items() if key}}

    @property
    def used(self) -> int:
        """How many recordings are heard."""
        return sum(it.is_used for it in self.recordings.found)

    @property
    def set_aside(self) -> Sequence[Recording]:
        """The files that are not heard."""
        return [it for it in self.recordings.found if not it.is_used]

    def explain(self, recording: Recording) -> str:
        """Why a file is not heard, in a sentence with what to do."""
        texts = Texts("voices", "flaws")
        if recording.flaw is not None:
            return texts.say(recording.flaw)
        meant = self.suggest(recording)
        said = texts.say("suggestion", name=meant) if meant else ""
        return texts.say("unknown", suggestion=said)

    def suggest(self, recording: Recording) -> str | None:
        """The name that a file probably should have."""
        names = [it.name for it in self.wanted]
        close = difflib.get_close_matches(file_name(recording.path.stem), names, n=1)
        return close[0] if close else None


async def look(settings: Settings) -> Look:
    """Look through the folder, and convert what is new."""
    recordings = build_recordings(settings)
    await recordings.open()
    person = address(settings.person)
    return Look(recordings, recordables(load_phrasebook(LANGUAGE), person))


def group_of(key: str) -> str:
    """Under which heading a sentence stands: the longest name that fits."""
    names = Texts("voices", "groups").names
    return max((it for it in names if key.startswith(it)), key=len)


def run_list(args: argparse.Namespace) -> int:
    """Print what may be recorded, by subject, and what is there already."""
    seen = asyncio.run(look(load(args.settings)))
    wanted = _by_group(seen.wanted)
    if args.missing:
        wanted = [it for it in wanted if not seen.recordings.has(it.sentence)]
    if args.json:
        print_json(_as_plain(seen, wanted))
        return FINE
    texts = Texts("voices", "recordings")
    print(texts.say("folder", folder=seen.recordings.folder))
    print(texts.say("how_to"))
    print(texts.say("own_words"))
    print(texts.say("counts", used=seen.used, all=len(seen.wanted)))
    if not wanted:
        print(texts.say("nothing_missing"))
    for group, phrases in groupby(wanted, key=lambda it: group_of(it.key)):
        print(f"\n{Texts('voices', 'groups').say(group)}")
        for phrase in phrases:
            print(texts.say("line", mark=_mark(seen, phrase), name=phrase.name))
            print(texts.say("sentence", sentence=phrase.sentence))
    if seen.set_aside:
        print(f"\n{texts.say('set_aside')}")
        for it in seen.set_aside:
            reason = seen.explain(it)
            print(texts.say("file_line", file=it.path.name, reason=reason))
    return FINE


def _by_group(wanted: Sequence[Recordable]) -> list[Recordable]:
    """The most heard subject first, and in it the most heard sentence."""
    order: dict[str, int] = {}
    for it in wanted:
        order.setdefault(group_of(it.key), len(order))
    return sorted(wanted, key=lambda it: order[group_of(it.key)])


def _mark(seen: Look, phrase: Recordable) -> str:
    texts = Texts("voices", "recordings")
    file = seen.files.get(phrase.sentence)
    if file is None:
        return texts.say("missing")
    return texts.say("used" if file.is_used else "flawed")


def _as_plain(seen: Look, wanted: Sequence[Recordable]) -> dict[str, object]:
    files = seen.files
    return {
        "folder": str(seen.recordings.folder),
        "used": seen.used,
        "all": len(seen.wanted),
        "sentences": [
            {
                "name": it.name,
                "sentence": it.sentence,
                "group": group_of(it.key),
                "times_a_week": round(it.times_a_week, 2),
                "file": files[it.sentence].path.name if it.sentence in files else None,
                "used": seen.recordings.has(it.sentence),
            }
            for it in wanted
        ],
        "set_aside": [_flaw_as_plain(seen, it) for it in seen.set_aside],
    }


def _flaw_as_plain(seen: Look, recording: Recording) -> dict[str, object]:
    return {
        "file": recording.path.name,
        "sentence": recording.sentence,
        "reason": recording.flaw.value if recording.flaw else "unknown",
        "text": seen.explain(recording),
        "suggestion": None if recording.flaw else seen.suggest(recording),
    }


def run_check(args: argparse.Namespace) -> int:
    """Print for each file whether it is heard; 1 if one is not."""
    seen = asyncio.run(look(load(args.settings)))
    if args.json:
        print_json(
            {
                "folder": str(seen.recordings.folder),
                "used": [
                    {"file": it.path.name, "sentence": it.sentence}
                    for it in seen.recordings.found
                    if it.is_used
                ],
                "set_aside": [_flaw_as_plain(seen, it) for it in seen.set_aside],
            }
        )
        return FAILED if seen.set_aside else FINE
    texts = Texts("voices", "recordings")
    if not seen.recordings.found:
        print(texts.say("none", folder=seen.recordings.folder))
    for it in sorted(seen.recordings.found, key=lambda one: one.path.name):
        file = it.path.name
        if it.is_used:
            print(texts.say("good", file=file, sentence=it.sentence))
        else:
            complain(texts.say("bad", file=file, reason=seen.explain(it)))
    return FAILED if seen.set_aside else FINE
