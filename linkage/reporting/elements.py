"""The elements of a report: which form has which, which must be said, and how two differ. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from linkage.errors import NotAllowed
from linkage.reporting.following import COUNTS
from linkage.reporting.limits import Form
from linkage.response_vocabulary import ReportElement as E
from linkage.response_vocabulary import ReportStage

# What is not known is not waited for: the report says so and goes out.
UNKNOWN = "待核"
LONGEST = 4_000
_NOTHING = frozenset({UNKNOWN, "无"})

_HEAD = (E.RECEIVED_AT, E.OCCURRED_AT, E.SOURCE, E.UNIT, E.REPORTER, E.CONTACT)
_WHAT = (E.PLACE, E.DIVISION, E.POSITION, E.KIND, E.NATURE, E.GRADE, E.RESPONSE, E.COURSE)
_WHY = (E.CAUSE, E.SCOPE)
_PEOPLE = (*COUNTS, E.AT_RISK, E.LOSS)
_THEN = (E.TREND, E.MEASURES, E.LEADERS, E.SUPPORT, E.ATTACHMENTS)
# 生产安全事故报告和调查处理条例 §12; 重大动物疫情应急条例 §18; 应急〔2020〕19号.
_MORE: dict[Form, tuple[E, ...]] = {
    "general": (),
    "production": (E.FIRM, E.UNACCOUNTED, E.FIRST_LOSS, E.REMARKS),
    "animal": (
        *(E.SPECIES, E.HEADS, E.HERD, E.IMMUNITY, E.DEAD_HEADS, E.SYMPTOMS, E.LESIONS),
        *(E.DIAGNOSIS, E.EPIDEMIOLOGY, E.ORIGIN, E.CONTROL),
    ),
    "disaster": (
        *(E.AFFECTED, E.RELOCATED, E.HOUSES_DOWN, E.HOUSES_HURT),
        *(E.CROPS_HIT, E.CROPS_HURT, E.CROPS_LOST, E.DIRECT_LOSS),
    ),
}
_OF_STAGE: dict[ReportStage, tuple[E, ...]] = {
    ReportStage.FIRST: (),
    ReportStage.FOLLOW_UP: (E.CORRECTION,),
    ReportStage.FINAL: (E.OUTCOME, E.FOLLOW_UP_WORK, E.CORRECTION),
}
_DAY = (E.PERIOD, E.OVERVIEW, E.INCIDENTS, E.WARNINGS, E.ON_DUTY, E.REMARKS)
# Without these nobody could act on the report; they may be 待核, but not empty.
NEEDED = (E.RECEIVED_AT, E.OCCURRED_AT, E.SOURCE, E.UNIT, E.PLACE, E.KIND, E.GRADE, E.COURSE)
NEEDED_OF_DAY = (E.PERIOD, E.OVERVIEW)
# Long answers: a line is too short for them.
LONG = frozenset(
    {E.COURSE, E.CAUSE, E.SCOPE, E.TREND, E.MEASURES, E.LEADERS, E.SUPPORT, E.FIRM, E.REMARKS}
    | {E.OUTCOME, E.FOLLOW_UP_WORK, E.CORRECTION, E.OVERVIEW, E.INCIDENTS, E.WARNINGS, E.ON_DUTY}
    | {E.SYMPTOMS, E.LESIONS, E.DIAGNOSIS, E.EPIDEMIOLOGY, E.ORIGIN, E.CONTROL}
)
# Counted in whole numbers; the message to the authority carries them as numbers.
WHOLE = frozenset({*COUNTS, E.AT_RISK, E.UNACCOUNTED})


class Difference(msgspec.Struct, frozen=True):
    """`before` None: the earlier report did not speak of it."""

    element: E
    before: str | None
    after: str


def elements_of(stage: ReportStage, form: Form) -> tuple[E, ...]:
    """In the order in which they are printed."""
    if stage in {ReportStage.ZERO, ReportStage.BRIEF}:
        return _DAY
    return (*_HEAD, *_WHAT, *_WHY, *_PEOPLE, *_MORE[form], *_THEN, *_OF_STAGE[stage])


def checked(said: Mapping[str, str], stage: ReportStage, form: Form) -> dict[str, str]:
    """What may be kept of a form. Raises NotAllowed naming the element and the remedy."""
    kept: dict[str, str] = {}
    for element in elements_of(stage, form):
        text = said.get(element.value, "").replace("\0", "").strip()
        if len(text) > LONGEST:
            raise NotAllowed(f"“{element.label}”共 {len(text)} 字，最多 {LONGEST} 字，请精简。")
        if element in WHOLE and text not in {"", UNKNOWN}:
            number = text.removesuffix("人").strip()
            if not (number.isascii() and number.isdecimal() and len(number) < 9):
                raise NotAllowed(
                    f"“{element.label}”写的是“{text[:20]}”，应为整数，不清楚时写“{UNKNOWN}”。"
                )
            text = str(int(number))
        kept[element.value] = text or UNKNOWN
    return kept


def refuse_empty(said: Mapping[str, str], stage: ReportStage) -> None:
    """Before it is submitted. 待核 is an answer; but all of it unknown is no report."""
    day = stage in {ReportStage.ZERO, ReportStage.BRIEF}
    needed: Sequence[E] = NEEDED_OF_DAY if day else NEEDED
    empty = [e.label for e in needed if not said.get(e.value, "").strip()]
    if empty:
        raise NotAllowed(f"还缺{'、'.join(empty)}；不清楚的请写“{UNKNOWN}”，不要因此迟报。")
    if said.get((E.OVERVIEW if day else E.COURSE).value) == UNKNOWN:
        raise NotAllowed("基本情况还是“待核”：请至少写明已知的情况，再送签。")


def differences(
    before: Mapping[str, str], after: Mapping[str, str], stage: ReportStage, form: Form
) -> list[Difference]:
    """What has changed since the report before, in printed order."""
    return [
        Difference(element, before.get(element.value), now)
        for element in elements_of(stage, form)
        if (now := after.get(element.value, UNKNOWN)) != before.get(element.value, UNKNOWN)
        and (element.value in before or now not in _NOTHING)
    ]


def counted(said: Mapping[str, str]) -> dict[E, int]:
    """The counts of people that are numbers; 待核 is none."""
    return {e: int(said[e.value]) for e in COUNTS if said.get(e.value, "").isdecimal()}
