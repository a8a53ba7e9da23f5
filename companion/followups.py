"""What to say to an answer, given the answers of earlier days (pure).

Each rule is a row: to which question, after which answer, when what was told
before looks so, then this is said and perhaps asked. The first row that fits is
taken. Rows name wordings of the language pack (`checkin.*`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

from companion.checkins import CheckIn
from companion.journal import Answer
from companion.understanding.intents import Intent, Meaning

MOOD = "checkin.mood"
SLEEP = "checkin.sleep"
PAIN = "checkin.pain"
PAIN_WHERE = "checkin.pain_where"
EATING = "checkin.eating"
DRINKING = "checkin.drinking"
PLANS = "checkin.plans"

LOW = frozenset({Intent.MOOD_LOW, Intent.LONELY})
HURTS = frozenset({Intent.PAIN, Intent.PAIN_SAME, Intent.PAIN_WORSE, Intent.PAIN_LESS})
ATE_BADLY = frozenset({Intent.ATE_LITTLE, Intent.ATE_NOTHING})

# Three days in a row is a pattern that is worth a word about the doctor or about
# company; two may be chance.
PATTERN_DAYS = 3
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class History:
    """The last answer per question and day.

    Attributes:
        today: The day of the check-in; its own answers are not history.
        days: Answers of earlier days, by day and question.
        missed_yesterday: Whether yesterday's check-in stayed unanswered.
    """

    today: date
    days: Mapping[date, Mapping[str, Answer]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    missed_yesterday: bool = False

    @classmethod
    def from_answers(
        cls,
        answers: Sequence[Answer],
        today: date,
        missed_yesterday: bool = False,
        check_ins: Sequence[CheckIn] = (),
    ) -> "History":
        """Sort answers, oldest first, by day and question.

        Args:
            answers: What was told.
            today: The day of the check-in.
            missed_yesterday: Whether yesterday's check-in stayed unanswered.
            check_ins: Those in which it was told, oldest first.
        """
        days: dict[date, dict[str, Answer]] = {}
        for answer in answers:
            day = day_told(answer, check_ins)
            if day < today:
                told = days.setdefault(day, {})
                # "Waar hebt u pijn?" completes the answer that there is pain.
                is_place = answer.question == PAIN_WHERE and PAIN in told
                told[PAIN if is_place else answer.question] = answer
        return cls(today, days, missed_yesterday)

    def yesterday(self, question: str) -> Answer | None:
        """Yesterday's answer."""
        return self.days.get(self.today - timedelta(days=1), {}).get(question)

    def was(self, question: str, intents: Collection[Intent]) -> bool:
        """Whether yesterday's answer was one of these."""
        answer = self.yesterday(question)
        return answer is not None and answer.intent in intents

    def days_in_a_row(self, question: str, intents: Collection[Intent]) -> int:
        """For how many days up to yesterday the answer was one of these."""
        count = 0
        day = self.today - timedelta(days=1)
        while True:
            answer = self.days.get(day, {}).get(question)
            if answer is None or answer.intent not in intents:
                return count
            count += 1
            day -= timedelta(days=1)

    def times_this_week(self, question: str, intents: Collection[Intent]) -> int:
        """On how many of the last seven days the answer was one of these."""
        return sum(
            1
            for back in range(1, WEEK_DAYS + 1)
            if (
                answer := self.days.get(self.today - timedelta(days=back), {}).get(
                    question
                )
            )
            is not None
            and answer.intent in intents
        )


def day_told(answer: Answer, check_ins: Sequence[CheckIn]) -> date:
    """The day that an answer belongs to: that on which its check-in began.

    Args:
        answer: What was told.
        check_ins: Those of these days, oldest first. One that the card refused may
            have the number of an older one: the newest before the answer is meant.
    """
    told_in = (
        c.day
        for c in reversed(check_ins)
        if c.id == answer.checkin and c.begun_at <= answer.at
    )
    return next(told_in, answer.at.date())


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What follows an answer.

    Attributes:
        say: Name of what is said.
        ask: Name of a question that is asked after it; empty for none.
        fact: Name of the language pack's word for {it}: "body.knee"; empty for
            none.
    """

    say: str
    ask: str = ""
    fact: str = ""


Condition = Callable[[Meaning, History], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: after this answer, when this holds, this follows."""

    question: str
    intents: frozenset[Intent]
    when: Condition
    say: str
    ask: str = ""


def _always(_: Meaning, __: History) -> bool:
    return True


def _yesterday(question: str, intents: Collection[Intent]) -> Condition:
    return lambda _, history: history.was(question, intents)


def _in_a_row(question: str, intents: Collection[Intent], days: int) -> Condition:
    """With today's answer, this many days in a row."""
    return lambda _, history: history.days_in_a_row(question, intents) >= days - 1


def _this_week(question: str, intents: Collection[Intent], times: int) -> Condition:
    return lambda _, history: history.times_this_week(question, intents) >= times - 1


def _same_place(meaning: Meaning, history: History) -> bool:
    answer = history.yesterday(PAIN)
    return (
        answer is not None
        and answer.intent in HURTS
        and (meaning.value is None or answer.value == meaning.value)
    )


def _other_place(meaning: Meaning, history: History) -> bool:
    answer = history.yesterday(PAIN)
    return (
        answer is not None
        and answer.intent in HURTS
        and None not in (meaning.value, answer.value)
        and answer.value != meaning.value
    )


def _no_place(meaning: Meaning, _: History) -> bool:
    return meaning.value is None


def _rule(
    question: str, intents: Collection[Intent], when: Condition, say: str, ask: str = ""
) -> Rule:
    return Rule(question, frozenset(intents), when, say, ask)


_BADLY = {Intent.SLEPT_BADLY}
_NONE = {Intent.NO_PLANS}

# Rows whose condition looks at earlier days carry the memory of the check-in.
RULES: tuple[Rule, ...] = (
    _rule(MOOD, {Intent.LONELY}, _this_week(MOOD, {Intent.LONELY}, 2),
          "checkin.mood.lonely_again", "checkin.company"),
    _rule(MOOD, {Intent.LONELY}, _always, "checkin.mood.lonely", "checkin.company"),
    _rule(MOOD, LOW, _this_week(MOOD, LOW, PATTERN_DAYS),
          "checkin.mood.low_week", "checkin.company"),
    _rule(MOOD, LOW, _yesterday(MOOD, LOW), "checkin.mood.low_again",
          "checkin.company"),
    _rule(MOOD, LOW, _yesterday(MOOD, {Intent.MOOD_GOOD}),
          "checkin.mood.lower_than_yesterday"),
    _rule(MOOD, LOW, _always, "checkin.mood.low"),
    _rule(MOOD, {Intent.MOOD_GOOD, Intent.MOOD_FAIR}, _yesterday(MOOD, LOW),
          "checkin.mood.better_than_yesterday"),
    _rule(MOOD, {Intent.MOOD_GOOD}, _in_a_row(MOOD, {Intent.MOOD_GOOD}, PATTERN_DAYS),
          "checkin.mood.good_days"),
    _rule(MOOD, {Intent.MOOD_GOOD}, _always, "checkin.mood.good"),
    _rule(MOOD, {Intent.MOOD_FAIR}, _always, "checkin.mood.fair"),

    _rule(SLEEP, _BADLY, _in_a_row(SLEEP, _BADLY, PATTERN_DAYS),
          "checkin.sleep.bad_days"),
    _rule(SLEEP, _BADLY, _yesterday(SLEEP, _BADLY), "checkin.sleep.bad_again"),
    _rule(SLEEP, _BADLY, _yesterday(SLEEP, {Intent.SLEPT_WELL}),
          "checkin.sleep.worse_than_yesterday"),
    _rule(SLEEP, _BADLY, _always, "checkin.sleep.bad"),
    _rule(SLEEP, {Intent.SLEPT_WELL, Intent.SLEPT_FAIRLY}, _yesterday(SLEEP, _BADLY),
          "checkin.sleep.better_than_yesterday"),
    _rule(SLEEP, {Intent.SLEPT_WELL}, _always, "checkin.sleep.well"),
    _rule(SLEEP, {Intent.SLEPT_FAIRLY}, _always, "checkin.sleep.fairly"),

    _rule(PAIN, {Intent.PAIN_WORSE}, _always, "checkin.pain.worse"),
    _rule(PAIN, {Intent.PAIN_LESS}, _always, "checkin.pain.less"),
    _rule(PAIN, {Intent.NO_PAIN}, _yesterday(PAIN, HURTS), "checkin.pain.gone"),
    _rule(PAIN, {Intent.NO_PAIN}, _always, "checkin.pain.none"),
    _rule(PAIN, {Intent.PAIN, Intent.PAIN_SAME}, _in_a_row(PAIN, HURTS, PATTERN_DAYS),
          "checkin.pain.days"),
    _rule(PAIN, {Intent.PAIN}, _other_place, "checkin.pain.other_place"),
    _rule(PAIN, {Intent.PAIN, Intent.PAIN_SAME}, _same_place, "checkin.pain.again"),
    _rule(PAIN, {Intent.PAIN}, _no_place, "checkin.pain.some", PAIN_WHERE),
    _rule(PAIN, {Intent.PAIN, Intent.PAIN_SAME}, _always, "checkin.pain.some"),

    _rule(EATING, ATE_BADLY, _in_a_row(EATING, ATE_BADLY, PATTERN_DAYS),
          "checkin.eating.little_days"),
    _rule(EATING, ATE_BADLY, _yesterday(EATING, ATE_BADLY),
          "checkin.eating.little_again"),
    _rule(EATING, ATE_BADLY, _always, "checkin.eating.little"),
    _rule(EATING, {Intent.ATE_WELL}, _yesterday(EATING, ATE_BADLY),
          "checkin.eating.better"),
    _rule(EATING, {Intent.ATE_WELL}, _always, "checkin.eating.well"),

    _rule(DRINKING, {Intent.DRANK_LITTLE}, _yesterday(DRINKING, {Intent.DRANK_LITTLE}),
          "checkin.drinking.little_again"),
    _rule(DRINKING, {Intent.DRANK_LITTLE}, _always, "checkin.drinking.little"),
    _rule(DRINKING, {Intent.DRANK_ENOUGH},
          _yesterday(DRINKING, {Intent.DRANK_LITTLE}), "checkin.drinking.better"),
    _rule(DRINKING, {Intent.DRANK_ENOUGH}, _always, "checkin.drinking.enough"),

    _rule(PLANS, _NONE, _in_a_row(PLANS, _NONE, PATTERN_DAYS),
          "checkin.plans.none_days", "checkin.company"),
    _rule(PLANS, _NONE, _always, "checkin.plans.none"),
    _rule(PLANS, {Intent.PLANS}, _in_a_row(PLANS, _NONE, 2),
          "checkin.plans.after_none"),
    _rule(PLANS, {Intent.PLANS}, _always, "checkin.plans.some"),
)  # fmt: skip


def follow_up(question: str, meaning: Meaning, history: History) -> FollowUp | None:
    """What to say, and perhaps ask, after this answer."""
    for rule in RULES:
        if (
            rule.question == question
            and meaning.intent in rule.intents
            and rule.when(meaning, history)
        ):
            return FollowUp(rule.say, rule.ask, _fact(question, meaning))
    return None


# What most people answer most days, the likeliest first.
USUAL_ANSWERS: Mapping[str, tuple[Intent, ...]] = MappingProxyType(
    {
        MOOD: (Intent.MOOD_GOOD, Intent.MOOD_FAIR, Intent.MOOD_LOW),
        SLEEP: (Intent.SLEPT_WELL, Intent.SLEPT_BADLY, Intent.SLEPT_FAIRLY),
        PAIN: (Intent.NO_PAIN, Intent.PAIN),
        EATING: (Intent.ATE_WELL, Intent.ATE_LITTLE),
        DRINKING: (Intent.DRANK_ENOUGH, Intent.DRANK_LITTLE),
        PLANS: (Intent.PLANS, Intent.NO_PLANS),
    }
)


def likely_answers(question: str, history: History) -> tuple[Meaning, ...]:
    """What this person will probably answer: as yesterday, or as most do."""
    usual = [Meaning(intent) for intent in USUAL_ANSWERS.get(question, ())]
    yesterday = history.yesterday(question)
    if yesterday is None:
        return tuple(usual)
    again = Meaning(yesterday.intent, yesterday.value)
    return (again, *(answer for answer in usual if answer.intent != again.intent))


def _fact(question: str, meaning: Meaning) -> str:
    if question == PAIN and isinstance(meaning.value, str):
        return f"body.{meaning.value}"
    if question == PLANS and isinstance(meaning.value, str):
        return f"plan.{meaning.value}"
    return ""


def opener(question: str, history: History) -> FollowUp | None:
    """How to ask today, when yesterday gives a reason to ask otherwise."""
    yesterday = history.yesterday(question)
    if question == MOOD and history.missed_yesterday:
        return FollowUp("checkin.mood.ask_after_missed")
    if question == MOOD and history.was(MOOD, LOW):
        return FollowUp("checkin.mood.ask_after_low")
    if question == SLEEP and history.was(SLEEP, _BADLY):
        return FollowUp("checkin.sleep.ask_after_bad")
    if question == PAIN and yesterday is not None and yesterday.intent in HURTS:
        if isinstance(yesterday.value, str):
            return FollowUp("checkin.pain.ask_about", fact=f"body.{yesterday.value}")
        return FollowUp("checkin.pain.ask_after_pain")
    if question == EATING and history.was(EATING, ATE_BADLY):
        return FollowUp("checkin.eating.ask_after_little")
    return None


def plan_of_yesterday(history: History) -> FollowUp | None:
    """A question about what the person was going to do yesterday."""
    answer = history.yesterday(PLANS)
    if answer is None or not isinstance(answer.value, str):
        return None
    return FollowUp("", "checkin.plan_done", f"plan.{answer.value}")
