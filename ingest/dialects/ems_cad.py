"""The call record of the emergency medical centre, 120."""

from collections.abc import Callable

from ingest import fields
from ingest.fields import TEXT
from ingest.forgiving import Needs, forgiving
from ingest.json_form import Form
from ingest.local_time import clock
from ingest.position import converter
from linkage.alerts import NOBODY, Alert, Casualties
from linkage.kinds import HAZMAT_KINDS, Kind
from linkage.sources import Source
from linkage.vocabulary import MessageKind, Severity

# Patients of these are counted as poisoned, not as injured.
POISONED = HAZMAT_KINDS | {Kind.POISONING, Kind.FOOD_DRUG}
TIME = "call_time"
NEEDS = Needs(
    fields=frozenset({TIME}),
    personal=frozenset({"caller", "phone"}),
    call_ref="call_id",
    call_kinds=("call_type",),
)


def reader(source: Source) -> Callable[[Form], Alert]:
    when, to_wgs84 = clock(source), converter(source.datum)

    def read(form: Form) -> Alert:
        rule = fields.kind(form, ("call_type",), source)  # 呼救类型
        place = fields.text(form, "address")
        point, sent_xy, note, area = fields.where(form, "lon", "lat", "region_code", to_wgs84)
        answered_at = fields.moment(form, "answer_time", when)  # 摘机时间
        changed_at = fields.moment(form, "updated_at", when)
        status = fields.code(form, "status", source, "message_kinds")  # 受理, 变更, 取消
        return Alert(
            source_id=source.id,
            source_ref=fields.own_reference(form, "call_id"),  # 呼救编号
            revision=int(changed_at.timestamp()) if changed_at else None,
            message_kind=status or MessageKind.ALERT,
            references=fields.references(form, source),
            kind=rule.kind,
            event_code=rule.event_code,
            source_kind=rule.word,
            occurred_at=when(form.get("call_time"), "call_time"),  # 来电时间
            sent_at=changed_at or answered_at,  # an update was sent when it was made
            place=place,
            point=point,
            source_xy=sent_xy,
            position_note=note,
            area_code=area,
            severity=fields.code(form, "triage", source, "severities") or Severity.UNKNOWN,
            triage_level=fields.code(form, "triage", source, "triage_levels"),  # 1 濒危 is worst
            casualties=_casualties(form, rule.kind),
            caller_name=fields.name(form, "caller"),
            caller_phone=fields.phone(form, "phone"),
            plates=fields.plates(form, "vehicle_plate"),
            hazmat=rule.kind in HAZMAT_KINDS,
            headline=fields.headline(place, rule.word),
            text=fields.text(form, "chief_complaint", TEXT),  # 主诉
            exercise=rule.exercise or fields.flag(form, "exercise"),
            facts=fields.facts(form, source.facts),
        )

    return forgiving(read, NEEDS)


def _casualties(form: Form, kind: Kind) -> Casualties:
    patients = fields.count(form, "patient_count")
    critical = fields.count(form, "critical_count")
    deaths = fields.count(form, "death_count")
    if patients is None and critical is None and deaths is None:
        return NOBODY
    poisoned = kind in POISONED
    return Casualties(
        deaths=deaths,
        injured=None if poisoned else patients,
        critical=critical,
        poisoned=patients if poisoned else None,
    )
