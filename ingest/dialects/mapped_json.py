"""JSON with anybody's field names: [source.fields] in sources.toml says which is which."""

from collections.abc import Callable
from typing import Any

from ingest import fields
from ingest.dialects import mapped_readings
from ingest.fields import TEXT
from ingest.forgiving import Needs, forgiving
from ingest.json_form import Form, getter
from ingest.local_time import Clock, clock
from ingest.position import converter
from linkage.alerts import NOBODY, Alert, Casualties
from linkage.intake.arrivals import Several
from linkage.kinds import HAZMAT_KINDS
from linkage.source_tables import COUNT_FIELDS
from linkage.sources import Source
from linkage.vocabulary import MessageKind, Severity

_ABSENT = "\0"  # no payload has this key: NUL is taken out before


def reader(source: Source) -> Callable[[Form], Alert | Several]:
    """A record with a number of its own is an alert; one that names a station instead, values."""
    if source.readings is None:
        return _alert_reader(source)
    read_values = mapped_readings.reader(source, source.readings)
    if not source.fields:
        return read_values
    read_alert, ref_of = _alert_reader(source), getter(source.fields["ref"])
    station_of = getter(source.readings.station)

    def read(form: Form) -> Alert | Several:
        values = not ref_of(form) and station_of(form)
        return read_values(form) if values else read_alert(form)

    return read


def _alert_reader(source: Source) -> Callable[[Form], Alert]:
    when, to_wgs84 = clock(source), converter(source.datum)
    flat, casualties, revision = _flat(source), _casualties(source), _revision(source, when)
    key = {name: source.fields.get(name, _ABSENT) for name in _SINGLE}

    def read(payload: Form) -> Alert:
        form = flat(payload)
        rule = fields.kind(form, (key["kind"],), source)
        place = fields.text(form, key["place"])
        point, sent_xy, note, area = fields.where(
            form, key["lon"], key["lat"], key["area"], to_wgs84
        )
        severity = fields.code(form, key["severity"], source, "severities")
        does = fields.code(form, key["message_kind"], source, "message_kinds")
        return Alert(
            source_id=source.id,
            source_ref=fields.own_reference(form, key["ref"]),
            revision=revision(form),
            message_kind=does or MessageKind.ALERT,
            references=fields.references(form, source),
            kind=rule.kind,
            event_code=rule.event_code,
            source_kind=rule.word,
            occurred_at=when(form.get(key["occurred_at"]), key["occurred_at"]),
            sent_at=fields.moment(form, key["sent_at"], when),
            place=place,
            point=point,
            source_xy=sent_xy,
            position_note=note,
            area_code=area,
            severity=severity or Severity.UNKNOWN,
            casualties=casualties(form),
            caller_name=fields.name(form, key["caller_name"]),
            caller_phone=fields.phone(form, key["caller_phone"]),
            plates=fields.plates(form, key["plates"]),
            hazmat=fields.flag(form, key["hazmat"]) or rule.kind in HAZMAT_KINDS,
            headline=fields.text(form, key["headline"]) or fields.headline(place, rule.word),
            text=fields.text(form, key["text"], TEXT),
            exercise=rule.exercise or fields.flag(form, key["exercise"]),
            facts=fields.facts(form, source.facts),
        )

    # What it is, when, which record, and whether it still holds: nothing of that is guessed.
    vital = {key[name] for name in ("ref", "kind", "occurred_at", "message_kind")}
    personal = frozenset({key["caller_name"], key["caller_phone"]})
    return forgiving(read, Needs(frozenset(vital), personal))


_SINGLE = (
    *("ref", "kind", "occurred_at", "sent_at", "message_kind", "exercise", "place", "lon", "lat"),
    *("area", "severity", "headline", "text", "hazmat", "plates", "caller_name", "caller_phone"),
)


def _flat(source: Source) -> Callable[[Form], Form]:
    """Paths such as `station.name` become keys of one flat form."""
    paths = {*source.fields.values(), *source.facts.values(), *source.references}
    if not any("." in path for path in paths):
        return lambda payload: payload
    getters = [(path, getter(path)) for path in sorted(paths)]
    return lambda payload: {path: get(payload) for path, get in getters}


def _casualties(source: Source) -> Callable[[Form], Casualties]:
    stated = [(name, source.fields[name]) for name in COUNT_FIELDS if name in source.fields]

    def read(form: Form) -> Casualties:
        counts: dict[str, Any] = {}
        for name, key in stated:
            people = fields.count(form, key)
            if people is not None:
                counts[name] = people
        return Casualties(**counts) if counts else NOBODY

    return read


def _revision(source: Source, when: Clock) -> Callable[[Form], int | None]:
    number, changed = source.fields.get("revision"), source.fields.get("updated_at")
    if number is not None:
        return lambda form: fields.whole_number(form, number)
    return lambda form: fields.revision(form, changed or _ABSENT, when)
