"""An evening of a city, put straight into the record: what the screens are looked at with."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from linkage.intake_tables import service_state, source_state
from linkage.kinds import Kind
from linkage.log import as_json
from linkage.record import Record, Writing
from linkage.tables import assignment, incident, incident_link, unit, warning
from linkage.vocabulary import IncidentStatus, PositionNote, Severity

S = IncidentStatus
# (kind, severity, headline, place, lon, lat, sources, what else)
EVENING: list[tuple[Any, ...]] = [
    (
        Kind.HAZMAT_VEHICLE,
        Severity.EXTREME,
        "G15 沈海高速灌云段液氯罐车侧翻泄漏",
        "灌云县 G15 沈海高速 K872+300 北向",
        119.231,
        34.318,
        ["110-cad", "122-cad", "119-cad", "120-cad"],
        {
            "hazmat": True,
            "alert_count": 6,
            "status": S.ON_SCENE,
            "claimed_by": "值班员甲（值班员）",
            "grade": "major",
            "response_level": 2,
        },
    ),
    (
        Kind.FIRE,
        Severity.SEVERE,
        "东港商贸城三楼仓库起火，有人被困",
        "海州区 解放东路 88 号东港商贸城",
        119.183,
        34.606,
        ["119-cad", "110-cad"],
        {"alert_count": 4, "status": S.EN_ROUTE, "claimed_by": "值班员乙（值班员）"},
    ),
    (
        Kind.VESSEL,
        Severity.SEVERE,
        "渔船在连岛以东海域进水，7 人待救",
        "连云区 连岛以东 6 海里",
        119.545,
        34.772,
        ["110-cad"],
        {"alert_count": 1},
    ),
    (
        Kind.WATERLOGGING,
        Severity.MODERATE,
        "朝阳路地道积水 60 厘米，两车被困",
        "海州区 朝阳东路铁路地道",
        119.221,
        34.601,
        ["110-cad", "water"],
        {"alert_count": 3, "status": S.DISPATCHED, "claimed_by": "值班员甲（值班员）"},
    ),
    (
        Kind.TRAFFIC_ACCIDENT,
        Severity.MODERATE,
        "两轿车追尾，一人腿部受伤",
        "海州区 郁洲南路与苍梧路口",
        119.168,
        34.588,
        ["122-cad", "120-cad"],
        {"alert_count": 2},
    ),
    (
        Kind.TRAFFIC_ACCIDENT,
        Severity.MINOR,
        "电动车与货车剐蹭",
        "赣榆区 青口镇黄海路",
        119.128,
        34.842,
        ["122-cad"],
        {},
    ),
    (
        Kind.GAS_LEAK,
        Severity.MODERATE,
        "小区楼道有明显燃气味",
        "连云区 墟沟街道海棠中路 21 号",
        119.365,
        34.738,
        ["119-cad"],
        {"hazmat": True},
    ),
    (
        Kind.LIFT,
        Severity.MINOR,
        "电梯困人，3 人，其中一名儿童",
        "海州区 凌州东路锦绣江南 7 号楼",
        119.197,
        34.581,
        ["119-cad"],
        {"status": S.ACKNOWLEDGED, "claimed_by": "值班员乙（值班员）"},
    ),
    (
        Kind.INJURY,
        Severity.MODERATE,
        "老人突发胸痛，意识不清",
        "东海县 牛山街道和平东路",
        118.772,
        34.545,
        ["120-cad"],
        {},
    ),
    (
        Kind.POWER_OUTAGE,
        Severity.MINOR,
        "线路跳闸，约 1200 户停电",
        "灌南县 新安镇人民西路片区",
        119.352,
        34.092,
        ["economy"],
        {"status": S.CONTROLLED, "claimed_by": "值班员甲（值班员）"},
    ),
    (
        Kind.WATER_POLLUTION,
        Severity.MODERATE,
        "排淡河断面氨氮超标 4 倍",
        "连云区 排淡河大板跳闸断面",
        119.332,
        34.655,
        ["environment"],
        {},
    ),
    (
        Kind.PUBLIC_SECURITY,
        Severity.MINOR,
        "夜市摊主与顾客发生肢体冲突",
        "海州区 陇海步行街",
        119.176,
        34.599,
        ["110-cad"],
        {},
    ),
    (
        Kind.RESCUE,
        Severity.MODERATE,
        "三名驴友雨中迷路请求搜救",
        "海州区 花果山玉女峰北坡",
        119.289,
        34.649,
        ["110-cad", "119-cad"],
        {"alert_count": 2, "status": S.VERIFIED, "claimed_by": "值班员乙（值班员）"},
    ),
    (
        Kind.RESERVOIR,
        Severity.SEVERE,
        "石梁河水库水位超汛限 0.42 米",
        "东海县 石梁河水库",
        118.862,
        34.765,
        ["water"],
        {"status": S.VERIFIED, "claimed_by": "值班员甲（值班员）"},
    ),
    (
        Kind.FOOD_DRUG,
        Severity.MODERATE,
        "学校食堂 11 名学生呕吐腹泻",
        "灌云县 伊山镇某中学",
        119.243,
        34.286,
        ["health", "120-cad"],
        {"alert_count": 2},
    ),
    (
        Kind.TELECOM_OUTAGE,
        Severity.MINOR,
        "光缆受损，两处基站退服",
        "赣榆区 柘汪镇",
        119.272,
        35.062,
        ["telecom"],
        {"status": S.EN_ROUTE, "claimed_by": "值班员乙（值班员）"},
    ),
    (
        Kind.CRIMINAL_CASE,
        Severity.MODERATE,
        "报警称店铺被撬，嫌疑人刚离开",
        "海州区 新浦街道民主路",
        119.172,
        34.603,
        ["110-cad"],
        {},
    ),
    (
        Kind.ROAD_DAMAGE,
        Severity.MINOR,
        "路面塌陷约 2 米，已围挡",
        "连云区 中山中路",
        119.382,
        34.745,
        ["transport"],
        {"status": S.RESOLVED, "claimed_by": "值班员甲（值班员）"},
    ),
    (
        Kind.HAZMAT,
        Severity.MODERATE,
        "仓储罐区可燃气体报警器动作",
        "连云区 徐圩新区石化基地",
        119.601,
        34.618,
        ["work-safety"],
        {
            "hazmat": True,
            "exercise": True,
            "status": S.DISPATCHED,
            "claimed_by": "值班员丙（值班员）",
        },
    ),
    (
        Kind.RELIEF,
        Severity.MINOR,
        "安置点缺少毛毯与饮用水",
        "灌南县 堆沟港镇安置点",
        119.748,
        34.362,
        ["civil-affairs"],
        {},
    ),
    (
        Kind.FIRE,
        Severity.MINOR,
        "垃圾桶冒烟，无人员受困",
        "东海县 平明镇中心街",
        118.985,
        34.528,
        ["119-cad"],
        {},
    ),
    (
        Kind.TYPHOON,
        Severity.SEVERE,
        "今年第 9 号台风 18 时前后影响我市",
        "连云港市",
        119.22,
        34.6,
        ["weather"],
        {"status": S.VERIFIED, "claimed_by": "值班长（值班长）"},
    ),
    (Kind.INJURY, Severity.MINOR, "报警人称有人摔倒，位置说不清", "", None, None, ["120-cad"], {}),
    (
        Kind.PUBLIC_SECURITY,
        Severity.UNKNOWN,
        "电话里有争吵声后挂断",
        "疑似海州区板浦镇",
        None,
        None,
        ["110-cad"],
        {},
    ),
]
ROUTINE = [
    (Kind.INVALID_CALL, "无声电话"),
    (Kind.NON_POLICE, "咨询户籍办理"),
    (Kind.HELP, "忘带钥匙求助"),
    (Kind.DISPUTE, "邻里噪音纠纷"),
    (Kind.TRAFFIC_ACCIDENT, "轻微剐蹭，双方自行协商"),
]
EVERYDAY = 36
TOWNS = [
    ("海州区", 119.16, 34.58),
    ("连云区", 119.38, 34.74),
    ("赣榆区", 119.13, 34.84),
    ("东海县", 118.77, 34.53),
    ("灌云县", 119.25, 34.29),
    ("灌南县", 119.32, 34.09),
]
UNITS = [
    ("fire", "特勤一站 1 车", 119.205, 34.33),
    ("fire", "新浦站 2 车", 119.19, 34.6),
    ("120", "急救 07", 119.215, 34.34),
    ("transport", "路政 3 组", 119.25, 34.32),
]
WARNINGS = [
    ("orange", Kind.TYPHOON, "市气象台 16 时发布台风橙色预警信号", ["320703", "320707"]),
    ("yellow", Kind.RAINSTORM, "未来 6 小时灌云、灌南降雨 50 毫米以上", ["320723", "320724"]),
]
SOURCES = (
    "110-cad",
    "119-cad",
    "120-cad",
    "122-cad",
    "health",
    "agriculture",
    "water",
    "environment",
    "weather",
    "earthquake",
    "police",
    "fire",
    "economy",
    "civil-affairs",
    "transport",
    "market",
    "work-safety",
    "telecom",
    "civil-defence",
)


def open_incident(w: Writing, at: datetime, **facts: Any) -> int:
    """One row of `incident`, as `facts` say, ordinary in everything else; its id."""
    severity = Severity(facts.get("severity", Severity.MINOR))
    kind = Kind(facts.get("kind", Kind.TRAFFIC_ACCIDENT))
    lon = facts.get("lon", 119.2)
    values: dict[str, Any] = {
        "id": w.next_id(),
        "number": w.next_number(),
        "kind": kind,
        "event_code": kind.event_code,
        "status": S.RECEIVED,
        "headline": "两车相撞",
        "place": "海州区 郁洲路口",
        "lon": lon,
        "lat": 34.6,
        "position_note": PositionNote.EXACT if lon is not None else PositionNote.MISSING,
        "severity": severity,
        "severity_rank": severity.rank,
        "hazmat": False,
        "alert_count": 1,
        "source_ids": as_json(["110-cad"]),
        "occurred_at": at,
        "opened_at": at,
        "last_alert_at": at,
        "changed_at": at,
        "exercise": False,
        "version": 1,
        "revision": w.next_revision(),
    } | facts
    w.cx.execute(insert(incident).values(**values))
    return int(values["id"])


def change_incident(w: Writing, incident_id: int, **facts: Any) -> None:
    row = incident.c
    w.cx.execute(
        update(incident)
        .where(row.id == incident_id)
        .values(**facts, revision=w.next_revision(), version=row.version + 1)
    )


def close_all_but_the_evening(w: Writing) -> None:
    others = incident.c.id > len(EVENING) + EVERYDAY
    for row in w.cx.execute(
        select(incident.c.id).where(others, incident.c.status != S.CLOSED)
    ).all():
        change_incident(w, row.id, status=S.CLOSED)


def evening(record: Record, now: datetime | None = None) -> list[int]:
    """The cast of the evening, its routine calls, units, warnings, late assignments."""
    now = now or datetime.now(UTC)
    chance = random.Random(42)
    with record.write(now) as w:
        ids = [_of_cast(w, now, n, entry) for n, entry in enumerate(EVENING)]
        for n in range(EVERYDAY):
            kind, headline = ROUTINE[n % len(ROUTINE)]
            town, lon, lat = TOWNS[n % len(TOWNS)]
            open_incident(
                w,
                now - timedelta(minutes=3 * n + 2),
                kind=kind,
                headline=headline,
                place=f"{town} 第 {n + 1} 网格",
                severity=Severity.MINOR,
                lon=lon + chance.uniform(-0.05, 0.05),
                lat=lat + chance.uniform(-0.04, 0.04),
            )
        _surroundings(w, now, ids)
    return ids


def _of_cast(w: Writing, now: datetime, n: int, entry: tuple[Any, ...]) -> int:
    kind, severity, headline, place, lon, lat, sources, more = entry
    return open_incident(
        w,
        now - timedelta(minutes=4 * n, seconds=40),
        kind=kind,
        severity=severity,
        headline=headline,
        place=place,
        lon=lon,
        lat=lat,
        source_ids=as_json(sources),
        **more,
    )


def _surroundings(w: Writing, now: datetime, ids: list[int]) -> None:
    for n, (incident_id, agency) in enumerate(
        [(ids[0], "environment"), (ids[0], "transport"), (ids[3], "water")]
    ):
        add_assignment(w, incident_id, agency, now - timedelta(minutes=20 + n), late=n != 1)
    for n, (agency, label, lon, lat) in enumerate(UNITS):
        _unit(w, now, (agency, f"U{n}"), label, (lon, lat))
    for colour, kind, headline, areas in WARNINGS:
        _warning(w, now, (colour, colour, kind), headline, areas)
    w.cx.execute(
        insert(incident_link).values(
            id=w.next_id(),
            from_id=ids[5],
            to_id=ids[4],
            kind="proposed",
            state="open",
            score=55.0,
            reasons=as_json([["相距 420 米", 30]]),
            decided_by="rule",
            decided_at=now,
        )
    )


def _unit(
    w: Writing, now: datetime, name: tuple[str, str], label: str, at: tuple[float, float]
) -> None:
    w.cx.execute(
        insert(unit).values(
            agency_id=name[0],
            unit_id=name[1],
            label=label,
            state="赶往现场",
            lon=at[0],
            lat=at[1],
            reported_at=now,
            revision=w.next_revision(),
        )
    )


def _warning(
    w: Writing, now: datetime, name: tuple[str, str, Kind], headline: str, areas: list[str]
) -> None:
    w.cx.execute(
        insert(warning).values(
            id=w.next_id(),
            alert_id=0,
            source_id="weather",
            source_ref=name[0],
            kind=name[2],
            event_code=name[2].event_code,
            colour=name[1],
            status="active",
            headline=headline,
            text="",
            area_codes=as_json(areas),
            effective_at=now - timedelta(hours=1),
            expires_at=now + timedelta(hours=8),
            exercise=False,
            revision=w.next_revision(),
        )
    )


def add_assignment(
    w: Writing, incident_id: int, agency_id: str, issued_at: datetime, *, late: bool
) -> None:
    w.cx.execute(
        insert(assignment).values(
            id=w.next_id(),
            incident_id=incident_id,
            agency_id=agency_id,
            role="support",
            task="到场处置",
            reason="联动方案",
            revision=1,
            status="issued",
            exercise=False,
            issued_by="值班员甲（值班员）",
            issued_at=issued_at,
            changed_at=issued_at,
            acknowledge_due_at=issued_at + timedelta(minutes=5 if late else 500),
            live_revision=w.next_revision(),
        )
    )


def heartbeat(
    record: Record, now: datetime, *, silent: Iterable[str] = (), durable: bool = True
) -> None:
    """Every source heard from just now, but the `silent`; the intake says that it is well."""
    quiet = set(silent)
    with record.write(now) as w:
        w.cx.execute(source_state.delete())
        for source_id in SOURCES:
            if source_id in quiet:
                continue
            w.cx.execute(
                insert(source_state).values(
                    channel="alert",
                    source_id=source_id,
                    received=1,
                    stored=1,
                    duplicate=0,
                    rejected=0,
                    excess=0,
                    first_at=now,
                    last_at=now,
                )
            )
        w.cx.execute(service_state.delete())
        detail = {"broker": "mosquitto", "durable": durable, "round_trip_ms": 4.2}
        w.cx.execute(insert(service_state).values(name="ingest", at=now, detail=as_json(detail)))


def hostile_surroundings(w: Writing, now: datetime, texts: list[str]) -> None:
    """Warnings and units that say what callers say."""
    for n, text in enumerate(texts):
        _warning(w, now, (f"H{n}", "red", Kind.TYPHOON), text, ["320706"])
        _unit(w, now, ("fire", f"H{n}"), text, (119.0 + 0.05 * n, 34.5))
