"""A department's reply on the wire → Feedback, Delivered, NeedStep; a vehicle's → UnitReport.

The contract is ours (docs/answering-orders.md), so it is read strictly: UTF-8 JSON, our names,
times with an offset. What is refused says which field, what it held and what it should hold.
"""

from collections.abc import Collection
from typing import TypeVar

from ingest.contract import absent, contract_form, moment, short_text
from ingest.fields import count, number, whole_number
from ingest.json_form import Form, shown
from ingest.position import converter, position
from linkage.alerts import NOBODY, Casualties, Impostor, Unreadable
from linkage.datum import Datum
from linkage.response.agencies import Agency
from linkage.response.feedback import (
    ANSWERS,
    NEED_STEPS,
    Answered,
    Delivered,
    Feedback,
    NeedStep,
    Share,
    UnitReport,
    Want,
)
from linkage.response_vocabulary import NeedSort, NeedStatus
from linkage.roll_call.message import RollAnswer
from linkage.vocabulary import AssignmentStatus, Labelled

MAX_TEXT = 2_000  # as much as an order may hold
MAX_STATE = 40  # unit.state
MAX_UNIT_ID = 60  # unit.unit_id
MAX_WANTS = 50
MAX_WHAT = 100
MAX_MEASURE = 20  # need.measure
MOST = 10_000_000  # of anything that is asked for or given
MOST_KMH = 2_000  # a helicopter does 300, an aeroplane 1,000
_IDENTITY = ("agency", "agency_id")

L = TypeVar("L", bound=Labelled)


def read_feedback(payload: bytes, agency: Agency) -> Answered | RollAnswer:
    """`agency` is whose topic it came on. Raises Unreadable, Classified."""
    form = _form(payload, agency)
    if not absent(form.get("roll_call")):
        return RollAnswer(
            roll_call_id=_needed(form, "roll_call"),
            by=short_text(form, "by", 80),
            text=short_text(form, "text", 200),
            at=moment(form, "at"),
        )
    if not absent(form.get("need")):
        return _need_step(form)
    if form.get("status") in _RECEIPTS:
        return Delivered(
            assignment_id=_needed(form, "assignment"),
            revision=_needed(form, "revision"),
            at=moment(form, "at"),
        )
    return _answer(form)


def _answer(form: Form) -> Feedback:
    casualties = form.get("casualties")
    if casualties is not None and type(casualties) is not dict:
        reason = f'casualties：应为人数对象，如 {{"injured": 2}}，收到 {shown(casualties)}'
        raise Unreadable(reason, "casualties")
    words, wants = _wants(form)
    return Feedback(
        assignment_id=_needed(form, "assignment"),
        revision=_needed(form, "revision"),
        status=_status(form),
        at=moment(form, "at"),
        by=short_text(form, "by", 80),
        text=short_text(form, "text", MAX_TEXT),
        needs=words,
        wants=wants,
        share=_share(form),
        casualties=_people(casualties) if casualties else NOBODY,
    )


def read_unit(payload: bytes, agency: Agency, unit_id: str) -> UnitReport:
    """`unit_id` is from the topic. The position is in the agency's own datum, or in the one that
    the report names. Raises Unreadable, Classified."""
    if not 0 < len(unit_id) <= MAX_UNIT_ID or "/" in unit_id:
        reason = f"主题末级“{unit_id[:40]}”不能作为力量编号，应为 1 到 {MAX_UNIT_ID} 个字符的一级"
        raise Unreadable(reason, "topic")
    form = _form(payload, agency)
    claimed = form.get("unit")
    if claimed is not None and claimed != unit_id:
        raise Impostor(shown(claimed), unit_id, "unit")
    state = short_text(form, "state", MAX_STATE)
    if not state:
        raise Unreadable("state：缺少力量状态，如“途中”“到场”", "state")
    point, _, _ = position(form.get("lon"), form.get("lat"), converter(_datum(form, agency)))
    return UnitReport(
        agency_id=agency.id,
        unit_id=unit_id,
        label=short_text(form, "label", 80) or unit_id,
        state=state,
        point=point,
        assignment_id=whole_number(form, "assignment"),
        at=moment(form, "at"),
        heading=_heading(form),
        speed_kmh=_speed(form),
    )


def _speed(form: Form) -> float | None:
    speed = number(form, "speed_kmh")
    if speed is not None and not 0 <= speed <= MOST_KMH:
        raise Unreadable(
            f"speed_kmh：{shown(form['speed_kmh'])} 不在 0 到 {MOST_KMH} 之间", "speed_kmh"
        )
    return speed


def _heading(form: Form) -> int | None:
    """Degrees from north, clockwise; 360 is north again."""
    degrees = number(form, "heading")
    if degrees is None:
        return None
    if not 0 <= degrees <= 360:
        raise Unreadable(f"heading：{shown(form['heading'])} 不是 0 到 360 的度数", "heading")
    return round(degrees) % 360


def _form(payload: bytes, agency: Agency) -> Form:
    return contract_form(payload, agency.id, _IDENTITY)


def _needed(form: Form, key: str) -> int:
    number = whole_number(form, key)
    if number is None:
        raise Unreadable(f"{key}：缺少，应为指令中的同名数字", key)
    return number


def _status(form: Form) -> AssignmentStatus:
    return _one_of(form, "status", AssignmentStatus, ANSWERS, "不可反馈")


def _one_of(form: Form, key: str, codes: type[L], allowed: Collection[L], wrong: str) -> L:
    said = form.get(key)
    for code in codes:
        if code in allowed and said == code.value:
            return code
    may = "、".join(code.value for code in codes if code in allowed)
    held = "缺少" if absent(said) else f"{shown(said)} {wrong}"
    raise Unreadable(f"{key}：{held}，应为 {may} 之一", key)


# What a system says by itself, without a person. Either word serves.
_RECEIPTS = ("delivered", "received")


def _need_step(form: Form) -> NeedStep:
    return NeedStep(
        need_id=_needed(form, "need"),
        status=_one_of(form, "status", NeedStatus, NEED_STEPS, "不是对需求的答复"),
        amount=_amount(form, "amount"),
        unit_id=short_text(form, "unit", MAX_UNIT_ID) or None,
        at=moment(form, "at"),
        by=short_text(form, "by", 80),
        text=short_text(form, "text", MAX_TEXT),
    )


def _wants(form: Form) -> tuple[str, tuple[Want, ...]]:
    """Needs in words, and as the list that they may be given in."""
    said: object = form.get("needs")
    if not isinstance(said, list):
        return short_text(form, "needs", MAX_TEXT), ()
    if len(said) > MAX_WANTS:
        raise Unreadable(f"needs：一次最多 {MAX_WANTS} 项，收到 {len(said)} 项", "needs")
    wants = tuple(_want(one) for one in said)
    return "、".join(map(str, wants)), wants


def _want(one: object) -> Want:
    if type(one) is not dict:
        example = '{"sort": "supplies", "what": "吸附棉", "amount": 20, "measure": "箱"}'
        raise Unreadable(f"needs：每项应为对象，如 {example}，收到 {shown(one)}", "needs")
    return Want(
        sort=_one_of(one, "sort", NeedSort, frozenset(NeedSort), "不是需求类别"),
        what=_what(one),
        amount=_above_nothing(one, "amount"),
        measure=short_text(one, "measure", MAX_MEASURE),
    )


def _what(form: Form) -> str:
    what = short_text(form, "what", MAX_WHAT)
    if not what:
        raise Unreadable("what：缺少，写明需要或提供的是什么", "what")
    return what


def _share(form: Form) -> Share | None:
    """2 of 3 vehicles."""
    said: object = form.get("share")
    if said is None:
        return None
    if type(said) is not dict:
        example = '{"what": "消防车", "asked": 3, "given": 2, "measure": "辆"}'
        raise Unreadable(f"share：应为对象，如 {example}，收到 {shown(said)}", "share")
    asked, given = _amount(said, "asked"), _amount(said, "given")
    if asked is None or given is None or given >= asked:
        reason = "share：asked 和 given 都要有，且 given 小于 asked；全部受理时不要写 share"
        raise Unreadable(reason, "share")
    sort = NeedSort.EQUIPMENT
    if not absent(said.get("sort")):
        sort = _one_of(said, "sort", NeedSort, frozenset(NeedSort), "不是需求类别")
    measure = short_text(said, "measure", MAX_MEASURE)
    return Share(what=_what(said), asked=asked, given=given, measure=measure, sort=sort)


def _amount(form: Form, key: str) -> float | None:
    amount = number(form, key)
    if amount is not None and not 0 <= amount <= MOST:
        raise Unreadable(f"{key}：{shown(form[key])} 不在 0 到 {MOST} 之间", key)
    return amount


def _above_nothing(form: Form, key: str) -> float | None:
    amount = _amount(form, key)
    if amount == 0:
        raise Unreadable(f"{key}：数量应大于 0；数量不明请留空", key)
    return amount


def _people(form: Form) -> Casualties:
    for key in form:
        if key not in Casualties.__struct_fields__:
            known = "、".join(Casualties.__struct_fields__)
            raise Unreadable(f"casualties：不认识的项 {shown(key)}，应为 {known}", "casualties")
    return Casualties(**{key: count(form, key) for key in form})


def _datum(form: Form, agency: Agency) -> Datum:
    said = form.get("datum")
    if absent(said):
        return agency.datum
    if type(said) is not str or said not in set(Datum):
        raise Unreadable(f"datum：{shown(said)} 不认识，应为 {'、'.join(Datum)}", "datum")
    return Datum(said)
