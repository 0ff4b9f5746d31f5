"""sources.toml: the facts of every 接入系统. A wrong fact stops the start with place and remedy."""

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from linkage import source_readings, source_tables
from linkage.errors import BadConfig
from linkage.intake.watch import usual_grace
from linkage.source_readings import ReadingMap
from linkage.source_tables import KindRule
from linkage.toml_entry import Entry, one_of
from linkage.toml_file import read_toml
from linkage.vocabulary import FIRE_ALARM_LEVELS, TRIAGE_LEVELS, MessageKind, Severity

# What each dialect reads is in ingest/dialects; a test holds the two lists together.
DIALECTS = (
    *("police-cad", "fire-cad", "ems-cad", "mapped-json", "earthquake", "cma-catalogue", "cap"),
    *("hj212", "sl651", "gbt26875", "jt808"),
)
XML_DIALECTS = ("cap",)
FRAME_DIALECTS: tuple[str, ...] = ("hj212", "sl651", "gbt26875", "jt808")
DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
CHARSETS = ("utf-8", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1")
TIME_FORMATS = (
    "YYYY-MM-DD hh:mm:ss",
    "YYYY-MM-DDThh:mm:ss",
    "YYYY/MM/DD hh:mm:ss",
    "YYYY-MM-DD hh:mm",
    "YYYY/MM/DD hh:mm",
    "YYYY-MM-DD hh:mm:ss.SSS",
    "YYYY-MM-DDThh:mm:ss.SSS",
    "YYYY.MM.DD hh:mm:ss",
    "YYYY年MM月DD日 hh:mm:ss",
    "YYYY年MM月DD日 hh时mm分ss秒",
    "YYYYMMDDhhmmss",
    "MM-DD-YYYY hh:mm:ss",
    "MM/DD/YYYY hh:mm:ss",
    "MM/DD/YYYY hh:mm:ss AM",
    "DD/MM/YYYY hh:mm:ss",
    "iso8601",  # carries its own offset
    "epoch-s",
    "epoch-ms",
    "epoch-us",
)
# The source of what we find wrong with ourselves (linkage/intake/own_alerts.py).
OURSELVES = "linkage"
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DURATION = re.compile(r"([1-9][0-9]{0,5})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=7)


class Source(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One system that sends to us. Compared by identity: there is one of each."""

    id: str
    name: str
    agency: str
    dialect: str
    dialect_xml: str | None  # for payloads that begin with `<`, where a system sends both
    dialect_frame: str | None  # for frames of its gateways, where a system sends these too
    datum: str
    charset: str
    timezone: ZoneInfo
    time_format: str
    expect_every: timedelta  # silent for longer than this and its grace: 失联
    grace: timedelta
    last_will: str  # what its heartbeat says, by its own word or its last will, when it goes
    in_service: bool  # must be heard even if it never was; else it is 未接入 until it speaks
    rate_per_minute: int
    topic: str
    classified: str | None  # path of the field that marks 涉密
    kinds: Mapping[str, KindRule]
    severities: Mapping[str, Severity]
    fire_alarm_levels: Mapping[str, int]
    triage_levels: Mapping[str, int]
    message_kinds: Mapping[str, MessageKind]
    references: Mapping[str, str]  # path in the payload → the source whose number stands there
    fields: Mapping[str, str]  # our field → their path
    records: str | None  # path of the list, where a payload holds several records
    readings: ReadingMap | None
    facts: Mapping[str, str]  # name of a fact → their path
    others: frozenset[str]  # ids of other systems and agencies: no payload may claim to be theirs


def load_sources(path: Path, agencies: Collection[str] | None = None) -> dict[str, Source]:
    """Every source by id, in the order of the file. `agencies`: ids that may be named.

    Raises `BadConfig` with file, entry, what is wrong and what would be right.
    """
    document = read_toml(path)
    for key in document:
        if key != "source":
            raise BadConfig(path.name, key, "不认识的项", one_of(key, ["source"]))
    tables = document.get("source")
    if isinstance(tables, dict):
        raise BadConfig(path.name, "[source]", "少一层方括号", "请写成 [[source]]")
    if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables) or not tables:
        raise BadConfig(path.name, "[[source]]", "没有任何接入系统", "至少写一个 [[source]]")
    ids = [str(t.get("id", "")) for t in tables]
    others = frozenset(ids) | {str(t.get("agency", "")) for t in tables}
    sources: dict[str, Source] = {}
    topics: dict[str, str] = {}
    for number, table in enumerate(tables, 1):
        entry = Entry(path.name, "source", number, table)
        source = _source(entry, ids, others, agencies)
        if source.id in sources:
            entry.refuse("id", f'"{source.id}" 已被前面的 [[source]] 占用', "请换一个 id")
        if source.topic in topics:
            other = topics[source.topic]
            entry.refuse("topic", f'"{source.topic}" 已属于 "{other}"', "每个系统一个主题")
        sources[source.id] = source
        topics[source.topic] = source.id
    return sources


def _source(
    entry: Entry, ids: list[str], others: frozenset[str], agencies: Collection[str] | None
) -> Source:
    name = _identity(entry, "id")
    agency = _identity(entry, "agency")
    if agencies is not None and agency not in agencies:
        remedy = f"{one_of(agency, agencies)}；新单位请先在 agencies.toml 增加一个 [[agency]]"
        entry.refuse("agency", f'"{agency}" 不在 agencies.toml', remedy)
    dialect = entry.choice("dialect", DIALECTS)
    xml = _second(entry, "dialect_xml", XML_DIALECTS)
    frame = _second(entry, "dialect_frame", FRAME_DIALECTS)
    source = Source(
        id=name,
        name=entry.text("name"),
        agency=agency,
        dialect=dialect,
        dialect_xml=xml,
        dialect_frame=frame,
        datum=entry.choice("datum", DATUMS),
        charset=entry.choice("charset", CHARSETS),
        timezone=_timezone(entry),
        time_format=entry.choice("time_format", TIME_FORMATS),
        expect_every=(every := _duration(entry, "expect_every")),
        grace=_duration(entry, "grace") if "grace" in entry.table else usual_grace(every),
        last_will=entry.text("last_will", "offline"),
        in_service=_switch(entry, "in_service"),
        rate_per_minute=_rate(entry),
        topic=_topic(entry, name),
        classified=entry.text("classified") if "classified" in entry.table else None,
        kinds=source_tables.kinds(entry),
        severities=source_tables.labels(entry, "severities", Severity),
        fire_alarm_levels=source_tables.levels(
            entry, "fire_alarm_levels", FIRE_ALARM_LEVELS, "fire-cad"
        ),
        triage_levels=source_tables.levels(entry, "triage_levels", TRIAGE_LEVELS, "ems-cad"),
        message_kinds=source_tables.labels(entry, "message_kinds", MessageKind),
        references=source_tables.references(entry, ids),
        fields=source_tables.fields(entry, dialect),
        records=_records(entry),
        readings=source_readings.readings(entry, dialect),
        facts=source_tables.paths(entry, "facts"),
        others=others - {name, agency},
    )
    entry.read += ("classified", "grace")
    entry.finish()
    return source


def _second(entry: Entry, key: str, dialects: Collection[str]) -> str | None:
    entry.read.append(key)
    return entry.choice(key, dialects) if key in entry.table else None


def _records(entry: Entry) -> str | None:
    entry.read.append("records")
    path = entry.table.get("records")
    if path is not None and not source_tables.is_path(path):
        entry.refuse("records", f"{path!r} 不是路径", '请写记录列表的字段名，如 "data.list"')
    return path


def _identity(entry: Entry, key: str) -> str:
    value = entry.text(key)
    if not _ID.fullmatch(value) or len(value) > 40:
        remedy = "只用小写字母、数字和连字符，至多 40 个字符，如 110-cad"
        entry.refuse(key, f'"{value}" 不能作标识', remedy)
    if value == OURSELVES:
        entry.refuse(key, f'"{value}" 是本系统自己的名字', "请换一个")
    return value


def _timezone(entry: Entry) -> ZoneInfo:
    name = entry.text("timezone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        remedy = '请写 IANA 名称，如 "Asia/Shanghai"'
        raise BadConfig(
            entry.file, f"{entry.label} timezone", f'没有时区 "{name}"', remedy
        ) from None


def _duration(entry: Entry, key: str) -> timedelta:
    text = entry.text(key)
    found = _DURATION.fullmatch(text)
    length = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
    if length is None or length > _LONGEST:
        remedy = "请写成 30s、2m、1h、1d 的样子，至多 7d"
        entry.refuse(key, f'"{text}" 不是时长', remedy)
    return length


def _switch(entry: Entry, key: str) -> bool:
    entry.read.append(key)
    value = entry.table.get(key, False)
    if not isinstance(value, bool):
        entry.refuse(key, f"{value!r} 不是开关", "请写 true 或 false")
    return value


def _rate(entry: Entry) -> int:
    entry.read.append("rate_per_minute")
    value = entry.table.get("rate_per_minute")
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 60_000:
        remedy = "请写 1 到 60000 的整数"
        entry.refuse("rate_per_minute", f"{value!r} 不是每分钟条数", remedy)
    return value


def _topic(entry: Entry, name: str) -> str:
    topic = entry.text("topic", f"linkage/v1/alert/{name}")
    if set(topic) & set("+#\0") or topic.startswith(("/", "$")):
        entry.refuse("topic", f'"{topic}" 含通配符或以 / $ 开头', "请写一个确定的主题")
    if topic.startswith("linkage/") and topic != f"linkage/v1/alert/{name}":
        entry.refuse("topic", f'"{topic}" 是本系统自己的主题', "请写对方自己的主题，或删去此行")
    return topic
