"""A source's statement as its own fields: what `ingest.dialects` reads, written.

Each dialect's writer stands for the system at the other end, so it knows only what that system's
own documents say: names of fields, forms of time, the code table of sources.toml backwards.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from linkage.alerts import Alert
from linkage.datum import Datum, from_wgs84
from linkage.sources import Source
from linkage.vocabulary import MessageKind, Severity

T = TypeVar("T")
Form = dict[str, Any]

_STRFTIME = {
    "YYYY-MM-DD hh:mm:ss": "%Y-%m-%d %H:%M:%S",
    "YYYY-MM-DDThh:mm:ss": "%Y-%m-%dT%H:%M:%S",
    "YYYY/MM/DD hh:mm:ss": "%Y/%m/%d %H:%M:%S",
    "YYYY-MM-DD hh:mm": "%Y-%m-%d %H:%M",
    "YYYYMMDDhhmmss": "%Y%m%d%H%M%S",
}


def when(at: datetime | None, source: Source) -> str | int | None:
    """A time as this source writes it."""
    if at is None:
        return None
    local = at.astimezone(source.timezone)
    if source.time_format == "iso8601":
        return local.isoformat(timespec="seconds")
    if source.time_format == "epoch-s":
        return int(at.timestamp())
    if source.time_format == "epoch-ms":
        return int(at.timestamp() * 1000)
    return local.strftime(_STRFTIME[source.time_format])


def where(alert: Alert, source: Source) -> tuple[float | None, float | None]:
    """The position in the source's own datum."""
    if alert.point is None:
        return None, None
    x, y = from_wgs84(Datum(source.datum), alert.point.lon, alert.point.lat)
    return round(x, 6), round(y, 6)


def word_of(alert: Alert, source: Source) -> str:
    """Their code or word for the kind."""
    for word, rule in source.kinds.items():
        if (rule.kind, rule.event_code, rule.word) == (
            alert.kind,
            alert.event_code,
            alert.source_kind,
        ):
            return word
    raise LookupError(f"{source.id}: {alert.kind}")


def backwards(table: Mapping[str, T], ours: T) -> str | None:
    """Their code for our value; None where they have none."""
    return next((theirs for theirs, value in table.items() if value == ours), None)


def severity(alert: Alert, source: Source) -> str | None:
    return backwards(source.severities, alert.severity)


def people(count: int | None) -> str | None:
    return None if count is None else f"{count}人" if count else "无"


def police_cad(alert: Alert, source: Source) -> Form:
    lon, lat = where(alert, source)
    changed = alert.message_kind is MessageKind.UPDATE
    first = None if changed else alert.sent_at
    hurt = alert.casualties
    return {
        "JJDBH": alert.source_ref,
        "XZQHDM": alert.area_code,
        "JQLBDM": word_of(alert, source),
        "BJSJ": when(alert.occurred_at, source),
        "CJSJ": when(first or alert.occurred_at, source),
        "GXSJ": when(alert.sent_at, source),
        "BJRMC": alert.caller_name or "匿名",
        "BJDH": alert.caller_phone,
        "JQDZ": alert.place,
        "BJNR": alert.text,
        "JQDJDM": severity(alert, source),
        "BKRYQKSM": people(hurt.trapped),
        "SSRYQKSM": people(hurt.injured),
        "SWRYQKSM": people(hurt.deaths),
        "FXDWJD": lon,
        "FXDWWD": lat,
        "SJCPH": "、".join(alert.plates),
        "SFSWHCL": "1" if alert.hazmat else "0",
        "SFBM": "0",
        "SFYL": "1" if alert.exercise else "0",
    }


def fire_cad(alert: Alert, source: Source) -> Form:
    x, y = where(alert, source)
    hurt = alert.casualties
    changed = alert.message_kind is MessageKind.UPDATE
    return {
        "ZQBH": alert.source_ref,
        "XZQH": alert.area_code,
        "HZLX": word_of(alert, source),
        "HRSJ": when(alert.occurred_at, source),
        "LASJ": when(alert.occurred_at if changed else alert.sent_at, source),
        "GXSJ": when(alert.sent_at, source),
        "HZDZ": alert.place,
        "JYJQ": alert.text,
        "ZHDJ": _fire_level(alert, source),
        "YHXM": alert.caller_name,
        "DHHM": alert.caller_phone,
        "X": x,
        "Y": y,
        "BKRS": hurt.trapped,
        "SSRS": hurt.injured,
        "SWRS": hurt.deaths,
        "SFRYBK": "1" if hurt.trapped else "0",
        "SFWHP": "1" if alert.hazmat else "0",
        "CPHM": "、".join(alert.plates),
        "AJXZ": "2",
        "SFYL": "1" if alert.exercise else "0",
    }


def _fire_level(alert: Alert, source: Source) -> str | None:
    """Fires have 1 to 5, rescues R1 to R4: two scales that share no code."""
    fire = word_of(alert, source).startswith("1")
    table = {
        theirs: ours
        for theirs, ours in source.severities.items()
        if (theirs in source.fire_alarm_levels) is fire
    }
    return backwards(table, alert.severity)


def ems_cad(alert: Alert, source: Source) -> Form:
    lon, lat = where(alert, source)
    hurt = alert.casualties
    return {
        "call_id": alert.source_ref,
        "region_code": alert.area_code,
        "call_type": word_of(alert, source),
        "call_time": when(alert.occurred_at, source),
        "answer_time": when(alert.sent_at, source),
        "updated_at": when(alert.sent_at, source),
        "status": backwards(source.message_kinds, alert.message_kind),
        "address": alert.place,
        "chief_complaint": alert.text,
        "triage": severity(alert, source),
        "caller": alert.caller_name,
        "phone": alert.caller_phone,
        "lon": lon,
        "lat": lat,
        "patient_count": hurt.injured if hurt.poisoned is None else hurt.poisoned,
        "critical_count": hurt.critical,
        "death_count": hurt.deaths,
        "vehicle_plate": "、".join(alert.plates),
        "exercise": int(alert.exercise),
    }


def earthquake(alert: Alert, source: Source) -> Form:
    lon, lat = where(alert, source)
    return {
        "id": alert.source_ref,
        "O_TIME": when(alert.occurred_at, source),
        "EPI_LON": lon,
        "EPI_LAT": lat,
        "EPI_DEPTH": alert.facts.get("depth_km"),
        "AUTO_FLAG": "A" if alert.message_kind is MessageKind.ALERT else "M",
        "EQ_TYPE": word_of(alert, source),
        "M": alert.facts["magnitude"],
        "LOCATION_C": alert.place,
        "exercise": int(alert.exercise),
    }


def mapped_json(alert: Alert, source: Source) -> Form:
    """By the field map of sources.toml, backwards."""
    lon, lat = where(alert, source)
    hurt = alert.casualties
    values: Form = {
        "ref": alert.source_ref,
        "kind": word_of(alert, source),
        "occurred_at": when(alert.occurred_at, source),
        "sent_at": when(alert.sent_at, source),
        "updated_at": when(alert.sent_at, source),
        "revision": alert.revision,
        "message_kind": backwards(source.message_kinds, alert.message_kind),
        "exercise": int(alert.exercise),
        "place": alert.place,
        "lon": lon,
        "lat": lat,
        "area": alert.area_code,
        "severity": severity(alert, source) if alert.severity is not Severity.UNKNOWN else None,
        "headline": alert.headline,
        "text": alert.text,
        "hazmat": int(alert.hazmat),
        "plates": "、".join(alert.plates),
        "caller_name": alert.caller_name,
        "caller_phone": alert.caller_phone,
        **{name: getattr(hurt, name) for name in hurt.__struct_fields__},
    }
    form: Form = {}
    for ours, path in source.fields.items():
        put(form, path, values.get(ours))
    for name, path in source.facts.items():
        put(form, path, alert.facts.get(name))
    for path, whose in source.references.items():
        named = [ref for source_id, ref in alert.references if source_id == whose]
        put(form, path, named[0] if named else None)
    return form


def put(form: Form, path: str, value: object) -> None:
    """Set `value` at a path like "station.name"; what is not stated leaves no trace."""
    if value is None or value == "":
        return
    *outer, last = path.split(".")
    for name in outer:
        form = form.setdefault(name, {})
    form[last] = value
