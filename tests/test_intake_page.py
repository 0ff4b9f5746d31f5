"""接入状态 as an officer reads it: who is silent, what to do, what was refused, byte for byte."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import streamlit as st
from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from dashboard.intake_words import advice, ago, delay, every, outbox_advice
from linkage.figures.flood import Flood, Passed
from linkage.figures.intake_status import Account, AgencyStatus, SourceHealth, SourceStatus
from linkage.figures.raw_bytes import SHOWN, as_hex, as_text
from linkage.intake.denials import Denied, note_denials
from linkage.intake_tables import lane, source_quality, worker
from linkage.own_state import BROKER, CERTIFICATES, INGEST, WATCH, Watch, set_service
from linkage.record import Record
from linkage.response.agencies import load_agencies
from linkage.sources import load_sources
from linkage.vocabulary import Outcome
from tests.past import put_account, put_message
from tests.screens import desk_on, opened, shown

ROOT = Path(__file__).parents[1]
SOURCES = load_sources(ROOT / "sources.toml")
POLICE = SOURCES["110-cad"]
AGENCIES = load_agencies(ROOT / "data" / "agencies.toml")
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    """What differs between the two databases is tested below the screen."""
    record = fresh_sqlite()
    st.cache_data.clear()
    with desk_on(record, monkeypatch):
        yield record
    record.close()


def tables(screen: AppTest) -> str:
    return "\n".join(element.proto.body for element in screen.get("html"))


def all_heard(record: Record, now: datetime) -> None:
    with record.write(now) as w:
        for source_id in SOURCES:
            put_message(w, source_id, now)
            put_account(w, source_id, now, stored=1)
        set_service(w, INGEST, now, {"broker": "mosquitto", "durable": True, "round_trip_ms": 4.2})


def test_a_fresh_system_shows_nineteen_rows_that_wait(record: Record) -> None:
    screen = opened("intake")
    html = tables(screen)
    assert all(source.name in html for source in SOURCES.values())
    assert html.count("尚未收到任何报文") == 19
    assert "linkage/v1/alert/110-cad" in html
    assert "没有待处理的拒收报文" in shown(screen)
    assert "收到 0 ＝ 入库 0 ＋ 重复 0 ＋ 拒收 0" in html


def test_nineteen_green_when_all_have_been_heard(record: Record) -> None:
    all_heard(record, datetime.now(UTC))
    screen = opened("intake")
    assert "正常 19" in shown(screen)
    assert "收到 19 ＝ 入库 19" in tables(screen)
    assert not screen.error
    assert "消息代理 mosquitto　自检往返 4 毫秒" in shown(screen)


def test_a_doubtful_source_is_amber_and_says_which_line_to_change(record: Record) -> None:
    now = datetime.now(UTC)
    all_heard(record, now)
    none = {"noted": 0, "claims": 0, "late": 0, "channel": "alert"}
    datum = {"datum_seems": "gcj02", "datum_off_m": 517.0, "datum_pairs": 12, "datum_at": now}
    note = "BKRS：人数应为非负整数，收到 '数人'"
    with record.write(now) as w:
        for found in (
            {"source_id": "122-cad", **datum, "datum_others": '["110-cad",""]'},
            {"source_id": "119-cad", "noted": 3, "last_note": note, "noted_at": now},
            {"source_id": "120-cad", "skew_s": -612.0, "skew_at": now},
            {"source_id": "water", "noted": 9, "last_note": "x", "noted_at": now - 2 * HOUR},
        ):
            w.cx.execute(insert(source_quality).values(**(none | found)))
    screen = opened("intake")
    html = tables(screen)
    assert "存疑 3" in shown(screen)
    assert "坐标疑为 GCJ-02：12 条与110 接处警、已知点相比一致偏 517 米" in html
    assert "datum = &quot;gcj02&quot;" in html or 'datum = "gcj02"' in html
    assert "累计 3 条有字段无法识别，已照收：BKRS" in html
    assert "来源时钟快 612 秒（中位数）" in html


def test_who_speaks_in_anothers_name_is_shown_as_a_security_event(record: Record) -> None:
    """T02: who, how often, whom it claimed to be, and what to look into."""
    now = datetime.now(UTC)
    all_heard(record, now)
    with record.write(now) as w:
        w.cx.execute(
            insert(source_quality).values(
                channel="alert",
                source_id="110-cad",
                noted=0,
                late=0,
                claims=7,
                last_claim="'119-cad'",
                claimed_at=now,
            )
        )
    screen = opened("intake")
    (told,) = [e.value for e in screen.error]
    assert "安全事件" in told
    assert "7 条报文自称来自" in told.replace("\\", "")
    assert "119-cad" in told.replace("\\", "")


def test_who_publishes_where_it_may_not_is_shown_with_topic_and_count(record: Record) -> None:
    """T01, T03: the broker refuses it; what its log says is seen by the office."""
    now = datetime.now(UTC)
    all_heard(record, now)
    topic = "linkage/v1/alert/119-cad"
    new = Denied(who="110-cad", client="gw-7", topics=(topic,), count=12, first_at=now, last_at=now)
    old = msgspec.structs.replace(new, who="gone", client="gone", last_at=now - 2 * HOUR)
    with record.write(now) as w:
        note_denials(w, [new, old])
    screen = opened("intake")
    (told,) = [e.value.replace("\\", "") for e in screen.error]
    assert "越权发布：账号“110 接处警”（110-cad），客户端 gw-7" in told
    assert f"12 条，均被消息服务器拒绝：{topic}" in told
    assert any("账号“gone”向无权的主题" in c.value.replace("\\", "") for c in screen.caption)


def test_a_silent_source_says_whom_to_call(record: Record) -> None:
    now = datetime.now(UTC)
    with record.write(now) as w:
        put_account(w, "110-cad", now - 3 * MINUTE, stored=0)
    screen = opened("intake")
    assert "失联 1" in shown(screen)
    assert "请电话联系市公安局指挥中心值班室" in tables(screen)


def test_accounts_that_do_not_agree_with_the_payloads_raise_an_alarm(record: Record) -> None:
    now = datetime.now(UTC)
    with record.write(now) as w:
        put_account(w, "110-cad", now, stored=2)
        put_message(w, "110-cad", now)
    told = [e.value for e in opened("intake").error if "记账" in e.value]
    assert len(told) == 1
    assert "记账 2、留存 1" in told[0]


def status(**changes: object) -> SourceStatus:
    usual = {
        "id": "110-cad",
        "name": "110 接处警",
        "health": SourceHealth.NORMAL,
        "last_alert_at": None,
        "last_heartbeat_at": None,
        "silent_for": None,
        "expect_every": 2 * MINUTE,
        "grace": 30 * SECOND,
        "offline": False,
        "excess": 0,
        "per_minute": 0.0,
        "delay_s": None,
        "refused": 0,
        "account": Account(),
    }
    return SourceStatus(**(usual | changes))  # type: ignore[arg-type]


def test_advice_names_the_desk_its_telephone_and_the_last_message(now: datetime) -> None:
    silent = status(health=SourceHealth.SILENT, last_alert_at=now - 3 * MINUTE)
    said = advice(silent, AGENCIES["110"], POLICE, now)
    assert said == (
        "请电话联系市公安局指挥中心值班室，核查其系统与网络；"
        "上次报文 3 分 00 秒前，应至少每 2 分钟一报，宽限 30 秒"
    )
    assert "来源单位值班室" in advice(silent, None, POLICE, now)
    assert advice(status(), AGENCIES["110"], POLICE, now) == ""


@pytest.mark.parametrize("seconds", [-7200.0, -31.0, 95.0, 7200.0])
def test_one_message_says_nothing_about_a_clock(now: datetime, seconds: float) -> None:
    """A clock is judged by the median of many messages, and only there."""
    assert advice(status(delay_s=seconds), None, POLICE, now) == ""


def test_an_order_that_waits_asks_for_the_telephone(now: datetime) -> None:
    usual = {
        "id": "fire",
        "last_at": None,
        "feedback": Account(),
        "units": Account(),
        "waiting": 1,
        "failing": 0,
        "oldest_at": now - SECOND,
        "last_error": None,
    }
    assert outbox_advice(AgencyStatus(**usual), None, now) == ""
    late = AgencyStatus(**(usual | {"oldest_at": now - MINUTE}))
    assert "下行报文积压" in outbox_advice(late, None, now)
    failing = AgencyStatus(**(usual | {"failing": 1}))
    assert "请电话通知" in outbox_advice(failing, AGENCIES["fire"], now)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "刚刚"), (59, "59 秒前"), (152, "2 分 32 秒前"), (600, "10 分钟前"), (7200, "2 小时前")],
)
def test_how_long_ago(now: datetime, seconds: int, said: str) -> None:
    assert ago(now - seconds * SECOND, now) == said


def test_intervals_and_delays_in_words() -> None:
    assert [every(d) for d in (30 * SECOND, 2 * MINUTE, 90 * SECOND, 360 * MINUTE)] == [
        "30 秒",
        "2 分钟",
        "90 秒",
        "6 小时",
    ]
    assert [delay(s) for s in (None, -95.0, -0.4, 4.25, 95.0, 7200.0)] == [
        "–",
        "早 95 秒",
        "0.0 秒",
        "4.2 秒",
        "95 秒",
        "120 分钟",
    ]


def test_bytes_are_shown_as_they_are() -> None:
    assert (
        as_text("海州区\x00\x07".encode("gb18030") + b"\xff", "gb18030") == "海州区[00][07]\ufffd"
    )
    assert as_hex(b'{"a":"\xe6"}') == f'000000  {"7b 22 61 22 3a 22 e6 22 7d":<47}  {{"a":"·"}}'
    long = b"x" * (SHOWN + 1_000)
    assert as_text(long, "utf-8").endswith("（其余 1,000 字节未显示）")
    assert as_hex(long).count("\n") == SHOWN // 16


def test_the_page_says_how_far_a_message_comes(record: Record) -> None:
    """O10: broker away, intake stuck, probe lost: each in words with what to do."""
    now = datetime.now(UTC)
    with record.write(now) as w:
        set_service(w, INGEST, now - 40 * SECOND, {"broker": "mosquitto", "durable": True})
        set_service(w, WATCH, now, msgspec.to_builtins(Watch(connected=False)))
    told = " ".join(error.value for error in opened("intake").error)
    assert "消息服务器不可达" in told
    assert "改用电话报送" in told
    with record.write(now) as w:
        set_service(w, WATCH, now - 40 * SECOND, msgspec.to_builtins(Watch(connected=True)))
    st.cache_data.clear()
    assert "接入进程没有运转" in " ".join(error.value for error in opened("intake").error)


def test_the_page_shows_a_flood_and_who_keeps_which_lanes(record: Record) -> None:
    now = datetime.now(UTC)
    kinds, sources = (("fire", 14), ("help", 3)), (("119-cad", 17),)
    flood = Flood(
        on=True,
        rate=17.0,
        desks=1,
        since=now - MINUTE,
        peak=21.0,
        peak_at=now,
        kinds=kinds,
        sources=sources,
    )
    over = Passed(began=now - 90 * MINUTE, ended=now - 60 * MINUTE, peak=33.0, desks=1)
    all_heard(record, now)
    with record.write(now) as w:
        set_service(
            w, WATCH, now, msgspec.to_builtins(Watch(connected=True, flood=flood, floods=(over,)))
        )
        set_service(w, BROKER, now, {"version": "mosquitto 2.0", "dropped": 4})
        row = {"started_at": now, "seen_at": now, "detail": "{}"}
        w.cx.execute(worker.insert().values(id="vm-1#a", standby=False, **row))
        w.cx.execute(worker.insert().values(id="vm-2#b", standby=True, **row))
        w.cx.execute(lane.insert().values(id="110-cad", worker_id="vm-1#a"))
        w.cx.execute(lane.insert().values(id="119-cad", worker_id=None))
    screen = opened("intake")
    assert "近 10 分钟每席新增 17 起" in screen.warning[0].value
    assert "火灾 14" in screen.warning[0].value
    said = shown(screen)
    assert "vm-1#a　1 条通道" in said
    assert "vm-2#b　热备" in said
    assert "无人负责的通道　119-cad" in said
    assert "mosquitto 2.0，启动以来丢弃 4 条" in said
    assert "30 分钟，峰值每席 33 起" in said


def test_who_speaks_in_our_name_is_said_in_red(record: Record) -> None:
    now = datetime.now(UTC)
    all_heard(record, now)
    with record.write(now) as w:
        put_account(w, "linkage", now, rejected=2)
        for _ in range(2):
            put_message(w, "linkage", now, Outcome.REJECTED)
    told = " ".join(error.value for error in opened("intake").error)
    assert "以本系统的名义（linkage）发来 2 条报文" in told


def test_a_certificate_that_ends_is_said_before_it_does(record: Record) -> None:
    """T32: within a week in amber, within a day in red."""
    now = datetime.now(UTC)
    all_heard(record, now)
    for light, said in (("notice", 0), ("amber", 1), ("red", 1)):
        with record.write(now) as w:
            set_service(w, CERTIFICATES, now, {"light": light, "why": "本机客户端证书 到期"})
        st.cache_data.clear()
        screen = opened("intake")
        assert len([*screen.error, *screen.warning]) == said
        assert "证书　本机客户端证书 到期" in shown(screen)
