"""The search through a whole history: seconds a question takes, on both databases.

The incidents are an ordinary evening's calls, worded anew: other streets, numbers, telephones and
plates. Then each kind of question is asked, each time another, and p50 and p95 are printed; and the
same of a plain scan of the texts, which is what the index saves.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, select

from bench.path import databases, fresh
from ingest.simulate.city import City
from ingest.simulate.evening import Caller, load_evening
from ingest.simulate.statements import Desk
from linkage.alerts import Alert
from linkage.desk.find import search
from linkage.desk.search_index import ALERTS, build, keep_up, marks
from linkage.kinds import Kind
from linkage.log import as_json
from linkage.record import Record, Writing
from linkage.settings import load_settings
from linkage.sources import load_sources
from linkage.tables import alert, incident, incident_alert
from linkage.vocabulary import IncidentStatus, PositionNote, Severity

TEMPLATES = 3000
AT_ONCE = 5000
# Of these the last are not indexed yet when the questions are asked.
UNINDEXED = 500
ROADS = (
    "解放",
    "朝阳",
    "郁洲",
    "苍梧",
    "瀛洲",
    "凌州",
    "幸福",
    "海连",
    "科苑",
    "花果山",
    "中山",
    "海棠",
    "黄海",
    "人民",
    "胜利",
    "振兴",
)
SIDES = ("东路", "西路", "南路", "北路", "中路", "巷")
PLACES = (
    "小区",
    "市场",
    "中学",
    "医院",
    "仓库",
    "商场",
    "宾馆",
    "厂",
    "码头",
    "加油站",
    "路口",
    "村",
    "桥",
    "车站",
    "公园",
    "站台",
)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench search", description=__doc__)
    parser.add_argument("--incidents", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=40, help="of each kind")
    parser.add_argument("--only", choices=["SQLite", "PostgreSQL"])
    options = parser.parse_args(argv)
    templates = calls()
    with databases() as urls:
        for name, url in urls.items():
            if options.only in {None, name}:
                measure(name, url, templates, options.incidents, options.questions)
    return 0


def calls() -> list[Alert]:
    settings = load_settings()
    demo = settings.tables / "demo"
    start = datetime.now(UTC) - timedelta(days=60)
    desk = Desk(load_sources(settings.sources), start)
    caller = Caller(load_evening(demo), City(demo), desk, Random(7), 1)
    found: list[Alert] = []
    for step in caller.evening_from(start):
        if step.alert is not None:
            found.append(step.alert)
        if len(found) == TEMPLATES:
            break
    return found


def measure(name: str, url: str, templates: list[Alert], count: int, questions: int) -> None:
    fresh(url)
    record = Record(url)
    keep_up(record)  # as an intake that begins with an empty record
    began = time.perf_counter()
    known = fill(record, templates, count)
    filled = time.perf_counter() - began
    print(f"\n{name}：{count:,} 起，写入 {filled:.0f} 秒", flush=True)
    began = time.perf_counter()
    build(record)
    built = time.perf_counter() - began
    print(f"建索引 {built:.0f} 秒，{count / built:,.0f} 起/秒", flush=True)
    known += fill(record, templates, UNINDEXED)
    if not record.engine.url.get_backend_name().startswith("sqlite"):
        with record.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as cx:
            cx.exec_driver_sql("VACUUM ANALYZE")
    with record.read() as cx:
        print(f"尚未收入索引的 {UNINDEXED} 起也在查找之内：{marks(cx)[ALERTS]}")
    chance = Random(11)
    for kind, ask in KINDS.items():
        times, found = [], 0
        for _ in range(questions):
            words = ask(chance, chance.choice(known))
            began = time.perf_counter()
            answer = search(record, words, datetime.now(UTC))
            times.append(time.perf_counter() - began)
            found += bool(answer.found)
        p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        told = f"p50 {p50 * 1000:7.1f} ms　p95 {p95 * 1000:7.1f} ms　最慢 {max(times) * 1000:7.1f}"
        print(f"  {kind:　<9}{told}　查到 {found}/{questions}", flush=True)
    scan(record)
    record.close()


def scan(record: Record) -> None:
    """The limit from below: one look through the texts without an index."""
    began = time.perf_counter()
    with record.read() as cx:
        ask = select(alert.c.id).where(alert.c.text.contains("查无此词"))
        cx.execute(ask.limit(1)).all()
    print(f"  对照：不用索引，逐条看一遍原文 {(time.perf_counter() - began) * 1000:.0f} ms")


# One known incident: telephone, plate, place, number, text.
Known = dict[str, str]


def fill(record: Record, templates: list[Alert], count: int) -> list[Known]:
    chance = Random(count)
    start = datetime.now(UTC) - timedelta(days=3 * 365)
    step = timedelta(days=3 * 365) / count
    known: list[Known] = []
    for first in range(0, count, AT_ONCE):
        with record.write(start + step * first) as w:
            told = list(_batch(w, templates, chance, min(AT_ONCE, count - first)))
            _store(w, told)
            known += [one[0] for one in chance.sample(told, min(10, len(told)))]
    return known


def _batch(
    w: Writing, templates: list[Alert], chance: Random, count: int
) -> Iterator[tuple[Known, Alert, int, int]]:
    for _ in range(count):
        like = chance.choice(templates)
        road = f"{chance.choice(ROADS)}{chance.choice(SIDES)}{chance.randint(1, 999)}号"
        place = f"海州区{road}{chance.choice('锦绣金海东方新城')}{chance.choice(PLACES)}"
        plate = f"苏G{chance.choice('ABCDEFGH')}{chance.randint(0, 9999):04d}"
        known = {
            "phone": f"1{chance.choice('3578')}{chance.randint(0, 10**9 - 1):09d}",
            "plate": plate,
            "place": place,
            "road": road,
            "number": w.next_number(),
            "text": like.text,
        }
        yield known, like, w.next_id(), w.next_id()


def _store(w: Writing, told: list[tuple[Known, Alert, int, int]]) -> None:
    alerts, incidents, joined = [], [], []
    for known, like, incident_id, alert_id in told:
        text = f"{known['place']}，{like.text}"
        if alert_id % 4 == 0:
            text += f" 车牌{known['plate']}"
        alerts.append(_alert(w, known, like, alert_id, text))
        incidents.append(_incident(w, known, like, incident_id))
        joined.append(
            {
                "alert_id": alert_id,
                "incident_id": incident_id,
                "decided_by": "rule",
                "decided_at": w.at,
            }
        )
    for table, rows in ((alert, alerts), (incident, incidents), (incident_alert, joined)):
        w.cx.execute(insert(table), rows)


def _alert(w: Writing, known: Known, like: Alert, alert_id: int, text: str) -> dict[str, Any]:
    return {
        "id": alert_id,
        "source_id": like.source_id,
        "source_ref": f"{like.source_ref}{alert_id}",
        "revision": 1,
        "message_kind": "alert",
        "kind": like.kind,
        "event_code": like.kind.event_code,
        "source_kind": like.source_kind,
        "occurred_at": w.at,
        "received_at": w.at,
        "place": known["place"],
        "position_note": PositionNote.EXACT,
        "severity": like.severity,
        "urgency": "unknown",
        "certainty": "unknown",
        "caller_phone": known["phone"],
        "plates": as_json([known["plate"]]) if alert_id % 4 == 0 else None,
        "hazmat": False,
        "headline": like.headline,
        "text": text,
        "exercise": False,
        "digest": "0" * 32,
        "inbound_id": 0,
    }


def _incident(w: Writing, known: Known, like: Alert, incident_id: int) -> dict[str, Any]:
    return {
        "id": incident_id,
        "number": known["number"],
        "kind": like.kind,
        "event_code": Kind(like.kind).event_code,
        "status": IncidentStatus.CLOSED,
        "headline": like.headline,
        "place": known["place"],
        "position_note": PositionNote.EXACT,
        "severity": like.severity,
        "severity_rank": Severity(like.severity).rank,
        "hazmat": False,
        "alert_count": 1,
        "source_ids": as_json([like.source_id]),
        "occurred_at": w.at,
        "opened_at": w.at,
        "last_alert_at": w.at,
        "changed_at": w.at,
        "exercise": False,
        "version": 1,
        "revision": w.next_revision(),
    }


def _part(chance: Random, text: str, length: int) -> str:
    at = chance.randint(0, max(0, len(text) - length))
    return text[at : at + length]


KINDS: dict[str, Callable[[Random, Known], str]] = {
    "整编号": lambda _, one: one["number"],
    "日内编号": lambda chance, _: str(chance.randint(1, 4000)),
    "整电话": lambda _, one: one["phone"],
    "电话后四位": lambda _, one: one["phone"][-4:],
    "电话中间五位": lambda _, one: one["phone"][3:8],
    "车牌": lambda _, one: f"{one['plate'][:2]}·{one['plate'][2:]}",
    "车牌后五位": lambda _, one: one["plate"][2:],
    "路名门牌": lambda _, one: one["road"],
    "路名两字": lambda chance, _: chance.choice(ROADS),
    "地点两词": lambda _, one: f"{one['road'][:4]} {one['place'][-4:]}",
    "原文两字": lambda chance, one: _part(chance, one["text"], 2),
    "原文六字": lambda chance, one: _part(chance, one["text"], 6),
    "常见两字": lambda chance, _: chance.choice(("交通", "起火", "受伤", "救护", "路口")),
    "没有的词": lambda chance, _: chance.choice(("鲸鱼搁浅", "火星", "18899990000", "沪Z00001")),
}
