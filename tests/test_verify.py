"""`python -m linkage verify` finds what was tampered with, and names the first bad row."""

import os
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from linkage.intake_tables import source_state
from linkage.log import link
from linkage.record import Record
from linkage.tables import alert, inbound_message, incident, incident_alert, log_entry
from linkage.verify import CHECKS, verify
from tests.builders import alert as call
from tests.onrecord import put_incident

AT = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


def faults(record: Record) -> dict[str, str]:
    return {f.check: f.fault for f in verify(record) if f.fault is not None}


def put_log(record: Record, count: int = 5) -> list[int]:
    """`count` transactions of one entry each, with other rows between; the ids of the entries."""
    for n in range(count):
        with record.write(at=AT) as w:
            w.log.add("甲（值班员）", "note", f"第{n}句", incident_id=1, after={"n": n})
    with record.read() as cx:
        return list(cx.execute(select(log_entry.c.id).order_by(log_entry.c.id)).scalars())


def tamper(record: Record, *statements: Any) -> None:
    """By hand, as somebody with the database password would."""
    with record.engine.begin() as cx:
        for statement in statements:
            cx.execute(statement)


def test_a_record_as_it_was_written_passes(record: Record) -> None:
    put_log(record)
    assert [f.check for f in verify(record)] == list(CHECKS)
    assert faults(record) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "另一句"},
        {"actor": "乙（值班员）"},
        {"action": "close"},
        {"at": AT.replace(microsecond=1)},
        {"incident_id": 2},
        {"assignment_id": 2},
        {"before": "{}"},
        {"after": None},
        {"hash": "0" * 64},
    ],
)
def test_a_changed_entry_is_named(record: Record, change: dict[str, Any]) -> None:
    """S13: the chain breaks at the entry that was edited."""
    ids = put_log(record)
    tamper(record, update(log_entry).where(log_entry.c.id == ids[2]).values(change))
    assert faults(record) == {"处置记录链": f"第 {ids[2]} 号记录的内容或校验值被改动"}


def test_a_changed_entry_with_a_hash_made_to_fit_is_found_at_the_next(record: Record) -> None:
    ids = put_log(record)
    with record.read() as cx:
        rows = cx.execute(select(log_entry).order_by(log_entry.c.id)).all()
    forged = rows[2]._asdict() | {"reason": "伪造"}
    values = [forged[c] for c in forged if c not in {"id", "hash"}]
    forged["hash"] = link(rows[1].hash, *values)
    tamper(record, update(log_entry).where(log_entry.c.id == ids[2]).values(forged))
    assert f"第 {ids[3]} 号" in faults(record)["处置记录链"]


def test_a_missing_entry_is_named(record: Record) -> None:
    ids = put_log(record)
    tamper(record, delete(log_entry).where(log_entry.c.id == ids[2]))
    assert f"第 {ids[3]} 号记录之前缺失 1 条" in faults(record)["处置记录链"]


def test_missing_entries_at_either_end_are_noticed(record: Record) -> None:
    ids = put_log(record)
    tamper(record, delete(log_entry).where(log_entry.c.id == ids[-1]))
    assert faults(record)["处置记录链"].startswith(f"第 {ids[-2]} 号记录之后的记录缺失")
    tamper(record, delete(log_entry).where(log_entry.c.id == ids[0]))
    assert f"第 {ids[1]} 号记录之前缺失 1 条" in faults(record)["处置记录链"]
    tamper(record, delete(log_entry))
    assert faults(record)["处置记录链"].startswith("全部的记录缺失")


def test_an_entry_slipped_in_is_named(record: Record) -> None:
    put_log(record, 3)
    with record.write() as w:  # some other row takes an id between the entries
        spare = w.next_id()
    put_log(record, 2)
    with record.read() as cx:
        rows = cx.execute(select(log_entry).order_by(log_entry.c.id)).all()
    slipped = rows[2]._asdict() | {"id": spare, "reason": "从未说过"}
    values = [slipped[c] for c in slipped if c not in {"id", "hash"}]
    slipped["hash"] = link(rows[2].hash, *values)
    tamper(record, insert(log_entry).values(slipped))
    assert faults(record)["处置记录链"].startswith(f"第 {spare} 号记录是事后插入的")


def test_two_entries_swapped_are_noticed(record: Record) -> None:
    ids = put_log(record)
    swap = [
        update(log_entry).where(log_entry.c.id == was).values(id=becomes)
        for was, becomes in ((ids[1], 10_000), (ids[2], ids[1]), (10_000, ids[2]))
    ]
    tamper(record, *swap)
    assert "处置记录链" in faults(record)


def _accounted(record: Record) -> int:
    """One incident whose message is booked, as the intake does it."""
    it = put_incident(record)
    booked = {"received": 1, "stored": 1, "duplicate": 0, "rejected": 0, "excess": 0}
    tamper(
        record,
        insert(source_state).values(
            channel="alert", source_id="110-cad", first_at=AT, last_at=AT, **booked
        ),
    )
    assert faults(record) == {}
    return it


def test_a_message_that_vanished_is_missed(record: Record) -> None:
    _accounted(record)
    tamper(record, delete(inbound_message))
    found = faults(record)
    assert found["收报记账"] == "110-cad（接报）已入库记账 1 条，报文表有 0 条"
    assert "原始报文缺失" in found["原始报文"]


def test_sums_that_do_not_add_up_are_named(record: Record) -> None:
    _accounted(record)
    tamper(record, update(source_state).values(received=3))
    assert faults(record) == {"收报记账": "110-cad（接报）接收 3 条，不等于各项之和"}


def test_a_message_that_nobody_booked_is_named(record: Record) -> None:
    _accounted(record)
    tamper(record, delete(source_state))
    assert faults(record) == {"收报记账": "110-cad（接报）有 1 条报文未记账"}


def test_an_alert_of_no_incident_is_named(record: Record) -> None:
    _accounted(record)
    with record.read() as cx:
        alert_id = cx.execute(select(alert.c.id)).scalar_one()
    tamper(record, delete(incident_alert))
    assert faults(record) == {"接报归属": f"接报 {alert_id} 不属于任何事件"}


def test_an_alert_whose_incident_is_gone_or_merged_is_named(record: Record) -> None:
    it = _accounted(record)
    tamper(record, update(incident).values(status="merged", merged_into=it))
    assert "所属事件不存在或已并入" in faults(record)["接报归属"]
    tamper(record, delete(incident))
    assert "所属事件不存在或已并入" in faults(record)["接报归属"]


def test_a_forecast_among_incidents_is_named(record: Record) -> None:
    _accounted(record)
    tamper(record, update(alert).values(warning_colour="red"))
    assert "混入了事件" in faults(record)["接报归属"]


def test_a_stored_message_without_its_alert_is_named(record: Record) -> None:
    _accounted(record)
    tamper(record, delete(alert))
    found = faults(record)
    assert "接报缺失" in found["原始报文"]
    assert "已不存在" in found["接报归属"]


def test_a_merge_that_leads_nowhere_is_named(record: Record) -> None:
    it = _accounted(record)
    second = put_incident(record, call(source_ref="J2"))
    tamper(record, delete(incident_alert).where(incident_alert.c.incident_id == second))
    tamper(
        record,
        update(incident).where(incident.c.id == second).values(status="merged", merged_into=9999),
        update(incident).where(incident.c.id == it).values(merged_into=second),
    )
    found = faults(record)["并案去向"]
    assert "并入的事件不存在" in found
    assert "未并案" in found


def test_an_id_from_nowhere_is_named(record: Record) -> None:
    put_log(record)
    tamper(record, text("UPDATE ledger SET last_id = 2, revision = 0"))
    assert "log_entry 的标识 5 超过总账的 2" in faults(record)["标识与版次"]


def test_verifying_takes_no_more_memory_for_a_longer_record(
    record: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    peaks = []
    for _ in range(2):
        with record.write(at=AT) as w:
            for n in range(10_000):
                w.log.add("rule", "attach", f"第{n}句", incident_id=1, after={"n": n})
        tracemalloc.start()
        assert faults(record) == {}
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.3


def _linkage(url: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "linkage", *arguments],
        env={**os.environ, "LINKAGE_DATABASE_URL": url, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_says_passed_and_ends_with_0(record: Record, database_url: str) -> None:
    put_log(record)
    done = _linkage(database_url, "verify")
    assert done.returncode == 0, done.stderr
    assert "✓ 处置记录链（5）：完好" in done.stdout
    assert done.stdout.endswith("核验通过\n")


def test_the_command_names_the_bad_row_and_ends_with_1(record: Record, database_url: str) -> None:
    ids = put_log(record)
    tamper(record, update(log_entry).where(log_entry.c.id == ids[1]).values(reason="改过"))
    done = _linkage(database_url, "verify")
    assert done.returncode == 1
    assert f"✗ 处置记录链（1）：第 {ids[1]} 号记录的内容或校验值被改动" in done.stdout
    assert "核验未通过：1 项有误" in done.stdout


def test_a_bare_folder_becomes_a_record(tmp_path: Path) -> None:
    file = tmp_path / "new" / "deep" / "linkage.db"
    done = _linkage(f"sqlite:///{file}", "migrate", LINKAGE_DATA=str(tmp_path / "data"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "版本 0004" in done.stdout
    record = Record(f"sqlite:///{file}")
    assert faults(record) == {}
    record.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql+psycopg://u:geheim@127.0.0.1:1/x", "数据库打不开"),
        ("nonsense", "不是可用的数据库地址"),
        ("sqlite:////proc/linkage.db", "请检查"),
    ],
)
@pytest.mark.parametrize("command", ["migrate", "verify"])
def test_a_database_that_cannot_be_had_is_one_line(
    tmp_path: Path, command: str, url: str, says: str
) -> None:
    done = _linkage(url, command, LINKAGE_DATA=str(tmp_path))
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "geheim" not in done.stderr


def test_a_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    done = _linkage("", "migrate", LINKAGE_DATA=str(tmp_path / "data"))
    assert done.returncode == 2
    assert done.stderr == f"{tmp_path}/data：不可用（File exists）；请检查读写权限。\n"


def test_a_record_that_was_never_made_says_what_to_run(tmp_path: Path) -> None:
    done = _linkage(f"sqlite:///{tmp_path}/none.db", "verify")
    assert done.returncode == 2
    assert "请先运行 python -m linkage migrate" in done.stderr


@pytest.mark.parametrize("arguments", [("--help",), ("migrate", "--help"), ("verify", "--help")])
def test_every_command_explains_itself(arguments: tuple[str, ...]) -> None:
    done = _linkage("", *arguments)
    assert done.returncode == 0
    if len(arguments) == 2:
        assert "例：" in done.stdout
