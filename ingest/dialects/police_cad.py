"""The call record (接警单) of 110 and 122, with the field names the police call systems use."""

from collections.abc import Callable
from typing import Any

from ingest import fields
from ingest.fields import TEXT
from ingest.forgiving import Needs, forgiving
from ingest.json_form import Form
from ingest.local_time import clock
from ingest.people_words import in_words, people
from ingest.position import converter
from linkage.alerts import NOBODY, Alert, Casualties
from linkage.kinds import HAZMAT_KINDS, Kind
from linkage.source_tables import KindRule
from linkage.sources import Source
from linkage.vocabulary import Count, MessageKind, Severity

# 警情类别, finest first: 子类, 细类, 类型, 类别.
KINDS = ("JQZLDM", "JQXLDM", "JQLXDM", "JQLBDM")
TRAPPED, INJURED, DEATHS = "BKRYQKSM", "SSRYQKSM", "SWRYQKSM"  # 被困, 受伤, 死亡情况说明
TIME = "BJSJ"
NEEDS = Needs(
    fields=frozenset({TIME}),
    personal=frozenset({"BJRMC", "LXDH", "BJDH"}),
    call_ref="JJDBH",
    call_kinds=KINDS,
)


def reader(source: Source) -> Callable[[Form], Alert]:
    when, to_wgs84 = clock(source), converter(source.datum)

    def read(form: Form) -> Alert:
        rule = fields.kind(form, KINDS, source)
        hazmat = fields.flag(form, "SFSWHCL")  # 是否涉危化品车辆
        kind = rule.kind
        if hazmat and kind is Kind.TRAFFIC_ACCIDENT:
            kind = Kind.HAZMAT_VEHICLE
        created, changed = form.get("CJSJ"), form.get("GXSJ")  # 创建时间, 更新时间
        created_at = fields.moment(form, "CJSJ", when)
        changed_at = created_at if changed == created else fields.moment(form, "GXSJ", when)
        place = fields.text(form, "JQDZ") or fields.text(form, "BJDZ")  # 警情地址, 报警地址
        point, sent_xy, note, area = fields.where(form, "FXDWJD", "FXDWWD", "XZQHDM", to_wgs84)
        return Alert(
            source_id=source.id,
            source_ref=fields.own_reference(form, "JJDBH"),  # 接警单编号
            revision=int(changed_at.timestamp()) if changed_at else None,
            message_kind=_message_kind(form, changed=changed_at not in {None, created_at}),
            references=fields.references(form, source),
            kind=kind,
            event_code=rule.event_code,
            source_kind=rule.word,
            occurred_at=when(form.get("BJSJ"), "BJSJ"),  # 报警时间
            sent_at=changed_at or created_at,  # an update was sent when it was made
            place=place,
            point=point,
            source_xy=sent_xy,
            position_note=note,
            area_code=area,
            severity=fields.code(form, "JQDJDM", source, "severities") or Severity.UNKNOWN,
            casualties=(counted := _casualties(form)),
            caller_name=fields.name(form, "BJRMC"),  # 报警人
            caller_phone=fields.phone(form, "LXDH") or fields.phone(form, "BJDH"),
            plates=fields.plates(form, "SJCPH"),  # 涉及车牌号
            hazmat=hazmat or kind in HAZMAT_KINDS,
            headline=fields.headline(place, rule.word),
            text=fields.text(form, "BJNR", TEXT),  # 报警内容
            exercise=rule.exercise or fields.flag(form, "SFYL"),  # 是否演练
            facts=_facts(form, source, rule, counted),
        )

    return forgiving(read, NEEDS)


def _facts(form: Form, source: Source, rule: KindRule, counted: Casualties) -> dict[str, Any]:
    facts = fields.facts(form, source.facts, rule)
    words = ""
    if counted.trapped is None:
        words += in_words(form, Count.TRAPPED.label, TRAPPED)
    if counted.injured is None:
        words += in_words(form, Count.INJURED.label, INJURED)
    if counted.deaths is None:
        words += in_words(form, Count.DEATHS.label, DEATHS)
    if words:
        facts["people_words"] = words[:-1]
    return facts


def _message_kind(form: Form, *, changed: bool) -> MessageKind:
    if fields.flag(form, "WXBS") or fields.flag(form, "SCBS"):  # 无效, 删除
        return MessageKind.CANCEL
    return MessageKind.UPDATE if changed else MessageKind.ALERT


def _casualties(form: Form) -> Casualties:
    trapped, injured, deaths = people(form, TRAPPED), people(form, INJURED), people(form, DEATHS)
    if trapped is None and injured is None and deaths is None:
        return NOBODY
    return Casualties(deaths=deaths, trapped=trapped, injured=injured)
