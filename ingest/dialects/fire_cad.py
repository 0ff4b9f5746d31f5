"""The case record (灾情) of 119, with the field names the fire dispatch systems use."""

from collections.abc import Callable
from typing import Any

from ingest import fields
from ingest.fields import TEXT
from ingest.forgiving import Needs, forgiving
from ingest.json_form import Form, shown
from ingest.local_time import clock
from ingest.position import converter
from linkage.alerts import NOBODY, Alert, Casualties, Unreadable
from linkage.kinds import HAZMAT_KINDS
from linkage.source_tables import KindRule
from linkage.sources import Source
from linkage.vocabulary import MessageKind, Severity

# 灾害类型 (finer), 案件类型.
KINDS = ("HZLX", "AJLX")
TIME = "HRSJ"
NEEDS = Needs(
    fields=frozenset({TIME}),
    personal=frozenset({"YHXM", "DHHM"}),
    call_ref="ZQBH",
    call_kinds=KINDS,
)
# AJXZ 案件性质: 1 假警, 2 真警, 3 错位接警, 4 关联, 9 其他
FALSE_CALL = "1"
NATURES = frozenset({"", "1", "2", "3", "4", "9"})


def reader(source: Source) -> Callable[[Form], Alert]:
    when, to_wgs84 = clock(source), converter(source.datum)

    def read(form: Form) -> Alert:
        rule = fields.kind(form, KINDS, source)
        place = fields.text(form, "HZDZ")  # 火灾地址
        point, sent_xy, note, area = fields.where(form, "X", "Y", "XZQH", to_wgs84)
        filed_at = fields.moment(form, "LASJ", when)  # 立案时间
        changed_at = fields.moment(form, "GXSJ", when)  # 更新时间
        level = fields.text(form, "ZHDJ")  # 灾害等级: fires 1 to 5, rescues R1 to R4
        return Alert(
            source_id=source.id,
            source_ref=fields.own_reference(form, "ZQBH"),  # 灾情编号
            revision=int(changed_at.timestamp()) if changed_at else None,
            message_kind=_message_kind(form),
            references=fields.references(form, source),
            kind=rule.kind,
            event_code=rule.event_code,
            source_kind=rule.word,
            occurred_at=when(form.get("HRSJ"), "HRSJ"),  # 呼入时间
            sent_at=changed_at or filed_at,  # an update was sent when it was made
            place=place,
            point=point,
            source_xy=sent_xy,
            position_note=note,
            area_code=area,
            severity=fields.code(form, "ZHDJ", source, "severities") or Severity.UNKNOWN,
            # Only fires have an alarm level; it rises with the number, 5 is worst.
            fire_alarm_level=source.fire_alarm_levels.get(level),
            casualties=_casualties(form),
            caller_name=fields.name(form, "YHXM"),  # 用户姓名
            caller_phone=fields.phone(form, "DHHM"),  # 电话号码
            plates=fields.plates(form, "CPHM"),  # 车牌号码
            hazmat=fields.flag(form, "SFWHP") or rule.kind in HAZMAT_KINDS,  # 是否危化品
            headline=fields.headline(place, rule.word),
            text=fields.text(form, "JYJQ", TEXT),  # 简要警情
            exercise=rule.exercise or fields.flag(form, "SFYL"),  # 是否演练
            facts=_facts(form, source, rule),
        )

    return forgiving(read, NEEDS)


def _message_kind(form: Form) -> MessageKind:
    nature = fields.text(form, "AJXZ")
    if nature == FALSE_CALL:
        return MessageKind.CANCEL
    if nature not in NATURES:
        known = "、".join(sorted(NATURES - {""}))
        reason = f"AJXZ：案件性质 {shown(nature)} 不认识，应为 {known}"
        raise Unreadable(reason, "AJXZ")
    changed = form.get("GXSJ")
    return MessageKind.UPDATE if changed and changed != form.get("LASJ") else MessageKind.ALERT


def _casualties(form: Form) -> Casualties:
    trapped = fields.count(form, "BKRS")  # 被困人数
    injured = fields.count(form, "SSRS")  # 受伤人数
    deaths = fields.count(form, "SWRS")  # 死亡人数
    if trapped is None and injured is None and deaths is None:
        return NOBODY
    return Casualties(deaths=deaths, trapped=trapped, injured=injured)


def _facts(form: Form, source: Source, rule: KindRule) -> dict[str, Any]:
    facts = fields.facts(form, source.facts, rule)
    if fields.flag(form, "SFRYBK"):  # 是否人员被困: said before anybody has counted
        facts["people_trapped"] = True
    return facts
