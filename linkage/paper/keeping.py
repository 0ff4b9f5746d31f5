"""The keeper of the board: every few minutes it is drawn anew on this machine, by whoever lives.

The intake and the screens each have a keeper; the screens' waits a little longer, so it draws only
where the intake does not. Drawing is a program of its own, of low priority: what it costs, and
what a hanging disk does to it, is no matter of the process that keeps.
"""

import logging
import os
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from linkage.own_state import BOARD, read_service, set_service
from linkage.paper.board_folder import ANOTHER, DONE, EVERY, drawn_ago
from linkage.record import UNAVAILABLE, Record
from linkage.settings import Settings

LOOK_EVERY_S = 10.0
# So much longer than the intake the screens wait before they draw it in its place.
SCREENS_WAIT = timedelta(seconds=60)
# After a failure; a disk that is full is asked again soon.
AGAIN = timedelta(seconds=60)
# Thousands of incidents on a slow machine take some seconds.
DEAD_AFTER_S = 120.0
_ROOT = Path(__file__).parents[2]
log = logging.getLogger(__name__)


def start(keeper: "BoardKeeper", stopping: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=_keep, args=(keeper, stopping), name="board", daemon=True)
    thread.start()
    return thread


def _keep(keeper: "BoardKeeper", stopping: threading.Event) -> None:
    while not stopping.wait(LOOK_EVERY_S):
        keeper.look(datetime.now(UTC))


def service_name() -> str:
    """Each machine's board is its own: its disk may fail while others write."""
    return f"{BOARD}{socket.gethostname()}"[:40]


class BoardKeeper:
    """`patience`: how much longer than its time the newest may be old before we draw it."""

    def __init__(
        self, settings: Settings, record: Record, patience: timedelta = timedelta()
    ) -> None:
        self._settings, self._record = settings, record
        self._folder = settings.data / "board"
        self._patience, self._due = patience, EVERY + patience
        self._began: datetime | None = None
        self._tried: datetime | None = None

    def look(self, now: datetime) -> bool:
        """Draw the board if it is due. Whether it was drawn here."""
        self._began = self._began or now
        if self._tried is not None and timedelta() <= now - self._tried < AGAIN:
            return False
        try:
            ago = drawn_ago(self._folder, now)
        except OSError:
            ago = None  # the program says what is wrong
        # There is none yet, or the clock was put back.
        if now - self._began < self._patience if ago is None else ago < self._due:
            return False
        self._tried = now
        code, said = self._draw()
        if code == ANOTHER:
            return False
        self._note(datetime.now(UTC), "" if code == DONE else said)
        return code == DONE

    def _draw(self) -> tuple[int, str]:
        of = self._settings
        # As this process was set up, wherever it was started.
        told = {
            "LINKAGE_DATABASE_URL": of.database_url,
            "LINKAGE_DATA": str(of.data),
            "LINKAGE_SOURCES": str(of.sources),
            "LINKAGE_TABLES": str(of.tables),
            "LINKAGE_CONTACTS": of.contacts,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))),
            "PYTHONIOENCODING": "utf-8",
        }
        command = [sys.executable, "-m", "linkage", "board", "--out", str(self._folder)]
        command += ["--if-older", str(self._due.total_seconds())]
        try:
            done = subprocess.run(  # noqa: S603 - our own command
                command,
                env=os.environ | told,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=DEAD_AFTER_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return -1, f"{DEAD_AFTER_S:g} 秒没有写完，多半是磁盘没有响应"
        except OSError as why:
            return -1, f"绘制程序启动不了（{why.strerror}）"
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return done.returncode, said[-1] if said else f"绘制程序异常退出（{done.returncode}）"

    def _note(self, now: datetime, error: str) -> None:
        """Where 接入状态 and the watch see it. `since`: when it began to fail; `drawn`: when it was
        written last."""
        if error:
            log.error("值守看板没有写成：%s", error)
        name = service_name()
        try:
            with self._record.write(now) as w:
                before = read_service(w.cx, name)
                known = before.detail if before else {}
                detail = {"folder": str(self._folder.resolve()), "error": error}
                if error:
                    detail["since"] = known.get("since") or now.isoformat()
                if drawn := known.get("drawn") if error else now.isoformat():
                    detail["drawn"] = drawn
                set_service(w, name, now, detail)
        except UNAVAILABLE as why:
            log.warning("数据库暂不可用，值守看板等待：%s", why.orig)
