"""The language pack says everything that is asked of it, and says it kindly."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path

import pytest

import companion.topics
from calls.call_messages import Reason
from calls.note_messages import REPLIES, About
from companion.activities.record import Category
from companion.activities.suggesting import Obstacle
from companion.activities.suggesting import Reason as Because
from companion.activities.tastes import Aid, PartOfDay
from companion.agenda import Kind
from companion.alarms import Standing
from companion.asking import Question
from companion.buttons import Press
from companion.checkins import AwayKind
from companion.consent import Agreement
from companion.followups import RULES
from companion.helping import Kind as HelpKind
from companion.helping import Standing as HelpStanding
from companion.topics.activity_after import Off
from companion.topics.conversation import REMARKS
from companion.understanding.intents import BODY_PARTS, PLAN_KINDS, Danger, Intent
from companion.wording import (
    FRESH_DAYS,
    Phrasebook,
    Wording,
    WordingError,
    WordingMissing,
    load_phrasebook,
)

PACK = load_phrasebook()
ROOT = Path(companion.topics.__file__).parents[1]
# The command line and the simulator's page have texts of their own.
CODE = [
    path
    for path in ROOT.rglob("*.py")
    if not {"commands", "simulator"} & set(path.relative_to(ROOT).parts)
]

# Forgetting, calling and sharing are never asked back, only said again; the others
# carry a value that "Bedoelt u dat" could not read out.
NEVER_ASKED_BACK = {
    Intent.FORGET_LAST, Intent.FORGET_ALL, Intent.CALL_FAMILY, Intent.CALL_LINE,
    Intent.INVITE, Intent.WITHDRAW, Intent.ALLOW, Intent.FORBID, Intent.NUMBER,
    Intent.TIME_OF_DAY, Intent.FREE_TEXT,
}  # fmt: skip

# Every shape of a name that the code puts together, and what it stands for.
BODIES = {f"body.{part}" for part in BODY_PARTS}
PLANS = {f"plan.{kind}" for kind in PLAN_KINDS}
BUILT_NAMES: dict[str, set[str]] = {
    "*.ask_greeting": {"outings.offer.ask_greeting"},
    "outings.after.*": {
        f"outings.after.{kind}"
        for kind in ("enjoyed", "not_enjoyed", "went", "did_not_go")
    },
    "outings.aid.*": {f"outings.aid.{aid}" for aid in Aid},
    "outings.in_the_way.*": {f"outings.in_the_way.{obstacle}" for obstacle in Obstacle},
    "outings.kind.*": {f"outings.kind.{kind}" for kind in Category},
    "outings.off.*": {f"outings.off.{off}" for off in Off},
    "outings.part.*": {f"outings.part.{part}" for part in PartOfDay},
    "outings.why.*": {f"outings.why.{reason}" for reason in Because},
    "alarm.report.*": {f"alarm.report.{standing}" for standing in Standing},
    "agenda.kept.*": {f"agenda.kept.{kind}" for kind in (*Kind, "day")},
    "along.answer.*.*": {
        f"along.answer.{about}.{how}" for about in About for how in REPLIES[about]
    },
    "away.*": {f"away.{kind}" for kind in AwayKind},
    "body.*": BODIES,
    "calling.ended.*": {f"calling.ended.{reason}" for reason in Reason},
    "cannot_hear.*": {
        "cannot_hear.microphone_off",
        "cannot_hear.no_microphone",
        "cannot_hear.no_recogniser",
    },
    "conversation.*": {f"conversation.{intent}" for intent in REMARKS},
    "danger.*.after": {f"danger.{kind}.after" for kind in Danger},
    "danger.*.number": {f"danger.{kind}.number" for kind in Danger},
    "danger.*.say": {f"danger.{kind}.say" for kind in Danger},
    "following.*.allow": {
        f"following.{agreement}.allow.{part}"
        for agreement in Agreement
        for part in ("ask", "rephrase")
    },
    "following.*.ended": {f"following.{agreement}.ended" for agreement in Agreement},
    "following.*.holds": {f"following.{agreement}.holds" for agreement in Agreement},
    "helping.sent.*": {f"helping.sent.{kind}" for kind in HelpKind},
    "helping.stands.*": {f"helping.stands.{how}" for how in HelpStanding},
    "helping.told.*": {f"helping.told.{kind}" for kind in HelpKind},
    "greeting.*": {f"greeting.{part}" for part in ("morning", "afternoon", "evening")},
    "notice.alarm.*": {f"notice.alarm.{standing}" for standing in Standing},
    "meaning.*": {f"meaning.{i}" for i in Intent if i not in NEVER_ASKED_BACK},
    "plan.*": PLANS,
    "press.*": {f"press.{press}" for press in Press},
}

# Only listened to, for the command line: `hear --question ja_of_nee`.
NEVER_ASKED = {"ja_of_nee", "statement"}

# Facts that a wording may use, besides those that stand for {it}.
FACTS: dict[str, set[str]] = {
    **{
        key: {
            "address",
            "about",
            "aid",
            "bring",
            "cost",
            "day",
            "distance",
            "kind",
            "greeting",
            "moment",
            "most",
            "number",
            "organisation",
            "part",
            "place",
            "season",
            "title",
            "until",
            "walk",
            "what",
            "who",
        }
        for key in PACK.keys
        if key.startswith("outings.")
    },
    **{
        key: {"cost", "distance", "kinds", "part"}
        for key in PACK.keys
        if key.startswith("tastes.told.")
    },
    "about.date": {"date"},
    "about.time": {"time"},
    "alarm.asks": {"person"},
    "alarm.looks": {"person"},
    "alarm.over": {"person"},
    **{f"alarm.report.{standing}": {"person"} for standing in Standing},
    "agenda.birthday_of": {"who"},
    "agenda.bring": {"bring"},
    "agenda.cancel.ask": {"what"},
    "agenda.cancel.rephrase": {"what"},
    "agenda.cancel_all.ask": {"what"},
    "agenda.cancel_all.rephrase": {"what"},
    "agenda.from_day": {"day"},
    "agenda.half.ask": {"time"},
    "agenda.half.rephrase": {"time"},
    "agenda.item": {"moment", "what"},
    "agenda.late.ask": {"what"},
    "agenda.meant.ask": {"moment", "what"},
    "agenda.meant.rephrase": {"moment", "what"},
    "agenda.missed": {"what", "time"},
    "agenda.move.ask": {"moment", "what"},
    "agenda.move.rephrase": {"moment", "what"},
    "agenda.nothing": {"days"},
    "agenda.now.ask": {"what"},
    "agenda.place": {"place"},
    "agenda.reads": {"days"},
    "agenda.right.ask": {"moment", "what"},
    "agenda.right.rephrase": {"moment", "what"},
    "agenda.soon.ask": {"moment", "what"},
    "agenda.take.ask": {"what"},
    "agenda.take.rephrase": {"what"},
    "agenda.taken.ask": {"what", "time"},
    "agenda.taken.rephrase": {"what", "time"},
    "agenda.was_not_told": {"what"},
    "agenda.was_taken": {"what", "time"},
    "agenda.clear.ask": {"count"},
    "agenda.from": {"person"},
    "agenda.private.ask": {"what"},
    "agenda.private.rephrase": {"what"},
    "proposal.allow.rephrase": {"what"},
    "proposal.gone": {"person"},
    "proposal.kept": {"person"},
    "proposal.over": {"person", "what"},
    "proposal.tells": {"person", "moment", "what"},
    **{
        key: {"person", "event", "said", "count"}
        for key in PACK.keys
        if key.startswith("along.")
    },
    "away.confirm.ask": {"why"},
    "calling.again.ask": {"person"},
    "calling.again.rephrase": {"person"},
    "calling.answered": {"person"},
    "calling.dial": {"person"},
    **{f"calling.ended.{reason}": {"person"} for reason in Reason},
    "calling.family_person": {"person"},
    "calling.microphone_first": {"person"},
    "calling.microphone_off": {"person"},
    "calling.next.ask": {"person"},
    "calling.next.rephrase": {"person"},
    "calling.no_camera": {"person"},
    "calling.no_number": {"person"},
    "calling.no_screen": {"person"},
    "calling.no_video": {"person"},
    "calling.number": {"person", "number"},
    "calling.rings_mail": {"person"},
    "calling.rings_push": {"person"},
    "calling.rings_text": {"person"},
    "calling.television": {"person"},
    "calling.their_microphone": {"person"},
    "calling.who.ask": {"person"},
    "calling.who.rephrase": {"person"},
    "checkin.convenient.ask": {"greeting"},
    "checkin.message_right.ask": {"message"},
    "checkin.message_right.rephrase": {"message"},
    "contacts.activities": {"activities"},
    "contacts.both": {"calls", "visits"},
    "contacts.calls": {"calls"},
    "contacts.visits": {"visits"},
    **{key: {"person"} for key in PACK.keys if key.startswith("following.")},
    **{
        key: {"person", "text", "what"}
        for key in PACK.keys
        if key.startswith("helping.")
    },
    **{
        key: {
            "about",
            "first",
            "known",
            "moment",
            "number",
            "organisation",
            "part",
            "person",
            "second",
            "text",
            "who",
        }
        for key in PACK.keys
        if key.startswith("visits.")
    },
    **{
        key: {"person", "text", "what"}
        for key in PACK.keys
        if key.startswith("helping.")
    },
    "incoming.accepted": {"person"},
    "incoming.camera.ask": {"person"},
    "incoming.countdown": {"person", "seconds"},
    "incoming.countdown_half": {"seconds"},
    "incoming.gone": {"person"},
    "incoming.rings": {"person"},
    "incoming.rings_unheard": {"person"},
    "incoming.seen": {"person"},
    **{key: {"person", "date"} for key in PACK.keys if key.startswith("invitation.")},
    "missed.back.ask": {"person"},
    "missed.back.rephrase": {"person"},
    "missed.call": {"person", "when"},
    "missed.when.earlier": {"date"},
    "missed.when.today": {"time"},
    "missed.when.yesterday": {"time"},
    **{f"notice.alarm.{standing}": {"person"} for standing in Standing},
    "notice.alarm.over": {"person"},
    "notice.answer": {"person"},
    "notice.missed_call": {"person"},
    "notice.proposal": {"person"},
    "notice.reminder": {"moment", "what"},
    "services.found": {"title"},
    "services.hours": {"weekdays", "opens", "closes"},
    "talk.did_you_mean.ask": {"meaning"},
    "talk.did_you_mean.rephrase": {"meaning"},
}
# {it} is always a part of the body here, or always a plan.
IT_IS_NAMED = {"checkin.pain.ask_about": BODIES, "checkin.plan_done.ask": PLANS}
# {it} is a part of the body, or the neutral word when none was named.
IT_MAY_BE_NEUTRAL = {rule.say for rule in RULES if rule.question == "checkin.pain"}

# What occurs more than once a day, and how often at most on most days: the offer
# is made three times when nobody answers, and each of six questions may be skipped.
TIMES_A_DAY = {
    "checkin.convenient.ask": 3,
    "checkin.convenient.rephrase": 3,
    "checkin.skipped": 6,
    "checkin.no_answer": 3,
    "talk.take_your_time": 3,
    "talk.not_understood": 3,
}
DAILY = sorted(
    key
    for key in PACK.keys
    if key not in ("checkin.it", *TIMES_A_DAY)
    and (key.startswith("checkin.") or key in {
        "company.whom", "company.line_number", "company.not_now"
    })
)  # fmt: skip

# Words and parts of sentences, not sentences.
FRAGMENTS = (
    "body.", "plan.", "press.", "meaning.", "state.", "missed.when.",
    "outings.aid.", "outings.kind.", "outings.part.", "outings.shown_",
    "helping.usual.",
)  # fmt: skip
NO_SENTENCE = {
    "alarm.somebody",
    "agenda.birthday_of",
    "agenda.from_day",
    "agenda.this_week",
    "visits.from",
    "visits.note.absent",
    "visits.note.promise",
    "visits.note.unsuitable",
    "visits.note.wishes",
    "visits.shown",
    "visits.visit",
    "visits.visit_in",
    "along.message",
    "along.messages",
    "helping.one",
    "helping.several",
    "visits.promise_of",
    "visits.promises_of",
    "visits.wish",
    "visits.wishes_of",
    "checkin.it",
    "calling.line_shown",
    "press.nothing_asked",
    *BUILT_NAMES["danger.*.number"],
}

MOST_SENTENCES = 2
MOST_WORDS = 12

BANNED = {
    "we for u": r"\b(we|wij|ons|onze)\b",
    "je for u": r"\b(je|jij|jou|jouw|jullie)\b",
    "a diminutive": r"\b\w+(tje|pje|kje|fje|sje|gje|dje|etjes?|jes)\b",
    "praise of a child": r"\b(goed zo|flink|braaf|knap)\b",
    "an order": r"\b(u moet|moet u)\b",
    "medical advice": r"\b(medicijn\w*|pil|pillen|tablet\w*|paracetamol|dosis|"
    r"glazen|diagnose|behandeling)\b",
    "a promise to watch": r"\b(in de gaten|bewaak\w*|waak\w*|houd u in|alarm\w*|"
    r"ik let op)\b",
    "an inferred emotion": r"\b(u klinkt|u lijkt|u bent (verdrietig|somber|boos|bang|"
    r"blij|eenzaam)|u voelt zich vast|ik hoor aan)\b",
    "a shout": r"!",
    "a formal or hard word": r"\b(gelieve|alsmede|middels|derhalve|app|device)\b",
}


def is_question(key: str) -> bool:
    return re.search(r"\.(ask(_\w+)?|rephrase)$", key) is not None and key not in {
        "checkin.ask_later"
    }


def is_fragment(key: str) -> bool:
    return key in NO_SENTENCE or (
        key.startswith(FRAGMENTS) and key != "press.nothing_asked_said"
    )


def words_in(sentence: str) -> int:
    """How many words; digits that are read out in one go are one number."""
    return len(re.findall(r"[\w'{}]+", re.sub(r"\d(?: \d)+", "0", sentence)))


def all_wordings() -> Iterator[Wording]:
    for key in PACK.keys:
        yield from PACK.variants(key)


def values_of(fact: str, key: str) -> list[str]:
    """Everything that a fact may be in this wording."""
    if fact == "it":
        names = set(IT_IS_NAMED.get(key, {*BODIES, "checkin.it"}))
        return [PACK.text(name) for name in sorted(names)]
    samples = {
        "meaning": BUILT_NAMES["meaning.*"],
        "why": BUILT_NAMES["away.*"],
        "greeting": BUILT_NAMES["greeting.*"],
    }
    if fact in samples:
        return [PACK.text(name) for name in sorted(samples[fact])]
    return {
        "date": ["woensdag drieëntwintig september"],
        "time": ["vijf voor half drie 's middags"],
        "moment": ["dinsdag om vijf voor half drie 's middags"],
        "what": ["de kapper", "uw pillen"],
        "who": ["uw dochter Anja"],
        "day": ["dinsdag 24 november"],
        "days": ["morgen", "de dagen vanaf dinsdag 24 november"],
        "place": ["Dorpsstraat 12"],
        "address": ["Dorpsstraat 12"],
        "about": ["koffie of thee en een praatje"],
        "activities": ["één", "vier"],
        "aid": ["rollator", "rolstoel"],
        "bring": ["stevige schoenen"],
        "cost": ["één euro vijftig"],
        "distance": ["tweehonderd meter", "anderhalve kilometer"],
        "kind": ["boeken, film en cultuur"],
        "kinds": ["muziek, kaarten en spellen en wandelen"],
        "most": ["twaalf euro vijftig"],
        "organisation": ["Welzijn Voorbeelddorp"],
        "part": ["ochtend"],
        "season": ["Week tegen Eenzaamheid"],
        "title": ["Koffieochtend"],
        "until": ["half twaalf 's ochtends"],
        "walk": ["een kwartier", "zes minuten"],
        "when": ["gisteren om vijf voor half drie 's middags"],
        "calls": ["één", "twaalf"],
        "count": ["één", "vijfentwintig"],
        "visits": ["één", "zeven"],
        "seconds": ["vijf", "tien"],
        "number": ["0 6, 1 2, 3 4, 5 6, 7 8"],
        "person": ["uw dochter Anja"],
        "event": ["De koffieochtend, dinsdag 24 november om half elf 's ochtends"],
        "said": ["ik kom u om half tien halen"],
        "message": ["morgen komt de glazenwasser"],
        "text": ["ik kan breien"],
        "known": ["een blauwe pas"],
        "weekdays": ["maandag tot en met zaterdag", "maandag en woensdag"],
        "opens": ["half negen 's ochtends"],
        "closes": ["zes uur 's avonds"],
        "first": ["één wens voor een gesprek", "vier wensen voor een gesprek"],
        "second": ["één belofte", "vier beloften"],
        "name": ["mevrouw De Vries"],
    }[fact]


def rendered(wording: Wording) -> Iterator[tuple[str, ...]]:
    """The wording with every combination of its facts."""
    names = sorted(wording.facts)
    for chosen in product(*(values_of(name, wording.key) for name in names)):
        yield wording.speak(dict(zip(names, chosen, strict=True))).sentences


# -- what the code asks for --------------------------------------------------


@cache
def nodes() -> tuple[ast.AST, ...]:
    """All of the code, in parts."""
    texts = (path.read_text(encoding="utf-8") for path in CODE)
    return tuple(node for text in texts for node in ast.walk(ast.parse(text)))


def literals() -> set[str]:
    """Every string in the code that has the form of a name of this pack."""
    roots = {key.partition(".")[0] for key in PACK.keys}
    name = re.compile(rf"(?:{'|'.join(sorted(roots))})(?:\.[a-z_]+)+")
    return {
        node.value
        for node in nodes()
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and name.fullmatch(node.value)
    }


def calls(method: str) -> Iterator[ast.Call]:
    """Every call of a function or method of this name."""
    for node in nodes():
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else None
            name = called.id if isinstance(called, ast.Name) else name
            if name == method:
                yield node


def first_words(method: str) -> set[str]:
    """Literal first arguments of the calls of this name."""
    return {
        call.args[0].value
        for call in calls(method)
        if call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def built_shapes() -> set[str]:
    """Every f-string that has the form of a name, with * for what is filled in."""
    shapes = set()
    for node in nodes():
        if isinstance(node, ast.JoinedStr):
            shape = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "*"
                for part in node.values
            )
            root = shape.partition(".")[0]
            if re.fullmatch(r"[a-z_*]+(\.[a-z_*]+)+", shape) and any(
                root == "*" or key.startswith(f"{root}.") for key in PACK.keys
            ):
                shapes.add(shape)
    return shapes


def questions() -> dict[str, Question]:
    """Every question that a topic declares."""
    found: dict[str, Question] = {}
    for module in pkgutil.iter_modules(companion.topics.__path__, "companion.topics."):
        for value in vars(importlib.import_module(module.name)).values():
            several = value.values() if isinstance(value, Mapping) else (value,)
            for question in several:
                if isinstance(question, Question) and question.name not in NEVER_ASKED:
                    found[question.name] = question
    return found


def used_names() -> set[str]:
    """Every name that the code may ask of the pack."""
    used = set().union(*BUILT_NAMES.values())
    for name, question in questions().items():
        used.add(f"{name}.ask")
        if question.rephrased_yes is not None:
            used.add(f"{name}.rephrase")
    for name in (first_words("confirm") | first_words("yes_or_no")) - NEVER_ASKED:
        used |= {f"{name}.ask", f"{name}.rephrase"}
    used |= {f"state.{name}" for name in first_words("_show_state")}
    # A part that breaks is named where it is made.
    used |= {f"fault.{part}" for part in first_words("of")}
    used |= {"checkin.pain_where.thanks"}
    used |= {"checkin.plan_done.yes", "checkin.plan_done.no"}
    for name in literals():
        if f"{name}.ask" not in used:
            used.add(name)
    return used


def test_everything_that_the_code_says_is_in_the_pack() -> None:
    assert used_names() - set(PACK.keys) == set()


def test_nothing_in_the_pack_is_never_said() -> None:
    assert set(PACK.keys) - used_names() == set()


def test_every_name_that_the_code_puts_together_is_known_here() -> None:
    # A new f-string needs its row in BUILT_NAMES, or the two tests above are blind.
    parts_of_questions = {
        "*.ask",
        "*.rephrase",
        "*.thanks",
        "*.*",
        "fault.*",
        "state.*",
        # Files, which are never said.
        "*.txt",
        "*.part",
    }
    assert built_shapes() - set(BUILT_NAMES) <= parts_of_questions
    assert set(BUILT_NAMES) <= built_shapes()


def test_the_search_for_names_finds_what_is_there() -> None:
    assert {"checkin.start", "company.line_number", "talk.waiting"} <= literals()
    assert {"forget.all", "away.confirm"} <= first_words("confirm")
    assert len(questions()) >= 12


# -- how it is said --------------------------------------------------------------


# Each looks at all of the pack at once, and names all that is wrong: a test of each
# name, of which there are hundreds, takes longer to hand out than to run.


def test_short_sentences() -> None:
    too_long = [
        sentences
        for wording in all_wordings()
        for sentences in rendered(wording)
        if len(sentences) > MOST_SENTENCES or max(map(words_in, sentences)) > MOST_WORDS
    ]
    assert too_long == []


def test_no_wording_is_a_lone_word() -> None:
    lone = [
        wording
        for wording in all_wordings()
        if not is_fragment(wording.key) and not wording.key.startswith("greeting.")
        if words_in(" ".join(wording.sentences)) < 3
    ]
    assert lone == []


def test_one_sentence_is_one_sentence() -> None:
    wrong = [
        sentence
        for wording in all_wordings()
        if not is_fragment(wording.key)
        for sentence in wording.sentences
        if sentence not in ("{why}", "{greeting}")
        if not re.search(r"[.?]$", sentence) or re.search(r"[.?] ", sentence)
    ]
    assert wrong == []


def test_a_question_asks_once_and_at_its_end() -> None:
    wrong = [
        wording
        for wording in all_wordings()
        if " ".join(wording.sentences).count("?") != is_question(wording.key)
    ]
    assert wrong == []


def test_the_question_comes_last_except_where_a_no_is_offered() -> None:
    for wording in all_wordings():
        if is_question(wording.key) and wording.key != "checkin.message.ask":
            assert wording.sentences[-1].endswith("?"), wording


@pytest.mark.parametrize("what", BANNED)
def test_nothing_that_does_not_become_a_good_neighbour(what: str) -> None:
    found = [
        sentence
        for wording in all_wordings()
        for sentence in wording.sentences
        if re.search(BANNED[what], sentence, re.IGNORECASE)
    ]
    assert found == []


def test_the_only_advice_about_health_is_to_call_the_doctor_oneself() -> None:
    for wording in all_wordings():
        for sentence in wording.sentences:
            assert "dokter" not in sentence or wording.key.startswith("plan.")
            assert not re.search(r"\b(?<!huis)arts\b", sentence)


def test_how_it_goes_is_not_asked_as_yes_or_no() -> None:
    # A bare "ja" to these has no meaning; only the rephrasing takes it.
    for name, question in questions().items():
        if question.yes is None and question.is_kept:
            for key in (k for k in PACK.keys if k.startswith(f"{name}.ask")):
                for wording in PACK.variants(key):
                    asks = wording.sentences[-1]
                    assert re.search(r"\b(hoe|waar|welke)\b", asks, re.IGNORECASE), asks


def test_every_rephrasing_can_be_answered_with_yes_or_no() -> None:
    for wording in all_wordings():
        if wording.key.endswith(".rephrase"):
            asks = wording.sentences[-1]
            assert not re.match(r"(hoe|wat|waar|welke|wie|waarmee)\b", asks, re.I), asks


def test_every_check_in_says_that_it_is_a_computer() -> None:
    for wording in (*PACK.variants("checkin.start"), *PACK.variants("about.computer")):
        assert "computer" in " ".join(wording.sentences)


def test_the_missed_check_in_is_honest_about_nobody_being_told() -> None:
    for key in ("checkin.missed_said", "checkin.missed_earlier_said", "notice.missed"):
        for wording in PACK.variants(key):
            assert re.search(r"\b(niemand)\b", " ".join(wording.sentences), re.I)


def test_the_listening_line_is_said_in_groups_and_twice() -> None:
    for wording in PACK.variants("company.line_number"):
        assert " ".join(wording.sentences).count("0 8 8, 0 7 6 7, 0 0 0") == 2
        assert wording.speak({}).is_fixed
    assert "088 0767 000" in PACK.text("calling.line_shown")


def test_labels_fit_beside_their_button() -> None:
    for press in Press:
        assert words_in(PACK.text(f"press.{press}")) <= 3


# -- fixed text --------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(k for k in PACK.keys if k.startswith("danger.")))
def test_words_in_danger_never_vary(key: str) -> None:
    (wording,) = PACK.variants(key)
    assert wording.facts == frozenset()


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (Danger.MEDICAL, "112"),
        (Danger.FIRE, "112"),
        (Danger.SUICIDE, "113"),
        (Danger.ABUSE, "08002000"),
    ],
)
def test_the_number_to_call_is_shown_and_said(kind: Danger, number: str) -> None:
    shown = PACK.text(f"danger.{kind}.number")
    said = PACK.text(f"danger.{kind}.say")
    assert re.sub(r"\D", "", shown) == number
    assert number in re.sub(r"\D", "", said)
    # Read out digit by digit: nobody dials "honderdtwaalf".
    assert not re.search(r"\d{2}", said)


@pytest.mark.parametrize("kind", Danger)
def test_it_says_that_it_cannot_call_by_itself(kind: Danger) -> None:
    assert re.search(r"\bkan (zelf )?nog niet\b", PACK.text(f"danger.{kind}.after"))


@pytest.mark.parametrize("kind", [Danger.SUICIDE, Danger.ABUSE])
def test_help_is_free_day_and_night_and_nothing_is_kept_secret(kind: Danger) -> None:
    said = PACK.text(f"danger.{kind}.say")
    assert "gratis" in said
    assert "dag en nacht" in said
    assert not re.search(r"\b(geheim|niemand|onder ons)\b", said)


# -- facts ---------------------------------------------------------------------------


def test_no_wording_needs_a_fact_that_it_is_not_given() -> None:
    for wording in all_wordings():
        key = wording.key
        allowed = FACTS.get(key, set())
        if key in IT_IS_NAMED or key in IT_MAY_BE_NEUTRAL:
            allowed = allowed | {"it"}
        assert wording.facts <= allowed, wording


@pytest.mark.parametrize("key", sorted({*IT_IS_NAMED, *IT_MAY_BE_NEUTRAL}))
def test_what_was_named_yesterday_fits_its_sentence(key: str) -> None:
    for wording in PACK.variants(key):
        for sentences in rendered(wording):
            text = " ".join(sentences)
            assert "{" not in text
            assert "van gaan" not in text
            if "it" in wording.facts and key in IT_MAY_BE_NEUTRAL:
                assert re.search(r"[Ll]ast (hebt )?van (uw \w+|pijn)\b", text)


def test_what_hurts_is_named_politely_and_plans_are_verbs() -> None:
    for part in BODIES:
        assert PACK.text(part).startswith("uw ")
    for plan in PLANS:
        assert re.search(r"\w*(en|aan|oen|ien|ijn)$", PACK.text(plan))


# -- variety -------------------------------------------------------------------------


def test_daily_words_have_five_wordings() -> None:
    assert [key for key in DAILY if len(PACK.variants(key)) < 5] == []


def test_words_said_several_times_a_day_have_twelve_wordings() -> None:
    assert [key for key in TIMES_A_DAY if len(PACK.variants(key)) < 12] == []


def test_there_are_eight_ways_to_end_and_each_ends_well() -> None:
    endings = [wording.sentences[-1] for wording in PACK.variants("checkin.closing")]
    assert len(endings) >= 8
    assert all(not re.search(r"\b(niet|geen)\b", ending) for ending in endings)


def test_no_two_wordings_are_the_same() -> None:
    texts: dict[str, str] = {}
    # After both kinds of danger that call for 112 the same is said.
    fixed = ("danger.", "press.", "state.")
    for wording in all_wordings():
        if wording.key.startswith(fixed):
            continue
        text = " ".join(wording.sentences).casefold()
        assert text not in texts, (wording.key, texts[text], text)
        texts[text] = wording.key


@pytest.mark.parametrize("key", [*DAILY, *TIMES_A_DAY])
def test_thirty_days_repeat_no_wording_within_three_days(key: str) -> None:
    days: list[list[int]] = []
    for _ in range(30):
        recent = [v for day in days[-FRESH_DAYS:] for v in day]
        today: list[int] = []
        for _ in range(TIMES_A_DAY.get(key, 1)):
            used = [(key, variant) for variant in (*recent, *today)]
            variant = PACK.choose(key, used).variant
            assert variant not in (*recent, *today)
            today.append(variant)
        days.append(today)


# -- the phrasebook itself -------------------------------------------------------------


def book(*sentences: str) -> Phrasebook:
    return Phrasebook({"a": [Wording("a", n, (s,)) for n, s in enumerate(sentences)]})


def test_an_unused_wording_comes_first_then_the_oldest() -> None:
    three = book("een.", "twee.", "drie.")
    assert three.choose("a", []).variant == 0
    assert three.choose("a", [("a", 0), ("b", 1)]).variant == 1
    assert three.choose("a", [("a", 2), ("a", 0), ("a", 1)]).variant == 2
    # Said twice: the last time counts.
    assert three.choose("a", [("a", 2), ("a", 0), ("a", 1), ("a", 2)]).variant == 0


def test_a_name_that_is_not_there_is_named() -> None:
    with pytest.raises(WordingMissing, match=r"checkin\.nothing"):
        PACK.text("checkin.nothing")
    assert "checkin.nothing" not in PACK


def test_a_missing_fact_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(WordingError, match="time"):
        PACK.text("about.time")


def test_a_fact_at_the_start_gets_a_capital() -> None:
    wording = Wording("a", 0, ("{why} is goed.",))
    assert wording.facts == {"why"}
    speech = wording.speak({"why": "bezoek"}, holds_fact=True)
    assert speech.sentences == ("Bezoek is goed.",)
    assert speech.holds_fact
    assert not speech.is_fixed
