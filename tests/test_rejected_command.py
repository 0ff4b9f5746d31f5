"""`python -m ingest rejected`: what it says, and what it answers to a script."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from ingest.__main__ import main
from linkage.record import Record
from linkage.tables import alert, inbound_message
from tests.mending import Desk, call

BAD_TIME = {"BJSJ": "昨天下午"}
Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def record(fresh_sqlite: Callable[[], Record], monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    record = fresh_sqlite()
    monkeypatch.setenv("LINKAGE_DATABASE_URL", record.engine.url.render_as_string())
    yield record
    record.close()


@pytest.fixture
def desk(record: Record, now: datetime) -> Desk:
    return Desk(record, now)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Exit code, standard output, standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        code = main(["rejected", *map(str, words)])
        heard = capsys.readouterr()
        return code, heard.out, heard.err

    return run


def ids(record: Record) -> list[int]:
    with record.read() as cx:
        kept = inbound_message.c
        return list(cx.execute(select(kept.id).where(kept.outcome == "rejected")).scalars())


def alerts(record: Record) -> int:
    with record.read() as cx:
        return len(cx.execute(select(alert.c.id)).all())


def test_a_preview_speaks_of_what_would_be(
    desk: Desk, record: Record, said: Said, tmp_path: Path
) -> None:
    desk.send(call("A1", **BAD_TIME))
    [number] = ids(record)
    right = tmp_path / "right.json"
    right.write_bytes(call("A1"))
    code, told, _ = said("redrive", number, "--file", right, "--preview")
    assert (code, alerts(record)) == (0, 0)
    assert "可以接入" in told
    assert "已入库" not in told
    assert "仍会拒收" in said("redrive", number, "--preview")[1]


def test_nothing_is_asked_and_nothing_done_where_nothing_can_be_taken_in(
    desk: Desk, record: Record, said: Said
) -> None:
    desk.send(call("A1", **BAD_TIME), call("A2", **BAD_TIME))
    code, told, why = said("redrive", "--source", "110-cad")
    assert code == 1
    assert "合计：仍会拒收 2" in told
    assert why == "没有一条能够接入，什么也没有改\n"


def test_what_was_not_confirmed_is_no_success(desk: Desk, record: Record, said: Said) -> None:
    desk.send(call("A1", **BAD_TIME), call("A2", **BAD_TIME))
    code, _, why = said("set-aside", "--source", "110-cad", "--note", "联调")
    assert code == 1
    assert "没有执行，请加 --yes 确认" in why
    assert said("set-aside", "--source", "110-cad", "--note", "联调", "--yes")[0] == 0


def test_who_comes_too_late_is_told_who_was_faster(
    desk: Desk, record: Record, said: Said, tmp_path: Path
) -> None:
    desk.send(call("A1", **BAD_TIME), call("A2", **BAD_TIME), call("A3", SFBM="1"))
    first, second, secret = ids(record)
    right = tmp_path / "right.json"
    right.write_bytes(call("A1"))
    assert said("redrive", first, "--file", right, "--by", "丙")[0] == 0
    code, told, _ = said("redrive", first, "--file", right, "--by", "丁")
    assert (code, alerts(record)) == (1, 1)
    assert "已由丙·命令行（值班长）重新接入为" in told
    said("set-aside", second, "--note", "厂家联调", "--by", "乙")
    assert "乙·命令行（值班长）已定为不再处理（厂家联调）" in said("redrive", second)[1]
    assert "正文未留存，不能重新接入" in said("redrive", secret, "--preview")[1]
    assert "没有这个编号的拒收报文" in said("redrive", 999_999)[1]


def test_the_bytes_are_saved_as_they_came(
    desk: Desk, record: Record, said: Said, tmp_path: Path
) -> None:
    payload = bytes(range(256)) * 500
    desk.send(payload)
    file = tmp_path / "raw.bin"
    assert said("show", ids(record)[0], "--save", file)[0] == 0
    assert file.read_bytes() == payload
    assert "No such file" in said("show", ids(record)[0], "--save", tmp_path / "no" / "raw")[2]


def test_nothing_of_a_payload_steers_a_terminal(desk: Desk, record: Record, said: Said) -> None:
    """P07: escape sequences and what turns the order of writing are seen, and do nothing."""
    desk.send('{"JJDBH":"\x9b2J\u202e\x1b[2J\u200b"}'.encode())
    told = said("show", ids(record)[0])[1] + said("list")[1]
    assert "[9b]2J[U+202E][1b][2J[U+200B]" in told.replace("▶", "").replace("◀", "")
    assert not {"\x9b", "\x1b", "\u202e", "\u200b"} & set(told)


def test_a_database_that_is_not_there_is_not_made(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "none.db"
    for url, why in ((f"sqlite:///{file}", "没有这个库"), ("here", "不是数据库地址")):
        monkeypatch.setenv("LINKAGE_DATABASE_URL", url)
        code, _, told = said("list")
        assert code == 1
        assert "LINKAGE_DATABASE_URL" in told
        assert why in told
    assert not file.exists()


def test_who_reads_only_the_beginning_sees_no_traceback(desk: Desk, record: Record) -> None:
    desk.send(b"x" * 200_000)
    command = [sys.executable, "-m", "ingest", "rejected", "show", str(ids(record)[0])]
    process = subprocess.Popen(
        command, env=os.environ.copy(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.wait(30)
    assert b"Traceback" not in said
    assert b"BrokenPipe" not in said
