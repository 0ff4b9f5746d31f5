"""`make backup`: a copy while the intake goes on, and never a broken one in a good one's place."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linkage.backup import backup
from linkage.errors import BadConfig
from linkage.record import Record
from linkage.schema import migrate
from linkage.verify import verify
from tests.mending import Desk, call

PAGE = 4096


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A record with an evening's calls, closed: all of it stands in the file."""
    found = tmp_path / "linkage.db"
    record = Record(f"sqlite:///{found}")
    migrate(record)
    desk = Desk(record, datetime.now(UTC))
    desk.send(*(call(f"A{n}", BJNR="起火" * 200 + str(n)) for n in range(60)))
    record.close()
    return found


def test_a_copy_is_made_while_a_transaction_is_open(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    record = Record(f"sqlite:///{file}")
    with record.write(datetime.now(UTC)) as w:
        w.log.add("甲（值班员）", "note", "还没有提交", incident_id=1, after={"n": 1})
        assert backup(f"sqlite:///{file}", copy) == []
    record.close()
    copied = Record(f"sqlite:///{copy}")
    assert {one.check: one.counted for one in verify(copied)}["接报归属"] == 60
    copied.close()
    assert list(tmp_path.glob("*.part")) == []


def test_a_damaged_page_is_found_and_the_last_good_copy_stays(file: Path, tmp_path: Path) -> None:
    """S12: found by the backup, which leaves the copy of yesterday alone."""
    copy = tmp_path / "copy.db"
    assert backup(f"sqlite:///{file}", copy) == []
    good = copy.read_bytes()
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // PAGE // 2 * PAGE] ^= 0x08  # one bit, in the head of a page
    file.write_bytes(damaged)
    faults = backup(f"sqlite:///{file}", copy)
    assert faults
    assert all(one.startswith("数据库文件损坏") for one in faults)
    assert copy.read_bytes() == good


def test_a_record_that_was_tampered_with_is_no_backup(file: Path, tmp_path: Path) -> None:
    record = Record(f"sqlite:///{file}")
    with record.engine.begin() as cx:
        cx.exec_driver_sql("UPDATE log_entry SET reason = '改过' WHERE id = 5")
        cx.exec_driver_sql("DELETE FROM alert WHERE id = (SELECT max(id) FROM alert)")
    record.close()
    faults = backup(f"sqlite:///{file}", tmp_path / "copy.db")
    assert any("事件中的接报" in one for one in faults)
    assert not (tmp_path / "copy.db").exists()


def test_postgresql_is_sent_to_its_own_tools(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="pg_dump") as wrong:
        backup("postgresql+psycopg://u:geheim@127.0.0.1:1/x", tmp_path / "copy.db")
    assert "geheim" not in str(wrong.value)


@pytest.mark.parametrize(("to", "code"), [("copy.db", 0), ("no-such-folder/copy.db", 2)])
def test_by_command_it_says_what_came_of_it(file: Path, tmp_path: Path, to: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "linkage", "backup", str(tmp_path / to)],
        env=os.environ | {"LINKAGE_DATABASE_URL": f"sqlite:///{file}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code, done.stderr
    assert ("备份完好" in done.stdout) == (code == 0)
    assert len(done.stdout.splitlines() + done.stderr.splitlines()) == 1
