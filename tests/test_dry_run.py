"""A changed sources.toml is tried on the last messages, side by side, and nothing is written."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from ingest.__main__ import main
from ingest.dry_run import MOST_LISTED, dry_run
from ingest.registry import Registry
from linkage.errors import BadConfig
from linkage.record import Record
from linkage.tables import inbound_message, ledger
from tests.mending import REGISTRY, Desk, call, reading_as

FORM = 'time_format = "YYYY-MM-DD hh:mm:ss"'
SLASHES = FORM.replace("-", "/")


@pytest.fixture
def desk(record: Record, now: datetime) -> Desk:
    return Desk(record, now)


def tried(
    record: Record, after: Registry, last: int = 1000, source: str | None = None
) -> dict[str, Any]:
    work = dry_run(record, lambda: REGISTRY, after, last, source)
    while True:
        try:
            next(work)
        except StopIteration as done:
            return dict(done.value)


def state(record: Record) -> tuple[Any, ...]:
    with record.read() as cx:
        kept = cx.execute(select(func.count()).select_from(inbound_message)).scalar_one()
        return kept, *cx.execute(select(ledger)).one()


def test_the_same_file_changes_nothing(desk: Desk, record: Record, tmp_path: Path) -> None:
    desk.send(call("A1"), call("A2", BJSJ="x"), b"{", b"", call("A3", SFBM="1"))
    before = state(record)
    same = tried(record, reading_as(REGISTRY, tmp_path, FORM, FORM))
    assert same["counts"]["changed"] == 0
    assert same["counts"]["before"] == same["counts"]["after"]
    assert state(record) == before


def test_what_was_refused_and_would_be_taken_is_counted_and_shown(
    desk: Desk, record: Record, tmp_path: Path
) -> None:
    desk.send(call("A1"), call("A2", BJSJ="2026/08/06 15:10:02"))
    found = tried(record, reading_as(REGISTRY, tmp_path, FORM, SLASHES))
    counts = found["counts"]
    assert counts["before"] == {"accepted": 1, "refused": 1}
    assert counts["after"] == {"accepted": 1, "refused": 1}
    assert (counts["now_accepted"], counts["now_refused"]) == (1, 1)
    worse, better = found["differences"]
    assert (worse["before"], worse["field"]) == ("接收", "接收与否")
    assert worse["after"].startswith("BJSJ：时间")
    assert better["after"] == "接收"


def test_a_field_that_would_read_otherwise_is_shown_before_and_after(
    desk: Desk, record: Record, tmp_path: Path
) -> None:
    desk.send(call("A1"))
    found = tried(record, reading_as(REGISTRY, tmp_path, 'datum = "gcj02"', 'datum = "wgs84"'))
    fields = {one["field"]: (one["before"], one["after"]) for one in found["differences"]}
    assert "point" in fields
    assert fields["point"][0] != fields["point"][1]
    assert found["sources"] == {"110-cad": dict.fromkeys(fields, 1)}


def test_personal_data_are_not_in_the_table(desk: Desk, record: Record, tmp_path: Path) -> None:
    desk.send(call("A1", BJDH="13812345678", BJNR="电话13812345678说有人被困"))
    registry = reading_as(REGISTRY, tmp_path, 'charset = "utf-8"', 'charset = "iso-8859-1"')
    assert "13812345678" not in str(tried(record, registry))


def test_one_source_of_many_and_only_the_last(desk: Desk, record: Record, tmp_path: Path) -> None:
    desk.send(*(call(f"A{n}") for n in range(20)))
    desk.send(b"{", topic="linkage/v1/alert/water")
    after = reading_as(REGISTRY, tmp_path, FORM, SLASHES)
    assert tried(record, after, last=5)["counts"]["read"] == 5
    assert tried(record, after, source="110-cad", last=7)["counts"]["changed"] == 7
    assert tried(record, after, source="water")["counts"]["read"] == 1
    with pytest.raises(BadConfig, match="没有这个接入系统"):
        tried(record, after, source="nobody")


def test_a_thousand_messages_are_compared_and_the_first_differences_listed(
    fresh_sqlite: Callable[[], Record], now: datetime, tmp_path: Path
) -> None:
    record = fresh_sqlite()
    desk = Desk(record, now)
    for part in range(10):
        desk.send(*(call(f"A{part}-{n}", BJNR=f"第{n}号") for n in range(100)))
    after = reading_as(REGISTRY, tmp_path, FORM, SLASHES)
    found = tried(record, after)
    assert found["counts"]["read"] == found["counts"]["changed"] == 1000
    assert len(found["differences"]) == MOST_LISTED
    record.close()


def test_by_command_and_a_broken_file_names_its_place(
    fresh_sqlite: Callable[[], Record],
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = fresh_sqlite()
    Desk(record, now).send(call("A1"), call("A2", BJSJ="2026/08/06 15:10:02"))
    monkeypatch.setenv("LINKAGE_DATABASE_URL", record.engine.url.render_as_string())
    reading_as(REGISTRY, tmp_path, FORM, SLASHES)
    file = tmp_path / "sources.toml"
    assert main(["dry-run", "--sources", str(file), "--last", "1000"]) == 0
    told = capsys.readouterr().out
    assert "读了 2 条" in told
    assert "有变化 2：拒收变接收 1，接收变拒收 1" in told
    file.write_text(file.read_text(encoding="utf-8").replace('datum = "gcj02"', "datum = 1", 1))
    assert main(["dry-run", "--sources", str(file)]) == 1
    assert 'sources.toml: [[source]] "110-cad" datum' in capsys.readouterr().err
    record.close()
