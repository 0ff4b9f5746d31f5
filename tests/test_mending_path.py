"""The whole road with real parts: refused, put right by a person, taken in, and the source told."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from linkage.intake import errands
from linkage.intake.errands import Errand, ErrandKind
from linkage.people import Actor
from linkage.record import Record
from linkage.sources import load_sources
from linkage.tables import inbound_message
from tests.mending import call
from tests.parts import Mosquitto, wait_until
from tests.running import Caller, Ingest, running_ingest

FORM = 'time_format = "YYYY-MM-DD hh:mm:ss"'


def answered(record: Record, number: int) -> Errand:
    def over() -> Errand | None:
        with record.read() as cx:
            one = errands.look_up(cx, number)
        return one if one is not None and one.state.over else None

    found = wait_until(over, 20, "the errand to be carried out")
    assert found is not None
    return found


def refused(record: Record) -> list[int]:
    with record.read() as cx:
        kept = inbound_message.c
        return list(cx.execute(select(kept.id).where(kept.outcome == "rejected")).scalars())


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sources.toml that the test may change under a running intake."""
    file = tmp_path / "sources.toml"
    file.write_text(Path("sources.toml").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("LINKAGE_SOURCES", str(file))
    return file


def command(ingest: Ingest, *words: str) -> str:
    done = ingest.command(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_refused_call_is_put_right_on_the_screen_and_its_source_is_told(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path, chief: Actor
) -> None:
    caller = Caller(mosquitto, load_sources(Path("sources.toml"))["110-cad"])
    with running_ingest(mosquitto, database_url, tmp_path):
        caller.send("A1", call("A1", BJSJ="刚才"))
        [number] = wait_until(lambda: refused(record), 20, "the refusal")
        asked = errands.ask(record, chief, ErrandKind.REDRIVE, {"ids": [number]}, call("A1"))
        done = answered(record, asked)
        assert done.result["counts"] == {"stored": 1}
        wait_until(lambda: caller.receipts.get("A1") == "stored", 20, "the second receipt")
        # Calls go on being taken in meanwhile.
        caller.send("A2", call("A2"))
        wait_until(lambda: caller.receipts.get("A2") == "stored", 20, "the next call")
    caller.close()


def test_a_line_is_put_right_in_the_file_and_everything_refused_for_it_comes_in(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path, sources: Path
) -> None:
    caller = Caller(mosquitto, load_sources(sources)["110-cad"])
    with running_ingest(mosquitto, database_url, tmp_path) as ingest:
        for n in range(5):
            caller.send(f"A{n}", call(f"A{n}", BJSJ="2026/08/06 15:10:02"))
        wait_until(lambda: len(refused(record)) == 5, 20, "five refusals")
        assert "5\t" in command(ingest, "rejected", "list", "--source", "110-cad")

        text = sources.read_text(encoding="utf-8")
        sources.write_text(text.replace(FORM, 'time_format = "slashes"', 1), encoding="utf-8")
        broken = ingest.command("reload")
        assert broken.returncode == 1
        assert "不在允许范围" in broken.stderr

        fixed = tmp_path / "fixed.toml"
        fixed.write_text(text.replace(FORM, FORM.replace("-", "/"), 1), encoding="utf-8")
        sources.write_text(text, encoding="utf-8")
        told = command(ingest, "dry-run", "--sources", str(fixed), "--last", "1000")
        assert "拒收变接收 5" in told
        sources.write_text(fixed.read_text(encoding="utf-8"), encoding="utf-8")
        assert "改动 110-cad" in command(ingest, "reload", "--by", "丙")
        caller.send("A9", call("A9", BJSJ="2026/08/06 15:10:02"))
        wait_until(lambda: caller.receipts.get("A9") == "stored", 20, "the new reading")

        one = str(refused(record)[0])
        shown = command(ingest, "rejected", "show", one)
        assert '▶"BJSJ":"2026/08/06 15:10:02"◀' in shown
        some = ("rejected", "redrive", "--source", "110-cad", "--reason", "BJSJ")
        unsure = ingest.command(*some)
        assert (unsure.returncode, "合计：可以接入 5" in unsure.stdout) == (1, True)
        assert "没有执行，请加 --yes 确认" in unsure.stderr
        assert "合计：已入库 5" in command(ingest, *some, "--yes", "--by", "丙")
        assert "没有待处理的拒收报文" in command(ingest, "rejected", "list")
        every = {f"A{n}" for n in range(5)}
        wait_until(
            lambda: {r for r in every if caller.receipts.get(r) == "stored"} == every,
            20,
            "the receipts",
        )
    caller.close()


def test_a_new_topic_is_heard_as_soon_as_the_file_is_in_use(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path, sources: Path
) -> None:
    with running_ingest(mosquitto, database_url, tmp_path) as ingest:
        text = sources.read_text(encoding="utf-8")
        own = text.replace('id = "110-cad"', 'id = "110-cad"\ntopic = "cad/110"', 1)
        sources.write_text(own, encoding="utf-8")
        assert "改动 110-cad" in command(ingest, "reload")
        caller = Caller(mosquitto, load_sources(sources)["110-cad"])

        def heard() -> bool:
            caller._client.publish("cad/110", call("A1"), qos=1)
            return caller.receipts.get("A1") in {"stored", "duplicate"}

        wait_until(heard, 20, "the receipt")
        caller.close()


def test_a_message_is_set_aside_by_command_and_taken_up_again(
    mosquitto: Mosquitto, record: Record, database_url: str, tmp_path: Path
) -> None:
    caller = Caller(mosquitto, load_sources(Path("sources.toml"))["110-cad"])
    with running_ingest(mosquitto, database_url, tmp_path) as ingest:
        caller.send("A1", b"{")
        [number] = wait_until(lambda: refused(record), 20, "the refusal")
    caller.close()
    one = str(number)
    nameless = ingest.command("rejected", "set-aside", one)
    assert (nameless.returncode, "请用 --note 写明" in nameless.stderr) == (1, True)
    assert "不再处理 1 条" in command(ingest, "rejected", "set-aside", one, "--note", "联调")
    assert "联调" in command(ingest, "rejected", "show", one)
    assert "恢复处理 1 条" in command(ingest, "rejected", "set-aside", one, "--undo")
    assert one in command(ingest, "rejected", "list", "--each")
    file = tmp_path / "right.json"
    file.write_bytes(call("A1"))
    done = command(ingest, "rejected", "redrive", one, "--file", str(file), "--by", "丙")
    assert f"{one}  → " in done


def test_reload_says_so_when_nobody_answers(
    mosquitto: Mosquitto, fresh_sqlite: Callable[[], Record], tmp_path: Path
) -> None:
    record = fresh_sqlite()
    ingest = Ingest(mosquitto, record.engine.url.render_as_string(), tmp_path)
    record.close()
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest", "reload"],
        env={**os.environ, **ingest.environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    began = time.monotonic()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "接入进程没有应答，请求已撤回" in said
    assert time.monotonic() - began > 10
