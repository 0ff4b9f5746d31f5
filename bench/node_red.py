"""The peer that a city IT office would take: Node-RED, from the broker into one table.

Run where it is installed, in the folder that LINKAGE_NODE_RED names (INSTALL says how); the flow
is mqtt-in → function → insert, nothing else: no decoding, no correlation, no log, no receipt.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.parts import Mosquitto

INSTALL = "npm install --prefix <文件夹> node-red@5.0.7 node-red-node-sqlite@1.1.1 pg@8.22.0"
TABLE = "CREATE TABLE node_red (id INTEGER PRIMARY KEY, topic TEXT, payload BLOB, at TEXT)"
_TICKS = os.sysconf("SC_CLK_TCK")
_TO_SQLITE = """
msg.params = {$topic: msg.topic, $payload: msg.payload, $at: new Date().toISOString()};
return msg;
"""
_TO_POSTGRES = """
const pool = global.get("pool");
pool.query("INSERT INTO node_red (topic, payload, at) VALUES ($1, $2, now())",
           [msg.topic, msg.payload]);
"""


def folder() -> Path | None:
    """Where Node-RED is installed, or None."""
    named = os.environ.get("LINKAGE_NODE_RED")
    home = Path(named) if named else None
    there = home is not None and (home / "node_modules/node-red/red.js").exists()
    return home if there and shutil.which("node") else None


def drain(home: Path, broker: Mosquitto, client_id: str, count: int, url: str) -> dict[str, float]:
    """Seconds from the first row to the last, and CPU seconds, as bench.receiver tells them."""
    with tempfile.TemporaryDirectory() as work:
        (Path(work) / "node_modules").symlink_to(home / "node_modules")
        rows = _prepare(Path(work), broker, client_id, url)
        command = ["node", "--max-old-space-size=512", str(home / "node_modules/node-red/red.js")]
        command += ["-u", work, "-p", "0", str(Path(work) / "flows.json")]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=work
        ) as child:
            try:
                return _watch(child.pid, rows, count)
            finally:
                child.kill()


def _prepare(work: Path, broker: Mosquitto, client_id: str, url: str) -> Callable[[], int]:
    """Flow, settings and an empty table; gives how to count its rows."""
    sqlite = url.startswith("sqlite")
    (work / "settings.js").write_text(_settings(None if sqlite else _plain(url)))
    (work / "flows.json").write_text(json.dumps(_flow(broker, client_id, work, sqlite=sqlite)))
    if sqlite:
        file = sqlite3.connect(work / "peer.db")
        file.execute("PRAGMA journal_mode = WAL")
        file.execute(TABLE)
        file.commit()
        return lambda: file.execute("SELECT COALESCE(MAX(id), 0) FROM node_red").fetchone()[0]
    server = psycopg.connect(_plain(url), autocommit=True)
    server.execute("DROP TABLE IF EXISTS node_red")
    server.execute(
        "CREATE TABLE node_red"
        " (id BIGSERIAL PRIMARY KEY, topic TEXT, payload BYTEA, at TIMESTAMPTZ)"
    )
    return lambda: _only(server.execute("SELECT COALESCE(MAX(id), 0) FROM node_red").fetchone())


def _only(row: tuple[Any, ...] | None) -> int:
    return int(row[0]) if row else 0


def _plain(url: str) -> str:
    return urlsplit(url)._replace(scheme="postgresql").geturl()


def _settings(postgres: str | None) -> str:
    pool = (
        f"{{pool: new (require('pg').Pool)({{connectionString: {json.dumps(postgres)}}})}}"
        if postgres
        else "{}"
    )
    quiet = "logging: {console: {level: 'off'}}, telemetry: {enabled: false}"
    return f"module.exports = {{functionGlobalContext: {pool}, {quiet}, disableEditor: true}};\n"


def _flow(broker: Mosquitto, client_id: str, work: Path, *, sqlite: bool) -> list[dict[str, Any]]:
    into = "insert" if sqlite else ""
    nodes: list[dict[str, Any]] = [
        {"id": "tab", "type": "tab", "label": "peer"},
        {
            "id": "broker",
            "type": "mqtt-broker",
            "broker": "127.0.0.1",
            "port": str(broker.port),
            "clientid": client_id,
            "protocolVersion": "5",
            "cleansession": False,
            "sessionExpiry": "3600",
            "autoConnect": True,
            "keepalive": "60",
        },
        {
            "id": "in",
            "type": "mqtt in",
            "z": "tab",
            "topic": "linkage/v1/alert/+",
            "qos": "1",
            "datatype": "buffer",
            "broker": "broker",
            "wires": [["turn"]],
        },
        {
            "id": "turn",
            "type": "function",
            "z": "tab",
            "func": _TO_SQLITE if sqlite else _TO_POSTGRES,
            "outputs": 1,
            "wires": [[into] if into else []],
        },
    ]
    if sqlite:
        nodes += [
            {"id": "file", "type": "sqlitedb", "db": str(work / "peer.db"), "mode": "RWC"},
            {
                "id": "insert",
                "type": "sqlite",
                "z": "tab",
                "mydb": "file",
                "sqlquery": "prepared",
                "sql": "INSERT INTO node_red (topic, payload, at) VALUES ($topic, $payload, $at)",
                "wires": [[]],
            },
        ]
    return nodes


def _watch(pid: int, rows: Callable[[], int], count: int) -> dict[str, float]:
    deadline = time.monotonic() + 180
    while rows() == 0:
        if time.monotonic() > deadline:
            raise TimeoutError("Node-RED 没有开始写入")
        time.sleep(0.01)
    began, cpu = time.perf_counter(), _cpu(pid)
    while rows() < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Node-RED 只写入 {rows()} 条，应有 {count} 条")
        time.sleep(0.01)
    return {"seconds": time.perf_counter() - began, "cpu": _cpu(pid) - cpu}


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
